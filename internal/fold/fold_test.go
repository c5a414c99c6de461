package fold_test

import (
	"testing"

	"sepiola/internal/fold"
)

func TestTextsThatMeanTheSameBecomeOne(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"muller", "MÜLLER", "Mu\u0308ller", "ｍｕｌｌｅｒ"},
		{"strasse", "Straße", "STRASSE"},
		{"lodz", "Łódź"},
		{"οδοσ", "ΟΔΌΣ", "οδός"},
		{"زجاجه", "زجاجة", "زُجَاجَة", "زجـــاجة"},
		{"שלום", "שָׁלוֹם"},
		{"すし", "スシ"},
		{"een", "e\u00aden", "e\u200den"},
		{"👍", "👍🏽"},
		{"ꮇ", "Ꮇ"},
	} {
		for _, s := range same {
			if got := fold.Text(s); got != same[0] {
				t.Errorf("%q: got %q, want %q", s, got, same[0])
			}
		}
	}
	for _, different := range [][2]string{{"か", "が"}, {"कि", "का"}, {"a b", "ab"}, {"n", "m"}} {
		if a, b := fold.Text(different[0]), fold.Text(different[1]); a == b {
			t.Errorf("%q and %q are both %q", different[0], different[1], a)
		}
	}
	if got := fold.Text("a\xffb"); got != "a b" {
		t.Errorf("what is no UTF-8: %q", got)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "Iinternet own boy", "Łódź", "زجاجة", "スシ", "a\xff", "\u0344", "ẛ̣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := fold.Text(s)
		if twice := fold.Text(once); twice != once {
			t.Errorf("%q: %q, and again %q", s, once, twice)
		}
	})
}
