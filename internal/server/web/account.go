package web

import (
	"net/http"
	"strings"

	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/ui"
)

// mountAccount adds what is seldom used of one's account and channels.
func (s *Pages) mountAccount(r *rest.Router) {
	in := func(h rest.HandlerFunc) rest.HandlerFunc { return s.page(auth.Required(h)) }
	r.Get("/my-account/delete", in(s.leaveForm))
	r.Post("/my-account/delete", in(s.leave))
	r.Post("/my-library/video-channels/avatar/{handle}", in(s.channelAvatar))
	r.Post("/my-library/video-channels/banner/{handle}", in(s.channelBanner))
	r.Get("/my-library/video-channels/delete/{handle}", in(s.deleteChannelForm))
}

// leaveForm serves GET /my-account/delete.
func (s *Pages) leaveForm(w http.ResponseWriter, r *http.Request) error {
	return s.ok(w, r, manage.Leave(s.leavePage(r), ui.Form{}))
}

func (s *Pages) leavePage(r *http.Request) *ui.Page {
	p := s.newPage(r, "web.leave.title")
	p.NoIndex = true
	return p
}

// leave serves POST /my-account/delete. The user name must be typed, so that
// nobody loses everything by a slip.
func (s *Pages) leave(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u := auth.User(r.Context())
	if err = typed(s.leavePage(r), f, u.Username); err == nil {
		err = s.Users.DeleteMe(r.Context(), u)
	}
	if err != nil {
		p := s.leavePage(r)
		return s.again(w, r, err, manage.Leave(p, f.Failed(p, err, nil)))
	}
	s.Auth.Forget(u.ID)
	s.Auth.ClearSession(w)
	return back(w, r, "/", "account_deleted")
}

// typed reports whether the name of what is about to go was typed.
func typed(p *ui.Page, f ui.Form, name string) error {
	if strings.EqualFold(strings.TrimSpace(f.Value("confirm")), name) {
		return nil
	}
	return errs.Field("confirm", "%s", p.T("web.confirm.other", "name", name))
}
