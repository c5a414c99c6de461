package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/config"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/server/api"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

var updateSite = flag.Bool("update-site", false, "rewrite the golden files of the site, accounts and channels")

// siteAPI is the API of accounts, channels and the site on a real database,
// with the people root (an administrator), alice and bob.
type siteAPI struct {
	t        testing.TB
	handler  http.Handler
	people   map[string]*user.User
	settings *instance.Settings
	dropped  []string // files of images that were let go
	names    int
	now      time.Time
	counts   int // how often the figures were counted
	log      bytes.Buffer
}

type siteNoFiles struct{}

func (siteNoFiles) RemoveOfChannel(context.Context, actor.ChannelID) error { return nil }
func (siteNoFiles) RemoveOfAccount(context.Context, actor.AccountID) error { return nil }

// Make implements actor.Pictures: what is sent is as wide as it is long.
func (s *siteAPI) Make(_ context.Context, t actor.ImageType, r io.Reader) ([]actor.Picture, func(), error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, err
	}
	if !strings.HasPrefix(string(b), "\x89PNG") {
		return nil, nil, errs.New(errs.UnsupportedType, "no image")
	}
	list := []actor.Picture{{Path: "1", Width: 1500, Height: 1500, Ext: ".png"}, {Path: "2", Width: 48, Height: 48, Ext: ".png"}}
	if t == actor.Banner {
		list = []actor.Picture{{Path: "3", Width: 1920, Height: 317, Ext: ".jpg"}}
	}
	return list, func() {}, nil
}

// siteLogoMaker makes a logo of what begins as a PNG.
type siteLogoMaker struct{}

func (siteLogoMaker) MakeLogo(_ context.Context, _ instance.LogoType, r io.Reader) ([]instance.LogoPicture, func(), error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, err
	}
	if !strings.HasPrefix(string(b), "\x89PNG") {
		return nil, nil, errs.New(errs.UnsupportedType, "no image")
	}
	return []instance.LogoPicture{{Path: "4", Ext: ".png", Width: 200, Height: 48}}, func() {}, nil
}
func (siteLogoMaker) Adopt(context.Context, string, string) error { return nil }
func (siteLogoMaker) Delete(context.Context, string) error        { return nil }

// Adopt and Drop implement actor.ImageFiles.
func (s *siteAPI) Adopt(context.Context, string, string) error { return nil }

func (s *siteAPI) Drop(_ context.Context, names []string) error {
	s.dropped = append(s.dropped, names...)
	return nil
}

