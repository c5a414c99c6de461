package jsonappend_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"sepiola/internal/jsonappend"
)

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func FuzzString(f *testing.F) {
	for _, s := range []string{
		"", "plain", "<a href=\"x\">&amp;</a>", "tab\tline\nreturn\r\b\f\v\x00\x1f\x7f", `back\slash`, "Vidéos 例え 🦑", "\u2028\u2029\u202a",
		"cut \xe2\x80", "\xff\xfe", "\xed\xa0\x80", "\xf0\x9f\x92", string(rune(0xFFFD)),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(jsonappend.String([]byte("["), s)), "["+asJSON(t, s); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	})
}

func FuzzFloat(f *testing.F) {
	for _, n := range []float64{0, 1, -1, 0.5625, 1.7777777777777777, 1e-6, 9.9e-7, 1e21, 1e20, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Copysign(0, -1)} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n float64) {
		want := "null"
		if !math.IsNaN(n) && !math.IsInf(n, 0) {
			want = asJSON(t, n)
		}
		if got := string(jsonappend.Float(nil, n)); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	})
}

func TestTimesAreThoseOfJavaScript(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 12, 30, 1, 23_999_999, time.FixedZone("", 3600))
	if got, want := string(jsonappend.Time(nil, at)), `"2026-11-21T11:30:01.023Z"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := string(jsonappend.Time(nil, time.Time{})); got != "null" {
		t.Errorf("%s, want null", got)
	}
}

// TestTimesAreAsTheLayoutSays compares with time.Format all over the years
// that JSON can have, and beyond.
func TestTimesAreAsTheLayoutSays(t *testing.T) {
	t.Parallel()
	const layout = `"2006-01-02T15:04:05.000Z"`
	step := 3*365*24*time.Hour + 7*24*time.Hour + 5*time.Hour + 43*time.Minute + 17*time.Second + 123456789
	for at := time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 10_005; at = at.Add(step) {
		if got, want := string(jsonappend.Time(nil, at.In(time.FixedZone("", 3*3600)))), at.Format(layout); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func TestListsAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{nil, {}, {"a"}, {"a", "<", ""}} {
		if got, want := string(jsonappend.Strings(nil, list)), asJSON(t, list); got != want {
			t.Errorf("%q: %s, want %s", list, got, want)
		}
	}
	n := int64(-7)
	if got := string(jsonappend.Or(nil, &n, jsonappend.Int[int64])); got != "-7" {
		t.Errorf("%s, want -7", got)
	}
	if got := string(jsonappend.Or[int64](nil, nil, jsonappend.Int)); got != "null" {
		t.Errorf("%s, want null", got)
	}
}

func BenchmarkString(b *testing.B) {
	s := "https://tube.example/lazy-static/thumbnails/6f0e6ff5-9d2a-4a37-8d2f-8c7c8d8f8d11.jpg"
	b.Run("ours", func(b *testing.B) {
		buf := make([]byte, 0, 256)
		for b.Loop() {
			buf = jsonappend.String(buf[:0], s)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		for b.Loop() {
			if _, err := json.Marshal(s); err != nil {
				b.Fatal(err)
			}
		}
	})
}
