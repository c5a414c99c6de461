package video_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestToVTTRefuses(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"nothing":            "",
		"a header only":      "WEBVTT\n",
		"no times":           "WEBVTT\n\nhello\n",
		"times backwards":    "WEBVTT\n\n00:02.000 --> 00:01.000\nx\n",
		"no text":            "WEBVTT\n\n00:01.000 --> 00:02.000\n\n",
		"minutes over 59":    "WEBVTT\n\n00:99:01.000 --> 01:00:02.000\nx\n",
		"letters for digits": "WEBVTT\n\n00:0a.000 --> 00:02.000\nx\n",
		"Latin-1":            "WEBVTT\n\n00:01.000 --> 00:02.000\ncaf\xe9\n",
		"a video":            "\x00\x00\x00\x20ftypisom",
		"an endless cue":     "WEBVTT\n\n00:01.000 --> 00:02.000\n" + strings.Repeat("x", 6000),
		"too many cues":      strings.Repeat("00:01.000 --> 00:02.000\nx\n\n", 50_001),
	} {
		if out, err := video.ToVTT([]byte(in)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %q, %v; want Invalid", name, out, err)
		}
	}
}

func FuzzToVTT(f *testing.F) {
	f.Add([]byte("WEBVTT\n\n1\n00:01.000 --> 00:02.500 align:start\nHello\n"))
	f.Add([]byte("1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nagain\r\n"))
	f.Add([]byte("\xef\xbb\xbfWEBVTT - title\n\nSTYLE\n::cue{}\n\n00:01.000 --> 00:02.000\n-->\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := video.ToVTT(in)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(out, []byte("WEBVTT\n\n")) || !utf8.Valid(out) || bytes.ContainsAny(out, "\x00\r") {
			t.Fatalf("not WebVTT: %q", out)
		}
		again, err := video.ToVTT(out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%q is read as %q, %v", out, again, err)
		}
	})
}

func TestNewCaptionRefuses(t *testing.T) {
	t.Parallel()
	const file = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"
	for name, tt := range map[string]struct{ language, file, field string }{
		"a language that there is not":   {"../../x", file, "captionLanguage"},
		"a file that is no caption":      {"en", "GIF89a", "captionfile"},
		"a file of nothing at all":       {"en", "", "captionfile"},
		"a caption of a known language":  {"en", file, ""},
		"the same in another's alphabet": {"ar", file, ""},
	} {
		c, err := video.NewCaption(tt.language, []byte(tt.file))
		if tt.field == "" {
			if err != nil || c.Language != tt.language {
				t.Errorf("%s: got %v, %v", name, c, err)
			}
			continue
		}
		if !errs.Is(err, errs.Invalid) || errs.As(err).Params[0].Name != tt.field {
			t.Errorf("%s: got %v, want a mistake in %s", name, err, tt.field)
		}
	}
}