func newSiteAPI(t testing.TB) *siteAPI {
	t.Helper()
	db := sqldbtest.SQLite(t)
	s := &siteAPI{t: t, people: map[string]*user.User{}, now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	site := instance.Site{Scheme: "http", Host: "localhost:9000"}
	now := func() time.Time { return s.now }
	actors := store.Actors{DB: db}
	channels := &actor.Channels{
		Store: actors, Files: siteNoFiles{}, Site: site, InTx: db.InTx, Now: now, MaxPerUser: func() int { return 3 },
		NewKeys: func() (actor.Keys, error) { return actor.Keys{Public: "public", Private: "private"}, nil },
	}
	s.addPeople(t, store.Users{DB: db}, actors, channels, site)
	s.settings = &instance.Settings{Store: store.Settings{DB: db}, Base: config.Default().Values()}
	if err := s.settings.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	images := &actor.Images{
		Store: actors, Pictures: s, Files: s, InTx: db.InTx, Now: now,
		NewName: func() string { s.names++; return fmt.Sprintf("name-%d", s.names) },
	}
	figures := &instance.StatsKeeper[instance.Stats]{MaxAge: time.Hour, Now: now, Count: func(ctx context.Context, at time.Time) (instance.Stats, error) {
		s.counts++
		return store.Stats{DB: db}.Count(ctx, at)
	}}
	directory := &actor.Directory{Store: actors, Site: site}
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	r.Use(s.identify)
	for _, resource := range []interface{ Mount(*rest.Router) }{
		api.Ping{},
		api.Constants{},
		&api.Accounts{Directory: directory, Views: actors.ChannelViews, Days: (&view.Stats{Store: store.Views{DB: db}, Now: now}).ChannelDays, Site: site},
		&api.Channels{Channels: channels, Directory: directory, Images: images, Site: site},
		&api.MyAvatar{Account: actors.Account, Images: images, Site: site},
		&api.Stats{Stats: figures.Stats, Mirroring: mirrorsNothing, Registrations: true, Moderators: true, Admins: true, Abuses: true},
		&api.Config{
			Settings: s.settings, Instance: actors.Instance, Images: images, Version: "8.2.0", Site: site, Now: now,
			Logos:           &instance.Logos{Store: store.Logos{DB: db}, Pictures: siteLogoMaker{}, Files: siteLogoMaker{}, Now: now, NewName: images.NewName},
			Icon:            "/assets/icon.svg",
			SignupOpen:      func(context.Context) (bool, error) { return s.settings.Values().Bool("signup.enabled"), nil },
			SignupFrom:      func(ip string) bool { return ip == "192.0.2.1" },
			ClientIP:        func(*http.Request) string { return "192.0.2.1" },
			VideoExtensions: func() []string { return video.UploadSettings{}.Extensions() },
		},
	} {
		resource.Mount(r)
	}
	s.handler = http.StripPrefix("/api/v1", r)
	return s
}

func (s *siteAPI) addPeople(t testing.TB, users store.Users, actors store.Actors, channels *actor.Channels, site instance.Site) {
	t.Helper()
	if err := actors.CreateInstance(t.Context(), actor.NewInstance(site, actor.Keys{}, s.now)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"root", "alice", "bob"} {
		u := &user.User{Username: name, Email: name + "@example.com", Role: user.Member, VideoQuota: -1, VideoQuotaDaily: -1, CreatedAt: s.now, UpdatedAt: s.now}
		if name == "root" {
			u.Role = user.Administrator
		}
		if err := users.Create(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		a := actor.NewAccount(site, int64(u.ID), name, name, actor.Keys{}, s.now)
		if err := actors.CreateAccount(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		u.AccountID = a.AccountID
		if _, err := channels.Create(t.Context(), a.AccountID, name+"_channel", actor.ChannelTexts{DisplayName: "Main " + name}); err != nil {
			t.Fatal(err)
		}
		s.people[name] = u
	}
}

func (s *siteAPI) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u := s.people[r.Header.Get("X-Test-User")]; u != nil {
			r = r.WithContext(auth.WithUser(r.Context(), u))
		}
		next.ServeHTTP(w, r)
	})
}

// do asks as somebody ("" is nobody) and writes it down under a note.
func (s *siteAPI) do(note, as, method, path, body string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return s.send(note, as, r)
}

