package remote_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/federation/remote"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

func TestActorsAreFetchedOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		f, err := w.actors.Found(t.Context(), films)
		if err != nil {
			t.Fatal(err)
		}
		c := f.Channel
		if c == nil || c.DisplayName != "The films" || c.Host != "far.test" || c.Owner == nil || c.Owner.URL != alice ||
			c.SharedInboxURL != "https://far.test/inbox" || len(c.Avatars) != 1 || !strings.HasSuffix(c.Avatars[0].Filename, ".png") {
			t.Errorf("got %+v", c)
		}
		if len(w.asked) != 2 {
			t.Errorf("asked %v, want the channel and its owner", w.asked)
		}
		again, err := w.actors.ByURL(t.Context(), films)
		if err != nil || again.ID != f.ID || len(w.asked) != 2 || len(w.queue) != 0 {
			t.Errorf("again: got %+v %v, asked %v", again, err, w.asked)
		}
		w.now = w.now.Add(72 * time.Hour)
		if _, err := w.actors.ByURL(t.Context(), films); err != nil || len(w.queue) != 1 || w.queue[0] != "actor "+films+" false" {
			t.Errorf("old: got %v, queued %v", err, w.queue)
		}
		face := c.Avatars[0].Filename
		w.put(with(group(films, "films", alice), "name", "Films & more"))
		if _, err := w.actors.Refresh(t.Context(), films); err != nil {
			t.Fatal(err)
		}
		if f, err = w.actors.Found(t.Context(), films); err != nil || f.Channel.DisplayName != "Films & more" || f.Channel.Avatars[0].Filename != face {
			t.Errorf("refreshed: got %+v %v", f.Channel, err)
		}
		handle, err := w.actors.ByHandle(t.Context(), "alice", "far.test")
		if err != nil || handle.Account == nil || handle.URL != alice {
			t.Errorf("by handle: got %+v %v", handle, err)
		}
	})
}

func TestActorsThatAreNotTaken(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		w.put(
			obj{"id": "https://far.test/forged", "type": "Person"},
			person("https://far.test/odd", "o d d"),
			group("https://far.test/orphan", "orphan", "https://other.test/accounts/x"),
			group("https://far.test/ofgroup", "ofgroup", films),
			with(person("https://far.test/stolen", "stolen"), "publicKey", obj{"id": alice + "#main-key", "owner": alice, "publicKeyPem": key}),
			obj{"id": "https://far.test/gone", "type": "Tombstone"},
			person("https://blocked.test/u", "u"),
			person("https://here.example/accounts/nobody", "nobody"),
		)
		w.pages["https://far.test/mask"] = person("https://other.test/accounts/victim", "victim")
		w.pages["https://far.test/imposter"] = person("https://here.example/accounts/root", "root")
		w.pages["https://other.test/accounts/victim"] = person("https://other.test/accounts/victim", "victim")
		w.moved["https://far.test/lent"] = "https://evil.test/lent"
		w.pages["https://evil.test/lent"] = person("https://far.test/lent", "lent")
		if _, err := w.db.Exec(t.Context(), `INSERT INTO servers (host, created_at, updated_at) VALUES ('blocked.test', $1, $1)`, w.now); err != nil {
			t.Fatal(err)
		}
		if _, err := w.db.Exec(t.Context(), `INSERT INTO server_blocks (target_server_id, created_at) SELECT id, $1 FROM servers WHERE host = 'blocked.test'`, w.now); err != nil {
			t.Fatal(err)
		}
		for url, want := range map[string]errs.Kind{
			"https://far.test/forged":              errs.Invalid,
			"https://far.test/odd":                 errs.Invalid,
			"https://far.test/ofgroup":             errs.Invalid,
			"https://far.test/stolen":              errs.Invalid,
			"https://far.test/gone":                errs.Gone,
			"https://far.test/nothing":             errs.NotFound,
			"https://blocked.test/u":               errs.Forbidden,
			"https://here.example/accounts/nobody": errs.NotFound,
			"https://far.test/imposter":            errs.Forbidden,
			"https://user:pw@far.test/x":           errs.Invalid,
			"https://127.0.0.1/x":                  errs.Invalid,
			"ftp://far.test/x":                     errs.Invalid,
		} {
			if got, err := w.actors.ByURL(t.Context(), url); !errs.Is(err, want) {
				t.Errorf("%s: got %+v %v, want %v", url, got, err, want)
			}
		}
		if _, err := w.actors.SiteOf(t.Context(), "Blocked.test"); !errs.Is(err, errs.Forbidden) || len(w.sites) > 0 {
			t.Errorf("a blocked site itself: got %v, asked %v", err, w.sites)
		}
		// What is found under another id is that, as its own host has it.
		if k, err := w.actors.ByURL(t.Context(), "https://far.test/mask"); err != nil || k.URL != "https://other.test/accounts/victim" || k.Host != "other.test" {
			t.Errorf("masked: got %+v %v", k, err)
		}
		// A redirection to another host does not speak for the first.
		if k, err := w.actors.ByURL(t.Context(), "https://far.test/lent"); err == nil {
			t.Errorf("lent: got %+v", k)
		}
		if k, err := w.actors.ByURL(t.Context(), "https://far.test/orphan"); err != nil || k.ChannelID != 0 {
			t.Errorf("a group whose owner is elsewhere is no channel: got %+v %v", k, err)
		}
	})
}

