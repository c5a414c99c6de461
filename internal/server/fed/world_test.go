package fed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/inbox"
	"sepiola/internal/federation/publish"
	"sepiola/internal/server/fed"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The videos of the site, by what they are.
const (
	film = iota + 1 // public, with everything
	unlisted
	private
	internalOnly
	withPassword
	encoding // public, but not published yet
	elsewhere
	plain
	videos = 20 // the rest is like plain
)

const (
	host       = "bench.example"
	origin     = "https://" + host
	accountURL = origin + "/accounts/person1"
	channelURL = origin + "/video-channels/person1_channel"
	theirs     = "https://far.test/videos/watch/0aa3e2f4-4b0e-4f5c-8d1b-3a1f3f2f7c07"
	document   = "application/activity+json"
	listID     = "5d1f0b3e-8f0e-4a55-9c7b-0a8b2d9e4f11"
)

var here = instance.Site{Scheme: "https", Host: host}

var at = time.Date(2026, 11, 21, 4, 58, 6, 644_000_000, time.UTC)

var keys = sync.OnceValue(func() actor.Keys {
	k, err := actor.GenerateKeys()
	if err != nil {
		panic(err)
	}
	return k
})

// site is a site with its database, asked through its addresses.
type site struct {
	t        testing.TB
	db       *sqldb.DB
	videos   *store.Videos
	comments *store.Comments
	lists    store.Playlists
	server   *fed.Server
	handler  http.Handler
	received []inbox.Request
	refuse   error
	// list and secret are playlists; note, answer, gone and held comments.
	list, secret             *playlist.Playlist
	elements                 map[int]playlist.ElementID
	note, answer, gone, held *comment.Comment
}

// Receive implements fed.Receiver.
func (s *site) Receive(_ context.Context, r inbox.Request) error {
	s.received = append(s.received, r)
	return s.refuse
}

func each(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { test(t, newSite(t, db)) })
}

func newSite(t testing.TB, db *sqldb.DB) *site {
	t.Helper()
	s := &site{t: t, db: db, videos: &store.Videos{DB: db}, elements: map[int]playlist.ElementID{}}
	s.comments, s.lists = &store.Comments{DB: db, Videos: s.videos}, store.Playlists{DB: db, Videos: s.videos}
	s.must(filltest.Fill(t.Context(), db, videos))
	s.must(store.Actors{DB: db}.CreateInstance(t.Context(), actor.NewInstance(here, keys(), at)))
	s.actors()
	s.films()
	s.talk()
	s.playlists()
	s.people()
	s.server = &fed.Server{
		Documents: &publish.Documents{
			Actors: store.Actors{DB: db}, Videos: s.videos, Comments: s.comments, Playlists: s.lists, Site: here,
			Name: func() string { return "Bench" }, Description: func() string { return "A site of benches." },
		},
		Actors: store.Actors{DB: db}, Lists: store.Published{DB: db}, Buried: store.PeerTombstones{DB: db}, Receiver: s,
		NodeInfo: func(context.Context) (fed.NodeInfo, error) {
			return fed.NodeInfo{
				Version: "8.2.0", Name: "Bench", Description: "A site of benches.", OpenRegistration: true,
				Users: 4, ActiveMonth: 2, ActiveHalfYear: 3, Videos: 20, Comments: 5, Config: map[string]any{"tracker": map[string]any{"enabled": true}},
			}, nil
		},
		Site: here, Now: func() time.Time { return at }, Router: rest.NewRouter(slog.New(slog.DiscardHandler)),
	}
	s.handler = s.server.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "the page "+r.URL.Path)
	}))
	return s
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) exec(text string, args ...any) {
	s.t.Helper()
	_, err := s.db.Exec(s.t.Context(), text, args...)
	s.must(err)
}

// actors gives all actors of the site what real ones have.
func (s *site) actors() {
	s.exec(`UPDATE actors SET public_key = $1, private_key = $2, shared_inbox_url = $3, created_at = $4, updated_at = $4`,
		keys().Public, keys().Private, origin+"/inbox", at)
	s.exec(`UPDATE accounts SET name = 'Person', description = 'I *film* benches'`)
	s.exec(`UPDATE video_channels SET name = 'Benches', description = 'Benches of the **world**', support = 'Buy me a bench'`)
	s.exec(`INSERT INTO actor_images (actor_id, type, filename, width, height, created_at, updated_at) VALUES (2, 2, 'banner.jpg', 1920, 317, $1, $1)`, at)
}

