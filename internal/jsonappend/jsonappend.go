// Package jsonappend writes JSON by appending it to a buffer, byte for byte as
// encoding/json would with its default escapes. It is for the few documents
// that are written most: reflection makes encoding/json several times as
// expensive as reading what it writes from the database.
package jsonappend

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// String appends s quoted. What is not UTF-8 becomes U+FFFD.
func String(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0 // of what is not yet appended
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = escape(append(b, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[start:i]...), `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029': // ends a line in scripts
			b = append(append(b, s[start:i]...), `\u202`...)
			b = append(b, hexDigits[r&0xf])
			start = i + size
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

// plain are the ASCII characters that stand for themselves: also in HTML.
var plain = func() (plain [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		plain[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return plain
}()

func escape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(append(b, `\u00`...), hexDigits[c>>4], hexDigits[c&0xf])
}

// Int appends a whole number.
func Int[T ~int | ~int64](b []byte, n T) []byte { return strconv.AppendInt(b, int64(n), 10) }

// Float appends a number. What JSON has no word for (NaN, infinities) is null.
func Float(b []byte, f float64) []byte {
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) || math.IsNaN(f) || math.IsInf(f, 0) {
		other, err := json.Marshal(f) // with an exponent
		if err != nil {
			return append(b, "null"...)
		}
		return append(b, other...)
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

// Bool appends true or false.
func Bool(b []byte, yes bool) []byte { return strconv.AppendBool(b, yes) }

// Time appends a time in UTC with milliseconds, as JavaScript writes its own;
// the zero time is null.
func Time(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(b, `"2006-01-02T15:04:05.000Z"`)
	}
	hour, minute, second := t.Clock() // AppendFormat reads its layout each time, which is most of its work
	b = two(two(append(b, '"'), year/100), year%100)
	b = two(append(two(append(b, '-'), int(month)), '-'), day)
	b = two(append(two(append(two(append(b, 'T'), hour), ':'), minute), ':'), second)
	thousandths := t.Nanosecond() / int(time.Millisecond)
	return append(two(append(b, '.', byte('0'+thousandths/100)), thousandths%100), 'Z', '"')
}

// two appends a number of two digits.
func two(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// Or appends what p points to with one of the functions above, and null
// without it.
func Or[T any](b []byte, p *T, one func([]byte, T) []byte) []byte {
	if p == nil {
		return append(b, "null"...)
	}
	return one(b, *p)
}

// List appends an array; a nil slice is null.
func List[T any](b []byte, list []T, one func([]byte, *T) []byte) []byte {
	if list == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, &list[i])
	}
	return append(b, ']')
}

// Strings appends an array of texts; a nil slice is null.
func Strings(b []byte, list []string) []byte {
	return List(b, list, func(b []byte, s *string) []byte { return String(b, *s) })
}