func TestNamesPassOnOnlyFromTheGone(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.put(person(alice, "alice"))
		if _, err := w.actors.ByURL(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		second := "https://far.test/users/2"
		w.put(person(second, "alice"))
		if _, err := w.actors.ByURL(t.Context(), second); !errs.Is(err, errs.Conflict) {
			t.Errorf("got %v, want Conflict", err)
		}
		if _, err := w.actors.ByURL(t.Context(), second); err == nil || !strings.Contains(err.Error(), "still that of "+alice) {
			t.Errorf("got %v, which does not say whose the name is", err)
		}
		w.put(obj{"id": alice, "down": true}) // asked again later
		if _, err := w.actors.ByURL(t.Context(), second); !errs.Is(err, errs.Unavailable) {
			t.Errorf("got %v, want Unavailable", err)
		}
		had := alice
		for i, gone := range []obj{{"gone": true}, {"type": "Tombstone"}, nil} {
			if delete(w.pages, had); gone != nil {
				gone["id"] = had
				w.put(gone)
			}
			next := fmt.Sprintf("https://far.test/users/%d", i+2)
			w.put(person(next, "alice"))
			if k, err := w.actors.ByURL(t.Context(), next); err != nil || k.URL != next {
				t.Errorf("after %v: got %+v %v", gone, k, err)
			}
			if _, err := w.actors.Store.ByURL(t.Context(), had); !errs.Is(err, errs.NotFound) {
				t.Errorf("the former: got %v", err)
			}
			had = next
		}
	})
}

func TestKeysInAllForms(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.put(person(alice, "alice"))
		bob := "https://slash.test/users/bob"
		w.put(with(person(bob, "bob"), "publicKey", obj{"id": bob + "/main-key", "owner": bob, "publicKeyPem": key}))
		carol := "https://odd.test/u/carol"
		w.put(with(person(carol, "carol"), "publicKey", obj{"id": "https://odd.test/keys/7", "owner": carol, "publicKeyPem": key}),
			obj{"id": "https://odd.test/keys/7", "type": "Key", "owner": carol, "publicKeyPem": key},
			obj{"id": "https://evil.test/keys/1", "type": "Key", "owner": carol, "publicKeyPem": key},
			obj{"id": "https://odd.test/keys/8", "type": "Key", "owner": carol, "publicKeyPem": key})
		for id, want := range map[string]string{
			alice + "#main-key": alice, alice: alice, "acct:alice@far.test": alice,
			bob + "/main-key": bob, bob + "#main-key": bob, "https://odd.test/keys/7": carol, carol + "#main-key": carol,
		} {
			k, err := w.actors.Key(t.Context(), id, false)
			if err != nil || k.URL != want || k.PublicKey != key {
				t.Errorf("%s: got %+v %v", id, k, err)
			}
		}
		for id, want := range map[string]errs.Kind{
			"https://evil.test/keys/1": errs.Forbidden, "https://odd.test/keys/8": errs.Forbidden, "https://odd.test/keys/9": errs.NotFound, "x": errs.Invalid,
			"https://here.example/accounts/nobody#main-key": errs.NotFound,
		} {
			if k, err := w.actors.Key(t.Context(), id, false); !errs.Is(err, want) {
				t.Errorf("%s: got %+v %v, want %v", id, k, err, want)
			}
		}
		// A forged signature a moment later asks nobody.
		n := len(w.asked)
		if _, err := w.actors.Key(t.Context(), alice+"#main-key", true); err != nil || len(w.asked) != n {
			t.Errorf("got %v, asked %v", err, w.asked[n:])
		}
		w.now = w.now.Add(2 * time.Minute)
		w.put(with(person(alice, "alice"), "publicKey", obj{"id": alice + "#main-key", "owner": alice, "publicKeyPem": strings.Replace(key, "MIIB", "NEW", 1)}))
		if k, err := w.actors.Key(t.Context(), alice+"#main-key", true); err != nil || !strings.Contains(k.PublicKey, "NEW") {
			t.Errorf("rotated: got %+v %v", k, err)
		}
	})
}

