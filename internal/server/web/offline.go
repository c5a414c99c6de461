package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/offline"
)

// writtenStyle is a built style that is written into a page, so that the page
// is whole by itself.
type writtenStyle struct {
	css string
	// source allows it in a content policy.
	source string
}

func (s *Pages) writtenStyle(name string) writtenStyle {
	css := s.Assets.Text(name)
	sum := sha256.Sum256([]byte(css))
	return writtenStyle{css, "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"}
}

// allow lets the style through the content policies of an answer.
func (st writtenStyle) allow(h http.Header) {
	policies := h.Values("Content-Security-Policy")
	for i, policy := range policies {
		policies[i] = strings.Replace(policy, "style-src 'self'", "style-src 'self' "+st.source, 1)
	}
}

// mountOffline serves the page that the service worker shows while the network
// is away.
func (s *Pages) mountOffline(r *rest.Router) {
	style := s.writtenStyle("offline.css")
	r.Get(offline.Path, s.page(func(w http.ResponseWriter, r *http.Request) error {
		style.allow(w.Header())
		return s.ok(w, r, offline.Page(s.newPage(r, "web.offline.title"), style.css))
	}))
}
