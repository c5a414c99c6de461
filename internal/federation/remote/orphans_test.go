package remote_test

import (
	"log/slog"
	"testing"
	"time"

	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/origin"
	"sepiola/internal/federation/remote"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// Playlists of whom nobody follows go, then the videos that only they held,
// then channels without videos, and accounts without anything. What is
// followed, or said here, stays with whom it is of.
func TestWhatNobodyRefersToGoes(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.far()
		const bob, carol, list = "https://far.test/accounts/bob", "https://far.test/accounts/carol", "https://far.test/video-playlists/1"
		w.put(person(bob, "bob"), person(carol, "carol"))
		for _, url := range []string{bob, carol} {
			if _, err := w.actors.ByURL(ctx, url); err != nil {
				t.Fatal(err)
			}
		}
		v, err := w.videos.ByURL(ctx, theFilm)
		if err != nil {
			t.Fatal(err)
		}
		channel, err := w.actors.ByURL(ctx, films)
		if err != nil {
			t.Fatal(err)
		}
		owner, err := w.actors.ByURL(ctx, alice)
		if err != nil {
			t.Fatal(err)
		}
		p := &origin.Playlist{}
		p.URL, p.UUID, p.Name, p.Privacy, p.OwnerID, p.ChannelID = list, "441a84d2-f9c7-405d-bc93-39b503161273", "Films", 1, owner.AccountID, channel.ChannelID
		p.CreatedAt, p.UpdatedAt = w.now, w.now
		if err := w.playlists.Store.Put(ctx, p, w.now); err != nil {
			t.Fatal(err)
		}
		if err := w.playlists.Store.SetElements(ctx, p.ID, origin.Stretch{List: []origin.Element{{URL: list + "/videos/1", VideoID: v.ID}}, Last: true}); err != nil {
			t.Fatal(err)
		}
		said, err := w.actors.ByURL(ctx, bob)
		if err != nil {
			t.Fatal(err)
		}
		newChecks(w).say(t, "https://far.test/c/1", said.AccountID, 1, true)
		f := &follow.Follow{URL: "https://here.example/f/1", State: follow.Accepted, Score: 1000, FollowerID: 1, FollowingID: channel.ID, CreatedAt: w.now, UpdatedAt: w.now}
		follows := store.Follows{DB: w.db}
		if _, err := follows.Create(ctx, f); err != nil {
			t.Fatal(err)
		}
		local := w.count(t, "actors WHERE server_id IS NULL")
		at := w.now
		cleaner := &remote.Cleaner{
			Actors: w.actors.Store, Videos: w.videos.Store, Playlists: w.playlists.Store, Queue: w,
			Now: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler),
		}
		clean := func(when string, playlists, videos, actors int) {
			t.Helper()
			if err := cleaner.Clean(ctx); err != nil {
				t.Fatal(err)
			}
			if a, b, c := w.count(t, "playlists WHERE remote = TRUE"), w.count(t, "videos WHERE remote = TRUE"), w.count(t, "actors WHERE server_id IS NOT NULL"); a != playlists || b != videos || c != actors {
				t.Errorf("%s: %d playlists, %d videos, %d actors are left, want %d, %d, %d", when, a, b, c, playlists, videos, actors)
			}
		}
		clean("at once", 1, 1, 4)
		at = sqldb.Now().AddDate(0, 0, 31)
		clean("while the channel is followed", 1, 1, 3) // without carol
		if err := follows.Delete(ctx, f.ID); err != nil {
			t.Fatal(err)
		}
		at = sqldb.Now().AddDate(0, 0, 29)
		clean("before the term is over", 1, 1, 3)
		at = sqldb.Now().AddDate(0, 0, 31)
		clean("when nobody follows", 0, 0, 2) // of alice one run later: she had a channel
		clean("when nobody follows, the next time", 0, 0, 1)
		if _, err := w.actors.Store.ByURL(ctx, bob); err != nil {
			t.Errorf("who said something here: %v", err)
		}
		if n := w.count(t, "actors WHERE server_id IS NULL"); n != local {
			t.Errorf("%d of %d local actors are left", n, local)
		}
	})
}