func TestVideosComeWithAllTheyHave(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		c, err := w.videos.ByURL(t.Context(), theFilm)
		if err != nil {
			t.Fatal(err)
		}
		rows := &store.Videos{DB: w.db}
		v, err := rows.Details(t.Context(), video.ByUUID(uuid))
		if err != nil {
			t.Fatal(err)
		}
		if v.ID != c.ID || !v.Remote || v.Name != "A far film" || v.Views != 7 || v.Channel.URL != films || v.Channel.Owner.URL != alice || v.Privacy != video.Public ||
			len(v.Tags) != 1 || len(v.Thumbnails) != 1 || v.Thumbnails[0].FileURL != theFilm+"/small.jpg" {
			t.Errorf("got %+v", v)
		}
		if v.Playlist == nil || v.Playlist.PlaylistURL != theFilm+"/master.m3u8" || len(v.Playlist.P2PInfoHashes) != 1 || len(v.Files) != 2 ||
			v.Files[0].FileURL != theFilm+"/1080.mp4" || v.Files[0].PlaylistID != v.Playlist.ID {
			t.Errorf("got playlist %+v, files %+v", v.Playlist, v.Files)
		}
		if b, err := rows.Storyboard(t.Context(), v.ID); err != nil || b.SpriteWidth != 192 {
			t.Errorf("storyboard: got %+v %v", b, err)
		}
		if caps, err := rows.Captions(t.Context(), v.ID); err != nil || len(caps) != 1 || caps[0].Language != "fr" {
			t.Errorf("captions: got %+v %v", caps, err)
		}
		if len(w.published) != 1 || len(w.steps) != 5 {
			t.Errorf("told of %v, to crawl %+v", w.published, w.steps)
		}
		if n, err := sqldb.One(t.Context(), w.db, sqldb.Value[int], `SELECT COUNT(*) FROM search_docs WHERE video_id = $1`, v.ID); err != nil || n != 1 {
			t.Errorf("in the index of search %d times, %v", n, err)
		}

		// The same again asks for totals only; another title changes only what
		// changed.
		w.steps, w.published = nil, nil
		same := decode(t, film(theFilm, alice, films))
		if again, err := w.videos.Put(t.Context(), same); err != nil || again.ID != c.ID || len(w.steps) != 2 {
			t.Errorf("again: got %+v %v, to crawl %v", again, err, w.steps)
		}
		changed := with(film(theFilm, alice, films), "name", "Another name")
		changed["subtitleLanguage"], changed["views"] = []any{}, 9
		if _, err := w.videos.Put(t.Context(), decode(t, changed)); err != nil {
			t.Fatal(err)
		}
		now, err := (&store.Videos{DB: w.db}).Details(t.Context(), video.ByUUID(uuid))
		if err != nil || now.Name != "Another name" || now.Views != 9 || !now.UpdatedAt.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) || now.Thumbnails[0].Filename != v.Thumbnails[0].Filename || now.Files[0].ID != v.Files[0].ID {
			t.Errorf("changed: got %+v %v", now, err)
		}
		if caps, _ := rows.Captions(t.Context(), v.ID); len(caps) != 0 || len(w.published) != 0 {
			t.Errorf("captions %v, told of %v", caps, w.published)
		}
		unlisted := with(changed, "to", []any{})
		if _, err := w.videos.Put(t.Context(), decode(t, unlisted)); err != nil {
			t.Fatal(err)
		}
		if n, err := sqldb.One(t.Context(), w.db, sqldb.Value[int], `SELECT COUNT(*) FROM search_docs WHERE video_id = $1`, v.ID); err != nil || n != 0 {
			t.Errorf("an unlisted video is found: %d %v", n, err)
		}
		if err := w.videos.Remove(t.Context(), theFilm); err != nil {
			t.Fatal(err)
		}
		w.put(obj{"id": theFilm, "gone": true})
		if _, err := w.videos.ByURL(t.Context(), theFilm); !errs.Is(err, errs.Gone) {
			t.Errorf("removed: got %v, want Gone", err)
		}
		if _, err := w.videos.Put(t.Context(), same); !errs.Is(err, errs.Gone) {
			t.Errorf("removed, and told of too late: got %v, want Gone", err)
		}
		if n := w.count(t, `videos WHERE remote = TRUE`); n != 0 {
			t.Errorf("%d left", n)
		}
	})
}

