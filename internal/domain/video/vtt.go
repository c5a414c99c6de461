package video

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"sepiola/internal/errs"
)

// Bounds of a caption file, beside MaxCaption.
const (
	maxCues    = 50_000
	maxCueText = 5_000 // bytes
)

// ToVTT reads WebVTT or SubRip and writes WebVTT that holds nothing but cues:
// times, settings of known form, and text without NULs. What came from
// outside and is not understood (styles, regions, notes) is left out, so that
// a caption can bring nothing else into a page. Files without a cue, of
// another encoding than UTF-8, or over the bounds are errs.Invalid.
//
// Formats: https://www.w3.org/TR/webvtt1/, SubRip as players read it.
func ToVTT(file []byte) ([]byte, error) {
	if len(file) > MaxCaption || !utf8.Valid(file) {
		return nil, badCaption()
	}
	text := strings.TrimPrefix(string(file), "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\ufffd").Replace(text)
	if header, rest, _ := strings.Cut(text, "\n"); strings.HasPrefix(header, "WEBVTT") {
		text = rest
	}
	var out bytes.Buffer
	out.WriteString("WEBVTT\n")
	cues := 0
	for block := range strings.SplitSeq(text, "\n\n") {
		if c, ok := parseCue(block); ok {
			cues++
			c.write(&out)
		}
		if cues > maxCues {
			return nil, badCaption()
		}
	}
	if cues == 0 {
		return nil, badCaption()
	}
	return out.Bytes(), nil
}

func badCaption() error {
	return errs.Fields(errs.Param{
		Name: "captionfile", Reason: errs.NewReason("field_caption"),
		Msg: fmt.Sprintf("This caption file is not supported or too large. Please, make sure it is under %d bytes and one of the following mimetypes: text/vtt (.vtt), application/x-subrip (.srt), text/plain (.srt)", MaxCaption),
	})
}

type cue struct {
	start, end time.Duration
	settings   []string
	text       string
}

// parseCue reads one block: an optional identifier, times, text.
func parseCue(block string) (c cue, ok bool) {
	lines := strings.Split(strings.Trim(block, "\n"), "\n")
	if len(lines) > 1 && !strings.Contains(lines[0], "-->") {
		lines = lines[1:]
	}
	before, after, ok := strings.Cut(lines[0], "-->")
	if !ok {
		return c, false
	}
	rest := strings.Fields(after)
	if len(rest) == 0 {
		return c, false
	}
	var okStart, okEnd bool
	c.start, okStart = parseTimestamp(strings.TrimSpace(before))
	c.end, okEnd = parseTimestamp(rest[0])
	c.text = strings.TrimSpace(strings.Join(lines[1:], "\n"))
	for _, s := range rest[1:] {
		if knownSetting(s) {
			c.settings = append(c.settings, s)
		}
	}
	return c, okStart && okEnd && c.end > c.start && c.text != "" && len(c.text) <= maxCueText
}

// knownSetting accepts position and alignment, not SubRip's coordinates.
func knownSetting(s string) bool {
	name, value, ok := strings.Cut(s, ":")
	if !ok || value == "" || len(s) > 50 {
		return false
	}
	switch name {
	case "vertical", "line", "position", "size", "align":
		return strings.Trim(value, "abcdefghijklmnopqrstuvwxyz0123456789.,%-") == ""
	}
	return false
}

// parseTimestamp reads [hours:]minutes:seconds.milliseconds, with a comma in
// SubRip.
func parseTimestamp(s string) (time.Duration, bool) {
	clock, millis, ok := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	parts := strings.Split(clock, ":")
	if !ok || len(parts) < 2 || len(parts) > 3 || len(millis) != 3 {
		return 0, false
	}
	total := 0
	for i, p := range parts {
		n, ok := smallNumber(p)
		if !ok || i > 0 && n > 59 {
			return 0, false
		}
		total = total*60 + n
	}
	ms, ok := smallNumber(millis)
	return time.Duration(total)*time.Second + time.Duration(ms)*time.Millisecond, ok
}

// smallNumber reads one to four digits.
func smallNumber(s string) (n int, ok bool) {
	if s == "" || len(s) > 4 {
		return 0, false
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = n*10 + int(r-'0')
	}
	return n, true
}

func (c cue) write(out *bytes.Buffer) {
	fmt.Fprintf(out, "\n%s --> %s", timestamp(c.start), timestamp(c.end))
	for _, s := range c.settings {
		out.WriteString(" " + s)
	}
	out.WriteString("\n" + strings.ReplaceAll(c.text, "-->", "→") + "\n")
}

func timestamp(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}
