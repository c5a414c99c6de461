package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"sepiola/internal/fold"
)

// Bounds of what is read into the index and of what is asked.
const (
	maxWord      = 40     // characters of a word; the rest is left out
	maxWords     = 1500   // of one text
	maxText      = 60_000 // bytes of a text that are looked at
	maxJoinParts = 3
)

// Words are the normalised words of a text, in its order. Texts that differ
// only in case, accents, width or the kind of apostrophe have the same words:
//
//   - letters are decomposed (NFKD), lose their marks and are folded, "Ł" too;
//     vowel signs of Indic scripts stay, because they are letters of their own;
//   - what is written without spaces between words (Chinese, Japanese, Thai and
//     others) becomes pairs of neighbours, and the last letter: what begins
//     with a letter is a way to find it, but nothing begins with the last;
//   - a word with an apostrophe, a hyphen or a point inside gives its parts and
//     the whole: "wi-fi" gives wi, fi and wifi;
//   - a picture (emoji) is a word; punctuation is none.
//
// The words hold letters, digits, marks and pictures only.
func Words(text string) []string { return words(text, true) }

// words with joined gives the wholes of words with inner signs too, and the
// last letters of what has no spaces, which documents have and queries need not.
func words(text string, joined bool) []string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	r := reader{joined: joined}
	for _, c := range fold.Text(text) {
		r.add(c)
	}
	r.end()
	return r.out[:min(len(r.out), maxWords)]
}

// reader cuts folded text into words.
type reader struct {
	joined bool
	out    []string
	word   []rune
	parts  []string // of a word with inner signs, so far
	inner  bool     // the last character was such a sign
	pair   []rune   // of a text without spaces
}

func (r *reader) add(c rune) {
	switch {
	case spaceless(c):
		r.endWord()
		r.pair = append(r.pair, c)
	case unicode.IsLetter(c), unicode.IsDigit(c), unicode.IsNumber(c), unicode.IsMark(c) && len(r.word) > 0:
		r.endPair()
		if !r.inner {
			r.word = append(r.word, c)
			return
		}
		r.inner = false
		r.parts = append(r.parts, cut(r.word))
		r.word = append(r.word[:0], c)
	case joins(c) && len(r.word) > 0 && !r.inner:
		r.inner = true
	default:
		r.end()
		if unicode.Is(unicode.So, c) {
			r.out = append(r.out, string(c))
		}
	}
}

func (r *reader) end() {
	r.endPair()
	r.endWord()
}

func (r *reader) endWord() {
	r.inner = false
	if len(r.word) == 0 {
		return
	}
	last := cut(r.word)
	r.word = r.word[:0]
	if len(r.parts) == 0 {
		r.out = append(r.out, last)
		return
	}
	parts := append(r.parts, last)
	r.parts = nil
	for i, p := range parts {
		// "internet's" is asked for as "internet", "l'avion" as "avion".
		if r.joined || utf8.RuneCountInString(p) > 1 || i == 0 && len(parts) > maxJoinParts {
			r.out = append(r.out, p)
		}
	}
	if whole := strings.Join(parts, ""); r.joined && len(parts) <= maxJoinParts || len(r.out) == 0 {
		r.out = append(r.out, cut([]rune(whole)))
	}
}

func (r *reader) endPair() {
	switch n := len(r.pair); n {
	case 0:
	case 1:
		r.out = append(r.out, string(r.pair))
	default:
		for i := range n - 1 {
			r.out = append(r.out, string(r.pair[i:i+2]))
		}
		if r.joined {
			r.out = append(r.out, string(r.pair[n-1]))
		}
	}
	r.pair = r.pair[:0]
}

func cut(word []rune) string { return string(word[:min(len(word), maxWord)]) }

// joins reports whether a sign may stand inside a word.
func joins(c rune) bool {
	return c == '\'' || c == '’' || c == 'ʼ' || c == '-' || c == '‐' || c == '.' || c == '_'
}

// spaceless reports whether a letter is of a script that writes words without
// spaces between them.
func spaceless(c rune) bool {
	return c >= 0x0E00 && unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) &&
		(unicode.IsLetter(c) || unicode.IsMark(c))
}
