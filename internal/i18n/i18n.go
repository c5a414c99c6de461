// Package i18n speaks the reader's language: catalogues, plural rules,
// direction, and the forms of numbers, dates, durations and sizes.
//
// # Catalogues
//
// A language is a folder of locales/, named by its BCP 47 tag; every .json
// file in it is read, so that each part of the site may have its own
// (web_watch.json, mail.json). Adding a language is adding a folder; the file
// locale.json in it says its name:
//
//	{"locale.name": "Français"}
//
// A file is one flat object. A key is "area.thing", its text holds named
// arguments in braces. A text that depends on a number is an object of CLDR
// plural categories (zero, one, two, few, many, other; "other" is required),
// chosen by the argument n:
//
//	{
//	  "watch.views": {"one": "{n} view", "other": "{n} views"},
//	  "watch.by": "by {channel}"
//	}
//
// and is used as
//
//	loc.T("watch.by", "channel", c.DisplayName)
//	loc.N("watch.views", v.Views)
//	loc.N("upload.left", 3, "file", name)
//
// Arguments are put in as they are: escaping is the page's business (templ
// does it). A key that a language lacks is English; one that English lacks is
// shown as the key itself, and a test that walks the sources finds it.
//
// Not here: texts of problem documents of the API, which are English as
// PeerTube's are.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

//go:embed locales
var files embed.FS

// Fallback is the language that has every text.
const Fallback = "en"

// Bundle is all languages of the program.
type Bundle struct {
	locales map[string]*Locale
	tags    []language.Tag // Fallback first
	matcher language.Matcher
}

// Locale is one language. It is safe for use by several goroutines.
type Locale struct {
	// Tag is the BCP 47 tag, such as "fr".
	Tag string
	// Name is the language's own name for itself.
	Name string

	tag      language.Tag
	texts    map[string]text
	fallback *Locale
	printer  *message.Printer
	latin    bool // digits are 0 to 9
	names    languageNames
}

// text has the plural categories of one key; a text without is only "other".
type text map[string]string

// UnmarshalJSON reads a string or an object of plural categories.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text{"other": s}
		return nil
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	if m["other"] == "" {
		return fmt.Errorf(`a text with plural forms needs "other"`)
	}
	*t = m
	return nil
}

// Load reads the embedded catalogues.
func Load() (*Bundle, error) { return load(files, "locales") }

func load(fsys fs.FS, root string) (*Bundle, error) {
	folders, err := fs.ReadDir(fsys, root)
	if err != nil {
		return nil, err
	}
	b := &Bundle{locales: map[string]*Locale{}}
	for _, f := range folders {
		l, err := loadLocale(fsys, path.Join(root, f.Name()), f.Name())
		if err != nil {
			return nil, err
		}
		b.locales[l.Tag] = l
	}
	en := b.locales[Fallback]
	if en == nil {
		return nil, fmt.Errorf("no catalogue of %q", Fallback)
	}
	b.tags = []language.Tag{en.tag}
	for _, name := range b.Tags() {
		if l := b.locales[name]; l != en {
			l.fallback = en
			b.tags = append(b.tags, l.tag)
		}
	}
	b.matcher = language.NewMatcher(b.tags)
	return b, nil
}

func loadLocale(fsys fs.FS, dir, name string) (*Locale, error) {
	tag, err := language.Parse(name)
	if err != nil {
		return nil, fmt.Errorf("%s is no language: %w", dir, err)
	}
	l := &Locale{Tag: name, tag: tag, texts: map[string]text{}, printer: message.NewPrinter(tag)}
	parts, err := fs.Glob(fsys, dir+"/*.json")
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		if err := l.read(fsys, part); err != nil {
			return nil, fmt.Errorf("%s: %w", part, err)
		}
	}
	l.Name = l.T("locale.name")
	l.latin = l.printer.Sprint(number.Decimal(0)) == "0"
	return l, nil
}

func (l *Locale) read(fsys fs.FS, file string) error {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return err
	}
	var texts map[string]text
	if err := json.Unmarshal(b, &texts); err != nil {
		return err
	}
	for key, t := range texts {
		if _, twice := l.texts[key]; twice {
			return fmt.Errorf("%q is already in another file", key)
		}
		l.texts[key] = t
	}
	return nil
}

// Tags returns the languages, sorted.
func (b *Bundle) Tags() []string {
	names := make([]string, 0, len(b.locales))
	for name := range b.locales {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Locale returns a language by its tag, or the fallback.
func (b *Bundle) Locale(tag string) *Locale {
	if l := b.locales[tag]; l != nil {
		return l
	}
	return b.locales[Fallback]
}

// Has reports whether there is a language with this tag.
func (b *Bundle) Has(tag string) bool { return b.locales[tag] != nil }

// Match returns the language that suits best. Wishes are in the order of
// their weight: what a client asked for, a cookie, the preference of an
// account, an Accept-Language header. Empty ones are skipped, and so are
// those that no language suits.
func (b *Bundle) Match(wishes ...string) *Locale {
	for _, wish := range wishes {
		tags, _, err := language.ParseAcceptLanguage(wish)
		if err != nil || len(tags) == 0 {
			continue
		}
		if _, i, sure := b.matcher.Match(tags...); sure > language.No {
			return b.locales[b.nameOf(i)]
		}
	}
	return b.locales[Fallback]
}

func (b *Bundle) nameOf(i int) string {
	for name, l := range b.locales {
		if l.tag == b.tags[i] {
			return name
		}
	}
	return Fallback
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
	t, _ := l.find(key)
	if t == nil {
		return key
	}
	return l.fill(t["other"], args)
}

// N returns the text of a key for a number, in its plural form. The argument
// {n} is the number in the language's form.
func (l *Locale) N(key string, n int64, args ...any) string {
	t, from := l.find(key)
	if t == nil {
		return key
	}
	form, ok := t[from.category(n)]
	if !ok {
		form = t["other"]
	}
	return l.fill(form, append([]any{"n", l.Number(n)}, args...))
}

// find returns a text and the language it is in.
func (l *Locale) find(key string) (text, *Locale) {
	if t, ok := l.texts[key]; ok {
		return t, l
	}
	if l.fallback != nil {
		return l.fallback.find(key)
	}
	return nil, l
}

var categories = map[plural.Form]string{
	plural.Zero: "zero", plural.One: "one", plural.Two: "two",
	plural.Few: "few", plural.Many: "many", plural.Other: "other",
}

// category returns the CLDR category of a whole number.
func (l *Locale) category(n int64) string {
	if n < 0 {
		n = -n
	}
	// Rules look at the last digits only; past them size does not matter.
	const enough = 10_000_000
	if n >= enough {
		n = enough + n%1_000_000
	}
	return categories[plural.Cardinal.MatchPlural(l.tag, int(n), 0, 0, 0, 0)]
}

// fill replaces each {name} by its value. Names without a value stay.
func (l *Locale) fill(s string, args []any) string {
	open := strings.IndexByte(s, '{')
	if len(args) < 2 || open < 0 {
		return s
	}
	var b strings.Builder
	for ; open >= 0; open = strings.IndexByte(s, '{') {
		end := strings.IndexByte(s[open:], '}')
		if end < 0 {
			break
		}
		b.WriteString(s[:open])
		if v, ok := argument(args, s[open+1:open+end]); ok {
			b.WriteString(l.show(v))
		} else {
			b.WriteString(s[open : open+end+1])
		}
		s = s[open+end+1:]
	}
	b.WriteString(s)
	return b.String()
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
