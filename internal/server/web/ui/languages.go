package ui

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"sepiola/internal/domain/video"
)

// VideoLanguage names a language in the reader's language, by the tables of
// Unicode; those that it does not know by PeerTube's English name.
func (p *Page) VideoLanguage(id string) string {
	tag, err := language.Parse(id)
	if err == nil {
		if namer := display.Languages(language.Make(p.Tag)); namer != nil {
			if name := namer.Name(tag); name != "" {
				return name
			}
		}
	}
	return video.LanguageLabel(id)
}
