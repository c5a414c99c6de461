package i18n

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func bundle(t *testing.T) *Bundle {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	t.Parallel()
	b, err := load(fstest.MapFS{
		"l/en/locale.json": {Data: []byte(`{"locale.name":"English"}`)},
		"l/fr/locale.json": {Data: []byte(`{"locale.name":"Français"}`)},
		"l/ar/locale.json": {Data: []byte(`{"locale.name":"ar"}`)},
		"l/en/a.json":      {Data: []byte(`{"v":{"one":"{n} view","other":"{n} views"},"only.en":"x {a}"}`)},
		"l/fr/a.json":      {Data: []byte(`{"v":{"one":"{n} vue","other":"{n} vues"}}`)},
		"l/ar/a.json":      {Data: []byte(`{"v":{"zero":"0","one":"1","two":"2","few":"f{n}","many":"m","other":"o"}}`)},
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
		{"ar", 3, "f3"},
		{"ar", 1110, "f1,110"},
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
		{[]string{"de-DE"}, "de"},
		{[]string{"ja-JP,en;q=0.5"}, "ja"},
		{[]string{"ar-EG"}, "ar"},
		{[]string{"es-419"}, "es"},
		{[]string{"zh-Hant", "ja"}, "ja"},
	} {
		if got := b.Match(tt.wishes...).Tag; got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.wishes, got, tt.want)
		}
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	en, fr, de, es, ar, ja := b.Locale("en"), b.Locale("fr"), b.Locale("de"), b.Locale("es"), b.Locale("ar"), b.Locale("ja")
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
		{en.DateTime(day), "November 21, 2026 at 05:04 UTC"},
		{fr.Date(day), "21 novembre 2026"},
		{en.Ago(day, day.Add(90*time.Minute)), "1 hour ago"},
		{fr.Ago(day, day.Add(50*24*time.Hour)), "il y a 1 mois"},
		{de.Date(day), "21. November 2026"},
		{de.Number(1_234_567), "1.234.567"},
		{de.Compact(1_250_000), "1,2 Mio."},
		{de.Ago(day, day.Add(3*24*time.Hour)), "vor 3 Tagen"},
		{es.DateTime(day), "21 de noviembre de 2026, 05:04 UTC"},
		{es.Compact(12_345), "12 mil"},
		{es.Compact(2_500_000_000), "2.500 M"},
		{ar.Date(day), "21 نوفمبر 2026"},
		{ar.Number(1_234_567), "1,234,567"},
		{ar.Compact(3_000), "3 آلاف"},
		{ar.Compact(3_400), "3.4 ألف"},
		{ar.Compact(11_000), "11 ألف"},
		{ar.Compact(1_000), "1 ألف"},
		{ar.Ago(day, day.Add(48*time.Hour)), "قبل يومين"},
		{ar.Ago(day, day.Add(3*time.Hour)), "قبل 3 ساعات"},
		{ar.Bytes(1536), "1.5 ك.ب"},
		{ja.DateTime(day), "2026年11月21日 05:04 UTC"},
		{ja.Compact(9_999), "9,999"},
		{ja.Compact(12_345), "1.2万"},
		{ja.Compact(250_000_000), "2.5億"},
		{ja.Ago(day, day.Add(2*time.Hour)), "2時間前"},
		{de.LanguageName("ja"), "Japanisch"},
		{ja.LanguageName("de"), "ドイツ語"},
		{ar.RegionName("ES"), "إسبانيا"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestCataloguesAreReadWhenTheyAreWanted(t *testing.T) {
	t.Parallel()
	b, err := load(fstest.MapFS{
		"l/en/locale.json": {Data: []byte(`{"locale.name":"English","a":"text"}`)},
		"l/fr/locale.json": {Data: []byte(`{"locale.name":"Français"}`)},
		"l/fr/a.json":      {Data: []byte(`{"a":`)},
	}, "l")
	if err != nil {
		t.Fatalf("a broken file is met only when it is read: %v", err)
	}
	fr := b.Locale("fr")
	if fr.Name != "Français" {
		t.Errorf("name: got %q", fr.Name)
	}
	if got := fr.T("a"); got != "text" {
		t.Errorf("text of a broken file: got %q, want the English one", got)
	}
	if err := fr.read().err; err == nil || !strings.Contains(err.Error(), "l/fr/a.json") {
		t.Errorf("what was wrong: got %v", err)
	}
}

func TestLoadRefusesALanguageWithoutAName(t *testing.T) {
	t.Parallel()
	for name, fsys := range map[string]fstest.MapFS{
		"no file":     {"l/en/a.json": {Data: []byte(`{}`)}},
		"no name":     {"l/en/locale.json": {Data: []byte(`{"x":"y"}`)}},
		"no English":  {"l/fr/locale.json": {Data: []byte(`{"locale.name":"Français"}`)}},
		"no language": {"l/en/locale.json": {Data: []byte(`{"locale.name":"E"}`)}, "l/_/locale.json": {Data: []byte(`{"locale.name":"E"}`)}},
	} {
		if _, err := load(fsys, "l"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Ago says the same until the time that AgoUntil tells, and then something else.
func TestAgoUntil(t *testing.T) {
	t.Parallel()
	en, at := bundle(t).Locale("en"), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, d := range []time.Duration{
		-time.Hour, 0, 59 * time.Second, time.Minute, 59*time.Minute + time.Second, time.Hour, 24*time.Hour - 1, 6 * 24 * time.Hour, 29 * 24 * time.Hour,
		30 * 24 * time.Hour, 364 * 24 * time.Hour, 365 * 24 * time.Hour, 800 * 24 * time.Hour,
	} {
		now := at.Add(d)
		until := AgoUntil(at, now)
		said := en.Ago(at, now)
		if before := en.Ago(at, until.Add(-1)); !until.After(now) || before != said {
			t.Errorf("%v: %q, and %q before %v", d, said, before, until.Sub(at))
		}
		if after := en.Ago(at, until); after == said {
			t.Errorf("%v: still %q at %v", d, after, until.Sub(at))
		}
	}
}
