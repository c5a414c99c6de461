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
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/listen"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

// TestNothingHiddenIsReadAnywhere asks every address that the site answers, in
// every way that may matter, for videos of every privacy: nobody finds a word,
// a name of a file or an id of what they may not see.
//
// All videos were public once, so that others commented, liked, watched,
// saved, reported and were told of them; then they were hidden. A route that
// is new is asked too; one with a parameter that this test does not know fails
// it.
func TestNothingHiddenIsReadAnywhere(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("needs ffmpeg")
	}
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		newSecretive(t, nil).readEverything("/")
	})
	t.Run("PostgreSQL", func(t *testing.T) { // the same statements, but for searching
		t.Parallel()
		w := newSecretive(t, []string{"SEPIOLA_DATABASE_URL=" + sqldbtest.PostgresURL(t)})
		w.readEverything("/api/v1/search/", "/api/v1/videos", "/api/v1/overviews/", "/feeds/", "/search", "/sitemap/", "/videos/overview")
	})
}

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

// marks finds the words that only one video has.
var marks = regexp.MustCompile(`zebra[a-z]+(\d)x`)

// mayRead says whether somebody may read of a video at an address: what is
// unlisted, whoever asks for it by its id, or in a list that somebody who knew
// it made.
func (w *secretive) mayRead(who reader, p video.Privacy, address string) bool {
	s := w.films[p]
	byFile := slices.ContainsFunc(slices.Concat(s.files, s.captions, s.thumbnails), func(f string) bool { return strings.Contains(address, f) })
	byNumber := regexp.MustCompile(fmt.Sprintf(`[/=]%d(\D|$)`, s.ID))
	switch p {
	case video.Public:
		return true
	case video.InternalOnly:
		return who.name != ""
	case notPublished: // as PeerTube's: its page says that it is being made
		return strings.Contains(address, s.UUID) || strings.Contains(address, s.ShortUUID) || byNumber.MatchString(address) || byFile
	case video.Unlisted:
		own := who.name == "bob" && (strings.Contains(address, "/history") || strings.Contains(address, "/my-account/") || strings.Contains(address, "/notifications") ||
			strings.Contains(address, "/my-library/") || strings.Contains(address, "/accounts/bob/ratings") || then(who, address))
		return own || strings.Contains(address, s.UUID) || strings.Contains(address, s.ShortUUID) || strings.Contains(address, w.list) || byFile
	}
	return false
}

// then reports whether an address tells bob what he reported, as it was then.
func then(who reader, address string) bool {
	return who.name == "bob" && strings.Contains(address, "/abuses")
}

