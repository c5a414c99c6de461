package api

import (
	"fmt"
	"testing"
)

func TestParseContentRange(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]contentRange{
		"bytes 0-199999/536821": {last: 199999, total: 536821},
		"Bytes 5-5/*":           {first: 5, last: 5, total: -1},
		" bytes  */536821 ":     {total: 536821, unsatisfied: true},
		"bytes */*":             {total: -1, unsatisfied: true},
	} {
		if got, ok := parseContentRange(text); !ok || got != want {
			t.Errorf("%q: got %+v %v, want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "bytes", "bytes ", "bytes 0-9", "bytes 9-0/10", "bytes -1-9/10", "bytes 0--9/10", "bytes 0-9/-10", "bytes 0-9/1e9",
		"bytes +0-9/10", "bytes 0x0-9/10", "bytes 0-9/", "bytes /10", "bytes 0-9/9223372036854775808", "items 0-9/10", "bytes=0-9/10",
		"bytes 0-1152921504606846977/*", "bytes 0-9/10/11", "bytes 0-9-10/11",
	} {
		if got, ok := parseContentRange(text); ok {
			t.Errorf("%q: got %+v, want none", text, got)
		}
	}
}

func FuzzParseContentRange(f *testing.F) {
	for _, text := range []string{
		"bytes 0-199999/536821", "bytes */536821", "bytes 0-9/*", "bytes 9-0/10", "bytes -1-9/10", "bytes 0-99999999999999999999/1",
		"\x00bytes 0-1/2", "bytes\t0-1/2", "bytes 0-1/٣",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := parseContentRange(text)
		if !ok {
			return
		}
		if c.first < 0 || c.last < c.first || c.total < -1 || c.last > maxPosition || c.total > maxPosition {
			t.Errorf("%q: %+v is out of bounds", text, c)
		}
		if c.last-c.first+1 < 1 {
			t.Errorf("%q: the length of %+v overflows", text, c)
		}
		total := "*"
		if c.total >= 0 {
			total = fmt.Sprint(c.total)
		}
		written := fmt.Sprintf("bytes %d-%d/%s", c.first, c.last, total)
		if c.unsatisfied {
			written = "bytes */" + total
		}
		if again, ok := parseContentRange(written); !ok || again != c {
			t.Errorf("%q: written %q, read %+v %v", text, written, again, ok)
		}
	})
}
