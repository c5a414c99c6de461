package api

import (
	"encoding/json"
	"slices"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// What people may watch of other sites depends on search.remote_uri, and on
// whom this site follows: not on whom somebody here follows.
func TestVideosOfSitesThatNobodyFollowsAreWatchedThere(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		s := videoSiteOn(t, db)
		var users, anonymous bool
		asked := 0
		s.svc.Anywhere = func(signedIn bool) bool { asked++; return signedIn && users || anonymous }
		s.svc.Followed = store.RemoteVideos{DB: db}.Followed
		const far = "https://far.example/videos/watch/1"
		s.exec(`INSERT INTO servers (id, host, created_at, updated_at) VALUES (7, 'far.example', $1, $1)`, s.now)
		for id, a := range map[int][2]string{70: {actor.InstanceName, string(actor.Application)}, 71: {"relay", string(actor.Application)}} {
			s.exec(`INSERT INTO actors (id, type, preferred_username, url, inbox_url, created_at, updated_at) VALUES ($1, $2, $3, $4, '', $5, $5)`,
				id, a[1], a[0], "https://actors.example/"+a[0], s.now)
		}
		s.exec(`UPDATE actors SET server_id = 7 WHERE id = 71`)
		ask := func(who string) (int, string) {
			s.t.Helper()
			w := s.call(who, "GET", "/videos/1", "")
			var p struct{ Code, OriginURL string }
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			if (w.Code == 403) != (p.Code == "does_not_respect_follow_constraints") || (w.Code == 403) != (p.OriginURL == far) {
				t.Errorf("as %q: %d %s", who, w.Code, w.Body)
			}
			return w.Code, p.OriginURL
		}
		// Lists have it when the site follows; what belongs to its channel, also
		// for who may watch it anyway.
		listed := func(who, path string) bool {
			s.t.Helper()
			w := s.call(who, "GET", path, "")
			var p struct {
				Total int
				Data  []struct{ ID int }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(p.Data, func(v struct{ ID int }) bool { return v.ID == 1 })
		}
		want := func(note string, nobody, bob int) {
			s.t.Helper()
			if got, _ := ask(""); got != nobody {
				t.Errorf("%s, nobody: %d, want %d", note, got, nobody)
			}
			if got, _ := ask("bob"); got != bob {
				t.Errorf("%s, bob: %d, want %d", note, got, bob)
			}
			s.svc.Store = &store.Videos{DB: db} // one that has not read the list before
			followed := nobody == 200 && !anonymous
			for who, opens := range map[string]int{"": nobody, "bob": bob} {
				if got := listed(who, "/videos?count=100"); got != followed {
					t.Errorf("%s, list of %q: %v", note, who, got)
				}
				if got := listed(who, "/video-channels/alice_channel_main/videos?count=100"); got != (opens == 200) {
					t.Errorf("%s, channel's list of %q: %v", note, who, got)
				}
			}
		}
		ask("")
		ask("bob")
		if asked != 0 {
			t.Error("it was asked whether a video of this site may be watched")
		}
		s.exec(`UPDATE videos SET remote = TRUE, url = $1 WHERE id = 1`, far)
		s.svc.Store = &store.Videos{DB: db} // one that has not read it yet
		want("nothing is open", 403, 403)
		users = true
		want("open to people with an account", 403, 200)
		users, anonymous = false, true
		want("open to all", 200, 200)
		anonymous = false
		follow := func(id, from, to int, state string) {
			s.exec(`INSERT INTO actor_follows (id, actor_id, target_actor_id, state, url, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)`,
				id, from, to, state, "https://follow.example/"+string(rune('a'+id)), s.now)
		}
		follow(1, 20, 11, "accepted")
		want("bob follows the channel", 403, 403)
		for note, to := range map[string]int{"channel": 11, "account": 10} {
			follow(2, 70, to, "pending")
			want("the site asked to follow the "+note, 403, 403)
			s.exec(`UPDATE actor_follows SET state = 'accepted' WHERE id = 2`)
			want("the site follows the "+note, 200, 200)
			s.exec(`DELETE FROM actor_follows WHERE id = 2`)
		}
		s.exec(`INSERT INTO video_shares (actor_id, video_id, url, created_at) VALUES (71, 1, 'https://actors.example/share', $1)`, s.now)
		want("somebody shared it", 403, 403)
		follow(3, 70, 71, "accepted")
		want("somebody whom the site follows shared it", 200, 200)
	})
}
