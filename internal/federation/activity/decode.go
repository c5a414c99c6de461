// Package activity is the documents that sites send each other: JSON as it
// comes (Doc), what of it this site understands (Read…), and what this site
// says of its own things (the other functions that return a Doc).
//
// Readers take what the fediverse writes: a string, an object or a list where
// one of them is usual, fields that are missing or that nobody here knows.
// What they return is checked: lengths are cut to what is stored, URLs are of
// the web and without credentials, owners are of the site of what they own.
// Writers return PeerTube's fields and ids (8.2), made only of values that
// encoding/json reads back as they are, with the context beside them.
//
// Not here: requests, signatures, and what is done with a document.
package activity

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"sepiola/internal/errs"
)

// Bounds of documents.
const (
	// MaxBytes is the longest document that Decode reads.
	MaxBytes = 1 << 20
	// MaxDepth is how deep objects and lists may lie in each other, and
	// MaxValues how many values a document may have in all.
	MaxDepth  = 32
	MaxValues = 20_000
)

// Doc is a JSON object: its values are strings, float64, bool, nil, []any and
// map[string]any, as encoding/json decodes them, but that U+FFFD stands for
// NUL: no string of a document holds one, or is not UTF-8. Its methods never
// fail: what is not there or of another type is the zero value.
type Doc map[string]any

// Decode reads a document of at most MaxBytes. What is no JSON object, is
// over the bounds or has a key twice is errs.Invalid.
func Decode(b []byte) (Doc, error) { return DecodeMax(b, MaxBytes) }

// DecodeMax is Decode with another bound on the length, in bytes.
func DecodeMax(b []byte, most int) (Doc, error) {
	if len(b) > most {
		return nil, errs.New(errs.TooLarge, "the document is longer than %d bytes", most)
	}
	p := parser{b: b}
	p.space()
	if p.peek() != '{' {
		return nil, errs.New(errs.Invalid, "the document is no JSON object")
	}
	m, err := p.object(1)
	if err == nil {
		if p.space(); p.i != len(p.b) {
			err = p.wrong("something follows the document")
		}
	}
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "the document is no JSON that is accepted here")
	}
	return m, nil
}

// parser reads JSON (RFC 8259) with bounds that encoding/json does not have.
type parser struct {
	b      []byte
	i      int
	values int
}

var errMany = errors.New("too many values")

func (p *parser) wrong(what string) error { return fmt.Errorf("%s at %d", what, p.i) }

func (p *parser) peek() byte {
	if p.i < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

func (p *parser) space() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) (any, error) {
	if p.values++; p.values > MaxValues {
		return nil, errMany
	}
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth + 1)
	case c == '[':
		return p.list(depth + 1)
	case c == '"':
		return p.text()
	case c == 't':
		return true, p.word("true")
	case c == 'f':
		return false, p.word("false")
	case c == 'n':
		return nil, p.word("null")
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	return nil, p.wrong("no value")
}

func (p *parser) word(w string) error {
	if len(p.b)-p.i < len(w) || string(p.b[p.i:p.i+len(w)]) != w {
		return p.wrong("no value")
	}
	p.i += len(w)
	return nil
}

