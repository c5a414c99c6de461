package image_test

import (
	"bytes"
	stdimage "image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	_ "golang.org/x/image/webp" // as package image reads it

	"sepiola/internal/errs"
	"sepiola/internal/media/image"
)

func TestCheckLooksAtTypeAndDimensions(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := png.Encode(&b, stdimage.NewGray(stdimage.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	if err := image.Check(bytes.NewReader(b.Bytes()), image.Limits{}); err != nil {
		t.Errorf("a small picture: %v", err)
	}
	if err := image.Check(bytes.NewReader(b.Bytes()), image.Limits{Pixels: 1000}); !errs.Is(err, errs.TooLarge) {
		t.Errorf("more pixels than allowed: got %v, want TooLarge", err)
	}
	if err := image.Check(bytes.NewReader(b.Bytes()[:20]), image.Limits{}); !errs.Is(err, errs.Unprocessable) {
		t.Errorf("cut off: got %v, want Unprocessable", err)
	}
	for _, s := range []string{"", "<svg xmlns='http://www.w3.org/2000/svg'/>", "<html><script>1</script></html>", strings.Repeat("x", 100)} {
		if err := image.Check(strings.NewReader(s), image.Limits{}); !errs.Is(err, errs.UnsupportedType) {
			t.Errorf("%q: got %v, want UnsupportedType", s, err)
		}
	}
}

// TestHostilePicturesAreRefused changes what begins as a picture. Nothing
// panics, and what is taken has sane dimensions, whatever it says.
func TestHostilePicturesAreRefused(t *testing.T) {
	t.Parallel()
	const pixels = 1_000_000
	img := stdimage.NewPaletted(stdimage.Rect(0, 0, 40, 30), color.Palette{color.Black, color.White})
	whole := map[string][]byte{}
	for name, encode := range map[string]func(io.Writer) error{
		"png":  func(w io.Writer) error { return png.Encode(w, img) },
		"jpeg": func(w io.Writer) error { return jpeg.Encode(w, img, nil) },
		"gif":  func(w io.Writer) error { return gif.Encode(w, img, nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		whole[name] = b.Bytes()
	}
	whole["webp"] = []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x27\x40\x07\x00\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
	whole["webp, extended"] = []byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00\x00\x00\xff\xff\xff\xff\xff\xff")
	whole["png of a million by a million"] = append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x0f\x42\x40\x00\x0f\x42\x40\x08\x02\x00\x00\x00"), 0xd7, 0xc5, 0x1c, 0x2e)
	try := func(what string, b []byte) {
		err := image.Check(bytes.NewReader(b), image.Limits{Pixels: pixels})
		switch errs.KindOf(err) {
		case errs.UnsupportedType, errs.Unprocessable, errs.TooLarge:
			return
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		if c, _, err := stdimage.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width*c.Height > pixels || c.Width <= 0 || c.Height <= 0 {
			t.Errorf("%s is taken: %dx%d %v", what, c.Width, c.Height, err)
		}
	}
	r := rand.New(rand.NewPCG(3, 5))
	for name, b := range whole {
		for at := range min(len(b), 700) {
			for _, c := range []byte{0, 0xff, b[at] ^ 1, byte(r.IntN(256))} {
				changed := bytes.Clone(b)
				changed[at] = c
				try(name+" changed", changed)
			}
			try(name+" cut off", b[:at])
			try(name+" with a script in it", slices.Concat(b[:at], []byte("<script>alert(1)</script>"), b[at:]))
			try(name+" behind something", slices.Concat([]byte("<svg onload=alert(1)>"), b[at:]))
		}
		try(name+", long", slices.Concat(b, make([]byte, 8<<20)))
	}
	for _, s := range []string{"GIF89a/*<svg onload=alert(1)>*/=1", "RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff", "\xff\xd8\xff\xe1\xff\xff" + strings.Repeat("\xff\xe1\x00\x02", 100_000)} {
		try("made up", []byte(s))
	}
	if err := image.Check(strings.NewReader(string(whole["png of a million by a million"])), image.Limits{}); err == nil {
		t.Error("a million by a million pixels are taken")
	}
}