// films makes the videos what their names say.
func (s *site) films() {
	s.exec(`UPDATE videos SET privacy = 1, comments = 0, likes = 0, dislikes = 0, views = 7, published_at = $1, created_at = $1, updated_at = $1, duration = 60`, at)
	for n, p := range map[int]video.Privacy{
		unlisted: video.Unlisted, private: video.Private, internalOnly: video.InternalOnly, withPassword: video.PasswordProtected,
	} {
		s.exec(`UPDATE videos SET privacy = $1 WHERE id = $2`, p, n)
	}
	s.exec(`UPDATE videos SET state = $1 WHERE id = $2`, video.ToTranscode, encoding)
	s.exec(`UPDATE videos SET remote = TRUE, url = $1 WHERE id = $2`, theirs, elsewhere)
	s.exec(`UPDATE videos SET name = 'A bench & a "squid"', description = 'A **bench** https://example.org', support = 'Buy a bench',
		category = 15, licence = 1, language = 'en' WHERE id = $1`, film)
	s.exec(`UPDATE video_channels SET videos_count = (SELECT count(*) FROM videos WHERE privacy = 1 AND state = 1 AND remote = FALSE)`)
	_, err := s.videos.PutCaption(s.t.Context(), video.Caption{VideoID: film, Language: "fr", Filename: "fr.vtt", UpdatedAt: at})
	s.must(err)
	_, err = (&store.VideoFiles{DB: s.db}).PutStoryboard(s.t.Context(), video.Storyboard{
		VideoID: film, Filename: "board.jpg", TotalWidth: 1152, TotalHeight: 216, SpriteWidth: 192, SpriteHeight: 108, SpriteDuration: 5,
	})
	s.must(err)
	s.must(s.videos.SetChapters(s.t.Context(), film, []video.Chapter{{Timecode: 0, Title: "sit"}, {Timecode: 20, Title: "stand"}}))
	s.exec(`INSERT INTO video_files (video_id, resolution, width, height, fps, size, extname, filename, torrent_filename, info_hash, has_audio, has_video, created_at, updated_at)
		VALUES ($1, 360, 640, 360, 25, 536821, '.mp4', 'web-360.mp4', 'web-360.torrent', $2, TRUE, TRUE, $3, $3)`, film, strings.Repeat("a", 40), at)
}

// talk says something under each video that is not public as well.
func (s *site) talk() {
	s.note = s.say(film, 0, "Nice *bench*", false)
	s.answer = s.say(film, s.note.ID, "It is", false)
	s.gone = s.say(film, s.note.ID, "I regret this", false)
	s.say(film, s.gone.ID, "Do not", false)
	s.held = s.say(film, 0, "Waiting", true)
	for _, n := range []int{unlisted, private, internalOnly, withPassword} {
		s.say(n, 0, "Among us", false)
	}
	_, err := s.comments.Remove(s.t.Context(), s.gone.ID, at.Add(time.Hour))
	s.must(err)
}

func (s *site) say(n int, to comment.ID, text string, held bool) *comment.Comment {
	s.t.Helper()
	c := &comment.Comment{VideoID: video.ID(n), ReplyTo: to, AccountID: 1, OwnerID: 1, Text: text, HeldForReview: held, CreatedAt: at, UpdatedAt: at}
	s.must(s.comments.Add(s.t.Context(), c, func(id comment.ID) string { return comment.URL(here, filltest.UUID(n), id) }))
	return c
}

// playlists makes one that everybody sees, with one video of each kind, and
// one that nobody sees.
func (s *site) playlists() {
	for _, p := range []*playlist.Playlist{
		{UUID: listID, Name: "My benches", Description: "All of them", Privacy: playlist.Public, ChannelID: 1},
		{UUID: "11111111-8f0e-4a55-9c7b-0a8b2d9e4f11", Name: "Secret", Privacy: playlist.Private},
	} {
		p.URL, p.Type, p.OwnerID, p.CreatedAt, p.UpdatedAt = origin+"/video-playlists/"+p.UUID, playlist.Regular, 1, at, at
		s.must(s.lists.Create(s.t.Context(), p))
		for n := film; n <= plain; n++ {
			e := &playlist.Element{PlaylistID: p.ID, VideoID: video.ID(n)}
			s.must(s.lists.AddElement(s.t.Context(), e))
			if s.list == nil {
				s.elements[n] = e.ID
			}
		}
		if s.list == nil {
			s.list = p
		}
		s.secret = p
	}
	s.exec(`UPDATE playlists SET updated_at = $1`, at)
}

