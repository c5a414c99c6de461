package image_test

import (
	"bytes"
	stdimage "image"
	"image/png"
	"strings"
	"testing"

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
