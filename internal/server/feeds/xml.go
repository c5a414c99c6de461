package feeds

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// document writes XML. It closes what it opens by nesting functions, and
// escapes every text and every value.
type document struct{ *bytes.Buffer }

const declaration = `<?xml version="1.0" encoding="utf-8"?>` + "\n"

// in writes an element with what inside writes. attrs are names and values.
func (d document) in(name string, attrs []string, inside func()) {
	d.open(name, attrs)
	d.WriteByte('>')
	inside()
	d.WriteString("</" + name + ">\n")
}

// text writes an element that holds a text; none when it is empty.
func (d document) text(name, text string, attrs ...string) {
	if text == "" {
		return
	}
	d.open(name, attrs)
	d.WriteByte('>')
	escape(d.Buffer, text)
	d.WriteString("</" + name + ">\n")
}

// description writes a plain text where readers of RSS take what they find for
// HTML: nothing in it begins a mark.
func (d document) description(text string) {
	d.text("description", strings.ReplaceAll(text, "<", "&lt;"))
}

// empty writes an element that holds nothing.
func (d document) empty(name string, attrs ...string) {
	d.open(name, attrs)
	d.WriteString("/>\n")
}

// open writes the beginning of a tag. Attributes without a value are left out.
func (d document) open(name string, attrs []string) {
	d.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] == "" {
			continue
		}
		d.WriteString(" " + attrs[i] + `="`)
		escape(d.Buffer, attrs[i+1])
		d.WriteByte('"')
	}
}

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// escape writes text without what XML 1.0 does not allow (section 2.2).
func escape(b *bytes.Buffer, text string) {
	if strings.IndexFunc(text, forbidden) >= 0 || !utf8.ValidString(text) {
		text = strings.Map(func(r rune) rune {
			if forbidden(r) {
				return -1
			}
			return r
		}, strings.ToValidUTF8(text, ""))
	}
	_, _ = escapes.WriteString(b, text)
}

func forbidden(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r >= 0xD800 && r <= 0xDFFF || r == 0xFFFE || r == 0xFFFF
}

// rfc822 is how RSS 2.0 writes times.
func rfc822(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }

// iso is how Atom and JSON write times.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func number[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }
