package web

import (
	"net/http"
	"net/url"

	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/ui"
)

const playersPath = "/admin/settings/config/player"

// players serves GET /admin/settings/config/player, where administrators choose
// how players look.
func (s *Pages) players(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.looks.title")
	p.NoIndex = true
	f := ui.Form{Values: url.Values{"theme": {string(instance.Resolved(s.Settings().PlayerTheme))}}}
	return s.ok(w, r, manage.Players(p, f))
}

// savePlayers serves POST /admin/settings/config/player.
func (s *Pages) savePlayers(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	err = s.Editor.Change(r.Context(), map[string]any{"defaults": map[string]any{"player": map[string]any{"theme": f.Value("theme")}}})
	if err == nil {
		return back(w, r, playersPath, "saved")
	}
	if errs.KindOf(err) == errs.Internal {
		return err
	}
	p := s.newPage(r, "web.looks.title")
	return s.again(w, r, err, manage.Players(p, f.Failed(p, err, map[string]string{"defaults.player.theme": "theme"})))
}

// chosenLook is the look that a form chooses, nil where it has no field for it.
func chosenLook(f ui.Form) *instance.PlayerTheme {
	if f.Values["playerTheme"] == nil {
		return nil
	}
	t := instance.PlayerTheme(f.Value("playerTheme"))
	return &t
}
