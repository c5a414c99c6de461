package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web"
)

// Who may ask mirrors: see Pages.withMirrors.
func TestViewersWhoShareMayAskMirrors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sharing, s.policy.P2P = web.Settings{Share: true, ShareEmbeds: true}, true
	exec := func(q string) {
		t.Helper()
		if _, err := s.db.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		if err := s.videos.Touch(t.Context(), 1); err != nil { // what it has read before is forgotten
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO streaming_playlists (video_id, type, playlist_filename, segments_filename, created_at, updated_at)
		SELECT id, 1, 'x-master.m3u8', 'x-segments-sha256.json', created_at, updated_at FROM videos WHERE id = 1`)
	for i, base := range []string{"https://mirror.example/static/redundancy/hls/x/", "http://plain.example:8080/x/", "https://evil.example;script-src */"} {
		exec(fmt.Sprintf(`INSERT INTO video_redundancies (url, video_id, actor_id, base_url, created_at, updated_at)
			SELECT 'https://mirror.example/%d', v.id, a.id, '%s', v.created_at, v.updated_at FROM videos v, (SELECT min(id) AS id FROM actors) a WHERE v.id = 1`, i, base))
	}
	const told, allowed = `"mirrors":["https://mirror.example/static/redundancy/hls/x/","http://plain.example:8080/x/"]`, " https://mirror.example http://plain.example:8080;"
	watch, frame := "/w/"+video.ShortUUID(publicUUID), "/videos/embed/"+publicUUID
	check := func(when string, want bool, pages ...string) {
		t.Helper()
		for _, page := range pages {
			a := s.get(page)
			policy := strings.Join(a.header.Values("Content-Security-Policy"), "\n")
			_, connect, _ := strings.Cut(policy, "connect-src ")
			if a.status != 200 || strings.Contains(a.body, told) != want || strings.HasPrefix(connect, "'self'"+allowed) != want {
				t.Errorf("%s, %s (%d): told %v, policy %s", when, page, a.status, strings.Contains(a.body, told), policy)
			}
			if strings.Contains(a.body, "evil.example") || strings.Contains(policy, "evil.example") || !want && strings.Contains(a.body+policy, "mirror.example") {
				t.Errorf("%s, %s: the page knows a mirror that it should not: %s", when, page, policy)
			}
		}
	}
	list := "/video-playlists/embed/" + s.addList(playlist.Public, 1).UUID
	check("a public video", true, watch, frame, list)
	if a, _ := s.framed(frame, "X-Embedded-In", "https://a.example/"); !strings.Contains(a.body, `"sharing":`) || strings.Contains(a.body, "mirror.example") {
		t.Error("a player in the page of another video is told of mirrors, which that page may not ask")
	}
	check("who does not share", false, watch+"?p2p=0", frame+"?p2p=0")
	exec(`UPDATE videos SET privacy = 2 WHERE id = 1`)
	check("an unlisted video", false, watch, frame)
	for _, privacy := range []video.Privacy{video.Private, video.InternalOnly, video.PasswordProtected} {
		exec(fmt.Sprintf(`UPDATE videos SET privacy = %d WHERE id = 1`, privacy))
		s.login() // its owner is who sees it
		check(fmt.Sprintf("privacy %d", privacy), false, watch)
		s.post("/about", "/logout", url.Values{})
	}

	const far = "https://far.example/static/streaming-playlists/hls/x/"
	exec(`UPDATE videos SET privacy = 1, remote = TRUE, url = 'https://far.example/videos/watch/1' WHERE id = 1`)
	exec(`UPDATE streaming_playlists SET playlist_url = '` + far + `x-master.m3u8', segments_url = '` + far + `x-segments-sha256.json' WHERE video_id = 1`)
	check("a video of another site that has no swarm", false, watch)
	exec(`UPDATE streaming_playlists SET p2p_info_hashes = '["a"]', trackers = '["wss://far.example/tracker/socket"]' WHERE video_id = 1`)
	a := s.get(watch)
	if policy := a.header.Get("Content-Security-Policy"); !strings.Contains(a.body, told) || !strings.Contains(policy, "connect-src 'self' https: http: wss://far.example"+allowed) {
		t.Errorf("a video of another site: told %v, policy %s", strings.Contains(a.body, told), policy)
	}
	exec(`UPDATE videos SET nsfw = TRUE WHERE id = 1`)
	for path, sockets := range map[string]string{frame: "", list: " wss:"} { // it is agreed to in the same page, and others of a list follow there
		a := s.get(path)
		policy := a.header.Get("Content-Security-Policy")
		if strings.Contains(a.body, `id="player"`) || !strings.Contains(policy, "media-src 'self' https: http: blob:") || !strings.Contains(policy, "connect-src 'self'"+sockets+" https: http: wss://far.example;") {
			t.Errorf("a sensitive video of another site, %s: policy %s", path, policy)
		}
	}
}
