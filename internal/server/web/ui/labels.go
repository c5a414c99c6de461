package ui

import (
	"strconv"

	"sepiola/internal/domain/video"
)

// Views is how often a video was watched, in words.
func (p *Page) Views(n int64) string {
	if n < 1000 {
		return p.N("web.views", n)
	}
	return p.N("web.views_short", n, "short", p.Compact(n))
}

// PrivacyKey is the text of a privacy.
func PrivacyKey(v video.Privacy) string { return "web.privacy." + strconv.Itoa(int(v)) }

// Category names a category.
func (p *Page) Category(id int) string { return p.T("web.category." + strconv.Itoa(id)) }

// Licence names a licence.
func (p *Page) Licence(id int) string { return p.T("web.licence." + strconv.Itoa(id)) }

// StateName says what is happening to a video.
func (p *Page) StateName(s video.State) string { return p.T("web.state." + strconv.Itoa(int(s))) }

// Categories are the choices of a category, after that of none.
func (p *Page) Categories(none string) []Choice {
	list := []Choice{{"", none, ""}}
	for _, c := range video.Categories() {
		list = append(list, Choice{strconv.Itoa(c.ID), p.Category(c.ID), ""})
	}
	return list
}

// Licences are the choices of a licence.
func (p *Page) Licences(none string) []Choice {
	list := []Choice{{"", none, ""}}
	for _, c := range video.Licences() {
		list = append(list, Choice{strconv.Itoa(c.ID), p.Licence(c.ID), ""})
	}
	return list
}

// Privacies are the choices of a privacy.
func (p *Page) Privacies() []Choice {
	var list []Choice
	for _, c := range video.Privacies() {
		list = append(list, Choice{strconv.Itoa(c.ID), p.T(PrivacyKey(video.Privacy(c.ID))), p.T(PrivacyKey(video.Privacy(c.ID)) + ".hint")})
	}
	return list
}
