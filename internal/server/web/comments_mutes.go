package web

import (
	"context"
	"net/http"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/comments"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/ui"
)

// RateService is the part of video.Rates that pages need.
type RateService interface {
	Rate(ctx context.Context, a video.Access, ref video.Ref, t video.RateType) (*video.Video, error)
	Of(ctx context.Context, id actor.AccountID, v *video.Video) (video.RateType, error)
}

// BlockService is the part of user.Blocks that pages need.
type BlockService interface {
	MuteAccount(ctx context.Context, u *user.User, by actor.AccountID, handle string) error
	UnmuteAccount(ctx context.Context, u *user.User, by actor.AccountID, handle string) error
	MuteServer(ctx context.Context, u *user.User, by actor.AccountID, host string) error
	UnmuteServer(ctx context.Context, u *user.User, by actor.AccountID, host string) error
	MutedAccounts(ctx context.Context, p user.BlockList) ([]user.AccountBlock, int, error)
	MutedServers(ctx context.Context, p user.BlockList) ([]user.ServerBlock, int, error)
}

// The pages of one's own mutes, and of the site's.
const (
	ownMutes  = "/my-account/blocklist"
	siteMutes = "/admin/moderation/blocklist"
)

// mutes is one of the pages of mutes.
type mutes struct {
	*Pages
	site, servers bool
}

func (s *Pages) mountMutes(r *rest.Router) {
	for _, m := range []struct {
		mutes
		path  string
		right func(rest.HandlerFunc) rest.HandlerFunc
	}{
		{mutes{s, false, false}, ownMutes + "/accounts", auth.Required},
		{mutes{s, false, true}, ownMutes + "/servers", auth.Required},
		{mutes{s, true, false}, siteMutes + "/accounts", requiring(user.ManageAccountsBlocklist)},
		{mutes{s, true, true}, siteMutes + "/servers", requiring(user.ManageServersBlocklist)},
	} {
		r.Get(m.path, s.page(m.right(m.list)))
		r.Post(m.path, s.page(m.right(m.add)))
		r.Post(m.path+"/remove", s.page(m.right(m.remove)))
	}
}

func requiring(right user.Right) func(rest.HandlerFunc) rest.HandlerFunc {
	return func(h rest.HandlerFunc) rest.HandlerFunc { return auth.RequiredRight(right, h) }
}

func (m mutes) by(r *http.Request) actor.AccountID {
	if m.site {
		return user.SiteBlocks
	}
	return auth.User(r.Context()).AccountID
}

func (m mutes) title() string {
	switch {
	case m.site && m.servers:
		return "web.mute.site_servers"
	case m.site:
		return "web.mute.site_accounts"
	case m.servers:
		return "web.mute.servers"
	}
	return "web.mute.accounts"
}

func (m mutes) path() string {
	base := ownMutes
	if m.site {
		base = siteMutes
	}
	if m.servers {
		return base + "/servers"
	}
	return base + "/accounts"
}

func (m mutes) list(w http.ResponseWriter, r *http.Request) error {
	return m.show(w, r, ui.Form{}, nil)
}

// show shows the page, with what was wrong when failed is an error.
func (m mutes) show(w http.ResponseWriter, r *http.Request, f ui.Form, failed error) (err error) {
	p := m.newPage(r, m.title())
	p.NoIndex = true
	view := comments.MutesView{Base: ownMutes, Site: m.site, Servers: m.servers, Form: f}
	view.Tabs = []ui.Choice{{Value: ownMutes + "/accounts", Label: "web.mute.accounts"}, {Value: ownMutes + "/servers", Label: "web.mute.servers"}}
	if p.Can(user.ManageAccountsBlocklist) {
		view.Tabs = append(view.Tabs, ui.Choice{Value: siteMutes + "/accounts", Label: "web.mute.site_accounts"})
	}
	if p.Can(user.ManageServersBlocklist) {
		view.Tabs = append(view.Tabs, ui.Choice{Value: siteMutes + "/servers", Label: "web.mute.site_servers"})
	}
	if m.site {
		view.Base = siteMutes
	}
	list := user.BlockList{By: m.by(r), Start: pageStart(r, pager.PageSize), Count: pager.PageSize, Sort: "-createdAt"}
	var total int
	if m.servers {
		view.Hosts, total, err = m.Blocks.MutedServers(r.Context(), list)
	} else {
		view.Accounts, total, err = m.Blocks.MutedAccounts(r.Context(), list)
	}
	if err != nil {
		return err
	}
	view.Pager = pager.Pager{Path: m.path(), Start: list.Start, Count: list.Count, Total: total}
	if failed == nil {
		return m.paged(w, r, view.Pager, comments.Mutes(p, view))
	}
	view.Form = f.Failed(p, failed, map[string]string{"host": "name", "accountName": "name"})
	return m.again(w, r, failed, comments.Mutes(p, view))
}

// add serves the form, and the buttons beside comments, which lead back to
// where they are.
func (m mutes) add(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u, name := auth.User(r.Context()), f.Value("name")
	if m.servers {
		err = m.Blocks.MuteServer(r.Context(), u, m.by(r), name)
	} else {
		err = m.Blocks.MuteAccount(r.Context(), u, m.by(r), name)
	}
	if err != nil {
		if errs.Is(err, errs.Internal) {
			return err
		}
		return m.show(w, r, f, err)
	}
	to := m.path()
	if f.Value("to") != "" {
		to = f.Value("to")
	}
	return back(w, r, to, "muted")
}

func (m mutes) remove(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u := auth.User(r.Context())
	if m.servers {
		err = m.Blocks.UnmuteServer(r.Context(), u, m.by(r), f.Value("name"))
	} else {
		err = m.Blocks.UnmuteAccount(r.Context(), u, m.by(r), f.Value("name"))
	}
	if err != nil && !errs.Is(err, errs.NotFound) { // another tab was faster
		return err
	}
	return back(w, r, m.path(), "unmuted")
}
