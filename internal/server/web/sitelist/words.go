// Package sitelist is the pages of a directory of sites: the list to choose
// from and the form that adds a site. They have a frame of their own, without
// anything of a video site.
package sitelist

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"sepiola/internal/directory"
	"sepiola/internal/server/web/ui"
)

// signup is how somebody comes to an account of a site: the end of a key of
// the catalogue.
func signup(s *directory.Site) string {
	switch {
	case !s.SignupAllowed:
		return "closed"
	case s.SignupRequiresApproval:
		return "approval"
	}
	return "open"
}

// choices are the values with their names, after that of all.
func choices(p *ui.Page, prefix string, values []string) []ui.Choice {
	list := []ui.Choice{{Label: p.T("web.filter.any")}}
	for _, v := range values {
		list = append(list, ui.Choice{Value: v, Label: p.T(prefix + strings.TrimPrefix(v, "-"))})
	}
	return list
}

// languages are the choices of a language, by name.
func languages(p *ui.Page, tags []string) []ui.Choice {
	list := make([]ui.Choice, 0, len(tags)+1)
	for _, tag := range tags {
		list = append(list, ui.Choice{Value: tag, Label: p.VideoLanguage(tag)})
	}
	slices.SortStableFunc(list, func(a, b ui.Choice) int { return cmp.Compare(key(a.Label), key(b.Label)) })
	return append([]ui.Choice{{Label: p.T("web.filter.any")}}, list...)
}

// key sorts letters with marks beside those without.
func key(s string) string { return norm.NFD.String(strings.ToLower(s)) }

// categories are the choices of a category that have a name.
func categories(p *ui.Page, ids []int) []ui.Choice {
	list := []ui.Choice{{Label: p.T("web.filter.any")}}
	for _, id := range ids {
		if name := category(p, id); name != "" {
			list = append(list, ui.Choice{Value: strconv.Itoa(id), Label: name})
		}
	}
	return list
}

// category is the name of one of PeerTube's categories; those that plugins of
// a site add have none here.
func category(p *ui.Page, id int) string {
	if name := p.Category(id); !strings.HasPrefix(name, "web.category.") {
		return name
	}
	return ""
}

func categoryNames(p *ui.Page, ids []int) string {
	var names []string
	for _, id := range first(ids) {
		if name := category(p, id); name != "" {
			names = append(names, name)
		}
	}
	return join(names)
}

// shown is how many languages or categories of a site are named.
const shown = 8

func first[T any](list []T) []T { return list[:min(len(list), shown)] }

func join(names []string) string { return strings.Join(names, " · ") }
