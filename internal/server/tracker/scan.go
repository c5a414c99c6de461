package tracker

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"unicode/utf8"
)

// raw is JSON as it came. It is part of the message's bytes, not a copy: it
// holds only while the message is handled.
type raw []byte

// maxDepth is how deep values may lie in each other. Descriptions of WebRTC
// have two levels.
const maxDepth = 32

// scanner walks JSON (RFC 8259) once and decodes none of it: most of a message
// is what others are to be passed as it is. After a mistake it is bad and at the
// end.
type scanner struct {
	b   []byte
	i   int
	bad bool
}

func (s *scanner) fail() { s.bad, s.i = true, len(s.b) }

// peek returns the next byte that is no space, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// end notes that something follows what should have been the end.
func (s *scanner) end() {
	if s.peek(); s.i < len(s.b) {
		s.fail()
	}
}

// begin begins an object or a list.
func (s *scanner) begin(bracket byte) {
	if s.peek() != bracket {
		s.fail()
		return
	}
	s.i++
}

// more goes on to the next member or element, and reports false past the end.
func (s *scanner) more(first bool, end byte) bool {
	switch c := s.peek(); {
	case c == end:
		s.i++ // at the end of the bytes c is 0
		return false
	case first:
		return !s.bad
	case c == ',':
		s.i++
		return true
	}
	s.fail()
	return false
}

// key begins the next member of an object and returns its name, with quotes; nil
// past the last.
func (s *scanner) key(first bool) raw {
	if !s.more(first, '}') {
		return nil
	}
	name := s.text()
	if s.peek() != ':' {
		s.fail()
		return nil
	}
	s.i++
	return name
}

// value passes a value of any kind and returns it.
func (s *scanner) value(depth int) raw {
	c := s.peek()
	from := s.i
	switch {
	case c == '"':
		s.text()
	case depth == 0 && (c == '{' || c == '['):
		s.fail()
	case c == '{':
		s.i++
		for first := true; s.key(first) != nil; first = false {
			s.value(depth - 1)
		}
	case c == '[':
		s.i++
		for first := true; s.more(first, ']'); first = false {
			s.value(depth - 1)
		}
	case c == 't':
		s.word("true")
	case c == 'f':
		s.word("false")
	case c == 'n':
		s.word("null")
	default:
		s.number()
	}
	if s.bad {
		return nil
	}
	return s.b[from:s.i]
}

// textOrNull passes a text and returns it, or null and returns nil.
func (s *scanner) textOrNull() raw {
	if s.peek() == 'n' {
		s.word("null")
		return nil
	}
	return s.text()
}

func (s *scanner) word(w string) {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		s.fail()
		return
	}
	s.i += len(w)
}

func (s *scanner) number() {
	s.sign("-")
	if s.i < len(s.b) && s.b[s.i] == '0' {
		s.i++
	} else {
		s.digits()
	}
	if s.sign(".") {
		s.digits()
	}
	if s.sign("eE") {
		s.sign("+-")
		s.digits()
	}
}

// sign passes one of some characters.
func (s *scanner) sign(of string) bool {
	for i := range len(of) {
		if s.i < len(s.b) && s.b[s.i] == of[i] {
			s.i++
			return true
		}
	}
	return false
}

func (s *scanner) digits() {
	from := s.i
	for s.i < len(s.b) && s.b[s.i]-'0' <= 9 {
		s.i++
	}
	if s.i == from {
		s.fail()
	}
}

// text passes a text and returns it, with its quotes.
func (s *scanner) text() raw {
	b := s.b
	if s.peek() != '"' {
		s.fail()
		return nil
	}
	from := s.i
	for i := from + 1; ; {
		for i+8 <= len(b) { // eight characters at a time
			if at := special(binary.LittleEndian.Uint64(b[i:])); at < 8 {
				i += at
				break
			}
			i += 8
		}
		switch {
		case i >= len(b) || b[i] < ' ':
			s.fail()
			return nil
		case b[i] == '"':
			s.i = i + 1
			return b[from:s.i]
		case b[i] != '\\':
			i++
		default:
			n := escape(b[i:])
			if n == 0 {
				s.fail()
				return nil
			}
			i += n
		}
	}
}

// special returns which of eight bytes is the first that is no plain character
// of a text: a quote, a backslash or a control; 8 when all are plain.
func special(w uint64) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	quote, slash := w^ones*'"', w^ones*'\\'
	// The lowest of the bits that are found is right; those above need not be.
	found := ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*' ')&^w) & tops
	return bits.TrailingZeros64(found) / 8
}

// escape returns how many bytes an escaped character of a text has, 0 for one
// that is wrong.
func escape(b []byte) int {
	const long = len(`\u0000`)
	switch {
	case len(b) < 2:
		return 0
	case b[1] != 'u':
		if short(b[1]) == 0 {
			return 0
		}
		return 2
	case len(b) < long:
		return 0
	}
	for _, c := range b[2:long] {
		if unhex(c) > 15 {
			return 0
		}
	}
	return long
}

// short returns what a letter after a backslash stands for, 0 for nothing.
func short(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

func unhex(c byte) uint {
	switch {
	case c-'0' <= 9:
		return uint(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return uint(c | 0x20 - 'a' + 10)
	}
	return 16
}

// latin appends the characters of a text to dst, as a byte each, which is how
// binary is written. It reports false for a text of others, for one that dst has
// no room for, and for what is no text.
func latin(dst []byte, text raw) ([]byte, bool) {
	if len(text) < 2 || text[0] != '"' {
		return dst, false
	}
	for b := text[1 : len(text)-1]; len(b) > 0; {
		c, n := b[0], 1
		switch {
		case c == '\\':
			switch n = escape(b); {
			case n == 0 || n > 2 && (b[2] != '0' || b[3] != '0'):
				return dst, false
			case n > 2:
				c = byte(unhex(b[4])<<4 | unhex(b[5]))
			default:
				c = short(b[1])
			}
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(b)
			if r > 0xFF {
				return dst, false
			}
			c, n = byte(r), size
		}
		if len(dst) == cap(dst) {
			return dst, false
		}
		dst, b = append(dst, c), b[n:]
	}
	return dst, true
}

// twenty reads 20 bytes that are written as a text of 20 characters.
func twenty(text raw) (out [20]byte, ok bool) {
	b, ok := latin(out[:0], text)
	return out, ok && len(b) == len(out)
}

// is reports whether a text says this.
func is(text raw, what string) bool {
	if len(text) == len(what)+2 {
		return string(text[1:len(text)-1]) == what
	}
	return len(text) > len(what) && string(unescaped(text)) == what
}

// unescaped returns what a text says: a part of it, or a copy.
func unescaped(text raw) []byte {
	for _, c := range text {
		if c == '\\' {
			var s string
			_ = json.Unmarshal(text, &s) // it is valid
			return []byte(s)
		}
	}
	return text[1 : len(text)-1]
}
