package ui

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sepiola/internal/domain/video"
)

// VideoLanguage names a language in the reader's language, by the tables of
// Unicode; those that it does not know by PeerTube's English name.
func (p *Page) VideoLanguage(id string) string {
	if name := p.LanguageName(id); name != "" {
		return name
	}
	return video.LanguageLabel(id)
}

// VideoLanguages are the languages that videos may have, in the order of their
// names in the reader's language.
func (p *Page) VideoLanguages(none string) []Choice {
	return append([]Choice{{"", none, ""}}, p.languages()...)
}

// CaptionLanguages are those that captions can be in, in the same order.
func (p *Page) CaptionLanguages(none string) []Choice {
	written := video.WrittenLanguages()
	return slices.DeleteFunc(p.VideoLanguages(none), func(c Choice) bool {
		return c.Value != "" && !slices.ContainsFunc(written, func(w video.Constant[string]) bool { return w.ID == c.Value })
	})
}

// ShownLanguages are the choices of the languages that lists show: those that
// were chosen, then "none", then the others.
func (p *Page) ShownLanguages(chosen []string) []Choice {
	list := append([]Choice{{video.UnknownLanguage, p.T("web.languages.unknown"), ""}}, p.languages()...)
	slices.SortStableFunc(list, func(a, b Choice) int { return rank(chosen, a) - rank(chosen, b) })
	return list
}

func rank(chosen []string, c Choice) int {
	if slices.Contains(chosen, c.Value) {
		return 0
	}
	return 1
}

// LanguageNames are the names of languages of videos, for a sentence.
func (p *Page) LanguageNames(ids []string) []string {
	var names []string
	for _, id := range ids {
		if id == video.UnknownLanguage {
			names = append(names, p.T("web.languages.unknown"))
		} else {
			names = append(names, p.VideoLanguage(id))
		}
	}
	return names
}

func (p *Page) languages() []Choice {
	all := video.Languages()
	list := make([]Choice, 0, len(all))
	keys := make(map[string]string, len(all))
	for _, c := range all {
		name := p.LanguageName(c.ID)
		if name != "" {
			keys[name] = orderKey(name)
		} else { // those in English come last
			name = video.LanguageLabel(c.ID)
			keys[name] = last + orderKey(name)
		}
		list = append(list, Choice{c.ID, name, ""})
	}
	slices.SortFunc(list, func(a, b Choice) int { return strings.Compare(keys[a.Label], keys[b.Label]) })
	return list
}

// last comes after all letters.
const last = "\U0010FFFF"

// orderKey puts names into the order of an alphabet without regard to case and
// accents.
func orderKey(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(name))
}
