package web

import (
	"net/http"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/embed"
	"sepiola/internal/server/web/ui"
)

// testEmbed serves GET /videos/test-embed/{id}: a playground for those who put
// videos into their pages. It is PeerTube's address.
func (s *Pages) testEmbed(w http.ResponseWriter, r *http.Request) error {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return notFound()
	}
	v, err := s.Videos.Watch(r.Context(), video.As(auth.User(r.Context())), ref)
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.embed.test_title")
	return s.testPage(w, r, p, embed.Test{Title: v.Name, Frame: embedPath + video.ShortUUID(v.UUID)})
}

// testEmbedPlaylist serves GET /video-playlists/test-embed/{id}.
func (s *Pages) testEmbedPlaylist(w http.ResponseWriter, r *http.Request) error {
	l, err := s.seenPlaylist(r, auth.User(r.Context()))
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.embed.test_title")
	return s.testPage(w, r, p, embed.Test{Title: l.Name, Frame: embedPlaylistPath + video.ShortUUID(l.UUID), Playlist: true})
}

func (s *Pages) testPage(w http.ResponseWriter, r *http.Request, p *ui.Page, t embed.Test) error {
	q := r.URL.Query()
	q.Set("api", "1")
	t.Query = q.Encode()
	p.NoIndex, p.Scripts = true, []string{"embed-test.js"}
	return s.ok(w, r, embed.TestPage(p, t))
}
