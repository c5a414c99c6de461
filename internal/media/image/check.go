package image

import (
	"bufio"
	"fmt"
	"io"

	"sepiola/internal/errs"
)

// Check looks whether r begins as a JPEG, PNG, GIF or WebP of sane dimensions,
// and decodes nothing. Its errors are those of Decode; l.Bytes does not count.
func Check(r io.Reader, l Limits) (err error) {
	if l.Pixels <= 0 {
		l.Pixels = defaultPixels
	}
	const start = 16
	b := bufio.NewReader(r)
	head, err := b.Peek(start)
	if err != nil {
		return errs.Wrap(errs.UnsupportedType, err, "this is no picture")
	}
	for _, f := range formats() {
		if f.is(head) {
			return f.check(b, l.Pixels)
		}
	}
	return errs.New(errs.UnsupportedType, "only JPEG, PNG, GIF and WebP pictures are accepted")
}

// check reads the dimensions.
func (f format) check(r io.Reader, pixels int) (err error) {
	defer func() { // see read
		if p := recover(); p != nil {
			err = errs.Wrap(errs.Unprocessable, fmt.Errorf("panic: %v", p), "the %s picture cannot be read", f.name)
		}
	}()
	c, err := f.config(r)
	switch {
	case err != nil:
		return errs.Wrap(errs.Unprocessable, err, "the %s picture cannot be read", f.name)
	case c.Width <= 0 || c.Height <= 0:
		return errs.New(errs.Unprocessable, "the picture is empty")
	case c.Width > maxEdge || c.Height > maxEdge || c.Width*c.Height > pixels:
		return errs.New(errs.TooLarge, "the picture is too large: %dx%d pixels", c.Width, c.Height)
	}
	return nil
}
