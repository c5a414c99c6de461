// Package terms reads what is typed into the search of a table: words, and
// among them conditions such as state:pending, with PeerTube's prefixes.
//
// A prefix that a table does not know, or a value that it cannot be, is a word
// like any other: it is looked for, and not silently left out.
//
// Not here: what a condition means to a list; its page says that.
package terms

import (
	"slices"
	"strings"
)

// Prefix is a condition that a table understands.
type Prefix struct {
	// Name with its colon; "#" is followed by its value at once.
	Name string
	// Values are all that there are; none means any text.
	Values []string
	// About is the key of what it does.
	About string
}

// YesNo are the values of what is or is not.
var YesNo = []string{"true", "false"}

// Found is what was typed.
type Found struct {
	// Words is the rest, which is searched for.
	Words  string
	values map[string]string
}

// Has returns the value of a condition, or "". Of several the last counts.
func (f Found) Has(name string) string { return f.values[name] }

// Is returns whether something is to be; nil when nothing was said.
func (f Found) Is(name string) *bool {
	switch f.values[name] {
	case "true":
		return new(true)
	case "false":
		return new(false)
	}
	return nil
}

// Parse reads a text. Values with spaces stand in quotation marks, as do words
// that look like a condition and are none.
func Parse(text string, known []Prefix) Found {
	f := Found{values: make(map[string]string)}
	var words []string
	for _, t := range split(text) {
		p, value, ok := t.condition(known)
		if !ok {
			words = append(words, t.text)
			continue
		}
		f.values[p.Name] = value
	}
	f.Words = strings.Join(words, " ")
	return f
}

// token is a word, a quoted text, or a prefix with its value.
type token struct {
	text   string // without quotation marks
	quoted bool   // from its start
}

func (t token) condition(known []Prefix) (p Prefix, value string, ok bool) {
	if t.quoted {
		return p, "", false
	}
	for _, p := range known {
		if len(t.text) <= len(p.Name) || !strings.EqualFold(t.text[:len(p.Name)], p.Name) {
			continue
		}
		value := t.text[len(p.Name):]
		if p.Values == nil {
			return p, value, true
		}
		i := slices.IndexFunc(p.Values, func(v string) bool { return strings.EqualFold(v, value) })
		if i >= 0 {
			return p, p.Values[i], true
		}
	}
	return p, "", false
}

// split cuts a text at spaces that are in no quotation marks. A mark without
// its end is a letter.
func split(text string) []token {
	var list []token
	var now strings.Builder
	quoted, any := false, false
	end := func() {
		if s := strings.TrimSpace(now.String()); any && s != "" {
			list = append(list, token{s, quoted})
		}
		now.Reset()
		quoted, any = false, false
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n':
			end()
		case c == '"':
			if inside, rest, ok := strings.Cut(text[i+1:], `"`); ok {
				quoted = quoted || !any
				any = any || strings.TrimSpace(inside) != ""
				now.WriteString(inside)
				i = len(text) - len(rest) - 1
				continue
			}
			fallthrough
		default:
			any = true
			now.WriteByte(c)
		}
	}
	end()
	return list
}
