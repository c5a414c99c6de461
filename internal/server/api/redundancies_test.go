package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// mirroring stands in for what fetches files and tells others of them.
type mirroring struct {
	redundancy.Files
	asked []string
}

func (m *mirroring) Mirror(_ context.Context, id video.ID, s redundancy.Strategy) error {
	m.asked = append(m.asked, fmt.Sprintf("mirror %d %s", id, s))
	return nil
}

func (m *mirroring) Leave(_ context.Context, host string) error {
	m.asked = append(m.asked, "leave "+host)
	return nil
}

func (*mirroring) GivenUp(context.Context, time.Time) (map[video.ID]bool, error) {
	return map[video.ID]bool{}, nil
}

func (m *mirroring) MirrorMade(context.Context, *redundancy.Mirror, *video.Video) error { return nil }

func (m *mirroring) MirrorKept(context.Context, *redundancy.Mirror, *video.Video) error { return nil }

func (m *mirroring) MirrorDropped(_ context.Context, _ *redundancy.Mirror, v *video.Video) error {
	m.asked = append(m.asked, "dropped "+v.Name)
	return nil
}

func (m *mirroring) Delete(context.Context, string, string) error { return nil }
func (m *mirroring) List(context.Context, string, string, func(string, int64, time.Time) error) error {
	return nil
}

// mirroredSite is a site whose first and second video far.example mirrors, the
// first one until the end of the year, and near.example the first one too. The
// last three are of far.example: the fourth could be mirrored, the fifth is live
// and near.example mirrors it, the sixth is mirrored here because it is watched
// most.
func mirroredSite(t *testing.T, db *sqldb.DB) (*videoSite, *mirroring) {
	t.Helper()
	s, m := videoSiteOn(t, db), &mirroring{}
	s.people["mod"] = &user.User{ID: 2, Username: "mod", Role: user.Moderator}
	mirrors, now := store.Redundancies{DB: db}, func() time.Time { return s.now }
	admin := &redundancy.Admin{
		Store: mirrors, Videos: s.store, Ledger: store.PeerLedger{DB: db}, InTx: db.InTx, Now: now,
		Keeper: &redundancy.Keeper{
			Store: mirrors, Videos: s.store, Files: m, Queue: m, Events: m, InTx: db.InTx, AfterCommit: db.AfterCommit, Now: now, Log: slog.New(slog.DiscardHandler),
			Rules: func() []redundancy.Rule {
				return []redundancy.Rule{{Strategy: redundancy.MostViews, Size: 10_000}, {Strategy: redundancy.Trending, Size: 0}}
			},
		},
	}
	for i, host := range []string{"far.example", "near.example"} {
		s.exec(`INSERT INTO servers (id, host, created_at, updated_at) VALUES ($1, $2, $3, $3)`, i+1, host, s.now)
		s.exec(`INSERT INTO actors (id, type, preferred_username, url, inbox_url, server_id, created_at, updated_at)
			VALUES ($1, 'Application', 'peertube', $2, '', $3, $4, $4)`, i+101, "https://"+host+"/accounts/peertube", i+1, s.now)
	}
	s.exec(`UPDATE actors SET server_id = 1 WHERE id = 21`)
	s.exec(`UPDATE videos SET remote = TRUE, channel_id = 102, privacy = 1, state = 1, is_live = (id = 5) WHERE id IN (4, 5, 6)`)
	s.exec(`UPDATE video_files SET file_url = 'https://far.example/static/' || filename WHERE video_id IN (4, 5, 6)`)
	s.exec(`INSERT INTO actors (id, type, preferred_username, url, inbox_url, created_at, updated_at) VALUES (100, 'Application', 'peertube', 'http://localhost:9000/accounts/peertube', '', $1, $1)`, s.now)
	for i, m := range []redundancy.Mirror{
		{VideoID: 1, ActorID: 101, ExpiresAt: time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)},
		{VideoID: 1, ActorID: 102},
		{VideoID: 2, ActorID: 101},
		{VideoID: 5, ActorID: 102},
		{VideoID: 6, ActorID: 100, Strategy: redundancy.MostViews, Size: 1999, Files: 2, ExpiresAt: time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)},
	} {
		m.URL = fmt.Sprintf("https://mirror.example/redundancy/%d", i)
		m.BaseURL, m.CreatedAt, m.UpdatedAt = fmt.Sprintf("https://mirror.example/static/redundancy/hls/%d/", i), s.now.Add(time.Duration(i)*time.Hour), s.now.Add(48*time.Hour)
		if err := mirrors.Put(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
	}
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&Redundancies{Mirrors: admin}).Mount(rt)
	own := func(context.Context) (*actor.Actor, error) { return &actor.Actor{ID: 100}, nil }
	site := instance.Site{Scheme: "http", Host: "localhost:9000"}
	(&SiteFollows{Follows: &follow.Sites{Store: store.Follows{DB: db}, Own: own, Site: site}, Allowed: admin.Allowed, Site: site}).Mount(rt)
	(&Stats{Stats: func(context.Context) (instance.Stats, error) { return instance.Stats{}, nil }, Mirroring: admin.Usage}).Mount(rt)
	s.router = rt
	return s, m
}

