package api

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

var updateVideos = flag.Bool("update-videos", false, "rewrite the golden files of videos")

// The videos of videoSite.
const (
	publicUUID    = "341a84d2-f9c7-405d-bc93-39b503161273"
	privateUUID   = "869a0a4b-ad0d-4b15-a345-1e436e5ecd70"
	protectedUUID = "7e24aea8-71ff-45fc-90a7-c315341ee481"
	internalUUID  = "11111111-1111-4111-8111-111111111111"
	unlistedUUID  = "22222222-2222-4222-8222-222222222222"
	unfinished    = "33333333-3333-4333-8333-333333333333"
)

// videoSite is a site with two people, an administrator, and a video of each
// privacy in the channel of alice.
type videoSite struct {
	t        testing.TB
	db       *sqldb.DB
	store    *store.Videos
	svc      *video.Service
	queue    *videoQueue
	captions map[string]string
	people   map[string]*user.User
	router   http.Handler
	now      time.Time
}

// videoQueue remembers what was queued.
type videoQueue struct {
	moved, refreshed []video.ID
	removed          []video.Removal
}

func (q *videoQueue) MoveFiles(_ context.Context, id video.ID) error {
	q.moved = append(q.moved, id)
	return nil
}

func (q *videoQueue) RemoveFiles(_ context.Context, r video.Removal) error {
	q.removed = append(q.removed, r)
	return nil
}

func (q *videoQueue) RefreshFiles(_ context.Context, id video.ID) error {
	q.refreshed = append(q.refreshed, id)
	return nil
}

// Put and Make stand in for the files of captions and of pictures.
func (s *videoSite) Put(_ context.Context, name string, vtt []byte) error {
	s.captions[name] = string(vtt)
	return nil
}

func (s *videoSite) Make(_ context.Context, r io.Reader) ([]video.Thumbnail, error) {
	b, err := io.ReadAll(r)
	if err != nil || string(b) != "a picture" {
		return nil, errs.Field("thumbnailfile", "not a picture")
	}
	return []video.Thumbnail{{Filename: "new.jpg", Width: 280, Height: 157, AspectRatio: "16:9"}}, nil
}

func newVideoSite(t testing.TB) *videoSite {
	t.Helper()
	return videoSiteOn(t, sqldbtest.SQLite(t))
}

func videoSiteOn(t testing.TB, db *sqldb.DB) *videoSite {
	t.Helper()
	s := &videoSite{
		t: t, db: db, store: &store.Videos{DB: db}, queue: &videoQueue{}, captions: map[string]string{},
		people: map[string]*user.User{}, now: time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC),
	}
	s.svc = &video.Service{
		Store: s.store, Queue: s.queue, Pictures: s, Captions: s, InTx: db.InTx, Now: func() time.Time { return s.now },
		NSFWPolicy: func() string { return video.NSFWHidden }, TokenKey: []byte("0123456789abcdef"),
	}
	for n, name := range []string{"alice", "bob", "root"} {
		s.addPerson(int64(n+1), name)
	}
	s.people["root"].Role = user.Administrator
	s.addVideos()
	site := instance.Site{Scheme: "http", Host: "localhost:9000"}
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&Videos{Videos: s.svc, Actors: store.Actors{DB: db}, Site: site}).Mount(rt)
	s.router = rt
	return s
}

