package i18n

import (
	"maps"
	"regexp"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func bundle(t *testing.T) *Bundle {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryLanguageHasEveryText(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	en := b.Locale(Fallback)
	for _, tag := range b.Tags() {
		l := b.Locale(tag)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(en.texts)), slices.Sorted(maps.Keys(l.texts))); diff != "" {
			t.Errorf("keys of %s (-en +%s):\n%s", tag, tag, diff)
		}
		for key, text := range l.texts {
			for form, s := range text {
				want, got := arguments(en.texts[key]["other"]), arguments(s)
				if !cmp.Equal(want, got) {
					t.Errorf("%s: %q (%s) has the arguments %v, in English %v", tag, key, form, got, want)
				}
			}
		}
	}
}

func arguments(s string) []string {
	names := regexp.MustCompile(`\{\w+\}`).FindAllString(s, -1)
	slices.Sort(names)
	return slices.Compact(names)
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	t.Parallel()
	b, err := load(fstest.MapFS{
		"l/en/a.json": {Data: []byte(`{"locale.name":"English","v":{"one":"{n} view","other":"{n} views"},"only.en":"x {a}"}`)},
		"l/fr/a.json": {Data: []byte(`{"locale.name":"Français","v":{"one":"{n} vue","other":"{n} vues"}}`)},
		"l/ar/a.json": {Data: []byte(`{"locale.name":"ar","v":{"zero":"0","one":"1","two":"2","few":"f{n}","many":"m","other":"o"}}`)},
	}, "l")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		tag  string
		n    int64
		want string
	}{
		{"en", 0, "0 views"},
		{"en", 1, "1 view"},
		{"en", 12345, "12,345 views"},
		{"fr", 0, "0 vue"},
		{"fr", 2, "2 vues"},
		{"ar", 0, "0"},
		{"ar", 2, "2"},
		{"ar", 11, "m"},
		{"ar", 100, "o"},
	} {
		if got := b.Locale(tt.tag).N("v", tt.n); got != tt.want {
			t.Errorf("%s, %d: got %q, want %q", tt.tag, tt.n, got, tt.want)
		}
	}
	if got := b.Locale("fr").T("only.en", "a", "<b>"); got != "x <b>" {
		t.Errorf("text that French lacks: got %q", got)
	}
	if got := b.Locale("ar").Dir() + b.Locale("fr").Dir(); got != "rtlltr" {
		t.Errorf("directions: got %s", got)
	}
}

func TestMatchTakesTheFirstWishThatCanBeMet(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	for _, tt := range []struct {
		wishes []string
		want   string
	}{
		{nil, "en"},
		{[]string{"", "fr-CA"}, "fr"},
		{[]string{"xx", "fr;q=0.5, en;q=0.4"}, "fr"},
		{[]string{"en", "fr"}, "en"},
		{[]string{"\x00;;;", "fr"}, "fr"},
	} {
		if got := b.Match(tt.wishes...).Tag; got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.wishes, got, tt.want)
		}
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	en, fr := bundle(t).Locale("en"), bundle(t).Locale("fr")
	day := time.Date(2026, 11, 21, 5, 4, 0, 0, time.UTC)
	for _, tt := range []struct{ got, want string }{
		{en.Compact(999), "999"},
		{en.Compact(1234), "1.2K"},
		{fr.Compact(1_250_000), "1,2 M"},
		{en.Compact(56_789), "56K"},
		{en.Bytes(1536), "1.5 KiB"},
		{fr.Bytes(0), "0 o"},
		{en.Duration(59), "0:59"},
		{en.Duration(3723), "1:02:03"},
		{en.DateTime(day), "November 21, 2026 at 05:04"},
		{fr.Date(day), "21 novembre 2026"},
		{en.Ago(day, day.Add(90*time.Minute)), "1 hour ago"},
		{fr.Ago(day, day.Add(50*24*time.Hour)), "il y a 1 mois"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
