package web_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/i18n"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web"
	"sepiola/internal/server/web/assets"
	"sepiola/internal/server/web/markdown"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

const (
	rootPassword  = "root password 1"
	publicUUID    = "11111111-1111-4111-8111-111111111111"
	protectedUUID = "22222222-2222-4222-8222-222222222222"
	sensitiveUUID = "33333333-3333-4333-8333-333333333333"
	preparingUUID = "44444444-4444-4444-8444-444444444444"
)

// testKeys is one key pair for all actors of tests: making them is slow.
var testKeys = sync.OnceValues(actor.GenerateKeys)

// site is the pages on a real database, and a browser in front of them.
type site struct {
	t         testing.TB
	db        *sqldb.DB
	server    *httptest.Server
	browser   *http.Client
	videos    *store.Videos
	users     *user.Service
	limiter   *user.Limiter
	pages     *web.Pages
	views     *view.Service
	policy    user.Policy
	jobs      *jobs
	now       time.Time
	uploading video.UploadSettings
	edited    edits
	sharing   web.Settings // what is added to the settings
	others    otherSites
	mirroring mirroring
}

type noFiles struct{}

func (noFiles) RemoveOfChannel(context.Context, actor.ChannelID) error { return nil }
func (noFiles) RemoveOfAccount(context.Context, actor.AccountID) error { return nil }
func (noFiles) Queue(context.Context, user.Mail) error                 { return nil }
func (noFiles) MoveFiles(context.Context, video.ID) error              { return nil }
func (noFiles) RemoveFiles(context.Context, video.Removal) error       { return nil }
func (noFiles) RefreshFiles(context.Context, video.ID) error           { return nil }

// jobs is a queue with one failed job.
type jobs struct {
	told   []string
	paused bool
	asked  instance.JobFilter
}

func (j *jobs) List(_ context.Context, f instance.JobFilter) ([]instance.Job, int, error) {
	at := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	j.asked = f
	return []instance.Job{
		{ID: 7, Type: "video-transcoding", State: instance.JobActive, Data: []byte(`{"videoId":3}`), Progress: 40, CreatedAt: at},
		{ID: 6, Type: "email", State: instance.JobFailed, Data: []byte(`{"to":"<b>"}`), Error: "no route to host", CreatedAt: at, FinishedAt: &at},
	}, 2, nil
}
func (j *jobs) Types() []string { return []string{"video-transcoding", "email"} }
func (j *jobs) Cancel(_ context.Context, jobType string, id int64) error {
	j.told = append(j.told, fmt.Sprintf("cancel %s %d", jobType, id))
	return nil
}

func (j *jobs) Retry(_ context.Context, jobType string, id int64) error {
	j.told = append(j.told, fmt.Sprintf("retry %s %d", jobType, id))
	return nil
}
func (j *jobs) Pause(context.Context) error          { j.paused = true; return nil }
func (j *jobs) Resume(context.Context) error         { j.paused = false; return nil }
func (j *jobs) Paused(context.Context) (bool, error) { return j.paused, nil }

// uploads takes files that begin with "media".
type uploads struct {
	video.Uploads // what only asks

	name     string
	got      video.Changes
	replaced string // what MayReplace and Replaceable let through
}

func (u *uploads) Receive(_ context.Context, _ *user.User, filename, _ string, r io.Reader) (*video.Received, error) {
	b, err := io.ReadAll(r)
	if err != nil || !strings.HasPrefix(string(b), "media") {
		return nil, errs.New(errs.Unprocessable, "This is not a video")
	}
	u.name = filename
	return new(video.Received), nil
}
func (u *uploads) Discard(context.Context, *video.Received) {}
func (u *uploads) Publish(_ context.Context, _ *user.User, _ *video.Received, c video.Changes, _ *video.UploadPicture) (*video.Video, error) {
	u.got = c
	return &video.Video{UUID: publicUUID}, c.Check(0)
}

func (u *uploads) Replace(ctx context.Context, who *user.User, _ *video.Received, ref video.Ref) (*video.Video, error) {
	v, err := u.MayReplace(ctx, who, ref)
	if err == nil {
		err = u.Replaceable(ctx, v)
	}
	if err == nil {
		u.replaced = v.UUID
	}
	return v, err
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, db: sqldbtest.SQLite(t), now: time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC), jobs: &jobs{}}
	s.policy = user.Policy{
		Signup: user.Signup{Enabled: true, Limit: -1, MinimumAge: 16}, VideoQuota: -1, VideoQuotaDaily: -1, MinPassword: 6,
		ChannelName: "$1’s channel", NSFWPolicy: "warn", Language: "en",
	}
	s.server = httptest.NewUnstartedServer(nil)
	host := s.server.Listener.Addr().String()
	s.server.Config.Handler = s.handler(instance.Site{Scheme: "http", Host: host})
	s.server.Start()
	t.Cleanup(s.server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.browser = &http.Client{Jar: jar}
	s.fill()
	return s
}

