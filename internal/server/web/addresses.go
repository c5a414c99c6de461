package web

import (
	"net/http"

	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/history"
	"sepiola/internal/server/web/playlists"
)

// mountAddresses serves the long forms of the addresses of accounts and
// channels, and the ids under which other servers know them: people who open
// these in a browser come to the page.
func (s *Pages) mountAddresses(r *rest.Router) {
	for _, kind := range []struct{ long, short string }{{"/accounts", "/a"}, {"/account", "/a"}, {"/video-channels", "/c"}} {
		for _, below := range []string{"", "/videos", "/video-channels", "/video-playlists", "/about"} {
			r.Get(kind.long+"/{handle}"+below, func(w http.ResponseWriter, r *http.Request) error {
				return moveTo(w, r, kind.short+"/"+rest.Path(r, "handle")+below)
			})
		}
	}
	// Playlists are shown with their channels, which the page of an account names.
	r.Get("/a/{handle}/video-playlists", func(w http.ResponseWriter, r *http.Request) error {
		return moveTo(w, r, "/a/"+rest.Path(r, "handle")+"/video-channels")
	})
	r.Get("/@{handle}", s.page(s.actor))
	// Parts of pages that are pages of their own with PeerTube.
	for _, short := range []string{"/a", "/c"} {
		r.Get(short+"/{handle}/about", func(w http.ResponseWriter, r *http.Request) error {
			return moveTo(w, r, short+"/"+rest.Path(r, "handle"))
		})
	}
	for _, part := range []string{"/about/peertube", "/about/instance/home", "/about/instance/team", "/about/instance/tech", "/about/instance/moderation"} {
		r.Get(part, func(w http.ResponseWriter, r *http.Request) error { return moveTo(w, r, "/about") })
	}
	// Pages that PeerTube has, or had, at another address.
	for old, now := range map[string]string{
		"/manage/create":              "/my-library/video-channels/create",
		"/my-account/video-playlists": playlists.Base,
		"/my-account/subscriptions":   "/my-library/subscriptions",
		"/my-account/history/videos":  history.Path,
	} {
		r.Get(old, func(w http.ResponseWriter, r *http.Request) error { return moveTo(w, r, now) })
	}
	r.Get("/manage/update/{handle}", func(w http.ResponseWriter, r *http.Request) error {
		return moveTo(w, r, "/my-library/video-channels/update/"+rest.Path(r, "handle"))
	})
	r.Get("/videos/manage/{id}", func(w http.ResponseWriter, r *http.Request) error {
		return moveTo(w, r, "/videos/update/"+rest.Path(r, "id"))
	})
	r.Get(playlists.Base+"/update/{id}", func(w http.ResponseWriter, r *http.Request) error {
		return moveTo(w, r, playlists.Base+"/"+rest.Path(r, "id")+"/update")
	})
}

// actor serves /@name: accounts and channels share one namespace.
func (s *Pages) actor(w http.ResponseWriter, r *http.Request) error {
	_, err := s.Channels.ByHandle(r.Context(), s.handle(r))
	switch {
	case err == nil:
		return moveTo(w, r, "/c/"+rest.Path(r, "handle"))
	case errs.Is(err, errs.NotFound):
		return moveTo(w, r, "/a/"+rest.Path(r, "handle"))
	}
	return err
}

// moveTo leads to another page for now: what is at an address that others read
// as a document must not be kept by browsers.
func moveTo(w http.ResponseWriter, r *http.Request, to string) error {
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}
