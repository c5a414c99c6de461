package i18n

import (
	"fmt"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Locale is one language. It is safe for use by several goroutines.
type Locale struct {
	// Tag is the BCP 47 tag, such as "fr".
	Tag string
	// Name is the language's own name for itself.
	Name string

	tag      language.Tag
	fallback *Locale
	read     func() *catalogue // once
	names    languageNames
}

// Dir is the direction of writing: "ltr" or "rtl".
func (l *Locale) Dir() string {
	script, _ := l.tag.Script()
	switch script.String() {
	case "Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm":
		return "rtl"
	}
	return "ltr"
}

// T returns the text of a key; args are names and values of its arguments.
func (l *Locale) T(key string, args ...any) string {
	t, _, ok := l.find(key)
	if !ok {
		return key
	}
	return l.fill(t.other, args)
}

// N returns the text of a key for a number, in its plural form. The argument
// {n} is the number in the language's form.
func (l *Locale) N(key string, n int64, args ...any) string {
	t, from, ok := l.find(key)
	if !ok {
		return key
	}
	return l.fill(t.form(from.category(n)), append([]any{"n", l.Number(n)}, args...))
}

// find returns a text and the language it is in.
func (l *Locale) find(key string) (text, *Locale, bool) {
	if t, ok := l.read().texts[key]; ok {
		return t, l, true
	}
	if l.fallback != nil {
		return l.fallback.find(key)
	}
	return text{}, l, false
}

// category returns the CLDR category of a whole number.
func (l *Locale) category(n int64) plural.Form {
	if n < 0 {
		n = -n
	}
	// Rules look at the last digits only; past them size does not matter.
	const enough = 10_000_000
	if n >= enough {
		n = enough + n%1_000_000
	}
	return plural.Cardinal.MatchPlural(l.tag, int(n), 0, 0, 0, 0)
}

// fill replaces each {name} by its value. Names without a value stay.
func (l *Locale) fill(s string, args []any) string {
	open := strings.IndexByte(s, '{')
	if len(args) < 2 || open < 0 {
		return s
	}
	var room [200]byte // for most texts
	b := room[:0]
	for ; open >= 0; open = strings.IndexByte(s, '{') {
		end := strings.IndexByte(s[open:], '}')
		if end < 0 {
			break
		}
		b = append(b, s[:open]...)
		if v, ok := argument(args, s[open+1:open+end]); ok {
			b = append(b, l.show(v)...)
		} else {
			b = append(b, s[open:open+end+1]...)
		}
		s = s[open+end+1:]
	}
	return string(append(b, s...))
}

func argument(args []any, name string) (any, bool) {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1], true
		}
	}
	return nil, false
}

func (l *Locale) show(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return l.Number(int64(v))
	case int64:
		return l.Number(v)
	}
	return fmt.Sprint(v)
}
