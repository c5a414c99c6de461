package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/listen"
)

// privacies are those that the site's videos get, and the state of not
// being published yet.
const notPublished = video.Privacy(9)

var privacies = []video.Privacy{video.Public, video.Unlisted, video.Private, video.InternalOnly, video.PasswordProtected, notPublished}

// secretive is a site where alice publishes and bob takes part.
type secretive struct {
	t       *testing.T
	app     *App
	handler http.Handler
	people  map[string]reader
	films   map[video.Privacy]*secret
	list    string // bob's public playlist of everything: its UUID
	channel int
}

// reader is somebody who asks; the zero value is a stranger.
type reader struct {
	name, token, cookie string
}

// secret is what is known of a video.
type secret struct {
	ID                   int
	UUID, ShortUUID      string
	comment, thread      int
	thumbnails, captions []string
	files                []string
	element              int
}

func newSecretive(t *testing.T, env []string) *secretive {
	t.Helper()
	const plenty = "1000000"
	for _, limit := range []string{"API", "LOGIN", "FEEDS", "CLIENT", "WELL_KNOWN", "DOWNLOAD_GENERATE_VIDEO", "ACTIVITY_PUB"} {
		env = append(env, "SEPIOLA_RATES_LIMIT_"+limit+"_MAX="+plenty)
	}
	cfg := settings(t, append(env, "SEPIOLA_TRANSCODING_ORIGINAL_FILE_KEEP=true", "SEPIOLA_WEBSERVER_PORT=9000")...)
	a, err := New(t.Context(), cfg, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		t.Fatal(err)
	}
	w := &secretive{t: t, app: a, handler: a.servers[0].(*listen.Server).Handler, people: map[string]reader{"": {}}, films: map[video.Privacy]*secret{}}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := a.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(running.Wait)
	t.Cleanup(stop)
	w.login("root", a.welcome.Password)
	for _, name := range []string{"alice", "bob"} {
		w.call("root", "POST", "/users", map[string]any{
			"username": name, "email": name + "@example.com", "password": "a password", "role": 2, "videoQuota": -1, "videoQuotaDaily": -1, "channelName": name + "_channel",
		}, nil)
		w.login(name, "a password")
	}
	w.publish()
	return w
}

// ask answers as the site would.
func (w *secretive) ask(who reader, method, path string, body io.Reader, header http.Header) *httptest.ResponseRecorder {
	const long = 10 * time.Second
	wait := long
	if strings.HasSuffix(path, "/notifications/events") {
		wait = 50 * time.Millisecond // it goes on for ever
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), wait)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, "http://localhost:9000"+path, body)
	maps.Copy(r.Header, header)
	if strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/download/") {
		if who.token != "" {
			r.Header.Set("Authorization", "Bearer "+who.token)
		}
	} else if who.cookie != "" {
		r.Header.Set("Cookie", who.cookie)
	}
	a := httptest.NewRecorder()
	w.handler.ServeHTTP(a, r)
	return a
}

// call uses the API and fails the test when that fails.
func (w *secretive) call(who, method, path string, body, into any) {
	w.t.Helper()
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			w.t.Fatal(err)
		}
	}
	a := w.ask(w.people[who], method, "/api/v1"+path, &b, http.Header{"Content-Type": {"application/json"}})
	if a.Code >= 300 {
		w.t.Fatalf("%s: %s %s: %d %s", who, method, path, a.Code, a.Body)
	}
	if into != nil {
		if err := json.Unmarshal(a.Body.Bytes(), into); err != nil {
			w.t.Fatalf("%s %s: %v: %s", method, path, err, a.Body)
		}
	}
}

func (w *secretive) login(name, password string) {
	w.t.Helper()
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	w.call("", "GET", "/oauth-clients/local", nil, &client)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {"http://localhost:9000"}}
	a := w.ask(reader{}, "POST", "/api/v1/users/token", strings.NewReader(url.Values{
		"client_id": {client.ID}, "client_secret": {client.Secret}, "grant_type": {"password"}, "username": {name}, "password": {password},
	}.Encode()), form)
	var token struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(a.Body.Bytes(), &token); err != nil || token.Token == "" {
		w.t.Fatalf("login: %d %s", a.Code, a.Body)
	}
	a = w.ask(reader{}, "POST", "/login", strings.NewReader(url.Values{"username": {name}, "password": {password}}.Encode()), form)
	var cookies []string
	for _, c := range a.Result().Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	if a.Code != http.StatusSeeOther || len(cookies) == 0 {
		w.t.Fatalf("login on the page: %d", a.Code)
	}
	w.people[name] = reader{name, token.Token, strings.Join(cookies, "; ")}
}

