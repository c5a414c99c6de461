package remote_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/federation/remote"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// checks is a world in which what others did is looked for.
type checks struct {
	*world
	in      *remote.Interactions
	waiting []remote.Check
	pauses  []time.Duration
	changed []video.ID
	off     bool
	// busy is how many requests are let through before a host has enough; -1
	// any number.
	busy int
}

func (c *checks) Check(_ context.Context, it remote.Check, in time.Duration) error {
	c.waiting, c.pauses = append(c.waiting, it), append(c.pauses, in)
	return nil
}

func (c *checks) Get(ctx context.Context, url string, o fetch.Options) (*fetch.Response, error) {
	if c.busy == 0 {
		return nil, errs.New(errs.TooMany, "the host has enough")
	}
	c.busy--
	return c.world.Get(ctx, url, o)
}

func newChecks(w *world) *checks {
	c := &checks{world: w, busy: -1}
	rows := &store.Videos{DB: w.db}
	source := *w.source
	source.Fetch = c
	c.in = &remote.Interactions{
		Source: &source, Store: store.RemoteInteractions{DB: w.db}, Comments: w.comments, Rates: store.Rates{DB: w.db, Videos: rows}, Shares: w.videos.Store,
		Changed: func(_ context.Context, id video.ID) error { c.changed = append(c.changed, id); return nil },
		Queue:   c, Wanted: func() bool { return !c.off }, InTx: w.db.InTx, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
	}
	return c
}

// all goes through everything once, second looks too.
func (c *checks) all(t *testing.T) {
	t.Helper()
	c.waiting = []remote.Check{remote.FirstCheck}
	for n := 0; len(c.waiting) > 0; n++ {
		if n > 100 {
			t.Fatal("it does not end")
		}
		it := c.waiting[0]
		c.waiting = c.waiting[1:]
		err := c.in.Do(t.Context(), it)
		if errs.Is(err, errs.TooMany) { // tried again
			c.busy, c.waiting = 3, append(c.waiting, it)
			continue
		}
		if err != nil {
			t.Fatalf("%+v: %v", it, err)
		}
	}
}

func (c *checks) say(t *testing.T, url string, by actor.AccountID, id video.ID, remote bool) {
	t.Helper()
	if _, err := c.db.Exec(t.Context(), `INSERT INTO comments (video_id, owner_id, account_id, url, remote, text, created_at, updated_at)
		VALUES ($1, 1, $2, $3, $4, 'so', $5, $5)`, id, by, url, remote, c.now); err != nil {
		t.Fatal(err)
	}
}