// A video that becomes private is deleted elsewhere, and comes back with the
// same id.
func TestWhatWasRemovedIsBackWhenItsOriginHasIt(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		list := "https://far.test/video-playlists/1"
		w.put(obj{
			"id": list, "type": "Playlist", "name": "Far things", "uuid": "441a84d2-f9c7-405d-bc93-39b503161273", "attributedTo": []any{films},
			"published": "2026-01-02T03:04:05Z", "updated": "2026-01-02T03:04:05Z", "to": []any{activity.Public}, "first": list + "?page=1",
		})
		put := func() {
			t.Helper()
			if _, err := w.videos.Put(t.Context(), decode(t, film(theFilm, alice, films))); err != nil {
				t.Error(err)
			}
			if err := w.playlists.Put(t.Context(), decode(t, w.pages[list])); err != nil {
				t.Error(err)
			}
			if v, p := w.count(t, `videos WHERE remote = TRUE`), w.count(t, `playlists WHERE url = '`+list+`'`); v != 1 || p != 1 {
				t.Errorf("%d videos and %d playlists", v, p)
			}
		}
		put()
		for range 2 {
			if err := errors.Join(w.videos.Remove(t.Context(), theFilm), w.playlists.Remove(t.Context(), list)); err != nil {
				t.Fatal(err)
			}
			put()
		}
		if n := w.count(t, "tombstones"); n != 0 {
			t.Errorf("%d still buried", n)
		}
	})
}

func TestVideosThatAreNotTaken(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		mallory := "https://evil.test/accounts/mallory"
		shop := "https://evil.test/video-channels/shop"
		w.put(person(mallory, "mallory"), group(shop, "shop", mallory))
		at := func(n int) string { return fmt.Sprintf("https://evil.test/videos/watch/%d", n) }
		ownUUID, err := sqldb.One(t.Context(), w.db, sqldb.Value[string], `SELECT uuid FROM videos WHERE id = 1`)
		if err != nil {
			t.Fatal(err)
		}
		w.put(
			film(at(1), alice, films),                                    // somebody else's
			film(at(2), mallory, films),                                  // in somebody else's channel
			with(film(at(3), mallory, shop), "uuid", ownUUID),            // named as one of ours
			film(at(4), mallory, mallory),                                // in no channel
			with(film(at(5), mallory, shop), "icon", []any{}),            // without a picture
			with(film(at(6), mallory, "https://evil.test/none"), "x", 1), // in a channel that is not there
		)
		w.pages[at(7)] = film(theFilm, alice, films)
		for n, want := range map[int]errs.Kind{1: errs.Forbidden, 2: errs.Forbidden, 3: errs.Conflict, 4: errs.Invalid, 5: errs.Invalid, 6: errs.NotFound, 8: errs.NotFound} {
			if got, err := w.videos.ByURL(t.Context(), at(n)); !errs.Is(err, want) {
				t.Errorf("%d: got %+v %v, want %v", n, got, err, want)
			}
		}
		if c, err := w.videos.ByURL(t.Context(), at(7)); err != nil || c.URL != theFilm {
			t.Errorf("under another URL: got %+v %v", c, err)
		}
		// It has that UUID now: nobody else gets it.
		w.put(film(at(9), mallory, shop))
		if _, err := w.videos.ByURL(t.Context(), at(9)); !errs.Is(err, errs.Conflict) {
			t.Errorf("the UUID of another video: got %v, want Conflict", err)
		}
	})
}

