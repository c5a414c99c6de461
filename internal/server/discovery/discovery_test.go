package discovery_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/discovery"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/markdown"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// siteMap is the adapter that the program has.
type siteMap struct{ store.SiteMap }

func (m siteMap) MapVideos(ctx context.Context, from, to video.ID) (out []discovery.MapVideo, err error) {
	list, err := m.Videos(ctx, from, to)
	for _, v := range list {
		out = append(out, discovery.MapVideo(v))
	}
	return out, err
}

func (m siteMap) MapChannels(ctx context.Context, most int) (out []discovery.MapActor, err error) {
	list, err := m.Channels(ctx, most)
	for _, c := range list {
		out = append(out, discovery.MapActor(c))
	}
	return out, err
}

type site struct {
	db        *sqldb.DB
	router    *rest.Router
	playlists *playlist.Service
	settings  *discovery.Settings // nil for the usual
}

func newSite(t *testing.T, db *sqldb.DB) *site {
	t.Helper()
	if err := filltest.Fill(t.Context(), db, 8); err != nil {
		t.Fatal(err)
	}
	videos := &store.Videos{DB: db}
	here := instance.Site{Scheme: "https", Host: "bench.example"}
	s := &site{db: db, router: rest.NewRouter(slog.New(slog.DiscardHandler))}
	s.playlists = &playlist.Service{Store: store.Playlists{DB: db, Videos: videos}, Videos: videos, Channels: videos, Site: here, InTx: db.InTx, Now: sqldb.Now}
	(&discovery.Server{
		Plain:     markdown.New().Plain,
		Videos:    &video.Service{Store: videos, InTx: db.InTx, Now: time.Now, TokenKey: make([]byte, 32)},
		Playlists: s.playlists, Actors: store.Actors{DB: db}, Now: func() time.Time { return time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC) }, Map: siteMap{store.SiteMap{DB: db}}, Site: here,
		Settings: func() discovery.Settings {
			if s.settings != nil {
				return *s.settings
			}
			return discovery.Settings{Name: "A site", ShortDescription: "About", Icons: discovery.Icons{PNG192: "/icon.svg"}, Language: "en", Robots: "User-agent: *\nDisallow:\n", SecurityTxt: "Contact: mailto:a@b.example\n"}
		},
	}).Mount(s.router)
	for i, privacy := range []video.Privacy{1, video.Public, video.Unlisted, video.Private, video.InternalOnly, video.PasswordProtected, video.Public, video.Public} {
		s.exec(t, `UPDATE videos SET privacy = $2, state = 1, nsfw = FALSE, name = $3 WHERE id = $1`, i+1, privacy, fmt.Sprintf(`Number %d "<b>&`, i+1))
	}
	s.exec(t, `UPDATE videos SET state = 2 WHERE id = 7`)
	s.exec(t, `UPDATE videos SET nsfw = TRUE WHERE id = 8`)
	return s
}

func (s *site) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := s.db.Exec(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func (s *site) get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	s.router.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	return w
}

func (s *site) oembed(t *testing.T, page, more string) *httptest.ResponseRecorder {
	t.Helper()
	return s.get(t, "/services/oembed?url="+url.QueryEscape(page)+more)
}

