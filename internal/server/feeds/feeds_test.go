package feeds_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/feeds"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/markdown"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

type site struct {
	db        *sqldb.DB
	router    *rest.Router
	playlists *playlist.Service
}

func newSite(t testing.TB, db *sqldb.DB, n int) *site {
	t.Helper()
	if err := filltest.Fill(t.Context(), db, n); err != nil {
		t.Fatal(err)
	}
	s := &site{db: db, router: rest.NewRouter(slog.New(slog.DiscardHandler))}
	videos := &store.Videos{DB: db}
	here := instance.Site{Scheme: "https", Host: "bench.example"}
	s.playlists = &playlist.Service{Store: store.Playlists{DB: db, Videos: videos}, Videos: videos, Channels: videos, Site: here, InTx: db.InTx, Now: sqldb.Now}
	(&feeds.Server{
		Videos: &video.Service{
			Store: videos, InTx: db.InTx, Now: time.Now, NSFWPolicy: func() string { return video.NSFWHidden }, TokenKey: make([]byte, 32),
		},
		Captions: videos, Actors: store.Actors{DB: db}, Playlists: s.playlists, Subscriptions: tokens{1},
		Site: here, Markdown: markdown.New(),
		Settings: func() feeds.Settings {
			return feeds.Settings{Name: "Site & <co>", Description: "About", Videos: 20, Comments: 20, STUN: []string{"stun:stun.example:3478"}}
		},
	}).Mount(s.router)
	return s
}

func (s *site) get(t testing.TB, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.router.ServeHTTP(w, r)
	return w
}

// wellFormed reads all of an XML document and counts its elements.
func wellFormed(t *testing.T, doc []byte) map[string]int {
	t.Helper()
	count := map[string]int{}
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count
		}
		if err != nil {
			t.Fatalf("%v in %.2000s", err, doc)
		}
		if e, ok := token.(xml.StartElement); ok {
			count[e.Name.Local]++
		}
	}
}

const hostile = "x ]]> <script>alert(1)</script> & \x01 \x00 \ufffe \"' 🦑 [a](javascript:alert(1))"