// word is one that only one video has; the digit is its privacy.
func word(what string, p video.Privacy) string { return fmt.Sprintf("zebra%s%dx", what, p) }

// publish lets alice publish a video for each privacy, all of them public yet,
// and bob take part.
func (w *secretive) publish() {
	w.t.Helper()
	clip := filepath.Join(w.t.TempDir(), "clip.mp4")
	out, err := exec.CommandContext(w.t.Context(), "ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=2",
		"-f", "lavfi", "-i", "sine=frequency=440:duration=2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10", "-c:a", "aac", clip).CombinedOutput()
	if err != nil {
		w.t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	var me struct {
		VideoChannels []struct{ ID int }
	}
	w.call("alice", "GET", "/users/me", nil, &me)
	w.channel = me.VideoChannels[0].ID
	w.call("bob", "POST", "/users/me/subscriptions", map[string]any{"uri": "alice_channel@localhost:9000"}, nil)
	var mine struct {
		VideoChannels []struct{ ID int }
	}
	w.call("bob", "GET", "/users/me", nil, &mine)
	var list struct {
		VideoPlaylist struct{ UUID string }
	}
	w.call("bob", "POST", "/video-playlists", map[string]any{"displayName": "Everything", "privacy": 1, "videoChannelId": mine.VideoChannels[0].ID}, &list)
	w.list = list.VideoPlaylist.UUID
	for _, p := range privacies[:len(privacies)-1] {
		w.films[p] = w.upload(clip, p)
	}
	for p := range w.films {
		w.takePart(p)
	}
	w.hide()
	// Nobody works on the last one.
	w.call("root", "POST", "/jobs/pause", nil, nil)
	w.films[notPublished] = w.upload(clip, notPublished)
	w.remember(w.films[notPublished])
}

func (w *secretive) upload(clip string, p video.Privacy) *secret {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, value := range map[string]string{
		"channelId": fmt.Sprint(w.channel), "name": word("name", p) + " of the herd", "privacy": "1", "description": word("text", p) + " stands here",
		"support": word("support", p), "tags[0]": word("tag", p), "tags[1]": "herd", "category": "15", "licence": "1", "language": "fr",
		"nsfw": "true", "nsfwSummary": word("summary", p), "waitTranscoding": fmt.Sprint(p == notPublished),
	} {
		_ = m.WriteField(name, value)
	}
	formFile(w.t, m, "videofile", "clip.mp4", clip)
	_ = m.Close()
	a := w.ask(w.people["alice"], "POST", "/api/v1/videos/upload", &b, http.Header{"Content-Type": {m.FormDataContentType()}})
	var done struct{ Video secret }
	if err := json.Unmarshal(a.Body.Bytes(), &done); err != nil || a.Code != http.StatusOK {
		w.t.Fatalf("upload: %d %s", a.Code, a.Body)
	}
	return &done.Video
}

func formFile(t *testing.T, m *multipart.Writer, name, filename, path string) {
	t.Helper()
	to, err := m.CreateFormFile(name, filename)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = to.Write(content)
}

// details is what the test needs of PeerTube's VideoDetails.
type details struct {
	State              struct{ ID int }
	ThumbnailPath      string
	Thumbnails         []struct{ FileURL string }
	Files              []struct{ FileURL, TorrentURL, FileDownloadURL string }
	StreamingPlaylists []struct {
		PlaylistURL, SegmentsSha256URL string
		Files                          []struct{ FileURL, TorrentURL, FileDownloadURL, PlaylistURL string }
	}
}

// takePart waits until a video is published, and says, likes, saves, watches
// and reports what there is to be said, liked, saved, watched and reported.
func (w *secretive) takePart(p video.Privacy) {
	w.t.Helper()
	s := w.films[p]
	at := "/videos/" + s.UUID
	var d details
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) { //nolint:forbidigo // ffmpeg works
		w.call("alice", "GET", at, nil, &d)
		if d.State.ID == 1 && len(d.StreamingPlaylists) > 0 && len(d.StreamingPlaylists[0].Files) > 0 {
			break
		}
		if time.Now().After(end) {
			w.t.Fatalf("%s is not published: %+v", at, d)
		}
	}
	w.caption(at, p)
	w.call("alice", "PUT", at+"/chapters", map[string]any{"chapters": []any{map[string]any{"timecode": 0, "title": word("chapter", p)}}}, nil)
	var told struct{ Comment struct{ ID int } }
	w.call("alice", "POST", at+"/comment-threads", map[string]any{"text": word("said", p) + " @bob"}, &told)
	s.thread = told.Comment.ID
	w.call("bob", "POST", fmt.Sprintf("%s/comments/%d", at, s.thread), map[string]any{"text": "an answer of bob's"}, &told)
	s.comment = told.Comment.ID
	w.call("alice", "POST", fmt.Sprintf("%s/comments/%d", at, s.comment), map[string]any{"text": word("answer", p) + " @bob"}, nil)
	w.call("bob", "PUT", at+"/rate", map[string]any{"rating": "like"}, nil)
	w.call("bob", "POST", at+"/views", map[string]any{"currentTime": 1}, nil)
	w.call("bob", "POST", "/abuses", map[string]any{"reason": "bob's reason", "video": map[string]any{"id": s.UUID}}, nil)
	w.call("bob", "POST", "/abuses", map[string]any{"reason": "bob's reason", "comment": map[string]any{"id": s.thread}}, nil)
	var saved struct{ VideoPlaylistElement struct{ ID int } }
	w.call("bob", "POST", "/video-playlists/"+w.list+"/videos", map[string]any{"videoId": s.UUID}, &saved)
	s.element = saved.VideoPlaylistElement.ID
	w.remember(s)
	if len(s.captions) == 0 || len(s.thumbnails) == 0 || len(s.files) < 3 {
		w.t.Fatalf("too little is known of %s: %+v", s.UUID, s)
	}
}