func TestOEmbed(t *testing.T) {
	t.Parallel()
	s := newSite(t, sqldbtest.SQLite(t))
	me := &user.User{ID: 1, AccountID: 1}
	name, channel, public := "A list", actor.ChannelID(1), playlist.Public
	p, err := s.playlists.Create(t.Context(), me, playlist.Changes{Name: &name, Channel: &channel, Privacy: &public})
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := s.playlists.Create(t.Context(), me, playlist.Changes{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	const base = "https://bench.example"
	short := video.ShortUUID(filltest.UUID(1))
	for _, tt := range []struct {
		page, more string
		status     int
		src        string
		width      int
	}{
		{base + "/w/" + short, "", 200, "/videos/embed/" + short + `"`, 560},
		{base + "/videos/watch/" + filltest.UUID(1) + "?start=1m&evil=1&autoplay=1", "&format=json&maxwidth=300&maxheight=200", 200, "/videos/embed/" + short + "?autoplay=1&amp;start=1m", 300},
		{base + "/w/" + short + ";threadId=3", "", 200, "/videos/embed/" + short, 560},
		{base + "/w/p/" + video.ShortUUID(p.UUID), "", 200, "/video-playlists/embed/" + video.ShortUUID(p.UUID), 560},
		{base + "/videos/watch/playlist/" + p.UUID + "?playlistPosition=2", "", 200, "?playlistPosition=2", 560},
		{base + "/w/p/" + hidden.UUID, "", 403, "", 0},
		{base + "/w/" + filltest.UUID(3), "", 200, "", 560}, // unlisted
		{base + "/w/3", "", 403, "", 0},
		{base + "/w/" + filltest.UUID(4), "", 403, "", 0},
		{base + "/w/" + filltest.UUID(5), "", 403, "", 0},
		{base + "/w/" + filltest.UUID(6), "", 403, "", 0},
		{base + "/w/" + video.NewUUID(), "", 404, "", 0},
		{base + "/w/nonsense", "", 404, "", 0},
		{base + "/c/person1_channel", "", 400, "", 0},
		{"https://elsewhere.example/w/" + short, "", 400, "", 0},
		{"javascript:alert(1)", "", 400, "", 0},
		{"", "", 400, "", 0},
		{base + "/w/" + short, "&format=xml", 501, "", 0},
		{base + "/w/" + short, "&maxwidth=abc", 400, "", 0},
	} {
		w := s.oembed(t, tt.page, tt.more)
		if w.Code != tt.status {
			t.Errorf("%s%s: %d, want %d: %s", tt.page, tt.more, w.Code, tt.status, w.Body)
			continue
		}
		if tt.status != 200 {
			if strings.Contains(w.Body.String(), "Number") {
				t.Errorf("%s: tells a name: %s", tt.page, w.Body)
			}
			continue
		}
		var out struct {
			HTML, Title, Type string
			Width             int
			ThumbnailURL      string `json:"thumbnail_url"`
			ThumbnailWidth    int    `json:"thumbnail_width"`
			AuthorURL         string `json:"author_url"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.HTML, tt.src) || strings.Contains(out.HTML, "evil") || strings.Contains(out.HTML, "<b>") || out.Width != tt.width || out.Type != "video" {
			t.Errorf("%s: %+v", tt.page, out)
		}
		if tt.width == 300 && out.ThumbnailWidth != 280 {
			t.Errorf("thumbnail of %d for at most 300", out.ThumbnailWidth)
		}
	}
}

func TestTheMapListsOnlyWhatIsPublic(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newSite(t, db)
		w := s.get(t, "/sitemap.xml")
		var index struct {
			Parts []string `xml:"sitemap>loc"`
		}
		if err := xml.Unmarshal(w.Body.Bytes(), &index); err != nil || len(index.Parts) != 2 {
			t.Fatalf("%v %s", err, w.Body)
		}
		all := ""
		for _, part := range index.Parts {
			w := s.get(t, strings.TrimPrefix(part, "https://bench.example"))
			var set struct {
				URLs []string `xml:"url>loc"`
			}
			if err := xml.Unmarshal(w.Body.Bytes(), &set); err != nil || len(set.URLs) == 0 {
				t.Fatalf("%s: %v %s", part, err, w.Body)
			}
			all += w.Body.String()
		}
		for i, want := range []bool{true, true, false, false, false, false, false, false} {
			if got := strings.Contains(all, video.ShortUUID(filltest.UUID(i+1))) || strings.Contains(all, fmt.Sprint("Number ", i+1)); got != want {
				t.Errorf("number %d is listed: %v", i+1, got)
			}
		}
		if !strings.Contains(all, "/c/person1_channel") {
			t.Error("the channel is not listed")
		}
		for _, path := range []string{"/sitemap/videos-0.xml", "/sitemap/videos-x.xml", "/sitemap/videos-2.xml", "/sitemap/videos-99.xml", "/sitemap/videos-99999999999999999999.xml"} {
			if w := s.get(t, path); w.Code != 404 {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	})
}

func TestWellKnownTexts(t *testing.T) {
	t.Parallel()
	s := newSite(t, sqldbtest.SQLite(t))
	for path, want := range map[string]string{
		"/robots.txt":                 "Sitemap: https://bench.example/sitemap.xml",
		"/.well-known/security.txt":   "mailto:a@b.example",
		"/.well-known/dnt":            `"N"`,
		"/manifest.webmanifest":       `"name":"A site"`,
		"/.well-known/dnt-policy.txt": "neither tracks",
	} {
		if w := s.get(t, path); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for path, want := range map[string]string{"/favicon.ico": "/icon.svg", "/security.txt": "/.well-known/security.txt", "/.well-known/change-password": "/my-account/settings"} {
		if w := s.get(t, path); w.Code/100 != 3 || w.Header().Get("Location") != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Header())
		}
	}
}

func TestHandlesLeadToActors(t *testing.T) {
	t.Parallel()
	s := newSite(t, sqldbtest.SQLite(t))
	for path, want := range map[string]string{
		"accounts/person1": "/accounts/person1", "actors/person1": "/accounts/person1", "actors/person1_channel": "/video-channels/person1_channel",
		"accounts/person1@bench.example": "/accounts/person1", "accounts/person1_channel": "", "actors/nobody": "", "actors/person1@far.example": "",
	} {
		w := s.get(t, "/services/redirect/"+path)
		to := w.Header().Get("Location")
		if want == "" && (w.Code != 404 || to != "") || want != "" && (w.Code != 302 || !strings.HasSuffix(to, "://bench.example"+want)) {
			t.Errorf("%s: %d to %q, want %q", path, w.Code, to, want)
		}
	}
}

// Without a text of the administrators the page to write to them is told, if
// there is one.
func TestSecurityTxt(t *testing.T) {
	t.Parallel()
	s := newSite(t, sqldbtest.SQLite(t))
	s.settings = &discovery.Settings{ContactPage: "/about/contact"}
	const want = "Contact: https://bench.example/about/contact\nExpires: 2027-02-20T00:00:00Z\nCanonical: https://bench.example/.well-known/security.txt\n"
	if w := s.get(t, "/.well-known/security.txt"); w.Code != 200 || w.Body.String() != want || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("got %d %q, want %q", w.Code, w.Body, want)
	}
	s.settings = &discovery.Settings{}
	if w := s.get(t, "/.well-known/security.txt"); w.Code != 404 {
		t.Errorf("without anybody to write to: %d %q", w.Code, w.Body)
	}
}