func (s *site) handler(at instance.Site) http.Handler {
	s.t.Helper()
	now, policy := func() time.Time { return s.now }, func() user.Policy { return s.policy }
	cipher, err := user.NewCipher("secret of this test")
	if err != nil {
		s.t.Fatal(err)
	}
	set, err := assets.Load()
	if err != nil {
		s.t.Fatal(err)
	}
	words, err := i18n.Load()
	if err != nil {
		s.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	actors, people := store.Actors{DB: s.db}, store.Users{DB: s.db}
	limiter, passwords := &user.Limiter{Store: store.RateLimits{DB: s.db}, Now: now}, user.NewPasswords(2)
	s.limiter = limiter
	sessions := &user.Sessions{
		Users: people, Store: store.Sessions{DB: s.db}, Registrations: store.Registrations{DB: s.db}, Limits: limiter,
		Passwords: passwords, Cipher: cipher, Lifetimes: user.DefaultLifetimes(), Policy: policy, Now: now,
	}
	channels := &actor.Channels{Store: actors, Files: noFiles{}, Site: at, InTx: s.db.InTx, Now: now, NewKeys: testKeys, MaxPerUser: func() int { return 20 }}
	s.users = &user.Service{
		Store: people, Actors: actors, Sessions: store.Sessions{DB: s.db}, Clients: store.OAuthClients{DB: s.db}, Channels: channels,
		Registrations: store.Registrations{DB: s.db}, Verifications: store.Verifications{DB: s.db}, Limits: limiter, Mailer: noFiles{},
		Passwords: passwords, Site: at, Lifetimes: user.DefaultLifetimes(), Policy: policy, Now: now, NewKeys: testKeys, InTx: s.db.InTx,
	}
	s.videos = &store.Videos{DB: s.db}
	authn := &auth.Authenticator{Sessions: sessions, Site: at, Now: now, Log: log}
	s.users.Changed, sessions.Changed = authn.Forget, authn.Forget
	watched := &video.Service{
		Store: s.videos, Queue: noFiles{}, InTx: s.db.InTx, Now: now, NSFWPolicy: func() string { return "warn" }, TokenKey: []byte("0123456789abcdef"),
	}
	s.views = &view.Service{
		Store: store.Views{DB: s.db}, Videos: watched, Anyhow: s.videos, InTx: s.db.InTx, Now: now,
		Rules: func() view.Rules {
			return view.Rules{CountAfter: 10 * time.Second, Expiration: time.Hour, TrustSessionID: true}
		},
	}
	watched.Viewing = s.views
	s.pages = &web.Pages{
		Videos:  watched,
		History: &view.History{Store: store.History{Videos: s.videos}, Viewers: s.views.Viewers, Now: now},
		Stats:   &view.Stats{Store: store.Views{DB: s.db}, Videos: watched, Now: now},
		Played: &view.PlaybackStats{
			Store: store.Playback{DB: s.db}, Videos: watched, Finder: s.videos, MaxAge: func() time.Duration { return -1 }, Now: now,
		},
		Editor: &s.edited, Homepage: written(""),
		Work: s.videos, Uploads: &uploads{Uploads: video.Uploads{Videos: s.videos, Settings: func(context.Context) video.UploadSettings { return s.uploading }}}, Users: s.users, Sessions: sessions, TwoFactor: &user.TwoFactor{Service: s.users, Cipher: cipher},
		Playlists: &playlist.Service{
			Store: store.Playlists{DB: s.db, Videos: s.videos}, Videos: s.videos, Channels: s.videos, Files: noFiles{}, Site: at, InTx: s.db.InTx, Now: now,
		},
		Embeds: &video.Embeds{Videos: watched, Store: s.videos, Site: at, InTx: s.db.InTx},
		Limits: limiter, Channels: channels, Actors: actors, Images: &actor.Images{Store: actors, InTx: s.db.InTx, Now: now},
		Jobs: s.jobs, Auth: authn, Words: words, Assets: set, Markdown: markdown.New(), Site: at, Policy: policy, Now: now, Log: log,
		Settings: func() web.Settings {
			return web.Settings{
				Name: "Test site", ShortDescription: "Videos of this test", Description: "We *like* videos.", Terms: "Be kind.", NSFWPolicy: "warn",
				UploadExtensions: []string{".mp4", ".webm", ".mkv"}, CardAvatars: s.sharing.CardAvatars, CardNames: true,
				Share: s.sharing.Share, ShareEmbeds: s.sharing.ShareEmbeds, ShareFrom: s.sharing.ShareFrom, ReportEvery: s.sharing.ReportEvery,
				Tracker: true, ShareByDefault: true, KeepPlayed: true, Federated: s.sharing.Federated, MirrorsOf: s.sharing.MirrorsOf, Answered: s.sharing.Answered,
			}
		},
	}
	s.withComments(at, now)
	s.withAbuses(at, now)
	s.withSites(at, now)
	s.withSearch(at, watched)
	s.addTelling(at)
	r := rest.NewRouter(log)
	r.Use(authn.Pages(s.pages.Refuse))
	r.NotFound(s.pages.NotFound)
	s.pages.Mount(r)
	return strict(r)
}

// strict is a policy without any exception: what breaks it is seen in the
// screenshots.
func strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'self'")
		next.ServeHTTP(w, r)
	})
}

