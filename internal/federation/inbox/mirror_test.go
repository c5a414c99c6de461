package inbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/redundancy"
	"sepiola/internal/storage/sqldb"
)

const cache = "https://far.test/redundancy/streaming-playlists/hls/1"

// cacheFile is a mirror of a video, as PeerTube says it.
func cacheFile(of string, change ...any) obj {
	d := obj{
		"id": cache, "type": "CacheFile", "object": of, "expires": nil, "to": []any{farSite}, "cc": []any{},
		"url": obj{"type": "Link", "mediaType": "application/x-mpegURL", "href": "https://far.test/static/redundancy/hls/1"},
	}
	for i := 0; i < len(change); i += 2 {
		d[change[i].(string)] = change[i+1]
	}
	return d
}

// cached is an activity about a mirror, with PeerTube's context of them.
func cached(kind, id, by string, object any) obj {
	d := act(kind, id, by, object)
	d["@context"] = []any{
		"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1",
		obj{"RsaSignature2017": "https://w3id.org/security#RsaSignature2017"},
		obj{"pt": "https://joinpeertube.org/ns#", "sc": "http://schema.org/", "expires": "sc:expires", "CacheFile": "pt:CacheFile"},
	}
	return d
}

// mirrors are the addresses beside the playlist of this site's first video.
func (w *world) mirrors() string {
	w.t.Helper()
	s, err := sqldb.One(w.t.Context(), w.db, sqldb.Value[string], `SELECT mirrors FROM streaming_playlists WHERE video_id = 1`)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Trim(strings.ReplaceAll(s, `"`, ""), "[]")
}

// forwarded are the activities that were passed on since it was asked last.
func (w *world) forwarded() (list []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sent {
		if strings.HasPrefix(s, "forward ") {
			list = append(list, strings.Fields(s)[1]+" but to "+s[strings.LastIndexByte(s, ' ')+1:])
		}
	}
	w.sent = nil
	return list
}

func TestMirrorsAreTakenAndTold(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.rules.MirrorsOf = redundancy.Anybody
		const base = "https://far.test/static/redundancy/hls/1/"
		soon := w.now.Add(time.Hour).Format(time.RFC3339)
		mallorysSite := "https://evil.test/accounts/peertube"
		w.put(application(mallorysSite))
		link := func(kind, href string) obj { return obj{"type": "Link", "mediaType": kind, "href": href} }
		hls := func(href string) obj { return link("application/x-mpegURL", href) }
		for n, tt := range []struct {
			name, kind, by string
			object         obj
			want           string // of the site's own video
			told           string
		}{
			{"by a person", "Create", alice, cacheFile(mine()), "", ""},
			{"of an id of another host", "Create", mallorysSite, cacheFile(mine()), "", ""},
			{"of nothing", "Create", farSite, cacheFile("https://bench.example/videos/watch/9"), "", ""},
			{"of one file, as before 7.1", "Create", farSite, cacheFile(mine(), "url", link("video/mp4", "https://far.test/1.mp4")), "", ""},
			{"without an address", "Create", farSite, cacheFile(mine(), "url", []any{}), "", ""},
			{"not by https", "Create", farSite, cacheFile(mine(), "url", hls("http://far.test/1/")), "", ""},
			{"with a password", "Create", farSite, cacheFile(mine(), "url", hls("https://me:too@far.test/1/")), "", ""},
			{"with a question", "Create", farSite, cacheFile(mine(), "url", hls("https://far.test/1/?a=")), "", ""},
			{"by its number", "Create", farSite, cacheFile(mine(), "url", hls("https://192.0.2.1/1/")), "", ""},
			{"by a short number", "Create", farSite, cacheFile(mine(), "url", hls("https://127.1/1/")), "", ""},
			{"in the viewer's own network", "Create", farSite, cacheFile(mine(), "url", hls("https://localhost/1/")), "", ""},
			{"that ends at no time", "Create", farSite, cacheFile(mine(), "expires", "tomorrow"), "", ""},
			{"that has ended", "Create", farSite, cacheFile(mine(), "expires", "2020-01-01T00:00:00Z"), "", ""},
			{"at last", "Create", farSite, cacheFile(mine()), base, "Create but to far.test"},
			{"again", "Create", farSite, cacheFile(mine()), base, ""},
			{"for an hour", "Update", farSite, cacheFile(mine(), "expires", soon), base, "Update but to far.test"},
			{"somewhere else", "Update", farSite, cacheFile(mine(), "url", []any{"https://far.test/", hls("https://far.test/1/")}), "https://far.test/1/", "Update but to far.test"},
			{"for another video", "Update", farSite, cacheFile("https://bench.example/videos/watch/" + secondUUID()), "https://far.test/1/", ""},
			{"that has ended by now", "Update", farSite, cacheFile(mine(), "expires", "2020-01-01T00:00:00Z"), "", "Update but to far.test"},
		} {
			w.send(w.signed(cached(tt.kind, fmt.Sprintf("%s/activities/%d", tt.by, n), tt.by, tt.object)))
			w.drain()
			if got := w.mirrors(); got != tt.want {
				t.Errorf("%s: the mirrors are %q, want %q", tt.name, got, tt.want)
			}
			if got := strings.Join(w.forwarded(), ", "); got != tt.told {
				t.Errorf("%s: told was %q, want %q", tt.name, got, tt.told)
			}
		}
		if n := w.left(); n != 0 {
			t.Errorf("%d activities are left", n)
		}
	})
}

