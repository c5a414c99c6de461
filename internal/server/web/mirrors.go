package web

import (
	"context"
	"net/http"
	"strconv"

	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/sites"
)

// MirrorService is the part of redundancy.Admin that pages need.
type MirrorService interface {
	List(ctx context.Context, u *user.User, q redundancy.Query) ([]redundancy.Mirrored, int, error)
	Remove(ctx context.Context, u *user.User, id redundancy.ID) error
}

func (s *Pages) mountMirrors(r *rest.Router) {
	if s.Mirrors == nil {
		return
	}
	manage := requiring(user.ManageVideosRedundancies)
	r.Get(sites.MirrorsURL, s.page(manage(s.mirrors)))
	r.Post(sites.MirrorsURL+"/remove", s.page(manage(s.removeMirror)))
}

// mirrors shows which videos of this site others mirror.
func (s *Pages) mirrors(w http.ResponseWriter, r *http.Request) (err error) {
	g := pager.Pager{Path: sites.MirrorsURL, Start: pageStart(r, pager.PageSize), Count: pager.PageSize}
	var v sites.MirrorsView
	v.List, g.Total, err = s.Mirrors.List(r.Context(), auth.User(r.Context()), redundancy.Query{Start: g.Start, Count: g.Count})
	if err != nil {
		return err
	}
	if g.Beyond() { // the last one of the page was removed
		return back(w, r, g.Last(), r.URL.Query().Get("notice"))
	}
	settings := s.Settings()
	v.Pager, v.Federated, v.Taken = g, settings.Federated, settings.MirrorsOf
	p := s.newPage(r, "web.mirrors.title")
	p.NoIndex = true
	return s.ok(w, r, sites.Mirrors(p, v))
}

// removeMirror forgets one and leads back to the page that it was on.
func (s *Pages) removeMirror(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(f.Value("id"), 10, 64)
	if err != nil {
		return errs.Fields(errs.Param{Name: "id", Value: f.Value("id")})
	}
	to := sites.MirrorsURL
	if page, err := strconv.Atoi(f.Value("page")); err == nil && page > 1 {
		to += "?" + pager.At + "=" + strconv.Itoa(page)
	}
	err = s.Mirrors.Remove(r.Context(), auth.User(r.Context()), redundancy.ID(id))
	if err != nil && !errs.Is(err, errs.NotFound) { // another tab was faster, or its end has come
		return err
	}
	return back(w, r, to, "mirror_removed")
}