func (s *videoSite) exec(query string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Exec(s.t.Context(), query, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *videoSite) addPerson(n int64, name string) {
	s.exec(`INSERT INTO users (id, username, email, email_folded, password_hash, role, video_quota, video_quota_daily, video_quota_used, feed_token, created_at, updated_at)
		VALUES ($1, $2, $2, $2, '', 2, -1, -1, 6000, '', $3, $3)`, n, name, s.now)
	for i, a := range []struct{ kind, name, path string }{{"Person", name, "/accounts/"}, {"Group", name + "_channel_main", "/video-channels/"}} {
		s.exec(`INSERT INTO actors (id, type, preferred_username, url, inbox_url, created_at, updated_at) VALUES ($1, $2, $3, $4, '', $5, $5)`,
			n*10+int64(i), a.kind, a.name, "http://localhost:9000"+a.path+a.name, s.now)
	}
	s.exec(`INSERT INTO accounts (id, actor_id, user_id, name, created_at, updated_at) VALUES ($1, $2, $1, $3, $4, $4)`, n, n*10, name, s.now)
	s.exec(`INSERT INTO video_channels (id, actor_id, account_id, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)`,
		100+n, n*10+1, n, name+"_channel_main", s.now)
	s.people[name] = &user.User{ID: user.ID(n), Username: name, Role: user.Member, AccountID: actor.AccountID(n)}
}

func (s *videoSite) addVideos() {
	for i, v := range []*video.Video{
		{
			UUID: publicUUID, Name: "First video", Privacy: video.Public, Category: 15, Licence: 1, Language: "en",
			Description: "A **first** video https://example.com", Support: "send money", Tags: []string{"peertube", "sample"},
		},
		{UUID: privateUUID, Name: "Private video", Privacy: video.Private},
		{UUID: protectedUUID, Name: "Protected video", Privacy: video.PasswordProtected},
		{UUID: internalUUID, Name: "Internal video", Privacy: video.InternalOnly},
		{UUID: unlistedUUID, Name: "Unlisted video", Privacy: video.Unlisted},
		{UUID: unfinished, Name: "Unfinished video", Privacy: video.Public, State: video.ToTranscode},
	} {
		at := s.now.Add(time.Duration(i-10) * time.Hour)
		v.ChannelID, v.URL, v.Duration, v.AspectRatio, v.QuotaBytes = 101, "http://localhost:9000/videos/watch/"+v.UUID, 12, 1.7778, 1000
		v.DownloadEnabled, v.WaitTranscoding, v.CreatedAt, v.UpdatedAt, v.PublishedAt = true, true, at, at, at
		if v.State == 0 {
			v.State = video.Published
		}
		if err := s.store.Create(s.t.Context(), v); err != nil {
			s.t.Fatal(err)
		}
		s.addFiles(v)
	}
	s.exec(`UPDATE video_channels SET updated_at = $1`, s.now)
	if err := s.store.SetPasswords(s.t.Context(), 3, []string{"first-pw"}); err != nil {
		s.t.Fatal(err)
	}
	s.exec(`UPDATE videos SET updated_at = published_at`)
}

// addFiles gives a video two renditions of HLS, a progressive file, pictures,
// a storyboard and a source.
func (s *videoSite) addFiles(v *video.Video) {
	id := int64(v.ID)
	if _, err := s.store.SetThumbnails(s.t.Context(), v.ID, []video.Thumbnail{
		{Filename: v.UUID + "-280.jpg", Width: 280, Height: 157, AspectRatio: "16:9", AutoGenerated: true},
		{Filename: v.UUID + "-850.jpg", Width: 850, Height: 480, AspectRatio: "16:9", AutoGenerated: true},
		{Filename: v.UUID + "-1400.jpg", Width: 1400, Height: 1400, AspectRatio: "1:1", AutoGenerated: true},
	}); err != nil {
		s.t.Fatal(err)
	}
	s.exec(`INSERT INTO streaming_playlists (id, video_id, type, playlist_filename, segments_filename, created_at, updated_at)
		VALUES ($1, $1, 1, $2, $3, $4, $4)`, id, v.UUID+"-master.m3u8", v.UUID+"-segments-sha256.json", s.now)
	for i, f := range []struct {
		res, fps int
		hls      any
		suffix   string
	}{{360, 25, id, "-fragmented.mp4"}, {720, 50, id, "-fragmented.mp4"}, {360, 25, nil, ".mp4"}} {
		name := v.UUID + "-" + resolutionLabel(f.res, 0)
		torrent := name + map[bool]string{true: "-hls.torrent", false: ".torrent"}[f.hls != nil]
		s.exec(`INSERT INTO video_files (id, video_id, playlist_id, resolution, width, height, fps, size, extname, filename, torrent_filename, info_hash,
			has_audio, has_video, metadata, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $4, $6, 1000, '.mp4', $7, $8, $9, TRUE, TRUE, '{"streams":[]}', $10, $10)`,
			id*10+int64(i), id, f.hls, f.res, f.res*16/9, f.fps, name+f.suffix, torrent, strings.Repeat("ab", 20), s.now)
	}
	s.exec(`INSERT INTO storyboards (video_id, filename, total_width, total_height, sprite_width, sprite_height, sprite_duration, created_at)
		VALUES ($1, $2, 1152, 216, 192, 108, 1, $3)`, id, v.UUID+".jpg", s.now)
	s.exec(`INSERT INTO video_sources (video_id, input_filename, kept_filename, resolution, width, height, fps, size, metadata, created_at)
		VALUES ($1, 'clip.mp4', $2, 360, 640, 360, 25, 536821, '{"format":{"duration":12}}', $3)`, id, v.UUID+".mp4", s.now)
}

// call sends a request as somebody ("" for nobody). A body that is not "" is JSON.
func (s *videoSite) call(who, method, path, body string, header ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if u := s.people[who]; u != nil {
		r = r.WithContext(auth.WithUser(r.Context(), u))
	}
	w := httptest.NewRecorder()
	s.router.ServeHTTP(w, r)
	return w
}

func videoGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, got, "", " "); err != nil {
		t.Fatalf("not JSON: %s", got)
	}
	pretty.WriteByte('\n')
	file := filepath.Join("testdata", "videos", name+".json")
	if *updateVideos {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}

