package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web/home"
	"sepiola/internal/server/web/ui"
)

// filters are the parameters that filter a list of videos.
var filters = []string{"category", "language", "licence", "tagsOneOf", "host", "sensitive"}

// filtered reports whether a list is filtered by more than its scope, which has
// tabs of its own.
func filtered(q url.Values) bool {
	return slices.ContainsFunc(filters, func(name string) bool { return q.Get(name) != "" })
}

// kept are the parameters that the links of the page carry on.
func kept(q url.Values) url.Values {
	return only(q, append(filters, "scope", "sort", "search"))
}

// only are the parameters of some names that hold something.
func only(q url.Values, names []string) url.Values {
	out := url.Values{}
	for _, name := range names {
		for _, v := range q[name] {
			if v != "" {
				out.Add(name, v)
			}
		}
	}
	return out
}

// filtersOf are the parameters of a page of videos as it understands them, with
// PeerTube's names beside ours. What is no category and no language is left
// out, so that links and forms do not carry it on.
func filtersOf(q url.Values) url.Values {
	var categories []string
	for _, c := range append(q["category"], q["categoryOneOf"]...) {
		n, err := strconv.Atoi(c)
		known := err == nil && slices.ContainsFunc(video.Categories(), func(k video.Constant[int]) bool { return k.ID == n })
		if c = strconv.Itoa(n); known && !slices.Contains(categories, c) {
			categories = append(categories, c)
		}
	}
	asked := append(q["language"], q["languageOneOf"]...)
	languages := knownLanguages(asked)
	if len(languages) == 0 && slices.Contains(asked, allLanguages) {
		languages = []string{allLanguages}
	}
	for name, values := range map[string][]string{"category": categories, "language": languages} {
		delete(q, name)
		delete(q, name+"OneOf")
		if len(values) > 0 {
			q[name] = values
		}
	}
	if as := map[string]string{"true": "only", "false": "hide", "both": "both"}[q.Get("nsfw")]; as != "" && q.Get("sensitive") == "" {
		q.Set("sensitive", as)
	}
	q.Del("nsfw")
	return q
}

// filterForm is the form of filters, with what is wrong beside its field.
func filterForm(p *ui.Page, q url.Values) ui.Form {
	f := ui.Form{Values: q}
	if host := q.Get("host"); strings.TrimSpace(host) != "" && !actor.ValidHost(hostName(host)) {
		f.Errors = map[string]string{"host": p.T("web.filter.no_host")}
	}
	return f
}

func hostName(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }

// hostOfFilter is the site that is asked for: "" for any, and whether it is
// this one.
func (s *Pages) hostOfFilter(q url.Values) (host string, here bool) {
	here = q.Get("scope") == home.Local
	if host = hostName(q.Get("host")); !actor.ValidHost(host) {
		return "", here
	}
	if strings.EqualFold(host, s.Site.Host) {
		return "", true
	}
	return host, here
}

// filterOf reads the filters; what cannot be read filters nothing.
func (s *Pages) filterOf(q url.Values) video.Filter {
	f := video.Filter{Languages: knownLanguages(q["language"])}
	for _, c := range q["category"] {
		if n, err := strconv.Atoi(c); err == nil {
			f.Categories = append(f.Categories, n)
		}
	}
	if n, err := strconv.Atoi(q.Get("licence")); err == nil {
		f.Licences = []int{n}
	}
	host, here := s.hostOfFilter(q)
	if f.Host = host; here {
		f.IsLocal = &here
	}
	for _, tag := range q["tagsOneOf"] {
		if n := len([]rune(tag)); n >= video.MinTag && n <= video.MaxTag && len(f.TagsOneOf) < video.MaxTags {
			f.TagsOneOf = append(f.TagsOneOf, tag)
		}
	}
	only := q.Get("sensitive") == "only"
	switch q.Get("sensitive") {
	case "both":
		f.AnyNSFW = true
	case "only", "hide":
		f.NSFW = &only
	}
	return f
}
