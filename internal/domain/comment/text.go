package comment

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"sepiola/internal/errs"
)

// MaxText is the longest text, in characters as PeerTube counts them (a pair of
// UTF-16 surrogates is one); the shortest is 1 that can be seen.
const MaxText = 10_000

const (
	maxMarks    = 5 // combining marks on one letter: more is not writing
	maxNewlines = 3 // in a row
)

// CleanText takes out of a text what only disturbs: space around it, control
// characters, characters that turn the direction of what follows, heaps of
// marks on one letter, and long runs of empty lines.
func CleanText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	var b strings.Builder
	b.Grow(len(s))
	marks, newlines := 0, 0
	for _, r := range s {
		if r == '\r' {
			r = '\n'
		}
		if unwanted(r) {
			continue
		}
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case r == '\n':
			newlines++
		case !unicode.IsSpace(r):
			newlines = 0
		}
		if marks > maxMarks || r == '\n' && newlines > maxNewlines {
			continue
		}
		b.WriteRune(r)
	}
	return strings.TrimFunc(b.String(), unicode.IsSpace)
}

// unwanted characters are controls but line breaks and tabs, and those that
// override the direction of a text.
func unwanted(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF, r >= 0xFFF9 && r <= 0xFFFB:
		return true
	}
	return unicode.IsControl(r)
}

// visible reports whether a character leaves something on the page.
func visible(r rune) bool {
	switch r {
	case 0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0: // blanks that are no space
		return false
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S)
}

// checkText cleans a text; sent is what came, to be told back.
func checkText(sent string) (string, error) {
	text := CleanText(sent)
	if n := utf8.RuneCountInString(text); n == 0 || n > MaxText || !strings.ContainsFunc(text, visible) {
		if len(sent) > 4*MaxText {
			sent = "" // it need not come back whole
		}
		return "", errs.Fields(errs.Param{Name: "text", Value: sent, In: "body"})
	}
	return text, nil
}
