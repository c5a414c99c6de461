package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"path"
	"strings"

	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/ui"
)

// home serves / : the page that administrators chose. What it cannot be is the
// list of all videos.
func (s *Pages) home(w http.ResponseWriter, r *http.Request) error {
	switch landing := s.Settings().Landing; {
	case landing == homeRoute:
		err := s.homepage(w, r)
		if !errs.Is(err, errs.NotFound) {
			return err
		}
	case strings.HasPrefix(landing, "/videos/subscriptions") && auth.User(r.Context()) == nil:
		// there are none without an account
	case landing != "" && landing != browseRoute && localPath(landing) == landing && !leadsHome(landing):
		w.Header().Set("Cache-Control", "no-cache")
		http.Redirect(w, r, landing, http.StatusFound)
		return nil
	}
	p := s.newPage(r, "")
	p.Title, p.Description, p.Canonical = p.SiteName, p.SiteAbout, "/"
	return s.list(w, r, p, p.T("web.home.title"))
}

// leadsHome reports whether an address of this site is / itself, which would
// lead to itself for ever.
func leadsHome(to string) bool {
	u, err := url.Parse(to)
	return err != nil || path.Clean("/"+u.Path) == "/"
}

// broadcastCookie remembers which message to everybody was put away.
const broadcastCookie = "sepiola_broadcast"

// broadcast is what the page tells everybody, nil for nothing.
func (s *Pages) broadcast(r *http.Request, b Broadcast) *ui.Broadcast {
	if b.Message == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(b.Level + b.Message))
	id := hex.EncodeToString(sum[:6])
	if c, err := r.Cookie(broadcastCookie); err == nil && c.Value == id && b.Dismissable {
		return nil
	}
	out := &ui.Broadcast{Text: s.Markdown.Notice(b.Message), Level: b.Level}
	if b.Dismissable {
		out.ID = id
	}
	return out
}

// dismiss serves POST /preferences/broadcast: this device has seen a message.
func (s *Pages) dismiss(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	if id := f.Value("id"); len(id) == 12 && strings.Trim(id, "0123456789abcdef") == "" {
		s.setChoice(w, broadcastCookie, id)
	}
	return back(w, r, f.Value("to"), "")
}