func (s *siteAPI) upload(note, as, path, field, content string) *httptest.ResponseRecorder {
	s.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile(field, "a.png")
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = io.WriteString(part, content)
	_ = form.Close()
	r := httptest.NewRequestWithContext(s.t.Context(), "POST", "/api/v1"+path, &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return s.send(note, as, r)
}

func (s *siteAPI) send(note, as string, r *http.Request) *httptest.ResponseRecorder {
	s.t.Helper()
	r.Header.Set("X-Test-User", as)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if note == "" {
		return w
	}
	fmt.Fprintf(&s.log, "### %s\n%s %s\n\n%d %s\n", note, r.Method, r.RequestURI, w.Code, w.Header().Get("Content-Type"))
	var out bytes.Buffer
	if json.Indent(&out, w.Body.Bytes(), "", " ") != nil {
		out.Reset()
		out.Write(w.Body.Bytes())
	}
	fmt.Fprintf(&s.log, "\n%s\n\n", &out)
	return w
}

func (s *siteAPI) golden(name string) {
	s.t.Helper()
	// What the store changes bears the real time.
	got := usersRealTime.ReplaceAllStringFunc(s.log.String(), func(at string) string {
		if strings.HasPrefix(at, `"2030`) {
			return at
		}
		return `"<now>"`
	})
	path := filepath.Join("testdata", "site", name+".golden")
	if *updateSite {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestAccountsArePeerTubes(t *testing.T) {
	t.Parallel()
	s := newSiteAPI(t)
	s.do("list", "", "GET", "/accounts?count=2", "")
	s.do("one", "", "GET", "/accounts/alice", "")
	s.do("with host", "", "GET", "/accounts/alice@localhost:9000", "")
	s.do("unknown", "", "GET", "/accounts/nope", "")
	s.do("channels", "", "GET", "/accounts/alice/video-channels?withStats=true", "")
	s.do("wrong sort", "", "GET", "/accounts/alice/video-channels?sort=evil&count=101", "")
	s.golden("accounts")
}

func TestChannelsArePeerTubes(t *testing.T) {
	t.Parallel()
	s := newSiteAPI(t)
	s.do("create", "alice", "POST", "/video-channels", `{"name":"second_chan","displayName":"Second","description":"hello there","support":"give"}`)
	s.do("name taken", "alice", "POST", "/video-channels", `{"name":"second_chan","displayName":"Second"}`)
	s.do("name of an account", "alice", "POST", "/video-channels", `{"name":"bob","displayName":"Bob"}`)
	s.do("nothing", "alice", "POST", "/video-channels", `{}`)
	s.do("too long", "alice", "POST", "/video-channels", `{"name":"`+strings.Repeat("a", 60)+`","displayName":"`+strings.Repeat("d", 130)+`"}`)
	s.do("nobody", "", "POST", "/video-channels", `{"name":"third","displayName":"Third"}`)
	s.do("update", "alice", "PUT", "/video-channels/second_chan", `{"displayName":"Second!","support":null}`)
	s.do("update by other", "bob", "PUT", "/video-channels/second_chan", `{"displayName":"x y"}`)
	s.do("empty name", "alice", "PUT", "/video-channels/second_chan", `{"displayName":""}`)
	s.do("one", "", "GET", "/video-channels/second_chan", "")
	s.do("list", "", "GET", "/video-channels?count=1", "")
	s.do("unknown", "", "GET", "/video-channels/nope", "")
	s.do("delete by other", "bob", "DELETE", "/video-channels/second_chan", "")
	s.do("delete by admin", "root", "DELETE", "/video-channels/second_chan", "")
	s.do("its name stays taken", "bob", "POST", "/video-channels", `{"name":"second_chan","displayName":"Second"}`)
	s.do("delete the last one", "alice", "DELETE", "/video-channels/alice_channel", "")
	s.golden("channels")
}

func TestActorImagesArePeerTubes(t *testing.T) {
	t.Parallel()
	s := newSiteAPI(t)
	const png = "\x89PNG\r\n\x1a\n"
	s.upload("avatar of a channel", "alice", "/video-channels/alice_channel/avatar/pick", "avatarfile", png)
	s.upload("banner", "alice", "/video-channels/alice_channel/banner/pick", "bannerfile", png)
	s.upload("another avatar", "alice", "/video-channels/alice_channel/avatar/pick", "avatarfile", png)
	s.upload("by other", "bob", "/video-channels/alice_channel/avatar/pick", "avatarfile", png)
	s.upload("not an image", "alice", "/video-channels/alice_channel/avatar/pick", "avatarfile", "#!/bin/sh")
	s.upload("under another name", "alice", "/video-channels/alice_channel/avatar/pick", "file", png)
	s.upload("too large", "alice", "/video-channels/alice_channel/avatar/pick", "avatarfile", png+strings.Repeat("x", actor.MaxImage+(1<<20)))
	s.do("no form", "alice", "POST", "/users/me/avatar/pick", `{}`)
	s.upload("my avatar", "bob", "/users/me/avatar/pick", "avatarfile", png)
	s.do("my account", "", "GET", "/accounts/bob", "")
	s.do("delete my avatar", "bob", "DELETE", "/users/me/avatar", "")
	s.do("delete the banner", "alice", "DELETE", "/video-channels/alice_channel/banner", "")
	s.do("the channel", "", "GET", "/video-channels/alice_channel", "")
	s.upload("avatar of the site", "root", "/config/instance-avatar/pick", "avatarfile", png)
	s.do("the site", "", "GET", "/config/about", "")
	s.do("delete it", "root", "DELETE", "/config/instance-avatar", "")
	s.golden("images")
	if want := []string{"name-1.png", "name-2.png", "name-6.png", "name-7.png", "name-3.jpg", "name-8.png", "name-9.png"}; !cmp.Equal(s.dropped, want) {
		t.Errorf("files let go: got %v, want %v", s.dropped, want)
	}
}

func TestConfigIsPeerTubes(t *testing.T) {
	t.Parallel()
	s := newSiteAPI(t)
	s.do("public", "", "GET", "/config", "")
	s.do("about", "", "GET", "/config/about", "")
	custom := s.do("custom", "root", "GET", "/config/custom", "").Body.String()
	s.do("custom, a member", "alice", "GET", "/config/custom", "")
	s.do("neither HLS nor web videos", "root", "PUT", "/config/custom",
		strings.NewReplacer(`"hls":{"enabled":true`, `"hls":{"enabled":false`, `"webVideos":{"enabled":true`, `"webVideos":{"enabled":false`,
			`"transcoding":{"enabled":false`, `"transcoding":{"enabled":true`).Replace(custom))
	s.do("no home page", "", "GET", "/custom-pages/homepage/instance", "")
	s.do("write one, a member", "alice", "PUT", "/custom-pages/homepage/instance", `{"content":"# Hello"}`)
	s.do("write one", "root", "PUT", "/custom-pages/homepage/instance", `{"content":"# Hello"}`)
	s.do("home page", "", "GET", "/custom-pages/homepage/instance", "")
	s.golden("config")
}

func TestEditedSettingsShowAtOnce(t *testing.T) {
	t.Parallel()
	s := newSiteAPI(t)
	custom := s.do("", "root", "GET", "/config/custom", "").Body.String()
	edited := strings.Replace(custom, `"name":"Sepiola"`, `"name":"Cuttlefish"`, 1)
	if w := s.do("", "root", "PUT", "/config/custom", edited); w.Code != 200 || !strings.Contains(w.Body.String(), `"name":"Cuttlefish"`) {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/config", "/config/about"} {
		if w := s.do("", "", "GET", path, ""); !strings.Contains(w.Body.String(), `"name":"Cuttlefish"`) {
			t.Errorf("%s does not show it: %s", path, w.Body)
		}
	}
	if w := s.do("", "root", "DELETE", "/config/custom", ""); w.Body.String() != custom {
		t.Errorf("after a reset: got %s", w.Body)
	}
	w := s.do("", "root", "PUT", "/config/custom", `{"instance":{"name":"x"}}`)
	if w.Code != 400 || !strings.Contains(w.Body.String(), `"detail":"Incorrect request parameters: instance.shortDescription, instance.description, instance.terms, `) ||
		!strings.Contains(w.Body.String(), `"signup.limit":{"type":"field","msg":"Invalid value","path":"signup.limit","location":"body"}`) {
		t.Errorf("a partial body: got %d %s", w.Code, w.Body)
	}
	s.settings.Locked = true
	if w := s.do("", "root", "PUT", "/config/custom", edited); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("locked: got %d", w.Code)
	}
}

func TestConstantsArePeerTubes(t *testing.T) {
	t.Parallel()
	s := newSiteAPI(t)
	for _, path := range []string{"/videos/categories", "/videos/licences", "/videos/languages", "/videos/privacies", "/video-playlists/privacies", "/ping", "/does-not-exist"} {
		s.do(path, "", "GET", path, "")
	}
	s.do("wrong method", "", "DELETE", "/config", "")
	s.golden("constants")
	all, written := s.do("", "", "GET", "/videos/languages", "").Body.String(), s.do("", "", "GET", "/videos/languages?scope=subtitle", "").Body.String()
	if !strings.Contains(all, "Sign Language") || strings.Contains(written, "Sign Language") || !strings.Contains(written, `"fr":"French"`) {
		t.Errorf("languages of captions: %s", written)
	}
	if w := s.do("", "", "GET", "/videos/languages?scope=x", ""); w.Code != http.StatusBadRequest {
		t.Errorf("an unknown scope: %d", w.Code)
	}
}

func TestStatsAreCountedOnceAnHour(t *testing.T) {
	t.Parallel()
	s := newSiteAPI(t)
	s.do("stats", "", "GET", "/server/stats", "")
	if got := s.do("", "", "GET", "/server/stats", "").Header().Get("Cache-Control"); got != "max-age=14400" {
		t.Errorf("Cache-Control: got %q", got)
	}
	if s.counts != 1 {
		t.Errorf("counted %d times, want 1", s.counts)
	}
	s.now = s.now.Add(2 * time.Hour)
	s.do("", "", "GET", "/server/stats", "")
	if s.counts != 2 {
		t.Errorf("counted %d times, want 2", s.counts)
	}
	s.now = s.now.Add(-48 * time.Hour)
	s.do("", "", "GET", "/server/stats", "")
	if s.counts != 3 {
		t.Errorf("the clock was set back: counted %d times, want 3", s.counts)
	}
	s.golden("stats")
}

func BenchmarkConfig(b *testing.B) {
	s := newSiteAPI(b)
	r := httptest.NewRequest("GET", "/api/v1/config", nil)
	b.ReportAllocs()
	for b.Loop() {
		s.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}

func BenchmarkChannel(b *testing.B) {
	s := newSiteAPI(b)
	r := httptest.NewRequest("GET", "/api/v1/video-channels/alice_channel", nil)
	b.ReportAllocs()
	for b.Loop() {
		s.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}
