package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/sites"
	"sepiola/internal/server/web/terms"
	"sepiola/internal/server/web/ui"
)

// SiteFollowService is the part of follow.Sites that pages need.
type SiteFollowService interface {
	Followers(ctx context.Context, p follow.SiteList) ([]*follow.Follow, int, error)
	Following(ctx context.Context, p follow.SiteList) ([]*follow.Follow, int, error)
	Check(hosts, handles []string) error
	Follow(ctx context.Context, u *user.User, hosts, handles []string) error
	Failed(ctx context.Context) ([]follow.Ask, error)
	TryAgain(ctx context.Context, u *user.User, id int64) error
	Unfollow(ctx context.Context, u *user.User, hostOrHandle string) error
	Accept(ctx context.Context, u *user.User, handle string) error
	Reject(ctx context.Context, u *user.User, handle string) error
	Remove(ctx context.Context, u *user.User, handle string) error
}

// mountSites adds the pages about other sites.
func (s *Pages) mountSites(r *rest.Router) {
	if s.Sites == nil {
		return
	}
	manage := requiring(user.ManageServerFollow)
	r.Get("/admin/follows", s.page(manage(func(w http.ResponseWriter, r *http.Request) error { return moveTo(w, r, sites.FollowingURL) })))
	r.Get(sites.FollowingURL, s.page(manage(s.following)))
	r.Get(sites.FollowersURL, s.page(manage(s.followers)))
	r.Post(sites.FollowingURL, s.page(manage(s.followSites)))
	act := func(path, notice string, do func(context.Context, *user.User, string) error) {
		r.Post(path, s.page(manage(func(w http.ResponseWriter, r *http.Request) error { return s.changeFollow(w, r, path, notice, do) })))
	}
	act(sites.FollowingURL+"/remove", "unfollowed", s.Sites.Unfollow)
	act(sites.AgainURL, "sites_asked", func(ctx context.Context, u *user.User, name string) error {
		id, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			return notFound()
		}
		return s.Sites.TryAgain(ctx, u, id)
	})
	act(sites.FollowersURL+"/remove", "follower_removed", s.Sites.Remove)
	act(sites.FollowersURL+"/accept", "follower_accepted", s.Sites.Accept)
	act(sites.FollowersURL+"/reject", "follower_refused", s.Sites.Reject)
	s.mountLedger(r)
	s.mountMirrors(r)
	r.Get(sites.PublicURL, s.page(s.publicFollows))
	r.Get("/remote-interaction", s.page(s.remoteInteraction))
	r.Get(sites.HomeURL, s.page(s.remoteFollow))
	r.Post(sites.HomeURL, s.page(s.goHome))
}

func (s *Pages) following(w http.ResponseWriter, r *http.Request) error {
	return s.showFollows(w, r, false, ui.Form{}, nil)
}

func (s *Pages) followers(w http.ResponseWriter, r *http.Request) error {
	return s.showFollows(w, r, true, ui.Form{}, nil)
}

func (s *Pages) showFollows(w http.ResponseWriter, r *http.Request, followers bool, f ui.Form, failed error) error {
	title, path, of := "web.sites.following", sites.FollowingURL, s.Sites.Following
	if followers {
		title, path, of = "web.sites.followers", sites.FollowersURL, s.Sites.Followers
	}
	p := s.newPage(r, title)
	p.NoIndex = true
	view := sites.FollowsView{Followers: followers, Search: searched(r), Form: f}
	typed := terms.Parse(view.Search, terms.Follows)
	in := follow.SiteList{Search: typed.Words, State: follow.State(typed.Has("state:")), Sort: "-createdAt", Start: pageStart(r, pager.PageSize), Count: pager.PageSize}
	list, total, err := of(r.Context(), in)
	if err != nil {
		return err
	}
	if !followers {
		if view.Allowed, err = s.allowed(r.Context(), list); err != nil {
			return err
		}
		if view.Failed, err = s.Sites.Failed(r.Context()); err != nil {
			return err
		}
	}
	kept := url.Values{}
	if view.Search != "" {
		kept.Set("search", view.Search)
	}
	view.List, view.Pager = list, pager.Pager{Path: path, Query: kept, Start: in.Start, Count: in.Count, Total: total}
	if failed == nil {
		return s.paged(w, r, view.Pager, sites.Follows(p, view))
	}
	view.Form = f.Failed(p, failed, map[string]string{"hosts": "sites", "handles": "sites"})
	return s.again(w, r, failed, sites.Follows(p, view))
}