func (c *checks) like(t *testing.T, url string, by actor.AccountID, id video.ID) {
	t.Helper()
	if _, err := c.in.Rates.Put(t.Context(), video.Rate{AccountID: by, VideoID: id, Type: video.RateLike, URL: url, CreatedAt: c.now}); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsGoneAtItsSiteIsRemoved(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := newChecks(w)
		w.far()
		const bob = "https://toot.test/users/bob"
		w.put(person(bob, "bob"))
		var who []actor.AccountID
		var far actor.ID
		for _, url := range []string{alice, bob} {
			k, err := w.actors.ByURL(ctx, url)
			if err != nil {
				t.Fatal(err)
			}
			who = append(who, k.AccountID)
		}
		site, err := w.actors.ByURL(ctx, films)
		if err != nil {
			t.Fatal(err)
		}
		far = site.ID
		for host, software := range map[string]string{"far.test": "peertube", "toot.test": "gotosocial"} {
			if err := (store.PeerServers{DB: w.db}).SetSoftware(ctx, host, software, "1", w.now); err != nil {
				t.Fatal(err)
			}
		}
		gone := func(url string) { w.put(obj{"id": url, "gone": true}) }
		there := func(url string) { w.put(obj{"id": url, "type": "Like"}) }

		c.say(t, "https://far.test/c/there", who[0], 1, true)
		there("https://far.test/c/there")
		c.say(t, "https://far.test/c/missing", who[0], 1, true)
		c.say(t, "https://toot.test/c/gone", who[1], 1, true)
		gone("https://toot.test/c/gone")
		c.say(t, "https://toot.test/c/down", who[1], 1, true)
		w.put(obj{"id": "https://toot.test/c/down", "down": true})
		c.say(t, "https://other.test/c/elsewhere", who[1], 1, true)
		c.say(t, "https://bench.example/c/own", 1, 1, false)

		c.like(t, "https://far.test/likes/missing", who[0], 1)
		c.like(t, "https://far.test/likes/there", who[0], 2)
		there("https://far.test/likes/there")
		c.like(t, "https://toot.test/users/bob#likes/1", who[1], 1) // no document of its own
		c.like(t, "https://toot.test/likes/missing", who[1], 2)     // its site gives out no likes
		c.like(t, "https://toot.test/likes/gone", who[1], 3)
		gone("https://toot.test/likes/gone")
		for id, url := range map[video.ID]string{1: "https://far.test/a/missing", 2: "https://far.test/a/there", 3: "https://bench.example/v/announces/1"} {
			if err := w.videos.Store.Share(ctx, far, id, url, w.now); err != nil {
				t.Fatal(err)
			}
		}
		there("https://far.test/a/there")

		w.asked = nil
		c.off = true
		c.all(t)
		if len(w.asked) != 0 {
			t.Errorf("asked though it is switched off: %v", w.asked)
		}
		c.off, c.busy = false, 3
		c.all(t)
		if n := w.count(t, `comments WHERE deleted_at IS NULL AND url IN ('https://far.test/c/there', 'https://toot.test/c/down', 'https://other.test/c/elsewhere', 'https://bench.example/c/own')`); n != 4 {
			t.Errorf("%d of 4 comments are left", n)
		}
		if n := w.count(t, `comments WHERE deleted_at IS NULL AND url IN ('https://far.test/c/missing', 'https://toot.test/c/gone')`); n != 0 {
			t.Errorf("%d comments that are gone are left", n)
		}
		urls, err := sqldb.All(ctx, w.db, sqldb.Value[string], `SELECT url FROM video_rates WHERE url LIKE '%.test/%' ORDER BY url`)
		if want := []string{"https://far.test/likes/there", "https://toot.test/likes/missing", "https://toot.test/users/bob#likes/1"}; err != nil || !slices.Equal(urls, want) {
			t.Errorf("likes: %v %v, want %v", urls, err, want)
		}
		slices.Sort(c.changed)
		if !slices.Equal(c.changed, []video.ID{1, 3}) {
			t.Errorf("videos that changed: %v", c.changed)
		}
		urls, err = sqldb.All(ctx, w.db, sqldb.Value[string], `SELECT url FROM video_shares ORDER BY url`)
		if want := []string{"https://bench.example/v/announces/1", "https://far.test/a/there"}; err != nil || !slices.Equal(urls, want) {
			t.Errorf("shares: %v %v, want %v", urls, err, want)
		}
		for _, url := range []string{"https://toot.test/users/bob", "https://other.test/c/elsewhere", "https://bench.example/v/announces/1"} {
			if slices.Contains(w.asked, url) {
				t.Errorf("%s was asked for", url)
			}
		}
		if !slices.Contains(c.pauses, time.Hour) {
			t.Errorf("nothing was asked for a second time after an hour: %v", c.pauses)
		}
	})
}

// Many are gone through in parts, each of which goes on where the last ended;
// what is back at the second look stays.
func TestManyAreAskedForInParts(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := newChecks(w)
		w.far()
		k, err := w.actors.ByURL(ctx, alice)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 230 {
			c.say(t, fmt.Sprintf("https://far.test/c/%d", n), k.AccountID, 1, true)
		}
		w.asked = nil
		if err := c.in.Do(ctx, remote.FirstCheck); err != nil {
			t.Fatal(err)
		}
		if len(w.asked) != 50 || len(c.waiting) != 2 || len(c.waiting[0].Missing) != 50 || c.waiting[1].After == "" {
			t.Fatalf("the first part asked %d times and leaves %v", len(w.asked), c.waiting)
		}
		for n := range 230 {
			w.put(obj{"id": fmt.Sprintf("https://far.test/c/%d", n), "type": "Note"})
		}
		c.all(t)
		if n := w.count(t, `comments WHERE deleted_at IS NULL AND url LIKE 'https://far.test/%'`); n != 230 {
			t.Errorf("%d of 230 are left", n)
		}
		if len(w.asked) != 50+230 {
			t.Errorf("asked %d times", len(w.asked))
		}
	})
}
