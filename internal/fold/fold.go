// Package fold makes texts comparable that readers take for the same.
package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Text gives texts that mean the same to a reader one form: in lower case,
// without accents, points and joiners, of one width, letters that people write
// in more than one way as one of them. What is no UTF-8 becomes spaces. It is
// for looking things up, not to be shown.
func Text(s string) string {
	if plain(s) {
		return strings.ToLower(s)
	}
	s = cases.Fold().String(norm.NFKD.String(strings.ToValidUTF8(s, " ")))
	var b strings.Builder
	b.Grow(len(s))
	for _, c := range norm.NFKD.String(s) {
		c = unicode.ToLower(c) // Cherokee is folded to capitals, and those to small letters
		if with, ok := alike[c]; ok {
			b.WriteString(with)
		} else if !mute(c) {
			b.WriteRune(kana(c))
		}
	}
	return norm.NFC.String(b.String())
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// mute reports whether a character adds nothing to how a word is looked for:
// accents, points of Hebrew and Arabic, joiners, selectors of emoji.
func mute(c rune) bool {
	switch {
	case c == 0x3099 || c == 0x309A: // they make other letters in Japanese
		return false
	case unicode.Is(unicode.Mn, c):
		return unicode.In(c, unicode.Inherited, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Greek, unicode.Cyrillic, unicode.Latin)
	case unicode.Is(unicode.Sk, c) && c >= 0x1F3FB: // colours of skin
		return true
	}
	return c == 0x0640 || unicode.Is(unicode.Cf, c) // tatweel, joiners
}

// kana writes katakana as hiragana.
func kana(c rune) rune {
	if c >= 0x30A1 && c <= 0x30F6 {
		return c - 0x60
	}
	return c
}

// alike are letters that people write in more than one way and that do not
// decompose.
var alike = map[rune]string{
	'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'æ': "ae", 'œ': "oe", 'ı': "i", 'ħ': "h", 'ŧ': "t", 'ŋ': "n", 'ə': "e",
	'ى': "ي", 'ة': "ه", 'ک': "ك", 'ی': "ي", 'є': "е", 'ґ': "г",
}