func (s *site) fill() {
	s.t.Helper()
	ctx := s.t.Context()
	if err := s.users.EnsureInstanceActor(ctx); err != nil {
		s.t.Fatal(err)
	}
	if err := s.users.EnsureOAuthClient(ctx); err != nil {
		s.t.Fatal(err)
	}
	if _, _, err := s.users.EnsureRoot(ctx, rootPassword, "root@example.com"); err != nil {
		s.t.Fatal(err)
	}
	channel, err := sqldb.One(ctx, s.db, sqldb.Value[actor.ChannelID], `SELECT min(id) FROM video_channels`)
	if err != nil {
		s.t.Fatal(err)
	}
	for i, v := range []*video.Video{
		{UUID: publicUUID, Name: `First <video> & "friends"`, Privacy: video.Public, Description: "A **first** video: see 0:05 and https://example.com/?a=1:23\n\n<script>alert(1)</script>", Category: 15, Licence: 1, Language: "fr", Tags: []string{"one tag", "two"}, Views: 1234567},
		{UUID: protectedUUID, Name: "Protected video", Privacy: video.PasswordProtected},
		{UUID: sensitiveUUID, Name: "Sensitive video", Privacy: video.Public, NSFW: true, NSFWSummary: "Somebody falls."},
		{UUID: preparingUUID, Name: "A video that is still being prepared and has a rather long name, as people like to give them", Privacy: video.Public, State: video.ToTranscode},
	} {
		s.addVideo(channel, i, v)
	}
	if err := s.videos.SetPasswords(ctx, 2, []string{"open sesame"}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) addVideo(channel actor.ChannelID, i int, v *video.Video) {
	s.t.Helper()
	at := s.now.Add(-time.Duration(i*37+1) * time.Hour)
	v.ChannelID, v.URL, v.Duration, v.AspectRatio = channel, "http://localhost:9000/videos/watch/"+v.UUID, 12+i*100, 1.7778
	v.DownloadEnabled, v.CommentsPolicy, v.CreatedAt, v.UpdatedAt, v.PublishedAt = true, video.CommentsEnabled, at, at, at
	if v.State == 0 {
		v.State = video.Published
	}
	if err := s.videos.Create(s.t.Context(), v); err != nil {
		s.t.Fatal(err)
	}
	if v.State != video.Published {
		return
	}
	if _, err := s.db.Exec(s.t.Context(), `INSERT INTO video_files (video_id, resolution, width, height, fps, size, extname, filename, has_audio, has_video, created_at, updated_at)
		VALUES ($1, 720, 1280, 720, 30, 1000000, '.mp4', $2, TRUE, TRUE, $3, $3)`, v.ID, v.UUID+"-720.mp4", at); err != nil {
		s.t.Fatal(err)
	}
}

// answer is a page as it came.
type answer struct {
	status int
	url    *url.URL
	body   string
	header http.Header
}

func (s *site) do(r *http.Request) answer {
	s.t.Helper()
	res, err := s.browser.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Request.URL, string(b), res.Header}
}

func (s *site) get(path string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.server.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.do(r)
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// post sends a form as a browser does, with the token of the page at from.
func (s *site) post(from, path string, values url.Values) answer {
	s.t.Helper()
	if m := csrfField.FindStringSubmatch(s.get(from).body); m != nil {
		values.Set("csrf", m[1])
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+path, strings.NewReader(values.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.do(r)
}

func (s *site) login() {
	s.t.Helper()
	a := s.post("/login", "/login", url.Values{"username": {"root"}, "password": {rootPassword}, "to": {"/about"}})
	if a.status != http.StatusOK || a.url.Path != "/about" {
		s.t.Fatalf("login: %d at %s\n%s", a.status, a.url, a.body)
	}
}
