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
// A catalogue is read when its first text is wanted: a site whose readers speak
// two of forty languages keeps two in memory.
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
// shown as the key itself. docs/translating.md tells how a language is added,
// and tests that every language is whole.
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
	"sync"

	"golang.org/x/text/language"
)

//go:embed locales
var files embed.FS

// Fallback is the language that has every text.
const Fallback = "en"

// Bundle is all languages of the program.
type Bundle struct {
	locales map[string]*Locale
	byTag   []*Locale // in the order that the matcher knows them; Fallback first
	matcher language.Matcher
}

// Load finds the embedded catalogues.
func Load() (*Bundle, error) { return load(files, "locales") }

func load(fsys fs.FS, root string) (*Bundle, error) {
	folders, err := fs.ReadDir(fsys, root)
	if err != nil {
		return nil, err
	}
	b := &Bundle{locales: map[string]*Locale{}}
	for _, f := range folders {
		l, err := newLocale(fsys, path.Join(root, f.Name()), f.Name())
		if err != nil {
			return nil, err
		}
		b.locales[l.Tag] = l
	}
	en := b.locales[Fallback]
	if en == nil {
		return nil, fmt.Errorf("no catalogue of %q", Fallback)
	}
	b.byTag = []*Locale{en}
	tags := []language.Tag{en.tag}
	for _, name := range b.Tags() {
		if l := b.locales[name]; l != en {
			l.fallback = en
			b.byTag = append(b.byTag, l)
			tags = append(tags, l.tag)
		}
	}
	b.matcher = language.NewMatcher(tags)
	return b, nil
}

// newLocale reads of a language only what it is called.
func newLocale(fsys fs.FS, dir, name string) (*Locale, error) {
	tag, err := language.Parse(name)
	if err != nil {
		return nil, fmt.Errorf("%s is no language: %w", dir, err)
	}
	about, err := fs.ReadFile(fsys, dir+"/locale.json")
	if err != nil {
		return nil, err
	}
	var called struct {
		Name string `json:"locale.name"`
	}
	if err := json.Unmarshal(about, &called); err != nil {
		return nil, fmt.Errorf("%s/locale.json: %w", dir, err)
	}
	if called.Name == "" {
		return nil, fmt.Errorf("%s/locale.json has no locale.name", dir)
	}
	return &Locale{
		Tag: name, Name: called.Name, tag: tag,
		read: sync.OnceValue(func() *catalogue { return readCatalogue(fsys, dir, tag) }),
	}, nil
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

// Find returns the language that suits a wish, which has the form of an
// Accept-Language header, or nil where none does.
func (b *Bundle) Find(wish string) *Locale {
	tags, _, err := language.ParseAcceptLanguage(wish)
	if err != nil || len(tags) == 0 {
		return nil
	}
	if _, i, sure := b.matcher.Match(tags...); sure > language.No {
		return b.byTag[i]
	}
	return nil
}

// Match returns the language that suits best. Wishes are in the order of
// their weight: what a client asked for, a cookie, the preference of an
// account, an Accept-Language header. Empty ones are skipped, and so are
// those that no language suits.
func (b *Bundle) Match(wishes ...string) *Locale {
	for _, wish := range wishes {
		if l := b.Find(wish); l != nil {
			return l
		}
	}
	return b.locales[Fallback]
}
