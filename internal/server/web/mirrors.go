package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/sites"
	"sepiola/internal/server/web/ui"
)

// MirrorService is redundancy.Admin.
type MirrorService interface {
	List(ctx context.Context, u *user.User, q redundancy.Query) ([]redundancy.Mirrored, int, error)
	Remove(ctx context.Context, u *user.User, id redundancy.ID) error
	Make(ctx context.Context, u *user.User, ref video.Ref) error
	Allow(ctx context.Context, u *user.User, host string, allowed bool) error
	Allowed(ctx context.Context, hosts []string) (map[string]bool, error)
	Usage(ctx context.Context) ([]redundancy.Usage, error)
}

func (s *Pages) mountMirrors(r *rest.Router) {
	if s.Mirrors == nil {
		return
	}
	manage := requiring(user.ManageVideosRedundancies)
	r.Get(sites.MirrorsURL, s.page(manage(s.mirrors)))
	r.Post(sites.MirrorsURL, s.page(manage(s.makeMirror)))
	r.Post(sites.MirrorsURL+"/remove", s.page(manage(s.removeMirror)))
	r.Post(sites.AllowURL, s.page(requiring(user.ManageServerFollow)(s.allowMirrors)))
}

// mirrors shows which videos of this site others mirror, or which of theirs are
// mirrored here.
func (s *Pages) mirrors(w http.ResponseWriter, r *http.Request) error {
	return s.showMirrors(w, r, r.URL.Query().Get(sites.Target) == sites.Held, ui.Form{}, nil)
}

func (s *Pages) showMirrors(w http.ResponseWriter, r *http.Request, held bool, f ui.Form, failed error) (err error) {
	g := pager.Pager{Path: sites.MirrorsURL, Start: pageStart(r, pager.PageSize), Count: pager.PageSize}
	if held {
		g.Query = url.Values{sites.Target: {sites.Held}}
	}
	v := sites.MirrorsView{Held: held}
	v.List, g.Total, err = s.Mirrors.List(r.Context(), auth.User(r.Context()), redundancy.Query{Remote: held, Start: g.Start, Count: g.Count})
	if err != nil {
		return err
	}
	if g.Beyond() { // the last one of the page was removed
		return back(w, r, g.Last(), r.URL.Query().Get("notice"))
	}
	if held {
		if v.Usage, err = s.Mirrors.Usage(r.Context()); err != nil {
			return err
		}
	}
	settings := s.Settings()
	v.Pager, v.Federated, v.Taken = g, settings.Federated, settings.MirrorsOf
	p := s.newPage(r, "web.mirrors.title")
	p.NoIndex = true
	if failed == nil {
		return s.ok(w, r, sites.Mirrors(p, v))
	}
	v.Form = f.Failed(p, failed, nil)
	return s.again(w, r, failed, sites.Mirrors(p, v))
}

// makeMirror asks for a copy of the video that somebody named.
func (s *Pages) makeMirror(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	by := auth.User(r.Context())
	ref, err := s.videoNamed(r.Context(), by, f.Value("video"))
	if err == nil {
		err = s.Mirrors.Make(r.Context(), by, ref)
	}
	if err == nil {
		to := f.Value("to")
		if to == "" {
			to = sites.HeldURL
		}
		return back(w, r, to, "mirror_begun")
	}
	if bad := notMirrored(f.Value("video"), err); bad != nil {
		return s.showMirrors(w, r, true, f, bad)
	}
	return err
}

// mirrorURL takes the wish for a copy of v on this site; "" for who may not have
// one, and where there can be none or is one already.
func (s *Pages) mirrorURL(p *ui.Page, v *video.Video) string {
	if s.Mirrors == nil || !p.Can(user.ManageVideosRedundancies) || !v.Remote || v.IsLive || v.Playlist == nil || v.Privacy != video.Public {
		return ""
	}
	ours := s.Site.URL("/static/redundancy/")
	if slices.ContainsFunc(v.Playlist.Mirrors, func(base string) bool { return strings.HasPrefix(base, ours) }) {
		return ""
	}
	return sites.MirrorsURL
}

// notMirrored is what is wrong with the video that was named, or nil when that
// is not what failed.
func notMirrored(named string, err error) error {
	e := errs.As(err)
	if e == nil {
		return nil
	}
	bad := errs.Param{Name: "video", Value: named, Msg: e.Msg, Reason: e.Reason}
	switch {
	case errs.Is(err, errs.NotFound):
		bad.Reason = errs.NewReason("mirror_unknown")
	case errs.Is(err, errs.Conflict):
		bad.Reason = errs.NewReason("mirror_here")
	case !errs.Is(err, errs.Invalid):
		return nil
	}
	return errs.Fields(bad)
}

// removeMirror forgets one of another site, or removes one of this site, and
// leads back to the page that it was on.
func (s *Pages) removeMirror(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(f.Value("id"), 10, 64)
	if err != nil {
		return errs.Fields(errs.Param{Name: "id", Value: f.Value("id")})
	}
	q, notice := url.Values{}, "mirror_removed"
	if f.Value(sites.Target) == sites.Held {
		q.Set(sites.Target, sites.Held)
		notice = "copy_removed"
	}
	if page, err := strconv.Atoi(f.Value("page")); err == nil && page > 1 {
		q.Set(pager.At, strconv.Itoa(page))
	}
	err = s.Mirrors.Remove(r.Context(), auth.User(r.Context()), redundancy.ID(id))
	if err != nil && !errs.Is(err, errs.NotFound) { // another tab was faster, or its end has come
		return err
	}
	return back(w, r, sites.MirrorsURL+"?"+q.Encode(), notice)
}

// allowMirrors says whether strategies may choose videos of a followed site.
func (s *Pages) allowMirrors(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	err = s.Mirrors.Allow(r.Context(), auth.User(r.Context()), f.Value("host"), f.Checked("allowed"))
	if err != nil && !errs.Is(err, errs.NotFound) { // it was unfollowed in another tab and forgotten
		return err
	}
	return back(w, r, sites.FollowingURL, "saved")
}

// allowed are the hosts of follows of which strategies may choose videos; nil
// where nothing is mirrored at all.
func (s *Pages) allowed(ctx context.Context, list []*follow.Follow) (map[string]bool, error) {
	if s.Mirrors == nil {
		return nil, nil //nolint:nilnil // see the comment
	}
	var hosts []string
	for _, f := range list {
		hosts = append(hosts, f.Following.Host)
	}
	return s.Mirrors.Allowed(ctx, hosts)
}
