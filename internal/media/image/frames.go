package image

import (
	"bytes"
	"context"
	"fmt"
	stdimage "image"
	"io/fs"
	"math"
	"os"
	"strconv"
	"time"

	"sepiola/internal/errs"
	"sepiola/internal/media/ffmpeg"
)

const (
	defaultAnalyze = 50
	// frameEdge is the longest edge of frames taken: what thumbnails need.
	frameEdge    = 1920
	frameTimeout = 3 * time.Minute
)

// Frames takes pictures out of videos.
type Frames struct {
	Tools *ffmpeg.Tools
	// Analyze is how many frames are compared to choose a typical one; 0 means 50.
	Analyze int
}

// Typical returns a typical frame from the middle of the video. Where the
// middle cannot be reached it is one from the start.
func (f *Frames) Typical(ctx context.Context, path string, info *ffmpeg.Info) (stdimage.Image, error) {
	if info.Video == nil {
		return nil, errs.New(errs.NotFound, "there is no picture in this file")
	}
	analyze := f.Analyze
	if analyze < 2 {
		analyze = defaultAnalyze
	}
	choose := "thumbnail=" + strconv.Itoa(analyze)
	for _, from := range []time.Duration{info.Duration / 2, 0} {
		img, err := f.frame(ctx, path, info.Video, from, choose)
		if err == nil || !errs.Is(err, errs.Unprocessable) || ctx.Err() != nil {
			return img, err
		}
	}
	return f.frame(ctx, path, info.Video, 0, "null")
}

// Cover returns the picture attached to an audio file, or errs.NotFound.
func (f *Frames) Cover(ctx context.Context, path string, info *ffmpeg.Info) (stdimage.Image, error) {
	if info.Cover == nil {
		return nil, errs.New(errs.NotFound, "there is no picture attached to this file")
	}
	return f.frame(ctx, path, info.Cover, 0, "null")
}

// frame decodes one frame to pixels. No encoder of still pictures is needed.
func (f *Frames) frame(ctx context.Context, path string, v *ffmpeg.VideoStream, from time.Duration, choose string) (stdimage.Image, error) {
	size := frameSize(v)
	var opts []string
	if from > 0 {
		opts = []string{"-ss", strconv.FormatFloat(from.Seconds(), 'f', 3, 64)}
	}
	args := ffmpeg.Input(path, f.Tools.Area(), opts...)
	filter := fmt.Sprintf("%s%s,scale=%d:%d", choose, f.toneMap(ctx, v), size.Width, size.Height)
	args = append(args, "-map", "0:"+strconv.Itoa(v.Index), "-vf", filter, "-frames:v", "1",
		"-pix_fmt", "rgba", "-f", "rawvideo", "pipe:1")
	want := 4 * size.Width * size.Height
	var out bytes.Buffer
	err := f.Tools.Run(ctx, ffmpeg.Command{
		Args: args, Stdout: &out, StdoutLimit: int64(want), Timeout: frameTimeout, Stall: frameTimeout,
	})
	if err != nil {
		return nil, err
	}
	if out.Len() != want {
		return nil, errs.New(errs.Unprocessable, "no picture can be taken from this video")
	}
	return &stdimage.RGBA{Pix: out.Bytes(), Stride: 4 * size.Width, Rect: stdimage.Rect(0, 0, size.Width, size.Height)}, nil
}

// toneMap is the filter from HDR to SDR, where it is needed, after a comma. It
// comes before scaling, because zscale takes no odd edges.
func (f *Frames) toneMap(ctx context.Context, v *ffmpeg.VideoStream) string {
	if !v.HDR {
		return ""
	}
	caps, err := f.Tools.Capabilities(ctx)
	if err != nil {
		caps = nil
	}
	return "," + caps.ToneMapFilter(v)
}