func secondUUID() string {
	return strings.TrimPrefix(mine(), "https://bench.example/videos/watch/")[:35] + "2"
}

func TestMirrorsAreTakenBack(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.rules.MirrorsOf = redundancy.Anybody
		other := "https://evil.test/accounts/peertube"
		w.put(application(other))
		for n, tt := range []struct {
			name, by string
			what     any
			gone     bool
		}{
			{"by somebody else", other, cacheFile(mine()), false},
			{"of one that is not there", farSite, cacheFile(mine(), "id", cache+"0"), false},
			{"as it was made", farSite, cacheFile(mine()), true},
			{"by its id", farSite, cache, true},
		} {
			w.send(w.signed(cached("Create", fmt.Sprintf("%s/c/%d", farSite, n), farSite, cacheFile(mine()))))
			w.drain()
			w.forwarded()
			if w.mirrors() == "" {
				t.Fatalf("%s: none was made", tt.name)
			}
			undo := cached("Undo", fmt.Sprintf("%s/undo/%d", tt.by, n), tt.by, act("Create", fmt.Sprintf("%s/c/%d", tt.by, n), tt.by, tt.what))
			w.send(w.signed(undo))
			w.drain()
			if gone := w.mirrors() == ""; gone != tt.gone {
				t.Errorf("%s: gone is %v", tt.name, gone)
			}
			if told := w.forwarded(); tt.gone != slices.Equal(told, []string{"Undo but to far.test"}) {
				t.Errorf("%s: told was %q", tt.name, told)
			}
		}
	})
}

// Whose mirrors are taken the site says; who passes one on proves whose it is.
func TestMirrorsAreOfThoseWhoAreWanted(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		send := func(by ...string) string {
			w.t.Helper()
			w.later(time.Second)
			d := cached("Create", cache+"/activity", farSite, cacheFile(mine()))
			if len(by) == 0 {
				d = w.signed(d)
			}
			w.send(d, by...)
			w.drain()
			return w.mirrors()
		}
		forget := func() {
			w.t.Helper()
			if _, err := w.db.Exec(t.Context(), `DELETE FROM video_redundancies`); err != nil {
				t.Fatal(err)
			}
		}
		for _, rule := range []string{"", redundancy.Nobody, redundancy.Followings} {
			w.rules.MirrorsOf = rule
			if got := send(); got != "" {
				t.Errorf("%q: %s", rule, got)
			}
		}
		for state, want := range map[string]bool{"pending": false, "accepted": true} {
			if _, err := w.db.Exec(t.Context(), `
				INSERT INTO actor_follows (actor_id, target_actor_id, state, url, created_at, updated_at)
				SELECT me.id, x.id, $1, $2, $3, $3 FROM actors me, actors x
				WHERE me.url = '`+mySite+`' AND x.url = '`+farSite+`' ON CONFLICT (actor_id, target_actor_id) DO UPDATE SET state = excluded.state`,
				state, mySite+"/follows/1", sqldb.Now()); err != nil {
				t.Fatal(err)
			}
			if got := send(); (got != "") != want {
				t.Errorf("follows that are %s: %q", state, got)
			}
			forget()
		}
		w.rules.MirrorsOf = redundancy.Anybody
		if got := send(bob); got != "" { // who says so without proof
			t.Errorf("without proof: %s", got)
		}
		w.send(w.signed(cached("Create", cache+"/activity", farSite, cacheFile(mine(), "expires", w.now.Add(time.Hour).Format(time.RFC3339)))), bob)
		w.drain()
		if w.mirrors() == "" {
			t.Error("what was passed on with its proof was not taken")
		}
		if n := w.number(`SELECT COUNT(*) FROM video_redundancies WHERE expires_at IS NOT NULL`); n != 1 {
			t.Error("its end was not")
		}
		forget()
		if _, err := w.db.Exec(t.Context(), `UPDATE videos SET privacy = 2 WHERE id = 1`); err != nil {
			t.Fatal(err)
		}
		if got := send(); got != "" {
			t.Errorf("of a video that is not public: %s", got)
		}
	})
}