// people follow and rate.
func (s *site) people() {
	known := store.Actors{DB: s.db}
	for i := range 12 {
		url := fmt.Sprintf("https://far.test/u/%d", i)
		a := &actor.Account{Actor: actor.Actor{
			Type: actor.Person, Username: fmt.Sprintf("fan%d", i), Host: "far.test", URL: url, InboxURL: url + "/inbox", CreatedAt: at, UpdatedAt: at,
		}, DisplayName: "Fan"}
		s.must(known.CreateAccount(s.t.Context(), a))
		state := follow.Accepted
		if i == 11 {
			state = follow.Pending
		}
		_, err := store.Follows{DB: s.db}.Create(s.t.Context(), &follow.Follow{
			URL: url + "/follow", State: state, Score: follow.BaseScore, FollowerID: a.ID, FollowingID: 2,
			CreatedAt: at.Add(time.Duration(i) * time.Minute), UpdatedAt: at,
		})
		s.must(err)
		s.rate(a.AccountID, film, video.RateLike, url+"/like")
	}
	s.rate(1, plain, video.RateDislike, accountURL+"/dislikes/8")
	for _, n := range []int{unlisted, private, internalOnly, withPassword} {
		s.rate(1, n, video.RateLike, fmt.Sprintf("%s/likes/%d", accountURL, n))
	}
	s.exec(`UPDATE videos SET updated_at = $1 WHERE id = $2`, at.Add(time.Hour), film)
	s.must(store.PeerShares{DB: s.db}.Share(s.t.Context(), 2, film, s.url(film)+"/announces/2", at))
}

func (s *site) rate(by actor.AccountID, n int, kind video.RateType, url string) {
	s.t.Helper()
	_, err := store.Rates{DB: s.db, Videos: s.videos}.Put(s.t.Context(), video.Rate{AccountID: by, VideoID: video.ID(n), Type: kind, URL: url, CreatedAt: at})
	s.must(err)
}

// url is the id of a video.
func (*site) url(n int) string {
	if n == elsewhere {
		return theirs
	}
	return origin + "/videos/watch/" + filltest.UUID(n)
}

// get asks for an address, with pairs of headers; without any it asks for a
// document.
func (s *site) get(path string, header ...string) *httptest.ResponseRecorder {
	if header == nil {
		header = []string{"Accept", document}
	}
	return s.ask(http.MethodGet, path, nil, header...)
}

func (s *site) ask(method, path string, body []byte, header ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, origin+strings.TrimPrefix(path, origin), bytes.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	to := s.handler
	if method == http.MethodPost || slices.ContainsFunc([]string{"/.well-known/", "/nodeinfo/"}, func(p string) bool { return strings.HasPrefix(r.URL.Path, p) }) {
		to = s.server.Router // these have no page: app mounts them by fed.Paths
	}
	to.ServeHTTP(w, r)
	return w
}

// object asks for a document that has to be there.
func (s *site) object(path string) map[string]any {
	s.t.Helper()
	w := s.get(path)
	if w.Code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	var d map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		s.t.Fatalf("%s is no document: %s", path, w.Body)
	}
	return d
}

// golden compares answers with testdata, on both databases.
func (s *site) golden(name string, w *httptest.ResponseRecorder) {
	s.t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %s\n", w.Code, http.StatusText(w.Code))
	for _, k := range []string{"Content-Type", "Cache-Control", "Location", "Vary", "Access-Control-Allow-Origin"} {
		for _, v := range w.Result().Header.Values(k) {
			fmt.Fprintf(&b, "%s: %s\n", k, v)
		}
	}
	b.WriteByte('\n')
	body := strings.ReplaceAll(w.Body.String(), strings.ReplaceAll(keys().Public, "\n", `\n`), "THE KEY")
	if strings.HasPrefix(body, "{") {
		s.must(json.Indent(&b, []byte(body), "", " "))
	} else {
		b.WriteString(body)
	}
	b.WriteByte('\n')
	file := filepath.Join("testdata", "golden", name+".http")
	if *update {
		s.must(os.WriteFile(file, b.Bytes(), 0o600))
		return
	}
	want, err := os.ReadFile(file)
	s.must(err)
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
