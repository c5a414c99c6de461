package api

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"mime/multipart"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// playlistSite is a videoSite with playlists.
func playlistSite(t *testing.T) *videoSite {
	t.Helper()
	s := newVideoSite(t)
	site := instance.Site{Scheme: "http", Host: "localhost:9000"}
	actors := store.Actors{DB: s.db}
	svc := &playlist.Service{
		Store: store.Playlists{DB: s.db, Videos: s.store}, Videos: s.store, Channels: s.store, Pictures: s, Files: s.queue,
		Site: site, InTx: s.db.InTx, Now: sqldb.Now,
	}
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&Playlists{
		Playlists: svc, Actors: actors, Site: site,
		Channels: &actor.Channels{Store: actors, Site: site, InTx: s.db.InTx, Now: sqldb.Now},
	}).Mount(rt)
	s.router = rt
	return s
}

// changing are parts of answers that differ each time.
var changing = regexp.MustCompile(`"(createdAt|updatedAt)":"[^"]*"|"(uuid|shortUUID)":"[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|"[0-9A-Za-z]{22}"`)

func (s *videoSite) want(who, method, path, body string, status int, golden string) []byte {
	s.t.Helper()
	w := s.call(who, method, path, body)
	if w.Code != status {
		s.t.Errorf("%s %s as %q: %d, want %d: %s", method, path, who, w.Code, status, w.Body)
	}
	if golden != "" {
		videoGolden(s.t.(*testing.T), "playlists_"+golden, changing.ReplaceAllFunc(w.Body.Bytes(), func(b []byte) []byte {
			name, _, isField := strings.Cut(string(b), `":`)
			if isField {
				return []byte(name + `":"…"`)
			}
			if b[0] != '"' { // within a longer text
				return []byte("…")
			}
			return []byte(`"…"`)
		}))
	}
	return w.Body.Bytes()
}

func TestPlaylistsAnswerAsPeerTubes(t *testing.T) {
	t.Parallel()
	s := playlistSite(t)
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	for _, f := range [][2]string{{"displayName", "My list"}, {"description", "desc of list"}, {"privacy", "1"}, {"videoChannelId", "101"}} {
		if err := m.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(auth.WithUser(t.Context(), s.people["alice"]), "POST", "/video-playlists", &form)
	r.Header.Set("Content-Type", m.FormDataContentType())
	w := httptest.NewRecorder()
	s.router.ServeHTTP(w, r)
	var made struct {
		VideoPlaylist struct {
			ID   int
			UUID string `json:"uuid"`
		} `json:"videoPlaylist"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != 200 || made.VideoPlaylist.ID == 0 {
		t.Fatalf("%d %s %v", w.Code, w.Body, err)
	}
	path := "/video-playlists/" + made.VideoPlaylist.UUID
	s.want("alice", "POST", path+"/videos", `{"videoId":1,"startTimestamp":2,"stopTimestamp":9}`, 200, "added")
	s.want("alice", "POST", path+"/videos", `{"videoId":2}`, 200, "")
	s.want("alice", "POST", path+"/videos", `{"videoId":"`+unlistedUUID+`"}`, 200, "")
	s.want("alice", "POST", path+"/videos", `{"videoId":9999}`, 404, "unknown_video")
	s.want("alice", "POST", path+"/videos", `{}`, 400, "")
	s.want("alice", "POST", path+"/videos", `{"videoId":1,"startTimestamp":-1}`, 400, "")
	s.want("alice", "POST", path+"/videos", `{"videoId":1,"startTimestamp":9,"stopTimestamp":3}`, 400, "")
	s.want("alice", "POST", path+"/videos", `{"videoId":1,"startTimestamp":13}`, 400, "")
	s.want("bob", "POST", path+"/videos", `{"videoId":1}`, 403, "")
	s.want("", "POST", path+"/videos", `{"videoId":1}`, 401, "")
	s.want("", "GET", path+"/videos", "", 200, "elements")
	s.want("alice", "GET", path+"/videos", "", 200, "elements_owner")
	s.want("alice", "POST", path+"/videos/reorder", `{"startPosition":1,"insertAfterPosition":3}`, 204, "")
	s.want("alice", "POST", path+"/videos/reorder", `{"startPosition":9,"insertAfterPosition":0}`, 400, "reorder_beyond")
	s.want("alice", "POST", path+"/videos/reorder", `{}`, 400, "")
	s.want("alice", "PUT", path+"/videos/1", `{"startTimestamp":1,"stopTimestamp":null}`, 204, "")
	s.want("alice", "PUT", path+"/videos/1", `{"startTimestamp":5000,"stopTimestamp":6000}`, 400, "times_beyond")
	s.want("alice", "PUT", path+"/videos/1", `{"stopTimestamp":6000}`, 204, "")
	s.want("alice", "PUT", path+"/videos/1", `{"stopTimestamp":null}`, 204, "")
	s.want("alice", "PUT", path+"/videos/77", `{"startTimestamp":1}`, 404, "")
	s.want("", "GET", path, "", 200, "one")
	s.want("", "GET", "/video-playlists?count=2", "", 200, "list")
	s.want("alice", "GET", "/accounts/alice/video-playlists", "", 200, "of_owner")
	s.want("bob", "GET", "/accounts/alice/video-playlists", "", 200, "list")
	s.want("", "GET", "/video-channels/alice_channel_main/video-playlists", "", 200, "list")
	s.want("alice", "POST", "/video-playlists", `{"displayName":"x y","privacy":1}`, 400, "without_channel")
	s.want("bob", "POST", "/video-playlists", `{"displayName":"x y","privacy":1,"videoChannelId":101}`, 403, "")
	s.want("alice", "POST", "/video-playlists", `{"privacy":7}`, 400, "")
	s.want("", "GET", "/video-playlists/00000000-0000-0000-0000-000000000005", "", 400, "bad_id")
	s.want("", "GET", "/video-playlists/12345678-1234-4234-8234-1234567890ab", "", 404, "unknown")
	s.want("alice", "GET", "/users/me/video-playlists/videos-exist?videoIds=1&videoIds=5&videoIds=77", "", 200, "places")
	s.want("alice", "GET", "/users/me/video-playlists/videos-exist", "", 400, "")
	s.want("bob", "DELETE", path, "", 403, "delete_of_another")
	s.want("alice", "POST", "/video-channels/alice_channel_main/video-playlists/reorder", `{"startPosition":1,"insertAfterPosition":0}`, 204, "")
	s.want("bob", "POST", "/video-channels/alice_channel_main/video-playlists/reorder", `{"startPosition":1,"insertAfterPosition":0}`, 403, "")
	s.want("alice", "PUT", path, `{"displayName":"Renamed","privacy":2}`, 204, "")
	s.want("", "GET", path, "", 200, "")
	s.want("", "GET", "/video-playlists/1", "", 404, "")
	s.want("", "GET", "/video-playlists", "", 200, "none")
	s.want("alice", "DELETE", path+"/videos/1", "", 204, "")
	s.want("alice", "DELETE", path, "", 204, "")
	s.want("", "GET", path, "", 404, "")
}