// readEverything asks for everything below some paths.
func (w *secretive) readEverything(below ...string) {
	asked, found := 0, map[video.Privacy]map[string]bool{}
	for _, rt := range w.app.routers {
		err := rt.Routes(func(method, path string) {
			if method != http.MethodGet || !slices.ContainsFunc(below, func(b string) bool { return strings.HasPrefix(rt.below+path, b) }) {
				return
			}
			for _, address := range w.addresses(rt.below + path) {
				if strings.Contains(address, "/users/me/notifications/events") && strings.Contains(address, "?") {
					continue
				}
				for _, name := range []string{"", "bob"} {
					for _, accept := range w.accepts(rt.below + path) {
						who := w.people[name]
						a := w.ask(who, method, address, http.NoBody, http.Header{"Accept": {accept}})
						asked++
						for p := range w.read(who, address, accept, a) {
							if found[p] == nil {
								found[p] = map[string]bool{}
							}
							found[p][rt.below+path] = true
						}
					}
				}
			}
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	// What was asked for can be found: otherwise nothing is proved.
	if below[0] != "/" {
		return
	}
	w.t.Logf("%d questions", asked)
	for p, least := range map[video.Privacy]int{video.Public: 50, video.InternalOnly: 25, video.Unlisted: 20} {
		if len(found[p]) < least {
			w.t.Errorf("privacy %d was found at %d routes only: %v", p, len(found[p]), slices.Sorted(maps.Keys(found[p])))
		}
	}
}

// read looks for what an answer tells, and complains of what it should not.
func (w *secretive) read(who reader, address, accept string, a *httptest.ResponseRecorder) map[video.Privacy]bool {
	tells := map[video.Privacy]string{}
	header := new(bytes.Buffer)
	_ = a.Header().Write(header)
	for _, text := range []string{a.Body.String(), header.String()} {
		for _, m := range marks.FindAllStringSubmatch(text, -1) {
			if then(who, address) && !strings.HasPrefix(m[0], "zebralater") {
				continue
			}
			tells[video.Privacy(m[1][0]-'0')] = m[0]
		}
		for p, s := range w.films {
			asked := strings.Contains(address, s.UUID) || strings.Contains(address, s.ShortUUID) // and may be repeated
			for i, id := range slices.Concat([]string{s.UUID, s.ShortUUID}, s.thumbnails, s.files, s.captions) {
				if strings.Contains(text, id) && !strings.Contains(address, id) && (i > 1 || !asked) && !then(who, address) {
					tells[p] = id
				}
			}
		}
	}
	if isMedia(a) {
		for p, s := range w.films {
			if strings.Contains(address, s.UUID) || slices.ContainsFunc(s.files, func(f string) bool { return strings.Contains(address, f) }) {
				tells[p] = "its file"
			}
		}
	}
	said := map[video.Privacy]bool{}
	for p, what := range tells {
		said[p] = true
		if !w.mayRead(who, p, address) {
			w.t.Errorf("%q reads %s of privacy %d at %s (Accept: %s): %d", who.name, what, p, address, accept, a.Code)
		}
	}
	return said
}

// isMedia reports whether an answer is of a video's bytes.
func isMedia(a *httptest.ResponseRecorder) bool {
	kind := a.Header().Get("Content-Type")
	return a.Code < 300 && (strings.HasPrefix(kind, "video/") || strings.HasPrefix(kind, "audio/") || strings.Contains(kind, "mpegurl") || strings.HasSuffix(kind, "octet-stream"))
}

// accepts are what an answer may be asked to be: pages have documents at the
// same addresses.
func (w *secretive) accepts(route string) []string {
	for _, one := range []string{"/w/", "/videos/watch/", "/a/", "/c/", "/@", "/account", "/video-channels/", "/video-playlists/"} {
		if strings.HasPrefix(route, one) {
			return []string{"text/html", "application/activity+json, text/html;q=0.1"}
		}
	}
	return []string{"text/html, */*;q=0.5"}
}

// addresses are what a route is asked for: of each video in every way that it
// has a name, and lists with whatever may widen them.
func (w *secretive) addresses(route string) []string {
	w.t.Helper()
	if strings.HasSuffix(route, "/*") { // files of the program
		return nil
	}
	var all []string
	for _, p := range privacies {
		paths := w.fill(route, w.films[p])
		all = append(all, paths...)
		if strings.Contains(route, "{file}") {
			continue
		}
		for _, path := range paths {
			for _, q := range w.queries(p, len(paths) > 1) {
				all = append(all, path+"?"+q.Encode())
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// fill puts everything that a video is known by in place of a route's
// parameters.
func (w *secretive) fill(route string, s *secret) []string {
	w.t.Helper()
	paths := []string{route}
	for {
		name := parameter.FindString(paths[0])
		if name == "" {
			return paths
		}
		values := w.values(route, name, s)
		if len(values) == 0 {
			w.t.Fatalf("%s: this test does not know what to put in place of %s", route, name)
		}
		var next []string
		for _, path := range paths {
			for _, v := range values {
				next = append(next, strings.Replace(path, name, v, 1))
			}
		}
		paths = next
	}
}

func (w *secretive) values(route, name string, s *secret) []string {
	few := []string{"1", "2", "3"}
	switch name {
	case "{id}":
		switch {
		case strings.Contains(route, "/video-playlists/"), strings.Contains(route, "/w/p/"), strings.Contains(route, "/playlist/"):
			return []string{w.list}
		case strings.Contains(route, "/users/{"), strings.Contains(route, "/users/update/"):
			return few
		case strings.Contains(route, "/abuses/"), strings.Contains(route, "/notifications/"):
			return append(few, "4", "5", "6", "7", "8", "9", "10", "11", "12")
		}
		return []string{fmt.Sprint(s.ID), s.UUID, s.ShortUUID}
	case "{uuid}":
		return []string{s.UUID}
	case "{video}":
		return []string{fmt.Sprint(s.ID)}
	case "{handle}", "{name}", "{uri}":
		return []string{"alice", "alice_channel", "bob", "alice_channel@localhost:9000"}
	case "{comment}", "{commentId}", "{threadId}":
		return []string{fmt.Sprint(s.thread), fmt.Sprint(s.comment)}
	case "{file}":
		return slices.Concat(s.files, s.captions, s.thumbnails, []string{s.UUID + ".mp4", fmt.Sprint(s.ID, "-240.mp4")})
	case "{playlist}", "{playlistId}":
		return []string{w.list}
	case "{element}":
		return []string{fmt.Sprint(s.element)}
	}
	return map[string][]string{
		"{format}": {"xml", "atom", "json"}, "{metric}": {"viewers"}, "{state}": {"completed"}, "{number}": {"1"}, "{actor}": {"1"},
		"{userId}": few, "{videoFileId}": few, "{likes:likes|dislikes}": {"likes"},
	}[name]
}

// queries are what addresses are asked with: those of one video with what may
// open it or show it, lists with what may widen them.
func (w *secretive) queries(p video.Privacy, ofOne bool) []url.Values {
	s := w.films[p]
	page := "http://localhost:9000/w/" + s.ShortUUID
	if ofOne {
		return []url.Values{
			{"password": {"wrong"}, "videoFileToken": {"wrong"}, "token": {"wrong"}, "raw": {"true"}},
			{"page": {"1"}, "part": {"1"}, "playlistId": {w.list}, "playlistPosition": {"1"}, "after": {"0"}, "count": {"100"}},
		}
	}
	list := []url.Values{
		{"videoId": {s.UUID}, "uuids": {s.UUID}, "videoIds": {fmt.Sprint(s.ID)}, "url": {page}, "uri": {page}, "playlistId": {w.list}},
		{"videoId": {fmt.Sprint(s.ID)}, "search": {page}, "q": {page}, "nsfw": {"both"}},
	}
	if p != privacies[0] {
		return list
	}
	channel := fmt.Sprint(w.channel)
	for _, q := range []url.Values{
		{"search": {"herd"}, "q": {"herd"}, "playlistId": {w.list}},
		{"search": {"zebraname"}, "q": {"zebraname"}, "videoChannelId": {channel}},
		{"search": {"zebraspoken"}, "q": {"zebratag"}, "videoChannelName": {"alice_channel"}},
		{"tagsOneOf": {"herd"}, "sort": {"-hot"}, "isLocal": {"true"}, "scope": {"local"}},
		{"privacyOneOf": {"1", "2", "3", "4", "5"}, "accountName": {"alice"}},
		{"stateOneOf": {"1", "2"}},
		{"include": {"127"}, "withStats": {"true"}},
		{"sort": {"-views"}, "skipCount": {"true"}, "page": {"1"}},
		{"accountId": {"2"}, "token": {"wrong"}, "resource": {"acct:alice@localhost:9000"}},
	} {
		q.Set("count", "100")
		q.Set("nsfw", "both")
		list = append(list, q)
	}
	return list
}
