package image

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	stdimage "image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/errs"
	"sepiola/internal/media/ffmpeg"
)

// corners is a picture with a red top left and a blue bottom right.
func corners(w, h int) *stdimage.RGBA {
	img := stdimage.NewRGBA(stdimage.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{200, 200, 200, 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{255, 0, 0, 255}
			} else if x >= w/2 && y >= h/2 {
				c = color.RGBA{0, 0, 255, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func encoded(t testing.TB, img stdimage.Image, kind string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch kind {
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "png":
		err = png.Encode(&b, img)
	case "gif":
		err = gif.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// oriented inserts an EXIF segment with an orientation into a JPEG.
func oriented(b []byte, orientation byte) []byte {
	tiff := []byte{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0}
	segment := append([]byte("Exif\x00\x00"), tiff...)
	head := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(segment)+2))...)
	return append(append(head, segment...), b[2:]...)
}

func decoded(t *testing.T, b []byte) stdimage.Image {
	t.Helper()
	img, err := Decode(bytes.NewReader(b), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func isRed(c color.Color) bool { r, g, b, _ := c.RGBA(); return r > 0xc000 && g < 0x5000 && b < 0x5000 }

func isBlue(c color.Color) bool {
	r, g, b, _ := c.RGBA()
	return b > 0xc000 && g < 0x5000 && r < 0x5000
}

func TestDecodeReadsTheUsualKinds(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"jpeg", "png", "gif"} {
		img := decoded(t, encoded(t, corners(40, 20), kind))
		if b := img.Bounds(); b.Dx() != 40 || b.Dy() != 20 || !isRed(img.At(2, 2)) || !isBlue(img.At(37, 17)) {
			t.Errorf("%s: got %v, %v and %v", kind, b, img.At(2, 2), img.At(37, 17))
		}
	}
	// A lossless WebP of one pixel.
	const webp = "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
	if img := decoded(t, []byte(webp)); img.Bounds().Dx() != 1 {
		t.Errorf("webp: got %v", img.Bounds())
	}
}

// What people see must not depend on how their telephone was held: each
// orientation is applied to a picture stored accordingly.
func TestDecodeTurnsUpright(t *testing.T) {
	t.Parallel()
	// Where the stored red corner (top left) and blue corner (bottom right)
	// are to be seen, as left/right and top/bottom.
	wants := map[byte][2]string{
		1: {"left top", "right bottom"}, 2: {"right top", "left bottom"}, 3: {"right bottom", "left top"}, 4: {"left bottom", "right top"},
		5: {"left top", "right bottom"}, 6: {"right top", "left bottom"}, 7: {"right bottom", "left top"}, 8: {"left bottom", "right top"},
	}
	stored := encoded(t, corners(64, 32), "jpeg")
	for o, want := range wants {
		img := decoded(t, oriented(stored, o))
		b := img.Bounds()
		if turned := o >= 5; turned != (b.Dy() > b.Dx()) {
			t.Errorf("orientation %d: got %v", o, b)
		}
		at := func(place string) color.Color {
			x, y := 4, 4
			if strings.Contains(place, "right") {
				x = b.Dx() - 5
			}
			if strings.Contains(place, "bottom") {
				y = b.Dy() - 5
			}
			return img.At(x, y)
		}
		if !isRed(at(want[0])) || !isBlue(at(want[1])) {
			t.Errorf("orientation %d: red is not at the %s or blue not at the %s", o, want[0], want[1])
		}
	}
}

// pngBomb claims dimensions without having pixels.
func pngBomb(w, h uint32) []byte {
	header := binary.BigEndian.AppendUint32(nil, w)
	header = append(binary.BigEndian.AppendUint32(header, h), 8, 6, 0, 0, 0)
	chunk := append([]byte("IHDR"), header...)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	good := encoded(t, corners(40, 20), "png")
	cases := map[string]struct {
		b    []byte
		l    Limits
		kind errs.Kind
	}{
		"text":                       {[]byte("hello"), Limits{}, errs.UnsupportedType},
		"nothing":                    {nil, Limits{}, errs.UnsupportedType},
		"an SVG":                     {[]byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), Limits{}, errs.UnsupportedType},
		"too many bytes":             {good, Limits{Bytes: 20}, errs.TooLarge},
		"too many pixels":            {good, Limits{Pixels: 799}, errs.TooLarge},
		"a bomb":                     {pngBomb(30_000, 30_000), Limits{}, errs.TooLarge},
		"a bomb of one long edge":    {pngBomb(1_000_000, 2), Limits{}, errs.TooLarge},
		"a picture cut short":        {good[:len(good)/2], Limits{}, errs.Unprocessable},
		"a picture of nothing":       {pngBomb(0, 0), Limits{}, errs.Unprocessable},
		"a beginning without header": {[]byte("\xff\xd8\xff\xe0"), Limits{}, errs.Unprocessable},
	}
	for name, c := range cases {
		if _, err := Decode(bytes.NewReader(c.b), c.l); !errs.Is(err, c.kind) {
			t.Errorf("%s: got %v, want kind %v", name, err, c.kind)
		}
	}
}

func reread(t *testing.T, f File) stdimage.Image {
	t.Helper()
	b, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(b)) != f.Bytes {
		t.Errorf("%s: %d bytes, recorded %d", f.Path, len(b), f.Bytes)
	}
	return decoded(t, b)
}

func TestResize(t *testing.T) {
	t.Parallel()
	files, err := Resize(corners(400, 100), append(AvatarSizes[1:], BannerSizes...), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		img := reread(t, f)
		if b := img.Bounds(); b.Dx() != f.Width || b.Dy() != f.Height || f.Type != "image/jpeg" || filepath.Base(f.Path) != f.String()+".jpg" {
			t.Errorf("%+v is %v", f, b)
		}
		if !isRed(img.At(f.Width/4, f.Height/4)) || !isBlue(img.At(f.Width*3/4, f.Height*3/4)) {
			t.Errorf("%v does not show the middle", f.Size)
		}
	}
	clear := stdimage.NewNRGBA(stdimage.Rect(0, 0, 50, 50))
	files, err = Resize(clear, []Size{{48, 48}}, t.TempDir())
	if err != nil || files[0].Ext != ".png" {
		t.Errorf("a transparent picture: got %+v, %v; want a PNG", files, err)
	}
	if _, _, _, a := reread(t, files[0]).At(5, 5).RGBA(); a != 0 {
		t.Errorf("transparency is lost: alpha %d", a)
	}
	if _, err := Resize(stdimage.NewRGBA(stdimage.Rectangle{}), AvatarSizes, t.TempDir()); !errs.Is(err, errs.Unprocessable) {
		t.Errorf("an empty picture: got %v", err)
	}
}

func TestMetadataIsGone(t *testing.T) {
	t.Parallel()
	b := oriented(encoded(t, corners(60, 60), "jpeg"), 6)
	files, err := Resize(decoded(t, b), []Size{{48, 48}}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.ReadFile(files[0].Path)
	if err != nil || bytes.Contains(out, []byte("Exif")) {
		t.Errorf("EXIF is still there (%v)", err)
	}
}

func TestThumbnailsShowAllOfAPortrait(t *testing.T) {
	t.Parallel()
	files, err := Thumbnails(corners(90, 160), []Size{{280, 157}}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	img := reread(t, files[0])
	if !isRed(img.At(110, 10)) || !isBlue(img.At(170, 147)) {
		t.Errorf("the corners are cut off: %v, %v", img.At(110, 10), img.At(170, 147))
	}
	files, err = Thumbnails(corners(160, 90), []Size{{280, 157}}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if img := reread(t, files[0]); !isRed(img.At(2, 2)) {
		t.Errorf("a landscape picture does not fill the thumbnail: %v", img.At(2, 2))
	}
}

// The second case is a PeerTube server's answer for a 12 s video.
func TestPlanStoryboard(t *testing.T) {
	t.Parallel()
	cases := []struct {
		seconds       float64
		width, height int
		want          string
	}{
		{2.9, 640, 360, ""},
		{12, 640, 360, "1152x216 6x2 12 of 192x108 every 1"},
		{3, 640, 360, "576x108 3x1 3 of 192x108 every 1"},
		{11, 360, 640, "1188x192 11x1 11 of 108x192 every 1"},
		{12.2, 640, 360, "1344x216 7x2 13 of 192x108 every 1"},
		{121, 640, 360, "2112x1188 11x11 121 of 192x108 every 1"},
		{122, 640, 360, "1728x756 9x7 61 of 192x108 every 2"},
		{14400, 1920, 800, "2112x880 11x11 120 of 192x80 every 120"},
		{10, 10000, 10, "1920x2 10x1 10 of 192x2 every 1"},
	}
	for _, c := range cases {
		info := &ffmpeg.Info{Duration: time.Duration(c.seconds * float64(time.Second)), Video: &ffmpeg.VideoStream{Width: c.width, Height: c.height}}
		s, ok := PlanStoryboard(info)
		got := ""
		if ok {
			got = fmt.Sprintf("%v %dx%d %d of %v every %d", s.Size, s.Columns, s.Rows, s.Count, s.Sprite, s.SpriteDuration)
		}
		if got != c.want {
			t.Errorf("%v s of %dx%d: got %q, want %q", c.seconds, c.width, c.height, got, c.want)
		}
	}
	if _, ok := PlanStoryboard(&ffmpeg.Info{Duration: time.Hour}); ok {
		t.Error("a storyboard of sound")
	}
}

func clip(t *testing.T, name string, args ...string) (string, *ffmpeg.Info) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append([]string{"-hide_banner", "-loglevel", "error", "-nostdin", "-y"}, args...)
	if out, err := exec.Command("ffmpeg", append(args, path)...).CombinedOutput(); err != nil {
		t.Fatalf("these tests need ffmpeg: %v\n%s", err, out)
	}
	info, err := new(ffmpeg.Tools).Probe(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	return path, info
}

func TestFramesOfAVideo(t *testing.T) {
	t.Parallel()
	// Red for two seconds, then blue.
	path, info := clip(t, "a.mp4", "-f", "lavfi", "-i", "color=red:s=160x90:r=10:d=2,format=yuv420p", "-f", "lavfi", "-i", "color=blue:s=160x90:r=10:d=2,format=yuv420p",
		"-filter_complex", "concat", "-c:v", "libx264", "-preset", "ultrafast", "-g", "10")
	f := &Frames{Tools: new(ffmpeg.Tools)}
	img, err := f.Typical(context.Background(), path, info)
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 160 || b.Dy() != 90 || !isBlue(img.At(80, 45)) {
		t.Errorf("typical frame: got %v of %v", img.At(80, 45), b)
	}
	s, ok := PlanStoryboard(info)
	if !ok {
		t.Fatal("no storyboard")
	}
	dst := filepath.Join(t.TempDir(), "s.jpg")
	file, err := f.Storyboard(context.Background(), path, info, s, dst)
	if err != nil {
		t.Fatal(err)
	}
	sheet := reread(t, file)
	if sheet.Bounds().Dx() != 768 || !isRed(sheet.At(96, 54)) || !isRed(sheet.At(288, 54)) || !isBlue(sheet.At(480, 54)) || !isBlue(sheet.At(672, 54)) {
		t.Errorf("storyboard %v: got %v, %v, %v, %v", sheet.Bounds(), sheet.At(96, 54), sheet.At(288, 54), sheet.At(480, 54), sheet.At(672, 54))
	}
	if _, err := f.Storyboard(context.Background(), path, info, s, dst); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second time: got %v, want Conflict", err)
	}
	if _, err := f.Cover(context.Background(), path, info); !errs.Is(err, errs.NotFound) {
		t.Errorf("cover of a video: got %v, want NotFound", err)
	}
}

func TestFramesOfASingleFrameAndOfSound(t *testing.T) {
	t.Parallel()
	f := &Frames{Tools: new(ffmpeg.Tools)}
	path, info := clip(t, "one.mp4", "-f", "lavfi", "-i", "color=red:s=33x17,format=yuv444p", "-frames:v", "1", "-c:v", "libx264")
	img, err := f.Typical(context.Background(), path, info)
	if err != nil || img.Bounds().Dx() != 33 || !isRed(img.At(16, 8)) {
		t.Errorf("a single frame: got %v, %v of %v", err, img.At(16, 8), img.Bounds())
	}
	path, info = clip(t, "a.mp3", "-f", "lavfi", "-i", "sine=d=1", "-f", "lavfi", "-i", "color=blue:s=32x32:d=1", "-map", "0", "-map", "1",
		"-frames:v", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic", "-id3v2_version", "3")
	img, err = f.Cover(context.Background(), path, info)
	if err != nil || !isBlue(img.At(16, 16)) {
		t.Errorf("cover: got %v", err)
	}
	if _, err := f.Typical(context.Background(), path, info); !errs.Is(err, errs.NotFound) {
		t.Errorf("a frame of sound: got %v, want NotFound", err)
	}
}

func TestAudioStill(t *testing.T) {
	t.Parallel()
	a, b := AudioStill(Size{160, 90}, "x"), AudioStill(Size{160, 90}, "x")
	if diff := cmp.Diff(a.(*stdimage.RGBA).Pix, b.(*stdimage.RGBA).Pix); diff != "" {
		t.Error("the same seed gives another picture")
	}
	if cmp.Equal(a.(*stdimage.RGBA).Pix, AudioStill(Size{160, 90}, "y").(*stdimage.RGBA).Pix) {
		t.Error("another seed gives the same picture")
	}
	light := 0
	for y := range 90 {
		for x := range 160 {
			if r, g, b, _ := a.At(x, y).RGBA(); min(r, g, b) > 0xb000 {
				light++
			}
		}
	}
	if light < 90 || light > 1600 {
		t.Errorf("the note has %d pixels", light)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, corners(8, 8), "jpeg"))
	f.Add(oriented(encoded(f, corners(8, 8), "jpeg"), 6))
	f.Add(encoded(f, corners(8, 8), "png"))
	f.Add(encoded(f, corners(8, 8), "gif"))
	f.Add(pngBomb(30_000, 30_000))
	f.Fuzz(func(t *testing.T, b []byte) {
		img, err := Decode(bytes.NewReader(b), Limits{Bytes: 1 << 16, Pixels: 1 << 16})
		if err == nil && img.Bounds().Dx()*img.Bounds().Dy() > 1<<16 {
			t.Errorf("a picture of %v", img.Bounds())
		}
		if err != nil && errs.KindOf(err) == errs.Internal {
			t.Errorf("an error without a kind: %v", err)
		}
	})
}
