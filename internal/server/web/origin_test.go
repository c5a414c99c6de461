package web_test

import (
	"strings"
	"testing"

	"sepiola/internal/domain/video"
)

// What is here is known by its address here, what is from elsewhere by the one
// there.
func TestPagesNameTheirOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const (
		far     = "https://far.example/videos/watch/1"
		channel = "https://far.example/video-channels/news"
	)
	watch := "/w/" + video.ShortUUID(publicUUID)
	ours := s.get(watch)
	ours.wants(t, 200, `rel="canonical" href="`+s.server.URL+watch+`"`, `property="og:url" content="`+s.server.URL+watch+`"`, `<link rel="alternate" type="application/activity+json" href="`)
	ours.lacks(t, `content="noindex"`)
	page := s.get("/c/root_channel/videos")
	page.wants(t, 200, `rel="canonical" href="`+s.server.URL+`/c/root_channel/videos"`)
	if n := strings.Count(page.body, `type="application/activity+json"`); n != 1 {
		t.Errorf("a channel has %d documents, want one", n)
	}
	s = newSite(t) // one that has not read it yet
	for _, q := range []string{
		`UPDATE videos SET remote = TRUE, url = '` + far + `' WHERE uuid = '` + publicUUID + `'`,
		`INSERT INTO servers (id, host, created_at, updated_at) VALUES (77, 'far.example', '2026-01-01', '2026-01-01')`,
		`UPDATE actors SET server_id = 77, preferred_username = 'news', url = '` + channel + `' WHERE id = (SELECT c.actor_id FROM video_channels c JOIN videos v ON v.channel_id = c.id WHERE v.uuid = '` + publicUUID + `')`,
	} {
		if _, err := s.db.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	theirs := s.get(watch)
	theirs.wants(t, 200, `rel="canonical" href="`+far+`"`, `property="og:url" content="`+far+`"`, `type="application/activity+json" href="`+far+`"`, `content="noindex"`)
	theirs.lacks(t, `"url":"`+s.server.URL)
	s.get("/videos/embed/"+publicUUID).wants(t, 200, `rel="canonical" href="`+far+`"`)
	s.get("/c/news@far.example/videos").wants(t, 200, `rel="canonical" href="`+channel+`"`, `content="noindex"`, "@news@far.example")
}
