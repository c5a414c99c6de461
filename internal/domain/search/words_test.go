package search

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"case and accents":     {"ÉCLAIRS à la Crème", "eclairs a la creme"},
		"letters of their own": {"Łódź Ærø Straße", "lodz aero strasse"},
		"decomposed":           {"Cafe\u0301", "cafe"},
		"full width":           {"Ｔｅｓｔ１２", "test12"},
		"apostrophe":           {"The Internet's Own Boy", "the internet s internets own boy"},
		"typographic one":      {"l’avion", "l avion lavion"},
		"hyphen":               {"Wi-Fi", "wi fi wifi"},
		"Greek":                {"ΟΔΟΣ Άθήνα", "οδοσ αθηνα"},
		"Cyrillic":             {"Ёлка Йод", "елка иод"},
		"Arabic":               {"أَحْمَد مـــدرسة", "احمد مدرسه"},
		"Hebrew":               {"שָׁלוֹם", "שלום"},
		"Hindi keeps vowels":   {"हिन्दी", "हिन्दी"},
		"Chinese":              {"东京塔", "东京 京塔 塔"},
		"Japanese":             {"カタカナ", "かた たか かな な"},
		"voiced Japanese":      {"ガ", "が"},
		"one letter":           {"水", "水"},
		"Korean":               {"한국어 비디오", "한국어 비디오"},
		"mixed":                {"PeerTube入門v2", "peertube 入門 門 v2"},
		"emoji":                {"🦑👍🏽 squid!", "🦑 👍 squid"},
		"punctuation":          {`"*:(){}^ AND -- \`, "and"},
		"operators":            {`a" OR 1=1; DROP TABLE x`, "a or 1 1 drop table x"},
		"control":              {"a\x00b\u202ec", "a bc"},
		"broken":               {"ab\xffcd", "ab cd"},
		"nothing":              {" \t\n", ""},
	} {
		if diff := cmp.Diff(c.want, strings.Join(Words(c.text), " ")); diff != "" {
			t.Errorf("%s: %q: %s", name, c.text, diff)
		}
	}
}

func TestWordsOfQueries(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"internet's own": "internet own", "l'avion": "avion", "wi-fi": "wi fi", "a.b": "ab", "x": "x", "东京塔": "东京 京塔",
	} {
		if got := strings.Join(words(text, false), " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestWordsAreBounded(t *testing.T) {
	t.Parallel()
	if n := len(Words(strings.Repeat("word ", 10_000))); n != maxWords {
		t.Errorf("%d words", n)
	}
	if w := Words(strings.Repeat("é", 10_000)); len(w) != 1 || utf8.RuneCountInString(w[0]) != maxWord {
		t.Errorf("one long word became %d", len(w))
	}
	if w := Words(strings.Repeat("a.", 10_000)); len(w) > maxWords {
		t.Errorf("%d words", len(w))
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"The Internet's Own Boy", "东京塔 a-b", "🦑\x00\xff'", "ﷺ İ ǅ ẞ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range Words(s) {
			if w == "" || !utf8.ValidString(w) || utf8.RuneCountInString(w) > maxWord*2 {
				t.Errorf("%q gives %q", s, w)
			}
			for _, c := range w {
				if !unicode.In(c, unicode.L, unicode.N, unicode.M, unicode.So) {
					t.Errorf("%q gives %q with %U", s, w, c)
				}
			}
		}
	})
}