func (p *parser) object(depth int) (map[string]any, error) {
	if depth > MaxDepth {
		return nil, p.wrong("too deep")
	}
	p.i++
	m := map[string]any{}
	for first := true; ; first = false {
		p.space()
		if p.peek() == '}' && first {
			p.i++
			return m, nil
		}
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		if _, twice := m[key]; twice {
			return nil, p.wrong("a key comes twice")
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		m[key] = v
		if end, err := p.next('}'); err != nil || end {
			return m, err
		}
	}
}

func (p *parser) key() (string, error) {
	if p.peek() != '"' {
		return "", p.wrong("no key")
	}
	key, err := p.text()
	if err != nil {
		return "", err
	}
	p.space()
	if p.peek() != ':' {
		return "", p.wrong("no colon")
	}
	p.i++
	p.space()
	return key, nil
}

// next goes over a comma or the end of what is being read.
func (p *parser) next(end byte) (bool, error) {
	p.space()
	switch p.peek() {
	case ',':
		p.i++
		return false, nil
	case end:
		p.i++
		return true, nil
	}
	return false, p.wrong("no comma")
}

func (p *parser) list(depth int) ([]any, error) {
	if depth > MaxDepth {
		return nil, p.wrong("too deep")
	}
	p.i++
	list := []any{}
	for {
		p.space()
		if p.peek() == ']' && len(list) == 0 {
			p.i++
			return list, nil
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if end, err := p.next(']'); err != nil || end {
			return list, err
		}
	}
}

func (p *parser) number() (float64, error) {
	start := p.i
	if p.peek() == '-' {
		p.i++
	}
	if p.peek() == '0' {
		p.i++
	} else if !p.digits() {
		return 0, p.wrong("no number")
	}
	if p.peek() == '.' {
		p.i++
		if !p.digits() {
			return 0, p.wrong("no number")
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.i++
		if c := p.peek(); c == '+' || c == '-' {
			p.i++
		}
		if !p.digits() {
			return 0, p.wrong("no number")
		}
	}
	n, err := strconv.ParseFloat(string(p.b[start:p.i]), 64)
	if err != nil || math.IsInf(n, 0) {
		return 0, p.wrong("a number out of range")
	}
	return n, nil
}

func (p *parser) digits() bool {
	start := p.i
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		p.i++
	}
	return p.i > start
}

// text reads a string; most have nothing escaped.
func (p *parser) text() (string, error) {
	p.i++
	start := p.i
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			s := p.b[start:p.i]
			p.i++
			if !utf8.Valid(s) {
				return "", p.wrong("no UTF-8")
			}
			return string(s), nil
		case c == '\\':
			return p.escaped(append([]byte(nil), p.b[start:p.i]...))
		case c < ' ':
			return "", p.wrong("a control character")
		}
		p.i++
	}
	return "", p.wrong("an open string")
}

func (p *parser) escaped(s []byte) (string, error) {
	for p.i < len(p.b) {
		c := p.b[p.i]
		p.i++
		switch {
		case c == '"':
			if !utf8.Valid(s) {
				return "", p.wrong("no UTF-8")
			}
			return string(s), nil
		case c < ' ':
			return "", p.wrong("a control character")
		case c != '\\':
			s = append(s, c)
			continue
		}
		var err error
		if s, err = p.escape(s); err != nil {
			return "", err
		}
	}
	return "", p.wrong("an open string")
}

func (p *parser) escape(s []byte) ([]byte, error) {
	c := p.peek()
	p.i++
	switch c {
	case '"', '\\', '/':
		return append(s, c), nil
	case 'b':
		return append(s, '\b'), nil
	case 'f':
		return append(s, '\f'), nil
	case 'n':
		return append(s, '\n'), nil
	case 'r':
		return append(s, '\r'), nil
	case 't':
		return append(s, '\t'), nil
	case 'u':
		r, ok := p.hex()
		if !ok {
			return nil, p.wrong("no escape")
		}
		if r == 0 { // PostgreSQL keeps none, and left out it would make one id of two
			r = utf8.RuneError
		}
		return utf8.AppendRune(s, p.pair(r)), nil
	}
	return nil, p.wrong("no escape")
}

// pair joins the half of a surrogate pair with the one that follows; a half
// alone becomes U+FFFD, as in encoding/json.
func (p *parser) pair(r rune) rune {
	if !utf16.IsSurrogate(r) {
		return r
	}
	if p.i+1 < len(p.b) && p.b[p.i] == '\\' && p.b[p.i+1] == 'u' {
		at := p.i
		p.i += 2
		if low, ok := p.hex(); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return both
			}
		}
		p.i = at
	}
	return utf8.RuneError
}

func (p *parser) hex() (rune, bool) {
	if len(p.b)-p.i < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.b[p.i:p.i+4]), 16, 16)
	if err != nil {
		return 0, false
	}
	p.i += 4
	return rune(n), true
}