func TestVideosAnswerAsPeerTubes(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	pw := []string{"x-peertube-video-password", "first-pw"}
	for _, tt := range []struct {
		name, who, path string
		want            int
		header          []string
		golden          string
	}{
		{"details by uuid", "", "/videos/" + publicUUID, 200, nil, "details"},
		{"details by number", "", "/videos/1", 200, nil, "details"},
		{"details by short uuid", "", "/videos/7raTpragnXqXVp6Ri5x7Gk", 200, nil, "details"},
		{"an unknown uuid", "", "/videos/12345678-1234-4234-8234-1234567890ab", 404, nil, "unknown"},
		{"an unknown number", "", "/videos/99999", 404, nil, "unknown"},
		{"what is no id", "", "/videos/hello%20x", 400, nil, "bad_id"},
		{"a private one to nobody", "", "/videos/" + privateUUID, 401, nil, "private_anonymous"},
		{"a private one to others", "bob", "/videos/" + privateUUID, 403, nil, "private_other"},
		{"a private one to its owner", "alice", "/videos/" + privateUUID, 200, nil, "private_owner"},
		{"a private one to an administrator", "root", "/videos/" + privateUUID, 200, nil, "private_owner"},
		{"an internal one to nobody", "", "/videos/" + internalUUID, 401, nil, "private_anonymous"},
		{"an internal one to people", "bob", "/videos/" + internalUUID, 200, nil, ""},
		{"an unlisted one by uuid", "", "/videos/" + unlistedUUID, 200, nil, ""},
		{"an unlisted one by number to nobody", "", "/videos/5", 401, nil, "private_anonymous"},
		{"an unlisted one by number to others", "bob", "/videos/5", 403, nil, "private_other"},
		{"an unlisted one by number to its owner", "alice", "/videos/5", 200, nil, ""},
		{"a protected one without password", "", "/videos/" + protectedUUID, 403, nil, "password_missing"},
		{"a protected one with a wrong password", "", "/videos/" + protectedUUID, 403, []string{pw[0], "wrong"}, "password_wrong"},
		{"a protected one with its password", "", "/videos/" + protectedUUID, 200, pw, "protected"},
		{"description", "", "/videos/1/description", 200, nil, "description"},
		{"storyboards", "", "/videos/1/storyboards", 200, nil, "storyboards"},
		{"metadata of a file", "", "/videos/1/metadata/10", 200, nil, "metadata"},
		{"metadata of another video's file", "", "/videos/1/metadata/20", 404, nil, ""},
		{"source", "alice", "/videos/" + publicUUID + "/source", 200, nil, "source"},
		{"source to others", "bob", "/videos/" + publicUUID + "/source", 403, nil, "source_not_owner"},
		{"source to nobody", "", "/videos/1/source", 401, nil, ""},
		{"passwords", "alice", "/videos/" + protectedUUID + "/passwords", 200, nil, ""},
		{"passwords of an open video", "alice", "/videos/1/passwords", 400, nil, "passwords_unprotected"},
		{"passwords to others", "bob", "/videos/3/passwords", 403, nil, "not_owner"},

		{"list", "", "/videos?count=2", 200, nil, "list"},
		{"list without total", "", "/videos?isLocal=true&categoryOneOf=15&tagsOneOf=SAMPLE&sort=-views&nsfw=both&skipCount=true&count=1", 200, nil, "list_no_total"},
		{"nothing found", "", "/videos?languageOneOf=fr", 200, nil, "list_empty"},
		{"wrong sort", "", "/videos?sort=hello&nsfw=maybe&isLive=perhaps&categoryOneOf=abc", 400, nil, "list_bad_sort"},
		{"wrong values", "", "/videos?nsfw=maybe&isLive=perhaps&categoryOneOf=abc", 400, nil, "list_bad_values"},
		{"include as nobody", "", "/videos?include=1", 401, nil, "list_include"},
		{"privacies as a member", "bob", "/videos?privacyOneOf=3", 401, nil, "list_include"},
		{"include as administrator", "root", "/videos?include=17&privacyOneOf=3&count=1", 200, nil, "list_private"},
		{"legacy filter", "", "/videos?filter=local", 400, nil, "list_filter"},
		{"a host that is none", "", "/videos?host=not%20a/host", 400, nil, ""},
		{"watched ones as nobody", "", "/videos?excludeAlreadyWatched=true", 400, nil, ""},
		{"of an account", "", "/accounts/alice@localhost:9000/videos?count=2", 200, nil, "list"},
		{"of a channel", "", "/video-channels/alice_channel_main/videos?count=2", 200, nil, "list"},
		{"of an unknown account", "", "/accounts/nobody/videos", 404, nil, ""},
		{"of an empty channel", "", "/video-channels/bob_channel_main/videos", 200, nil, "list_empty"},
		{"my videos", "alice", "/users/me/videos?count=2", 200, nil, "mine"},
		{"my videos as nobody", "", "/users/me/videos", 401, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := s.call(tt.who, "GET", tt.path, "", tt.header...)
			if w.Code != tt.want {
				t.Errorf("status %d, want %d: %s", w.Code, tt.want, w.Body)
			}
			if tt.golden != "" {
				got := bytes.ReplaceAll(w.Body.Bytes(), []byte(`"instance":"/api/v1`), []byte(`"instance":"`))
				videoGolden(t, tt.golden, got)
			}
		})
	}
}