func TestThreadsAreFetchedUpToTheirVideo(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		bob := "https://masto.test/users/bob"
		w.put(person(bob, "bob"))
		at := func(n int) string { return fmt.Sprintf("https://masto.test/notes/%d", n) }
		w.put(note(at(1), bob, theFilm, "first"), note(at(2), bob, at(1), "second"),
			obj{"id": at(3), "type": "Tombstone", "inReplyTo": at(2), "deleted": "2026-02-02T03:04:05Z"},
			note(at(4), bob, at(3), "fourth"))
		c, err := w.comments.ByURL(t.Context(), at(4))
		if err != nil {
			t.Fatal(err)
		}
		if c.Depth != 2 || c.Text != "<p>fourth</p>" || w.count(t, "comments") != 3 {
			t.Errorf("got %+v of %d", c, w.count(t, "comments"))
		}
		if n, err := sqldb.One(t.Context(), w.db, sqldb.Value[int], `SELECT comments FROM videos WHERE url = $1`, theFilm); err != nil || n != 3 {
			t.Errorf("the video counts %d, %v", n, err)
		}
		again, created, err := w.comments.Put(t.Context(), decode(t, note(at(4), bob, at(3), "<x>edited")))
		if err != nil || created || again.ID != c.ID {
			t.Errorf("edited: got %+v %v %v", again, created, err)
		}
		if now, err := w.comments.ByURL(t.Context(), at(4)); err != nil || now.Text != "<p>edited</p>" {
			t.Errorf("got %+v %v", now, err)
		}
		if err := w.comments.Remove(t.Context(), at(4)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.comments.Put(t.Context(), decode(t, note(at(4), bob, at(3), "late"))); !errs.Is(err, errs.Gone) {
			t.Errorf("a deleted one comes again: %v", err)
		}

		// A circle, a chain without end, something else at the top.
		w.put(note(at(10), bob, at(11), "a"), note(at(11), bob, at(10), "b"), note(at(12), bob, "https://masto.test/notes/none", "c"), note(at(13), bob, bob, "d"))
		for i := range 200 {
			w.put(note(at(100+i), bob, at(101+i), "deep"))
		}
		for n, want := range map[int]errs.Kind{10: errs.NotFound, 12: errs.NotFound, 13: errs.Invalid, 100: errs.Invalid} {
			before := len(w.asked)
			if _, err := w.comments.ByURL(t.Context(), at(n)); !errs.Is(err, want) {
				t.Errorf("%d: got %v, want %v", n, err, want)
			}
			if took := len(w.asked) - before; took > remote.MaxChain+2 {
				t.Errorf("%d: %d requests", n, took)
			}
		}
		ctx := fetch.WithBudget(t.Context(), 0)
		if _, err := w.comments.ByURL(ctx, at(150)); !errs.Is(err, errs.TooMany) {
			t.Errorf("without a budget: got %v, want TooMany", err)
		}
	})
}

func TestCommentsUnderOwnVideosFollowItsRules(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		bob := "https://masto.test/users/bob"
		w.put(person(bob, "bob"))
		set := func(column string, value int) string {
			t.Helper()
			if _, err := w.db.Exec(t.Context(), `UPDATE videos SET privacy = 1, state = 1, comments_policy = 1 WHERE id = 1`); err != nil {
				t.Fatal(err)
			}
			url, err := sqldb.Returning(t.Context(), w.db, sqldb.Value[string], `UPDATE videos SET `+column+` = $1 WHERE id = 1 RETURNING url`, value)
			if err != nil {
				t.Fatal(err)
			}
			return url
		}
		n := 0
		say := func(under string) (held bool, err error) {
			n++
			c, _, err := w.comments.Put(t.Context(), decode(t, note(fmt.Sprintf("https://masto.test/notes/%d", n), bob, under, "hi")))
			if err != nil {
				return false, err
			}
			return c.HeldForReview, nil
		}
		for _, tt := range []struct {
			name, column string
			value        int
			held         bool
			want         errs.Kind
		}{
			{name: "public", column: "privacy", value: 1},
			{name: "unlisted", column: "privacy", value: 2},
			{name: "private", column: "privacy", value: 3, want: errs.NotFound},
			{name: "internal", column: "privacy", value: 4, want: errs.NotFound},
			{name: "password", column: "privacy", value: 5, want: errs.NotFound},
			{name: "disabled", column: "comments_policy", value: 2, want: errs.Forbidden},
			{name: "approval", column: "comments_policy", value: 3, held: true},
		} {
			held, err := say(set(tt.column, tt.value))
			if tt.want != errs.Internal && !errs.Is(err, tt.want) || tt.want == errs.Internal && (err != nil || held != tt.held) {
				t.Errorf("%s: got held %v, %v", tt.name, held, err)
			}
		}
		w.comments.Accept = func() bool { return false }
		if _, err := say(set("privacy", 1)); !errs.Is(err, errs.Forbidden) {
			t.Errorf("not accepted: got %v", err)
		}
		if _, _, err := w.comments.Put(t.Context(), decode(t, note("https://masto.test/notes/x", "https://other.test/u", theFilm, "forged"))); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a note of another host: got %v", err)
		}
	})
}