func TestMirrorsAreListedAsPeerTubeListsThem(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		s, _ := mirroredSite(t, db)
		for target, golden := range map[string]string{"my-videos": "redundancies", "remote-videos": "redundancies_held"} {
			w := s.call("root", "GET", "/server/redundancy/videos?target="+target, "")
			if w.Code != 200 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			videoGolden(t, golden, w.Body.Bytes())
		}
		const none = `{"total":0,"data":[]}`
		for query, want := range map[string]string{
			"?target=my-videos&sort=-name&count=1":          `{"total":2,"data":[{"id":2,"name":"Private video",`,
			"?target=my-videos&start=1":                     `{"total":2,"data":[{"id":2,`,
			"?target=my-videos&count=0":                     `{"total":2,"data":[]}`,
			"?target=my-videos&strategy=most-views":         none, // of mirrors here
			"?target=my-videos&strategy=manual":             none,
			"?target=remote-videos&strategy=most-views":     `{"total":1,"data":[{"id":6,`,
			"?target=remote-videos&strategy=":               `{"total":1,"data":[{"id":6,`,
			"?target=remote-videos&sort=-name&start=1":      `{"total":1,"data":[]}`,
			"?target=remote-videos&strategy=recently-added": none,
			"?target=remote-videos&strategy=manual":         none,
		} {
			if w := s.call("root", "GET", "/server/redundancy/videos"+query, ""); w.Code != 200 || !strings.HasPrefix(w.Body.String(), want) {
				t.Errorf("%s: %d %s, want %s", query, w.Code, w.Body, want)
			}
		}
	})
}

