package image

import (
	"bytes"
	"fmt"
	stdimage "image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"sepiola/internal/errs"
)

const (
	defaultBytes  = 8 << 20
	defaultPixels = 50_000_000
	maxEdge       = 20_000
)

// Limits bound what is read of a picture that somebody sent.
type Limits struct {
	// Bytes of the file; 0 means 8 MiB.
	Bytes int64
	// Pixels is width times height; 0 means 50 million.
	Pixels int
}

// format is one kind of file that is read.
type format struct {
	name   string
	is     func([]byte) bool
	config func(io.Reader) (stdimage.Config, error)
	decode func(io.Reader) (stdimage.Image, error)
}

// formats are told apart by their content, never by a name.
func formats() []format {
	starts := func(magic string) func([]byte) bool {
		return func(b []byte) bool { return bytes.HasPrefix(b, []byte(magic)) }
	}
	return []format{
		{"JPEG", starts("\xff\xd8\xff"), jpeg.DecodeConfig, jpeg.Decode},
		{"PNG", starts("\x89PNG\r\n\x1a\n"), png.DecodeConfig, png.Decode},
		{"GIF", starts("GIF8"), gif.DecodeConfig, gif.Decode},
		{"WebP", func(b []byte) bool { return len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" }, webp.DecodeConfig, webp.Decode},
	}
}

// Decode reads a JPEG, PNG, GIF (first frame) or WebP, turned upright as its
// EXIF orientation says. Too many bytes or pixels are errs.TooLarge, another
// type is errs.UnsupportedType, a broken one errs.Unprocessable.
func Decode(r io.Reader, l Limits) (stdimage.Image, error) {
	if l.Bytes <= 0 {
		l.Bytes = defaultBytes
	}
	if l.Pixels <= 0 {
		l.Pixels = defaultPixels
	}
	b, err := io.ReadAll(io.LimitReader(r, l.Bytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > l.Bytes {
		return nil, errs.New(errs.TooLarge, "the picture has more than %d MiB", l.Bytes>>20)
	}
	for _, f := range formats() {
		if f.is(b) {
			return f.read(b, l.Pixels)
		}
	}
	return nil, errs.New(errs.UnsupportedType, "only JPEG, PNG, GIF and WebP pictures are accepted")
}

// read decodes b after a look at its dimensions.
func (f format) read(b []byte, pixels int) (img stdimage.Image, err error) {
	// The decoders are meant not to panic; what strangers send must not be what
	// finds out.
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, errs.Wrap(errs.Unprocessable, fmt.Errorf("panic: %v", p), "the %s picture cannot be read", f.name)
		}
	}()
	c, err := f.config(bytes.NewReader(b))
	if err != nil {
		return nil, errs.Wrap(errs.Unprocessable, err, "the %s picture cannot be read", f.name)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return nil, errs.New(errs.Unprocessable, "the picture is empty")
	}
	if c.Width > maxEdge || c.Height > maxEdge || c.Width*c.Height > pixels {
		return nil, errs.New(errs.TooLarge, "the picture is too large: %dx%d pixels", c.Width, c.Height)
	}
	img, err = f.decode(bytes.NewReader(b))
	if err != nil {
		return nil, errs.Wrap(errs.Unprocessable, err, "the %s picture cannot be read", f.name)
	}
	if f.name == "JPEG" {
		img = upright(img, orientation(b))
	}
	return img, nil
}

// upright undoes an EXIF orientation (1 to 8).
func upright(img stdimage.Image, orientation int) stdimage.Image {
	if orientation < 2 || orientation > 8 {
		return img
	}
	b := img.Bounds()
	src := stdimage.NewRGBA(stdimage.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(src, src.Rect, img, b.Min, draw.Src)
	w, h := b.Dx(), b.Dy()
	out := stdimage.NewRGBA(stdimage.Rect(0, 0, w, h))
	if orientation >= 5 {
		out = stdimage.NewRGBA(stdimage.Rect(0, 0, h, w))
	}
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			sx, sy := source(orientation, x, y, w, h)
			copy(out.Pix[out.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	return out
}

// source is where the pixel (x, y) of the upright picture lies in the stored
// one of w x h.
func source(orientation, x, y, w, h int) (sx, sy int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	case 8:
		return w - 1 - y, x
	}
	return x, y
}
