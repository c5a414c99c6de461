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
	stdimage "image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strconv"

	"sepiola/internal/errs"
)

// Size is that of a picture in pixels.
type Size struct{ Width, Height int }

func (s Size) String() string { return strconv.Itoa(s.Width) + "x" + strconv.Itoa(s.Height) }

// Sizes PeerTube 8.2 makes. They are not to be changed.
var (
	ThumbnailSizes = []Size{{280, 157}, {850, 480}, {1280, 720}, {1920, 1080}, {1400, 1400}}
	AvatarSizes    = []Size{{1500, 1500}, {600, 600}, {120, 120}, {48, 48}}
	BannerSizes    = []Size{{1920, 317}, {600, 100}}
)

// jpegQuality weighs size against the visibility of artefacts.
const jpegQuality = 82

// File is a picture that was written.
type File struct {
	Path string
	Size
	Bytes int64
	// Type is its MIME type and Ext its extension with the dot.
	Type, Ext string
}

// Resize writes src in each size to dir, cropped at the edges to the shape
// asked for. Names are "<width>x<height>" with the extension. Pictures with
// transparency become PNG, others JPEG.
func Resize(src stdimage.Image, sizes []Size, dir string) ([]File, error) {
	return each(src, sizes, dir, cover, opaque(src))
}

// Thumbnails writes src in each size as JPEG to dir, on the pattern of Resize;
// a shape that differs much from the one asked for is fitted on a blurred
// background instead of being cropped.
func Thumbnails(src stdimage.Image, sizes []Size, dir string) ([]File, error) {
	return each(src, sizes, dir, thumbnail, true)
}

// each makes all sizes, the largest from src and the smaller ones from the
// next larger one of the same shape.
func each(src stdimage.Image, sizes []Size, dir string, shape func(stdimage.Image, Size) *stdimage.RGBA, asJPEG bool) ([]File, error) {
	if src == nil || src.Bounds().Empty() {
		return nil, errs.New(errs.Unprocessable, "the picture is empty")
	}
	base := reduce(src, largest(sizes))
	files := make([]File, 0, len(sizes))
	for _, size := range sizes {
		if size.Width <= 0 || size.Height <= 0 {
			return nil, errs.New(errs.Invalid, "a picture of %s", size)
		}
		file, err := write(shape(base, size), filepath.Join(dir, size.String()), asJPEG)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func largest(sizes []Size) int {
	edge := 0
	for _, s := range sizes {
		edge = max(edge, s.Width, s.Height)
	}
	return edge
}

// write encodes img to path plus an extension.
func write(img *stdimage.RGBA, path string, asJPEG bool) (f File, err error) {
	f = File{Size: Size{img.Rect.Dx(), img.Rect.Dy()}, Type: "image/png", Ext: ".png"}
	if asJPEG {
		f.Type, f.Ext = "image/jpeg", ".jpg"
	}
	f.Path = path + f.Ext
	out, err := os.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return f, err
	}
	if asJPEG {
		err = jpeg.Encode(out, img, &jpeg.Options{Quality: jpegQuality})
	} else {
		err = png.Encode(out, img)
	}
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return f, err
	}
	stat, err := os.Stat(f.Path)
	if err != nil {
		return f, err
	}
	f.Bytes = stat.Size()
	return f, nil
}

// opaque reports whether no pixel of img is transparent.
func opaque(img stdimage.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}