// Who asks, and what, is looked at before anything is said or done.
func TestRedundanciesAreForAdministrators(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		s, m := mirroredSite(t, db)
		const videos, ofHost = "/server/redundancy/videos", "/server/redundancy/far.example"
		for _, tt := range []struct {
			who, method, path, body string
			status                  int
			want                    string
		}{
			{"", "GET", videos + "?target=my-videos", "", 401, ""},
			{"alice", "GET", videos + "?target=my-videos", "", 403, ""},
			{"mod", "GET", videos + "?target=my-videos", "", 403, ""},
			{"mod", "GET", videos, "", 403, ""},
			{"root", "GET", videos, "", 400, `"detail":"Incorrect request parameters: target","instance":"/server/redundancy/videos","status":400,"invalid-params":{"target":{"type":"field","msg":"Invalid value","path":"target","location":"query"}}`},
			{"root", "GET", videos + "?target=all", "", 400, `"target"`},
			{"root", "GET", videos + "?target=remote-videos&strategy=newest", "", 400, `"strategy"`},
			{"root", "GET", videos + "?target=my-videos&sort=createdAt", "", 400, `"sort"`},
			{"root", "GET", videos + "?target=my-videos&count=101", "", 400, `"count"`},
			{"root", "GET", videos + "?target=my-videos&start=-1", "", 400, `"start"`},

			{"", "POST", videos, `{"videoId":4}`, 401, ""},
			{"mod", "POST", videos, `{}`, 403, ""},
			{"root", "POST", videos, `{}`, 400, `"videoId"`},
			{"root", "POST", videos, `{"videoId":"a b"}`, 400, `"videoId"`},
			{"root", "POST", videos, `{"videoId":[1]}`, 400, `"videoId"`},
			{"root", "POST", videos, `{"videoId":99999}`, 404, "Video not found"},
			{"root", "POST", videos, `{"videoId":1}`, 400, "Cannot create a redundancy on a local video"},
			{"root", "POST", videos, `{"videoId":"` + unlistedUUID + `"}`, 400, "Cannot create a redundancy of a live video"},
			{"root", "POST", videos, `{"videoId":6}`, 409, "already duplicated"},
			{"root", "POST", videos, `{"videoId":4}`, 204, ""},
			{"root", "POST", videos, `{"videoId":"` + video.ShortUUID(internalUUID) + `"}`, 204, ""},

			{"", "PUT", ofHost, `{"redundancyAllowed":true}`, 401, ""},
			{"mod", "PUT", ofHost, `{}`, 403, ""},
			{"root", "PUT", ofHost, `{}`, 400, `"redundancyAllowed"`},
			{"root", "PUT", ofHost, `{"redundancyAllowed":"perhaps"}`, 400, `"value":"perhaps"`},
			{"root", "PUT", "/server/redundancy/no%20host", `{"redundancyAllowed":true}`, 400, `"location":"params"`},
			{"root", "PUT", "/server/redundancy/nobody.example", `{"redundancyAllowed":true}`, 404, "Server nobody.example not found."},
			{"root", "PUT", ofHost, `{"redundancyAllowed":true}`, 204, ""},
			{"root", "PUT", "/server/redundancy/FAR.example", `{"redundancyAllowed":"false"}`, 204, ""},

			{"", "DELETE", videos + "/1", "", 401, ""},
			{"mod", "DELETE", videos + "/1", "", 403, ""},
			{"root", "DELETE", videos + "/one", "", 400, `"redundancyId"`},
			{"root", "DELETE", videos + "/0", "", 400, `"redundancyId"`},
			{"root", "DELETE", videos + "/99999999999999999999", "", 400, `"redundancyId"`},
			{"root", "DELETE", videos + "/99", "", 404, "Video redundancy not found"},
			{"root", "GET", videos + "?target=my-videos", "", 200, `{"total":2,`}, // all are there still
			{"root", "DELETE", videos + "/3", "", 204, ""},
			{"root", "DELETE", videos + "/3", "", 404, "Video redundancy not found"},
			{"root", "GET", videos + "?target=my-videos", "", 200, `{"total":1,`},
			{"root", "DELETE", videos + "/5", "", 204, ""}, // our own
			{"root", "DELETE", videos + "/5", "", 404, "Video redundancy not found"},
			{"root", "GET", videos + "?target=remote-videos", "", 200, `{"total":0,`},
		} {
			if w := s.call(tt.who, tt.method, tt.path, tt.body); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%s %s %s %s: %d %s, want %d %s", tt.who, tt.method, tt.path, tt.body, w.Code, w.Body, tt.status, tt.want)
			}
		}
		if diff := cmp.Diff([]string{"mirror 4 manual", "mirror 4 manual", "leave far.example", "dropped Unfinished video"}, m.asked); diff != "" {
			t.Errorf("asked for (-want +got)\n%s", diff)
		}
		log, err := store.PeerLedger{DB: db}.Entries(t.Context(), follow.LedgerList{Count: 10})
		var did []string // the last first
		for _, l := range log {
			did = append(did, l.By+" "+l.Action+" "+l.Subject)
		}
		want := []string{
			"root dropped-mirror far.example", "root removed-mirror far.example", "root forbade-mirrors far.example", "root allowed-mirrors far.example",
			"root mirrored-video far.example", "root mirrored-video far.example",
		}
		if diff := cmp.Diff(want, did); diff != "" || err != nil {
			t.Errorf("the ledger (-want +got): %s %v", diff, err)
		}
	})
}

