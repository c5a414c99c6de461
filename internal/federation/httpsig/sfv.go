package httpsig

import (
	"encoding/base64"
	"slices"
	"strings"
)

// This file reads the part of Structured Field Values (RFC 9651) that RFC 9421
// uses: dictionaries of inner lists of strings, and of byte sequences.

// member is one entry of a dictionary.
type member[T any] struct {
	key   string
	value T
}

// valueKind is the type of a bare item.
type valueKind int

const (
	kindNone valueKind = iota // not there
	kindString
	kindInteger
	kindToken
	kindBoolean
	kindBytes
)

// sfValue is a bare item. Its text is the decoded string, the digits, the
// token, "1" or "0" for a boolean, or the bytes.
type sfValue struct {
	kind valueKind
	text string
}

// component is one thing that a signature covers.
type component struct {
	name      string // in lower case, as RFC 9421 demands
	params    int    // how many parameters it has
	query     sfValue
	canonical string // serialised with its parameters
}

// innerList is what a signature covers, with the signature's parameters.
type innerList struct {
	components []component
	params     map[string]sfValue
	canonical  string
}

// covers reports whether a component without parameters is in the list.
func (l innerList) covers(name string) bool {
	return slices.ContainsFunc(l.components, func(c component) bool { return c.name == name && c.params == 0 })
}

var errSyntax = refuse(ErrMalformed, "the signature's structured fields cannot be read")

// readDictionary reads a header, all lines of it, whose members are read by
// one function.
func readDictionary[T any](m *message, name string, read func(*sfReader) (T, error)) ([]member[T], error) {
	text, _ := m.field(name)
	if len(text) > maxHeaderBytes {
		return nil, refuse(ErrMalformed, "the header %s is longer than %d bytes", name, maxHeaderBytes)
	}
	r := &sfReader{text: text}
	var members []member[T]
	for r.skip(" "); !r.done(); {
		key, ok := r.key()
		if !ok || !r.take('=') {
			return nil, errSyntax
		}
		value, err := read(r)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(members, func(m member[T]) bool { return m.key == key }) {
			return nil, refuse(ErrMalformed, "the header %s has the signature %q twice", name, shorten(key))
		}
		if members = append(members, member[T]{key, value}); len(members) > maxSignatures {
			return nil, refuse(ErrMalformed, "the request has more than %d signatures", maxSignatures)
		}
		if r.skip(" \t"); r.done() {
			break
		}
		if !r.take(',') {
			return nil, errSyntax
		}
		if r.skip(" \t"); r.done() {
			return nil, errSyntax // a comma at the end
		}
	}
	return members, nil
}

// readBytes reads a byte sequence and passes over its parameters.
func readBytes(r *sfReader) ([]byte, error) {
	v, ok := r.value(nil)
	if !ok || v.kind != kindBytes {
		return nil, errSyntax
	}
	if _, ok := r.params(nil); !ok {
		return nil, errSyntax
	}
	return []byte(v.text), nil
}

// readInnerList reads what a signature covers, and its parameters. Things
// covered twice are an error (RFC 9421 section 2).
func readInnerList(r *sfReader) (innerList, error) {
	var canonical strings.Builder
	if !r.take('(') {
		return innerList{}, errSyntax
	}
	canonical.WriteByte('(')
	var list innerList
	for r.skip(" "); !r.take(')'); {
		c, ok := r.component()
		if !ok {
			return innerList{}, errSyntax
		}
		if slices.ContainsFunc(list.components, func(o component) bool { return o.canonical == c.canonical }) {
			return innerList{}, refuse(ErrMalformed, "the signature covers %s twice", shorten(c.canonical))
		}
		if len(list.components) > 0 {
			canonical.WriteByte(' ')
		}
		canonical.WriteString(c.canonical)
		if list.components = append(list.components, c); len(list.components) > maxComponents {
			return innerList{}, refuse(ErrMalformed, "the signature covers more than %d things", maxComponents)
		}
		// Between two items there is a space.
		if before := r.at; !r.peek(')') {
			if r.skip(" "); r.at == before {
				return innerList{}, errSyntax
			}
		}
	}
	canonical.WriteByte(')')
	var ok bool
	if list.params, ok = r.params(&canonical); !ok {
		return innerList{}, errSyntax
	}
	list.canonical = canonical.String()
	return list, nil
}

// sfReader reads a header's text from its beginning to its end.
type sfReader struct {
	text string
	at   int
}

func (r *sfReader) done() bool { return r.at >= len(r.text) }

func (r *sfReader) peek(c byte) bool { return r.at < len(r.text) && r.text[r.at] == c }

