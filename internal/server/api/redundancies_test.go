package api

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// mirroredSite is a site whose first and second video far.example mirrors, the
// first one until the end of the year, and near.example the first one too. The
// fourth and the fifth are of other sites, the fifth is mirrored and live.
func mirroredSite(t *testing.T, db *sqldb.DB) *videoSite {
	t.Helper()
	s := videoSiteOn(t, db)
	s.people["mod"] = &user.User{ID: 2, Username: "mod", Role: user.Moderator}
	mirrors := store.Redundancies{DB: db}
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&Redundancies{Mirrors: &redundancy.Admin{
		Store: mirrors, Videos: s.store, Ledger: store.PeerLedger{DB: db}, InTx: db.InTx, Now: func() time.Time { return s.now },
	}}).Mount(rt)
	s.router = rt
	s.exec(`UPDATE videos SET remote = TRUE, is_live = (id = 5) WHERE id IN (4, 5)`)
	for i, host := range []string{"far.example", "near.example"} {
		s.exec(`INSERT INTO servers (id, host, created_at, updated_at) VALUES ($1, $2, $3, $3)`, i+1, host, s.now)
		s.exec(`INSERT INTO actors (id, type, preferred_username, url, inbox_url, server_id, created_at, updated_at)
			VALUES ($1, 'Application', 'peertube', $2, '', $3, $4, $4)`, i+101, "https://"+host+"/accounts/peertube", i+1, s.now)
	}
	for i, m := range []redundancy.Mirror{
		{VideoID: 1, ActorID: 101, ExpiresAt: time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)}, {VideoID: 1, ActorID: 102}, {VideoID: 2, ActorID: 101}, {VideoID: 5, ActorID: 102},
	} {
		m.URL = fmt.Sprintf("https://mirror.example/redundancy/%d", i)
		m.BaseURL, m.CreatedAt, m.UpdatedAt = fmt.Sprintf("https://mirror.example/static/redundancy/hls/%d/", i), s.now.Add(time.Duration(i)*time.Hour), s.now.Add(48*time.Hour)
		if err := mirrors.Put(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestMirrorsAreListedAsPeerTubeListsThem(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		s := mirroredSite(t, db)
		w := s.call("root", "GET", "/server/redundancy/videos?target=my-videos", "")
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		videoGolden(t, "redundancies", w.Body.Bytes())
		const none = `{"total":0,"data":[]}`
		for query, want := range map[string]string{
			"?target=my-videos&sort=-name&count=1":          `{"total":2,"data":[{"id":2,"name":"Private video",`,
			"?target=my-videos&start=1":                     `{"total":2,"data":[{"id":2,`,
			"?target=my-videos&count=0":                     `{"total":2,"data":[]}`,
			"?target=my-videos&strategy=most-views":         none, // of mirrors here
			"?target=remote-videos":                         none,
			"?target=remote-videos&strategy=recently-added": none,
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
		s := mirroredSite(t, db)
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
			{"root", "POST", videos, `{"videoId":4}`, 501, "does not mirror"},
			{"root", "POST", videos, `{"videoId":"` + video.ShortUUID(internalUUID) + `"}`, 501, "does not mirror"},

			{"", "PUT", ofHost, `{"redundancyAllowed":true}`, 401, ""},
			{"mod", "PUT", ofHost, `{}`, 403, ""},
			{"root", "PUT", ofHost, `{}`, 400, `"redundancyAllowed"`},
			{"root", "PUT", ofHost, `{"redundancyAllowed":"perhaps"}`, 400, `"value":"perhaps"`},
			{"root", "PUT", "/server/redundancy/no%20host", `{"redundancyAllowed":true}`, 400, `"location":"params"`},
			{"root", "PUT", ofHost, `{"redundancyAllowed":true}`, 501, "does not mirror"},

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
		} {
			if w := s.call(tt.who, tt.method, tt.path, tt.body); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%s %s %s %s: %d %s, want %d %s", tt.who, tt.method, tt.path, tt.body, w.Code, w.Body, tt.status, tt.want)
			}
		}
		log, err := store.PeerLedger{DB: db}.Entries(t.Context(), follow.LedgerList{Count: 10})
		if err != nil || len(log) != 1 || log[0].By != "root" || log[0].Action != follow.RemovedMirror || log[0].Subject != "far.example" {
			t.Errorf("the ledger says %+v, %v", log, err)
		}
	})
}