// frameSize is the displayed size, reduced to what is needed.
func frameSize(v *ffmpeg.VideoStream) Size {
	factor := min(1, frameEdge/float64(max(v.Width, v.Height, 1)))
	return Size{
		Width:  max(1, int(math.Round(float64(v.Width)*factor))),
		Height: max(1, int(math.Round(float64(v.Height)*factor))),
	}
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

const (
	maxSprites    = 121
	maxGridEdge   = 11
	spriteEdge    = 192
	minStoryboard = 3 * time.Second
)

// PlanStoryboard computes the sheet of a video. ok is false for videos under
// 3 s or without picture.
func PlanStoryboard(info *ffmpeg.Info) (s Storyboard, ok bool) {
	v := info.Video
	if v == nil || info.Duration < minStoryboard || v.Width <= 0 || v.Height <= 0 {
		return Storyboard{}, false
	}
	length := int(math.Ceil(info.Duration.Seconds()))
	most := min(length, maxSprites)
	s.SpriteDuration = ceilDiv(length, most)
	s.Count = ceilDiv(length, s.SpriteDuration)
	s.Columns, s.Rows = grid(s.Count)
	s.Sprite = spriteSize(v.Width, v.Height)
	s.Size = Size{s.Columns * s.Sprite.Width, s.Rows * s.Sprite.Height}
	return s, true
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// grid is the smallest one for count pictures: one row if that is enough.
func grid(count int) (columns, rows int) {
	if count <= maxGridEdge {
		return max(1, count), 1
	}
	best := maxGridEdge*maxGridEdge + 1
	for r := 1; r <= maxGridEdge; r++ {
		for c := r; c <= maxGridEdge; c++ {
			if r*c >= count && r*c < best {
				best, columns, rows = r*c, c, r
			}
		}
	}
	return columns, rows
}

func spriteSize(width, height int) Size {
	other := func(long, short int) int {
		return max(2, int(math.Round(spriteEdge*float64(short)/float64(long))))
	}
	if width >= height {
		return Size{spriteEdge, other(width, height)}
	}
	return Size{other(height, width), spriteEdge}
}

// Storyboard writes the sheet s as JPEG to dst, which must not exist. The whole
// video is decoded: a small rendition of it costs least. path may be any
// rendition of the video that info describes.
func (f *Frames) Storyboard(ctx context.Context, path string, info *ffmpeg.Info, s Storyboard, dst string) (File, error) {
	out := File{Path: dst, Size: s.Size, Type: "image/jpeg", Ext: ".jpg"}
	if info.Video == nil {
		return out, errs.New(errs.NotFound, "there is no picture in this file")
	}
	if _, err := os.Lstat(dst); !os.IsNotExist(err) {
		return out, errs.Wrap(errs.Conflict, fs.ErrExist, "the storyboard exists already")
	}
	filter := fmt.Sprintf("setpts=PTS-STARTPTS,select='gte(t,selected_n*%d)'%s,scale=%d:%d,setsar=1,format=yuvj420p,tile=%dx%d",
		s.SpriteDuration, f.toneMap(ctx, info.Video), s.Sprite.Width, s.Sprite.Height, s.Columns, s.Rows)
	args := ffmpeg.Input(path, f.Tools.Area())
	args = append(args, "-map", "0:v:0", "-an", "-vf", filter, "-vsync", "passthrough", "-frames:v", "1", "-q:v", "2",
		"-c:v", "mjpeg", "-f", "image2", "-update", "1", ffmpeg.FileURL(dst))
	// Nothing comes out before the end, so the time limit is the watchdog.
	limit := 10*time.Minute + 2*info.Duration
	if err := f.Tools.Run(ctx, ffmpeg.Command{Args: args, Timeout: limit, Stall: limit, MaxOutput: 64 << 20}); err != nil {
		return out, err
	}
	stat, err := os.Stat(dst)
	if err != nil {
		return out, errs.Wrap(errs.Unprocessable, err, "no pictures can be taken from this video")
	}
	out.Bytes = stat.Size()
	return out, nil
}