func (r *sfReader) take(c byte) bool {
	if !r.peek(c) {
		return false
	}
	r.at++
	return true
}

func (r *sfReader) skip(chars string) {
	for r.at < len(r.text) && strings.IndexByte(chars, r.text[r.at]) >= 0 {
		r.at++
	}
}

// while returns the longest run of bytes that a function accepts.
func (r *sfReader) while(accept func(c byte) bool) string {
	start := r.at
	for r.at < len(r.text) && accept(r.text[r.at]) {
		r.at++
	}
	return r.text[start:r.at]
}

func lower(c byte) bool { return 'a' <= c && c <= 'z' }
func digit(c byte) bool { return '0' <= c && c <= '9' }

// key reads a key: lower-case letters, digits and a few signs.
func (r *sfReader) key() (string, bool) {
	if r.done() || !lower(r.text[r.at]) && r.text[r.at] != '*' {
		return "", false
	}
	return r.while(func(c byte) bool { return lower(c) || digit(c) || strings.IndexByte("_-.*", c) >= 0 }), true
}

// component reads a string with its parameters.
func (r *sfReader) component() (component, bool) {
	var canonical strings.Builder
	v, ok := r.value(&canonical)
	if !ok || v.kind != kindString || v.text == "" || v.text != strings.ToLower(v.text) {
		return component{}, false
	}
	params, ok := r.params(&canonical)
	if !ok {
		return component{}, false
	}
	return component{name: v.text, params: len(params), query: params["name"], canonical: canonical.String()}, true
}

// params reads parameters, and writes them as they are serialised. A
// parameter that is given twice is an error: the RFC lets the last one win,
// which only someone with something to hide needs.
func (r *sfReader) params(out *strings.Builder) (map[string]sfValue, bool) {
	var params map[string]sfValue
	for r.take(';') {
		r.skip(" ")
		key, ok := r.key()
		if !ok {
			return nil, false
		}
		write(out, ";"+key)
		v := sfValue{kind: kindBoolean, text: "1"}
		if r.take('=') {
			write(out, "=")
			if v, ok = r.value(out); !ok {
				return nil, false
			}
		}
		if _, twice := params[key]; twice || len(params) == maxParams {
			return nil, false
		}
		if params == nil {
			params = make(map[string]sfValue, 4)
		}
		params[key] = v
	}
	return params, true
}

func write(out *strings.Builder, s string) {
	if out != nil {
		out.WriteString(s)
	}
}

// value reads a bare item and writes it as it is serialised, which is how it
// stands: only spaces can differ. Decimals and dates are not used by RFC 9421.
func (r *sfReader) value(out *strings.Builder) (v sfValue, ok bool) {
	if r.done() {
		return sfValue{}, false
	}
	start := r.at
	switch c := r.text[r.at]; {
	case c == '"':
		v, ok = r.quoted()
	case c == ':':
		v, ok = r.bytes()
	case c == '?':
		r.at++
		v = sfValue{kindBoolean, r.while(func(c byte) bool { return c == '0' || c == '1' })}
		ok = len(v.text) == 1
	case digit(c) || c == '-':
		r.at++
		r.while(digit)
		v = sfValue{kindInteger, r.text[start:r.at]}
		ok = v.text != "-" && len(v.text) <= 16
	default:
		v = sfValue{kindToken, r.while(tokenByte)}
		ok = v.text != "" && (c == '*' || lower(c|0x20))
	}
	if ok {
		write(out, r.text[start:r.at])
	}
	return v, ok
}

func tokenByte(c byte) bool {
	return lower(c|0x20) || digit(c) || strings.IndexByte("!#$%&'*+-.^_`|~:/", c) >= 0
}

// quoted reads a string.
func (r *sfReader) quoted() (sfValue, bool) {
	var b strings.Builder
	for r.at++; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return sfValue{kindString, b.String()}, true
		case c == '\\':
			if r.at++; !r.peek('"') && !r.peek('\\') {
				return sfValue{}, false
			}
			b.WriteByte(r.text[r.at])
		case c < ' ' || c >= 0x7f:
			return sfValue{}, false
		default:
			b.WriteByte(c)
		}
	}
	return sfValue{}, false
}

// bytes reads a byte sequence.
func (r *sfReader) bytes() (sfValue, bool) {
	r.at++
	end := strings.IndexByte(r.text[r.at:], ':')
	if end < 0 {
		return sfValue{}, false
	}
	text := strings.TrimRight(r.text[r.at:r.at+end], "=")
	b, err := base64.RawStdEncoding.DecodeString(text)
	r.at += end + 1
	return sfValue{kindBytes, string(b)}, err == nil
}
