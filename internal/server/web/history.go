package web

import (
	"context"
	"net/http"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/history"
	"sepiola/internal/server/web/pager"
)

// HistoryService is view.History.
type HistoryService interface {
	List(ctx context.Context, w video.Viewer, search string, start, count int) ([]*video.Video, int, error)
	Remove(ctx context.Context, w video.Viewer, id video.ID) error
	Clear(ctx context.Context, w video.Viewer, before time.Time) error
}

func (s *Pages) mountHistory(r *rest.Router) {
	in := func(h rest.HandlerFunc) rest.HandlerFunc { return s.page(auth.Required(h)) }
	r.Get(history.Path, in(s.history))
	r.Post(history.Path+"/pause", in(s.pauseHistory))
	r.Post(history.Path+"/clear", in(s.clearHistory))
	r.Post(history.Path+"/remove/{id}", in(s.forgetVideo))
}

// history serves GET /my-library/history/videos.
func (s *Pages) history(w http.ResponseWriter, r *http.Request) error {
	p, who := s.newPage(r, "web.history.title"), auth.User(r.Context())
	p.NoIndex = true
	view := history.View{Search: searched(r), Paused: who.Preferences.HistoryDisabled, Sensitive: s.sensitive(who)}
	start := pageStart(r, pager.PageSize)
	var total int
	var err error
	if view.Videos, total, err = s.History.List(r.Context(), who, view.Search, start, pager.PageSize); err != nil {
		return err
	}
	if err := s.withLater(r, p, view.Videos); err != nil {
		return err
	}
	view.Pager = pager.Pager{
		Path: r.URL.Path, Query: kept(r.URL.Query()), Start: start, Count: pager.PageSize, Total: total, Endless: true,
	}
	return s.paged(w, r, view.Pager, history.Page(p, view))
}

// pauseHistory stops remembering what is watched, or begins again.
func (s *Pages) pauseHistory(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u, paused := auth.User(r.Context()), f.Value("pause") == "true"
	if err := s.Users.UpdateMe(r.Context(), u, user.MeChange{Preferences: func(p *user.Preferences) { p.HistoryDisabled = paused }}); err != nil {
		return err
	}
	s.Auth.Forget(u.ID)
	notice := "history_resumed"
	if paused {
		notice = "history_paused"
	}
	return back(w, r, history.Path, notice)
}

// clearHistory forgets all of it, or what was watched before a day.
func (s *Pages) clearHistory(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	var before time.Time
	if day := f.Value("before"); day != "" {
		if before, err = time.Parse(time.DateOnly, day); err != nil {
			return errs.Field("before", "%s", s.locale(r).T("web.form.invalid"))
		}
	}
	if err := s.History.Clear(r.Context(), auth.User(r.Context()), before); err != nil {
		return err
	}
	return back(w, r, history.Path, "history_cleared")
}

// forgetVideo takes one video out of it.
func (s *Pages) forgetVideo(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[video.ID](r, "id")
	if err != nil {
		return notFound()
	}
	if err := s.History.Remove(r.Context(), auth.User(r.Context()), id); err != nil {
		return err
	}
	to := f.Value("to")
	if to == "" {
		to = history.Path
	}
	return back(w, r, to, "")
}