// followSites asks for what the form names: a site on each line, by its host
// or its address, or a channel or an account by its handle.
func (s *Pages) followSites(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	var hosts, handles []string
	for line := range strings.Lines(f.Value("sites")) {
		word := strings.TrimSpace(line)
		if word == "" {
			continue
		}
		if u, err := url.Parse(word); err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") {
			word = u.Host
		}
		if strings.Contains(strings.TrimPrefix(word, "@"), "@") {
			handles = append(handles, strings.TrimPrefix(word, "@"))
			continue
		}
		hosts = append(hosts, word)
	}
	if len(hosts)+len(handles) == 0 {
		return s.showFollows(w, r, false, f, errs.Fields(errs.Param{Name: "sites"}))
	}
	if err = s.Sites.Check(hosts, handles); err == nil {
		err = s.Sites.Follow(r.Context(), auth.User(r.Context()), hosts, handles)
	}
	if err != nil && !errs.Is(err, errs.Internal) {
		return s.showFollows(w, r, false, f, err)
	}
	if err != nil {
		return err
	}
	return back(w, r, sites.FollowingURL, "sites_asked")
}

// changeFollow does something with one follow, and leads back to its list, which
// says what was done.
func (s *Pages) changeFollow(w http.ResponseWriter, r *http.Request, path, notice string, do func(context.Context, *user.User, string) error) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	err = do(r.Context(), auth.User(r.Context()), f.Value("name"))
	if err != nil && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Invalid) { // another tab was faster
		return err
	}
	return back(w, r, path[:strings.LastIndexByte(path, '/')], notice)
}

// publicFollows serves /about/follows.
func (s *Pages) publicFollows(w http.ResponseWriter, r *http.Request) (err error) {
	p := s.newPage(r, "web.sites.public")
	p.Canonical = sites.PublicURL
	in := follow.SiteList{State: follow.Accepted, Sort: "-createdAt", Count: 100}
	var v sites.PublicView
	if v.Following, v.FollowingTotal, err = s.Sites.Following(r.Context(), in); err != nil {
		return err
	}
	if v.Followers, v.FollowersTotal, err = s.Sites.Followers(r.Context(), in); err != nil {
		return err
	}
	return s.ok(w, r, sites.Public(p, v))
}

// remoteInteraction is where other sites send people of this one to follow or
// to answer something: it is found as if it had been searched for.
func (s *Pages) remoteInteraction(w http.ResponseWriter, r *http.Request) error {
	to := "/search?" + url.Values{"search": {r.URL.Query().Get("uri")}}.Encode()
	if auth.User(r.Context()) == nil {
		to = "/login?" + url.Values{"to": {to}}.Encode()
	}
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}

// remoteFollow asks a visitor for the own site.
func (s *Pages) remoteFollow(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	return s.showHome(w, r, sites.HomeView{URI: q.Get("uri"), Comment: q.Get("to") == "comment"}, nil)
}

// mayFollow reports whether this could be the address of something that can be
// followed.
func mayFollow(uri string) bool {
	return (strings.HasPrefix(uri, "https://") || strings.HasPrefix(uri, "http://")) && len(uri) <= 2000
}

func (s *Pages) showHome(w http.ResponseWriter, r *http.Request, v sites.HomeView, failed error) error {
	if !mayFollow(v.URI) {
		return notFound()
	}
	title := "web.sites.home"
	if v.Comment {
		title = "web.sites.comment"
	}
	p := s.newPage(r, title)
	p.NoIndex = true
	leadElsewhere(w.Header())
	v.LoginURL = "/login?" + url.Values{"to": {"/search?" + url.Values{"search": {v.URI}}.Encode()}}.Encode()
	if failed == nil {
		return s.ok(w, r, sites.Home(p, v))
	}
	v.Form = v.Form.Failed(p, failed, nil)
	return s.again(w, r, failed, sites.Home(p, v))
}

// leadElsewhere lets the answer to a form of a page lead to another site:
// browsers count that as sending the form there.
func leadElsewhere(h http.Header) {
	policies := h.Values("Content-Security-Policy")
	for i, policy := range policies {
		policies[i] = strings.Replace(policy, "form-action 'self'", "form-action 'self' https: http:", 1)
	}
}

// goHome finds out where the own site of a visitor wants to be told what to
// follow, and leads there.
func (s *Pages) goHome(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	v := sites.HomeView{URI: f.Value("uri"), Comment: f.Value("to") == "comment", Form: f}
	wrong := func() error {
		return s.showHome(w, r, v, errs.Fields(errs.Param{Name: "handle", Value: f.Value("handle")}))
	}
	if !mayFollow(v.URI) {
		return notFound()
	}
	name, host := actor.ParseHandle(strings.TrimSpace(f.Value("handle")), "")
	if name == "" || host == "" {
		return wrong()
	}
	template, err := s.HomeOf(r.Context(), name, host)
	if err != nil || template == "" {
		return wrong()
	}
	to := strings.NewReplacer("{uri}", url.QueryEscape(v.URI), " ", "%20").Replace(template)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