func (w *secretive) caption(at string, p video.Privacy) {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "said.vtt")
	if err := os.WriteFile(file, []byte("WEBVTT\n\n00:00.000 --> 00:01.000\n"+word("spoken", p)+" in the herd\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	formFile(w.t, m, "captionfile", "said.vtt", file)
	_ = m.Close()
	if a := w.ask(w.people["alice"], "PUT", "/api/v1"+at+"/captions/fr", &b, http.Header{"Content-Type": {m.FormDataContentType()}}); a.Code != http.StatusNoContent {
		w.t.Fatalf("caption: %d %s", a.Code, a.Body)
	}
}

// remember keeps the names of a video's files.
func (w *secretive) remember(s *secret) {
	w.t.Helper()
	var d details
	w.call("alice", "GET", "/videos/"+s.UUID, nil, &d)
	name := func(address string) string { return address[strings.LastIndexByte(address, '/')+1:] }
	s.thumbnails = append(s.thumbnails, name(d.ThumbnailPath))
	for _, t := range d.Thumbnails {
		s.thumbnails = append(s.thumbnails, name(t.FileURL))
	}
	for _, l := range d.StreamingPlaylists {
		s.files = append(s.files, name(l.PlaylistURL), name(l.SegmentsSha256URL))
		for _, f := range l.Files {
			s.files = append(s.files, name(f.FileURL), name(f.TorrentURL), name(f.FileDownloadURL), name(f.PlaylistURL))
		}
	}
	for _, f := range d.Files {
		s.files = append(s.files, name(f.FileURL), name(f.TorrentURL), name(f.FileDownloadURL))
	}
	var captions struct {
		Data []struct{ CaptionPath string }
	}
	w.call("alice", "GET", "/videos/"+s.UUID+"/captions", nil, &captions)
	for _, c := range captions.Data {
		s.captions = append(s.captions, name(c.CaptionPath))
	}
	var source struct{ FileDownloadURL string }
	w.call("alice", "GET", "/videos/"+s.UUID+"/source", nil, &source)
	s.files = append(s.files, name(source.FileDownloadURL))
	for _, list := range []*[]string{&s.files, &s.thumbnails} {
		*list = slices.DeleteFunc(*list, func(f string) bool { return f == "" })
	}
}

// hide gives each video its privacy and another name, and waits until what
// strangers know of it is gone.
func (w *secretive) hide() {
	w.t.Helper()
	for p, s := range w.films {
		change := map[string]any{"privacy": p, "name": word("later", p) + " of the herd"}
		if p == video.PasswordProtected {
			change["videoPasswords"] = []string{"open sesame"}
		}
		w.call("alice", "PUT", "/videos/"+s.UUID, change, nil)
	}
	for p, s := range w.films {
		if !p.PrivateFiles() {
			continue
		}
		// What the site knows them by is new; see whether the old is gone.
		for _, file := range slices.Concat(under("/lazy-static/video-captions/", s.captions), under("/lazy-static/thumbnails/", s.thumbnails), under("/lazy-static/torrents/", s.files)) {
			for end := time.Now().Add(time.Minute); w.ask(reader{}, "GET", file, http.NoBody, nil).Code < 300; time.Sleep(50 * time.Millisecond) { //nolint:forbidigo // files are moved
				if time.Now().After(end) {
					w.t.Fatalf("%s of privacy %d is still there", file, p)
				}
			}
		}
	}
}

func under(path string, names []string) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = path + n
	}
	return list
}