func (s *site) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := s.db.Exec(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// saysPlain is what says of itself that it is no HTML.
var saysPlain = regexp.MustCompile(`<(?:summary type="text"|media:description type="plain")>[^<]*</`)

func TestFeedsAreWellFormed(t *testing.T) {
	t.Parallel()
	s := newSite(t, sqldbtest.SQLite(t), 60)
	s.exec(t, `UPDATE videos SET description = $1`, hostile)
	s.exec(t, `UPDATE video_channels SET description = $1`, hostile)
	s.exec(t, `INSERT INTO video_captions (video_id, language, filename, created_at, updated_at) SELECT id, 'en', 'c' || id || '.vtt', created_at, created_at FROM videos`)
	s.exec(t, `INSERT INTO video_chapters (video_id, timecode, title) SELECT id, 1, 'One' FROM videos`)
	s.exec(t, `UPDATE videos SET name = $1`, "plain ]]> & \x01 \ufffe")
	for path, kind := range map[string]string{
		"/feeds/videos.xml": "application/xml", "/feeds/videos": "application/rss+xml", "/feeds/videos.rss": "application/rss+xml",
		"/feeds/videos.rss2?sort=-views": "application/rss+xml", "/feeds/videos.atom": "application/atom+xml",
		"/feeds/videos?format=atom1": "application/atom+xml", "/feeds/videos.xml?videoChannelId=1": "application/xml",
		"/feeds/videos.xml?videoChannelName=person1_channel@bench.example": "application/xml", "/feeds/videos.xml?accountName=person1": "application/xml",
		"/feeds/podcast/videos.xml?videoChannelId=1": "application/rss+xml",
	} {
		w := s.get(t, path)
		if w.Code != 200 || w.Header().Get("Content-Type") != kind+"; charset=utf-8" {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		count := wellFormed(t, w.Body.Bytes())
		if count["item"]+count["entry"] != 20 {
			t.Errorf("%s: %d items", path, count["item"]+count["entry"])
		}
		if strings.Contains(path, "podcast") && (count["enclosure"] != 20 || count["transcript"] != 20 || count["chapters"] != 20 ||
			count["alternateEnclosure"] != 20*5 || count["guid"] != 21 || count["owner"] != 0) {
			t.Errorf("%s: %v", path, count)
		}
		body := saysPlain.ReplaceAllString(w.Body.String(), "")
		for _, bad := range []string{"<script", `href=&quot;javascript:`, "&lt;script"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: %s in %s", path, bad, body)
			}
		}
	}
	w := s.get(t, "/feeds/videos.json")
	var feed struct {
		Version string
		Items   []struct {
			ContentHTML string `json:"content_html"`
			Attachments []struct {
				URL string
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &feed); err != nil || len(feed.Items) != 20 || len(feed.Items[0].Attachments) != 5 {
		t.Errorf("%v: %d %.500s", err, w.Code, w.Body)
	}
	w = s.get(t, "/feeds/podcast/chapters/"+filltest.UUID(1)+".json")
	if w.Body.String() != `{"version":"1.2.0","chapters":[{"startTime":1,"title":"One"}]}` {
		t.Errorf("chapters: %d %s", w.Code, w.Body)
	}
}

// A file with a picture alone is not what somebody wants to fetch, unless the
// video has no sound.
func TestEpisodesHaveSquarePictures(t *testing.T) {
	t.Parallel()
	path, wide := "/feeds/podcast/videos.xml?videoChannelId=1", `<media:thumbnail url="https://bench.example/lazy-static/thumbnails/wide.jpg" width="1280" height="720"`
	for _, square := range []bool{false, true} {
		s := newSite(t, sqldbtest.SQLite(t), 2)
		pictures, want := []video.Thumbnail{{Filename: "wide.jpg", Width: 1280, Height: 720, AspectRatio: "16:9"}}, "wide.jpg"
		if square {
			pictures = append(pictures, video.Thumbnail{Filename: "large.jpg", Width: 1400, Height: 1400, AspectRatio: "1:1"},
				video.Thumbnail{Filename: "small.jpg", Width: 300, Height: 300, AspectRatio: "1:1"})
			want = "large.jpg"
		}
		if _, err := (&store.Videos{DB: s.db}).SetThumbnails(t.Context(), 1, pictures); err != nil {
			t.Fatal(err)
		}
		got := s.get(t, path).Body.String()
		if image := `<itunes:image href="https://bench.example/lazy-static/thumbnails/` + want + `"`; !strings.Contains(got, image) || !strings.Contains(got, wide) {
			t.Errorf("square %v: no %s or no %s in %s", square, image, wide, got)
		}
	}
}

func TestWhatIsFetchedHasItsSound(t *testing.T) {
	t.Parallel()
	s := newSite(t, sqldbtest.SQLite(t), 1)
	s.exec(t, `DELETE FROM video_files WHERE playlist_id IS NULL`)
	s.exec(t, `UPDATE video_files SET has_audio = FALSE`)
	silent := s.get(t, "/feeds/podcast/videos.xml?videoChannelId=1").Body.String()
	if !strings.Contains(silent, `<enclosure url="https://bench.example/static/streaming-playlists/`) || strings.Contains(silent, "generate") {
		t.Errorf("of a silent film: %s", silent)
	}
	s = newSite(t, sqldbtest.SQLite(t), 1) // where nothing was read yet
	s.exec(t, `DELETE FROM video_files WHERE playlist_id IS NULL`)
	s.exec(t, `UPDATE video_files SET has_audio = FALSE`)
	s.exec(t, `INSERT INTO video_files (video_id, playlist_id, resolution, width, height, fps, size, extname, filename, has_audio, has_video, created_at, updated_at)
		SELECT video_id, playlist_id, 0, 0, 0, 0, 1000, '.mp4', 'sound.mp4', TRUE, FALSE, MAX(created_at), MAX(created_at) FROM video_files GROUP BY video_id, playlist_id`)
	for path, want := range map[string]string{
		"/feeds/videos.xml": `type="video/mp4" url="https://bench.example/download/videos/generate/`, "/feeds/videos.json": `"url":"https://bench.example/download/videos/generate/`,
		"/feeds/videos.atom": `href="https://bench.example/download/videos/generate/`, "/feeds/podcast/videos.xml?videoChannelId=1&enclosurePreference=video": `<enclosure url="https://bench.example/download/videos/generate/`,
		"/feeds/podcast/videos.xml?videoChannelId=1": `<enclosure url="https://bench.example/static/streaming-playlists/hls/` + filltest.UUID(1) + `/sound.mp4" length="1000" type="audio/mp4"`,
	} {
		body := s.get(t, path).Body.String()
		if !strings.Contains(body, want) {
			t.Errorf("%s: no %s in %s", path, want, body)
		}
		if strings.Contains(path, "xml") && wellFormed(t, []byte(body))["enclosure"] != 1 {
			t.Errorf("%s: not one enclosure", path)
		}
	}
}

func TestFeedsRefuseWhatTheyAreNot(t *testing.T) {
	t.Parallel()
	s := newSite(t, sqldbtest.SQLite(t), 3)
	for path, want := range map[string]int{
		"/feeds/videos.foo": 400, "/feeds/videos?format=foo": 400, "/feeds/videos.xml?videoChannelId=99": 404, "/feeds/videos.xml?accountName=nobody": 404,
		"/feeds/videos.xml?accountId=x": 400, "/feeds/videos.xml?sort=bogus": 400, "/feeds/podcast/videos.xml": 400,
		"/feeds/podcast/videos.xml?videoChannelName=person1_channel": 400, "/feeds/podcast/videos.xml?videoChannelId=1&enclosurePreference=x": 400,
		"/feeds/podcast/videos.xml?playlistId=" + video.NewUUID(): 404, "/feeds/subscriptions.xml?accountId=1&token=x": 403,
		"/feeds/videos.xml?count=100000": 400, "/feeds/videos.xml?" + strings.Repeat("tagsOneOf=a&", 200): 400,
		"/feeds/videos.xml?privacyOneOf=3": 401, "/feeds/videos.xml?stateOneOf=2": 401, "/feeds/videos.xml?include=1": 401, "/feeds/videos.xml?autoTagOneOf=a": 401,
		"/feeds/videos.xml?excludeAlreadyWatched=true": 400, "/feeds/videos.xml?host=not%20one": 400, "/feeds/videos.xml?hasHLSFiles=x": 400,
		"/feeds/videos.xml?nsfwFlagsIncluded=1&nsfwFlagsExcluded=1": 400, "/feeds/videos.xml?search=" + strings.Repeat("a", 201): 400,
		"/feeds/podcast/videos.xml?videoChannelId=1&playlistId=" + video.NewUUID(): 400,
	} {
		if w := s.get(t, path); w.Code != want {
			t.Errorf("%s: %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
	if w := s.get(t, "/feeds/podcast/videos.xml?videoChannelId=x"); !strings.Contains(w.Body.String(), `"Incorrect request parameters: videoChannelId"`) {
		t.Errorf("a wrong channel: %s", w.Body)
	}
	for query, want := range map[string]int{"hasHLSFiles=true": 3, "hasHLSFiles=false": 0, "host=bench.example": 3, "host=far.example": 0, "search=nothing%20of%20this": 0} {
		if got := wellFormed(t, s.get(t, "/feeds/videos.xml?"+query).Body.Bytes())["item"]; got != want {
			t.Errorf("%s: %d videos, want %d", query, got, want)
		}
	}
	if w := s.get(t, "/feeds/videos.atom", "Accept", "image/png"); w.Code != 406 {
		t.Errorf("a picture: %d", w.Code)
	}
	if w := s.get(t, "/feeds/videos.atom", "Accept", "text/html, text/xml;q=0.9"); w.Header().Get("Content-Type") != "text/xml; charset=utf-8" {
		t.Errorf("text/xml: %d %s", w.Code, w.Header())
	}
	if w := s.get(t, "/feeds/videos.atom", "Accept", "application/atom+xml;q=0.1, application/xml;q=0, text/*;q=0.2"); w.Header().Get("Content-Type") != "text/xml; charset=utf-8" {
		t.Errorf("what is liked best: %d %s", w.Code, w.Header())
	}
	first := s.get(t, "/feeds/videos.xml")
	again := s.get(t, "/feeds/videos.xml", "If-None-Match", first.Header().Get("ETag"))
	if again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("the same feed again: %d", again.Code)
	}
}

func TestFeedsShowOnlyWhatIsPublic(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newSite(t, db, 7)
		for i, privacy := range []video.Privacy{video.Public, video.Unlisted, video.Private, video.InternalOnly, video.PasswordProtected, video.Public} {
			s.exec(t, `UPDATE videos SET privacy = $2, state = 1, nsfw = FALSE, name = $3 WHERE id = $1`, i+1, privacy, fmt.Sprintf("Number %d of privacy %d", i+1, privacy))
		}
		s.exec(t, `UPDATE videos SET state = 2, name = 'Number 6 unfinished' WHERE id = 6`)
		s.exec(t, `UPDATE videos SET privacy = 1, nsfw = TRUE, name = 'Number 7 sensitive' WHERE id = 7`)
		me := &user.User{ID: 1, AccountID: 1, Role: user.Member}
		channel, public := actor.ChannelID(1), playlist.Public
		name := "List"
		p, err := s.playlists.Create(t.Context(), me, playlist.Changes{Name: &name, Channel: &channel, Privacy: &public})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 7 {
			if _, err := s.playlists.Add(t.Context(), me, playlist.Ref{ID: p.ID}, video.ByID(video.ID(i+1)), nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		for path, sensitive := range map[string]bool{
			"/feeds/videos.xml": false, "/feeds/videos.atom": false, "/feeds/videos.json": false, "/feeds/videos.xml?videoChannelId=1": false,
			"/feeds/videos.xml?accountId=1": false, "/feeds/podcast/videos.xml?videoChannelId=1": true,
			"/feeds/podcast/videos.xml?playlistId=" + p.UUID: true,
		} {
			body := s.get(t, path).Body.String()
			for i, want := range []bool{true, false, false, false, false, false, sensitive} {
				uuid := filltest.UUID(i + 1)
				if got := strings.Contains(body, fmt.Sprint("Number ", i+1)); got != want {
					t.Errorf("%s: number %d is there: %v", path, i+1, got)
				}
				if !want && (strings.Contains(body, uuid) || strings.Contains(body, video.ShortUUID(uuid))) {
					t.Errorf("%s: names number %d", path, i+1)
				}
			}
		}
	})
}

func TestAVideoIsOneEpisodeOfAPlaylist(t *testing.T) {
	t.Parallel()
	s := newSite(t, sqldbtest.SQLite(t), 7)
	s.exec(t, `UPDATE videos SET privacy = 1, state = 1 WHERE id <= 2`)
	me := &user.User{ID: 1, AccountID: 1, Role: user.Member}
	channel, public, name := actor.ChannelID(1), playlist.Public, "List"
	p, err := s.playlists.Create(t.Context(), me, playlist.Changes{Name: &name, Channel: &channel, Privacy: &public})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []video.ID{1, 2, 1} {
		if _, err := s.playlists.Add(t.Context(), me, playlist.Ref{ID: p.ID}, video.ByID(id), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	w := s.get(t, "/feeds/podcast/videos.xml?playlistId="+p.UUID)
	if count := wellFormed(t, w.Body.Bytes()); count["item"] != 2 || count["guid"] != 3 { // one is of the podcast
		t.Errorf("%d episodes, %d guids, want 2 and 3: %s", count["item"], count["guid"], w.Body)
	}
}

func BenchmarkVideosFeed(b *testing.B) {
	s := newSite(b, sqldbtest.SQLite(b), 20_000)
	for _, format := range []string{"xml", "atom", "json"} {
		b.Run(format, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if w := s.get(b, "/feeds/videos."+format); w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

// tokens is a feeds.Subscriptions with one token.
type tokens struct{ account actor.AccountID }

func (k tokens) ByFeedToken(_ context.Context, id actor.AccountID, token string) (*user.User, error) {
	if id != k.account || token != "right" {
		return nil, errs.New(errs.Forbidden, "wrong token")
	}
	return &user.User{ID: 1, AccountID: id}, nil
}

func TestFeedOfSubscriptions(t *testing.T) {
	t.Parallel()
	for privacy, want := range map[video.Privacy]bool{
		video.Public: true, video.Unlisted: false, video.Private: false, video.InternalOnly: false, video.PasswordProtected: false,
	} {
		s := newSite(t, sqldbtest.SQLite(t), 30)
		s.exec(t, `INSERT INTO actor_follows (actor_id, target_actor_id, state, url, score, created_at, updated_at)
			SELECT a.actor_id, c.actor_id, 'accepted', 'https://bench.example/f/1', 1000, c.created_at, c.created_at FROM video_channels c, accounts a WHERE c.id = 1 AND a.id = 1`)
		s.exec(t, `UPDATE videos SET privacy = $1 WHERE channel_id = 1`, privacy)
		w := s.get(t, "/feeds/subscriptions.json?accountId=1&token=right")
		var feed struct {
			Items []struct{ URL string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &feed); w.Code != 200 || err != nil {
			t.Fatalf("got %d %s", w.Code, w.Body)
		}
		if (len(feed.Items) > 0) != want {
			t.Errorf("privacy %d: %d videos", privacy, len(feed.Items))
		}
		if got := w.Header().Get("Cache-Control"); !strings.HasPrefix(got, "private") {
			t.Errorf("others may keep it: %q", got)
		}
	}
}

// Readers know a feed by its id, and what is new by when it was changed
// (RFC 4287, 4.2.6 and 4.2.15).
func TestAtomFeedsAreToldApart(t *testing.T) {
	t.Parallel()
	s := newSite(t, sqldbtest.SQLite(t), 30)
	changed := time.Now().UTC().Add(time.Hour).Truncate(time.Second)
	s.exec(t, `INSERT INTO actor_follows (actor_id, target_actor_id, state, url, score, created_at, updated_at)
		SELECT a.actor_id, c.actor_id, 'accepted', 'https://bench.example/f/1', 1000, c.created_at, c.created_at FROM video_channels c, accounts a WHERE c.id = 1 AND a.id = 1`)
	s.exec(t, `UPDATE videos SET updated_at = $1 WHERE id IN (SELECT max(id) FROM videos WHERE channel_id = 1)`, changed)
	known := map[string]string{}
	for path, want := range map[string]string{
		"/feeds/videos.atom":                                          "https://bench.example/feeds/videos.atom",
		"/feeds/videos.atom?accountId=1":                              "https://bench.example/feeds/videos.atom?accountId=1",
		"/feeds/videos.atom?accountId=1&tagsOneOf=cats":               "https://bench.example/feeds/videos.atom?accountId=1&tagsOneOf=cats",
		"/feeds/subscriptions.atom?accountId=1&token=right":           "https://bench.example/feeds/subscriptions.atom?accountId=1",
		"/feeds/subscriptions.atom?token=right&accountId=1&nsfw=both": "https://bench.example/feeds/subscriptions.atom?accountId=1&nsfw=both",
	} {
		var feed struct {
			ID      string    `xml:"id"`
			Updated time.Time `xml:"updated"`
			Entries []struct {
				Updated time.Time `xml:"updated"`
			} `xml:"entry"`
		}
		w := s.get(t, path)
		if err := xml.Unmarshal(w.Body.Bytes(), &feed); err != nil || feed.ID != want {
			t.Errorf("%s: got %v, %q, want %q", path, err, feed.ID, want)
		}
		if other := known[feed.ID]; other != "" {
			t.Errorf("%s and %s have one id", path, other)
		}
		known[feed.ID] = path
		for _, e := range feed.Entries {
			if e.Updated.After(feed.Updated) {
				t.Errorf("%s: an entry is of %v, the feed of %v", path, e.Updated, feed.Updated)
			}
		}
	}
}

func TestFeedOfSubscriptionsWantsItsToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, sqldbtest.SQLite(t), 1)
	for path, want := range map[string]int{
		"/feeds/subscriptions.xml?accountId=1&token=wrong": 403, "/feeds/subscriptions.xml?accountId=2&token=right": 403,
		"/feeds/subscriptions.xml?accountId=1": 400, "/feeds/subscriptions.xml?token=right": 400, "/feeds/subscriptions.xml?accountId=x&token=right": 400,
		"/feeds/subscriptions.atom?accountId=1&token=right": 200, "/feeds/subscriptions.xml?accountId=1&token=right": 200,
	} {
		if w := s.get(t, path); w.Code != want {
			t.Errorf("%s: got %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
}
