// Package image makes the still pictures of the site: thumbnails and
// storyboards of videos (frames come from ffmpeg, everything else is done in
// Go), avatars and banners people upload, and the picture of videos that are
// only sound.
//
// Pictures from people are decoded only after their dimensions are known to
// be sane, and are always encoded anew, so that no metadata and nothing hidden
// in them survives.
package image

import (
	"context"
	stdimage "image"
	"io"

	"sepiola/internal/errs"
	"sepiola/internal/media/ffmpeg"
)

// Size is that of a picture in pixels.
type Size struct{ Width, Height int }

// Sizes PeerTube 8.2 makes.
var (
	ThumbnailSizes = []Size{{280, 157}, {850, 480}, {1280, 720}, {1920, 1080}, {1400, 1400}}
	AvatarSizes    = []Size{{1500, 1500}, {600, 600}, {120, 120}, {48, 48}}
	BannerSizes    = []Size{{1920, 317}, {600, 100}}
)

// File is a picture that was written.
type File struct {
	Path string
	Size
	Bytes int64
	// Type is its MIME type and Ext its extension with the dot.
	Type, Ext string
}

// Limits bound what is read of a picture that somebody sent.
type Limits struct {
	// Bytes of the file; 0 means 8 MiB.
	Bytes int64
	// Pixels is width times height; 0 means 50 million.
	Pixels int
}

// Decode reads a JPEG, PNG, GIF (first frame) or WebP, turned upright as its
// EXIF orientation says. Too many bytes or pixels are errs.TooLarge, another type is
// errs.UnsupportedType, a broken one errs.Unprocessable.
func Decode(r io.Reader, l Limits) (stdimage.Image, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// Resize writes src in each size to dir, cropped at the edges to the shape
// asked for. Names are "<width>x<height>" with the extension. Pictures with
// transparency become PNG, others JPEG.
func Resize(src stdimage.Image, sizes []Size, dir string) ([]File, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// Thumbnails writes src in each size as JPEG to dir, on the pattern of Resize; a shape that
// differs much from the one asked for is fitted on a blurred background
// instead of being cropped.
func Thumbnails(src stdimage.Image, sizes []Size, dir string) ([]File, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// Frames takes pictures out of videos.
type Frames struct {
	Tools *ffmpeg.Tools
	// Analyze is how many frames are compared to choose a typical one; 0 means 50.
	Analyze int
}

// Typical returns a typical frame from the middle of the video.
func (f *Frames) Typical(ctx context.Context, path string, info *ffmpeg.Info) (stdimage.Image, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// Cover returns the picture attached to an audio file, or errs.NotFound.
func (f *Frames) Cover(ctx context.Context, path string, info *ffmpeg.Info) (stdimage.Image, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// Storyboard is a sheet of small pictures taken at even distances.
type Storyboard struct {
	// Size is that of the whole sheet.
	Size
	// Columns and Rows of the sheet, Count of pictures on it.
	Columns, Rows, Count int
	Sprite               Size
	// SpriteDuration is the seconds between two pictures, at least 1.
	SpriteDuration int
}

// PlanStoryboard computes the sheet of a video of the given whole length in
// seconds and displayed size. ok is false for videos under 3 s or without picture.
func PlanStoryboard(info *ffmpeg.Info) (s Storyboard, ok bool) {
	return Storyboard{}, false
}

// Storyboard writes the sheet s as JPEG to dst, which must not exist.
func (f *Frames) Storyboard(ctx context.Context, path string, info *ffmpeg.Info, s Storyboard, dst string) (File, error) {
	return File{}, errs.New(errs.NotSupported, "not built yet")
}

// AudioStill draws the picture of a video that is only sound: a calm gradient
// with a note. The same seed gives the same colours.
func AudioStill(size Size, seed string) stdimage.Image { return nil }
