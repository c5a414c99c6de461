package ui

import "sepiola/internal/domain/video"

// VideoLanguage names a language in the reader's language, by the tables of
// Unicode; those that it does not know by PeerTube's English name.
func (p *Page) VideoLanguage(id string) string {
	if name := p.LanguageName(id); name != "" {
		return name
	}
	return video.LanguageLabel(id)
}