func TestNothingWasPublishedLaterThanNow(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		late := with(film(theFilm, alice, films), "published", "9000-01-01T00:00:00Z")
		late["updated"], late["originallyPublishedAt"], late["uploadDate"] = late["published"], late["published"], late["published"]
		w.put(late)
		if _, err := w.videos.ByURL(t.Context(), theFilm); err != nil {
			t.Fatal(err)
		}
		v, err := (&store.Videos{DB: w.db}).ByRef(t.Context(), video.Ref{UUID: uuid})
		if err != nil {
			t.Fatal(err)
		}
		if v.PublishedAt.After(w.now) || v.UpdatedAt.After(w.now) || v.OriginallyPublishedAt != nil || v.InputFileUpdatedAt != nil {
			t.Errorf("published %v, first %v, changed %v, file of %v", v.PublishedAt, v.OriginallyPublishedAt, v.UpdatedAt, v.InputFileUpdatedAt)
		}
		// What its site sends when its clock is right again is newer.
		w.now = w.now.Add(time.Minute)
		w.asked = nil
		right := with(film(theFilm, alice, films), "updated", w.now.UTC().Format(time.RFC3339))
		right["name"] = "On time"
		if _, err := w.videos.Put(t.Context(), decode(t, right)); err != nil {
			t.Fatal(err)
		}
		if v, err = (&store.Videos{DB: w.db}).ByRef(t.Context(), video.Ref{UUID: uuid}); err != nil || v.Name != "On time" || len(w.asked) > 0 {
			t.Errorf("%q %v, asked %v", v.Name, err, w.asked)
		}
	})
}

// Its UUID a site chooses by itself, also one that is somebody else's.
func TestAUUIDThatIsTakenChangesNothing(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		if _, err := w.videos.ByURL(t.Context(), theFilm); err != nil {
			t.Fatal(err)
		}
		evil := func(path string) string { return "https://evil.test" + path }
		by, in := evil("/accounts/eve"), evil("/video-channels/eves")
		w.put(person(by, "eve"), group(in, "eves", by))
		own, err := sqldb.One(t.Context(), w.db, sqldb.Value[string], `SELECT uuid FROM videos WHERE id = 1`)
		if err != nil {
			t.Fatal(err)
		}
		for _, taken := range []string{uuid, own} {
			at := evil("/videos/watch/" + taken)
			w.put(with(with(film(at, by, in), "uuid", taken), "name", "Taken over"))
			_, err := w.videos.ByURL(t.Context(), at)
			if !errs.Is(err, errs.Conflict) || strings.Contains(err.Error(), "UNIQUE") || strings.Contains(err.Error(), "SQLSTATE") {
				t.Errorf("a UUID of another: %v", err)
			}
		}
		if n := w.count(t, `videos WHERE name = 'Taken over'`); n != 0 {
			t.Errorf("%d videos were taken over", n)
		}
		// Its owner goes on as before.
		w.now = w.now.Add(time.Minute)
		newer := with(with(film(theFilm, alice, films), "name", "Still hers"), "updated", "2026-03-02T03:04:05Z")
		if _, err := w.videos.Put(t.Context(), decode(t, newer)); err != nil || w.count(t, `videos WHERE name = 'Still hers'`) != 1 {
			t.Errorf("the owner's change: %v", err)
		}

		w.put(list(), with(with(with(list(), "id", evil("/video-playlists/"+uuid)), "attributedTo", []any{in}), "name", "Taken over"))
		if _, err := w.playlists.ByURL(t.Context(), theList); err != nil {
			t.Fatal(err)
		}
		_, err = w.playlists.ByURL(t.Context(), evil("/video-playlists/"+uuid))
		if !errs.Is(err, errs.Conflict) || w.count(t, `playlists WHERE name = 'Taken over'`) != 0 {
			t.Errorf("the UUID of another playlist: %v", err)
		}
		if err := w.playlists.Put(t.Context(), decode(t, with(list(), "updated", "2026-03-02T03:04:05Z"))); err != nil {
			t.Errorf("the owner's playlist: %v", err)
		}
	})
}