// Whether strategies may choose videos of a host stands with the actors of it
// in the lists of follows, by which they are also sorted.
func TestFollowsSayWhoseVideosMayBeMirrored(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		s, _ := mirroredSite(t, db)
		for i, ends := range [][2]actor.ID{{100, 101}, {100, 102}, {100, 21}, {102, 100}} {
			f := &follow.Follow{URL: fmt.Sprintf("https://x.example/%d", i), State: follow.Accepted, FollowerID: ends[0], FollowingID: ends[1], CreatedAt: s.now, UpdatedAt: s.now}
			if _, err := (store.Follows{DB: db}).Create(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		// allowed are the hosts of a list, in its order, those that are allowed marked.
		allowed := func(path string) string {
			t.Helper()
			type end struct {
				Host    string `json:"host"`
				Allowed bool   `json:"hostRedundancyAllowed"`
			}
			var page struct {
				Data []struct {
					Follower, Following end
				} `json:"data"`
			}
			w := s.call("", "GET", path, "")
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
			var hosts []string
			for _, f := range page.Data {
				if f.Follower.Host == "localhost:9000" {
					f.Follower, f.Following = f.Following, f.Follower
				}
				if f.Following.Allowed {
					t.Errorf("%s: this site mirrors itself", path)
				}
				hosts = append(hosts, f.Follower.Host+map[bool]string{true: "+"}[f.Follower.Allowed])
			}
			return strings.Join(hosts, " ")
		}
		const far, near = "/server/redundancy/far.example", "/server/redundancy/near.example"
		for _, tt := range []struct{ put, body, path, want string }{
			{"", "", "/server/following?sort=createdAt", "far.example near.example far.example"},
			{far, `{"redundancyAllowed":true}`, "/server/following?sort=createdAt", "far.example+ near.example far.example+"},
			{"", "", "/server/followers", "near.example"},
			{near, `{"redundancyAllowed":true}`, "/server/followers", "near.example+"},
			{far, `{"redundancyAllowed":false}`, "/server/following?sort=redundancyAllowed", "far.example far.example near.example+"},
			{"", "", "/server/following?sort=-redundancyAllowed&count=1", "near.example+"},
			{"", "", "/server/following?count=0", ""},
		} {
			if tt.put != "" {
				if w := s.call("root", "PUT", tt.put, tt.body); w.Code != 204 {
					t.Fatalf("%s: %d %s", tt.put, w.Code, w.Body)
				}
			}
			if got := allowed(tt.path); got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.path, got, tt.want)
			}
		}
	})
}

// The figures of the site have the strategies of the settings, and then what was
// chosen by hand, which has no bound.
func TestStatsTellWhatIsMirrored(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		s, _ := mirroredSite(t, db)
		const want = `"videosRedundancy":[{"totalUsed":1999,"totalVideos":1,"totalVideoFiles":2,"strategy":"most-views","totalSize":10000},` +
			`{"totalUsed":0,"totalVideos":0,"totalVideoFiles":0,"strategy":"trending","totalSize":0},` +
			`{"totalUsed":0,"totalVideos":0,"totalVideoFiles":0,"strategy":"manual","totalSize":null}]`
		if w := s.call("", "GET", "/server/stats", ""); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d %s, want %s", w.Code, w.Body, want)
		}
	})
}
