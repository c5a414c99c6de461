package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/home"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/ui"
)

// maxSearch is the most characters of a search.
const maxSearch = 200

// browse serves /videos/browse.
func (s *Pages) browse(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.home.title")
	heading := p.Title
	if tags := r.URL.Query()["tagsOneOf"]; len(tags) > 0 {
		heading = "#" + strings.Join(tags, ", #")
	}
	return s.list(w, r, p, heading)
}

func searched(r *http.Request) string {
	search := []rune(video.CleanName(r.URL.Query().Get("search")))
	return string(search[:min(len(search), maxSearch)])
}

func (s *Pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, heading string) error {
	q, set := r.URL.Query(), s.Settings()
	viewer := auth.User(r.Context())
	if set.BrowseLocal && q.Get("scope") == "" {
		q.Set("scope", home.Local)
	}
	params := video.ListParams{
		Filter: filterOf(q), Sort: sortOf(q, set.BrowseSort), Start: pageStart(r, pager.PageSize), Count: pager.PageSize,
	}
	s.wanted(r, &params.Filter)
	languages := s.inLanguages(r, &params.Filter)
	videos, total, err := s.Videos.List(r.Context(), viewer, params)
	if err != nil {
		return err
	}
	if err := s.withLater(r, p, videos); err != nil {
		return err
	}
	view := home.View{
		LocalFirst: set.BrowseLocal,
		Heading:    heading, Videos: videos, Sort: string(params.Sort), Filters: ui.Form{Values: q}, Filtered: filtered(r.URL.Query()),
		Sensitive: s.sensitive(viewer), Languages: languages,
		Pager: pager.Pager{Path: r.URL.Path, Query: kept(r.URL.Query()), Start: params.Start, Count: params.Count, Total: total, Endless: true},
	}
	p.Feeds = ui.FeedsOf("videos", p.SiteName, nil)
	return s.ok(w, r, home.Page(p, view))
}

// sensitive is how sensitive videos are shown to somebody.
func (s *Pages) sensitive(viewer video.Viewer) string {
	if viewer != nil && viewer.Preferences.NSFWPolicy != "" {
		return viewer.Preferences.NSFWPolicy
	}
	return s.Settings().NSFWPolicy
}

var filters = []string{"category", "language", "licence", "scope", "tagsOneOf"}

func filtered(q url.Values) bool {
	return slices.ContainsFunc(filters, func(name string) bool { return q.Get(name) != "" })
}

// kept are the parameters that the links of the page carry on.
func kept(q url.Values) url.Values {
	out := url.Values{}
	for _, name := range append(filters, "sort", "search") {
		for _, v := range q[name] {
			if v != "" {
				out.Add(name, v)
			}
		}
	}
	return out
}

// filterOf reads the filters; what cannot be read filters nothing.
func filterOf(q url.Values) video.Filter {
	f := video.Filter{}
	if n, err := strconv.Atoi(q.Get("category")); err == nil {
		f.Categories = []int{n}
	}
	if n, err := strconv.Atoi(q.Get("licence")); err == nil {
		f.Licences = []int{n}
	}
	if l := q.Get("language"); l != "" && video.KnownLanguage(l) {
		f.Languages = []string{l}
	}
	if q.Get("scope") == home.Local {
		local := true
		f.IsLocal = &local
	}
	for _, tag := range q["tagsOneOf"] {
		if n := len([]rune(tag)); n >= video.MinTag && n <= video.MaxTag && len(f.TagsOneOf) < video.MaxTags {
			f.TagsOneOf = append(f.TagsOneOf, tag)
		}
	}
	return f
}

// sortOf is the order that is asked for, else the site's.
func sortOf(q url.Values, otherwise string) video.Sort {
	for _, s := range home.Sorts {
		if s.Value == q.Get("sort") {
			return video.Sort(s.Value)
		}
	}
	return video.Sort(cmp.Or(otherwise, "-publishedAt"))
}