// names lists the names of a page of videos.
func names(t *testing.T, w *httptest.ResponseRecorder) (list []string, total int) {
	t.Helper()
	var page struct {
		Total int
		Data  []struct{ Name string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for _, v := range page.Data {
		word, _, _ := strings.Cut(v.Name, " ")
		list = append(list, word)
	}
	return list, page.Total
}

func TestVideoFilters(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	s.exec(`UPDATE videos SET privacy = 1, name = 'Sensitive', search = 'sensitive', nsfw = TRUE, nsfw_flags = 2 WHERE uuid = $1`, unlistedUUID)
	for _, tt := range []struct{ name, who, query, want string }{
		{"nobody sees what is public", "", "", "First"},
		{"people see internal ones", "bob", "", "Internal First"},
		{"sensitive ones when asked", "", "nsfw=true", "Sensitive"},
		{"both", "", "nsfw=both", "Sensitive First"},
		{"a flag that is shown", "", "nsfw=false&nsfwFlagsIncluded=2", "Sensitive First"},
		{"a flag that is not shown", "", "nsfw=both&nsfwFlagsExcluded=2", "First"},
		{"sorted by name", "bob", "sort=name", "First Internal"},
		{"by category", "", "categoryOneOf=15&categoryOneOf=2", "First"},
		{"by another category", "", "categoryOneOf=2", ""},
		{"by unknown language", "bob", "languageOneOf=_unknown", "Internal"},
		{"by unknown or known language", "bob", "languageOneOf=_unknown&languageOneOf=en", "Internal First"},
		{"all tags", "", "tagsAllOf=peertube&tagsAllOf=sample", "First"},
		{"not all tags", "", "tagsAllOf=peertube&tagsAllOf=other", ""},
		{"search folds case", "", "search=FIRST+peerTube", "First"},
		{"search takes % as it is", "", "search=%25", ""},
		{"with HLS", "", "hasHLSFiles=true", "First"},
		{"without web videos", "", "hasWebVideoFiles=false", ""},
		{"of our host", "", "host=localhost:9000", "First"},
		{"of another host", "", "host=other.example", ""},
		{"remote ones", "", "isLocal=false", ""},
		{"live ones", "", "isLive=true", ""},
		{"unfinished ones, as administrator", "root", "include=1", "Unfinished Internal First"},
		{"by state, as administrator", "root", "stateOneOf=2", "Unfinished"},
		{"second page", "bob", "start=1&count=1", "First"},
		{"no row", "bob", "count=0", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, _ := names(t, s.call(tt.who, "GET", "/videos?"+tt.query, ""))
			if got := strings.Join(list, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func form(t *testing.T, fields map[string]string, file, name, content string) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := m.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if file != "" {
		p, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + file + `"; filename="` + name + `"`}})
		if err == nil {
			_, err = p.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), m.FormDataContentType()
}
