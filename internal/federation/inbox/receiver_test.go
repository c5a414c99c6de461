package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/inbox"
)

// arrive is what the handler of an inbox does.
func (w *world) arrive(r *http.Request, body []byte) error {
	sig, err := httpsig.Parse(r, httpsig.Options{Now: w.now, Host: here, Scheme: "https"})
	if err != nil {
		return inbox.Refuse(err)
	}
	if err := httpsig.CheckDigest(r.Header, body); err != nil {
		return inbox.Refuse(err)
	}
	return w.receiver.Receive(w.t.Context(), inbox.Request{Body: body, Signature: sig})
}

// know makes actors known here.
func (w *world) know(urls ...string) {
	w.t.Helper()
	for _, url := range urls {
		if _, err := w.processor.Actors.ByURL(w.t.Context(), url); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestHostileRequestsAreRefused(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		// What another key may have made waits until that may be asked for.
		const doubted = errs.Kind(-1)
		doubts := 0
		w.know(alice, bob, mallory)
		w.later(time.Second)
		like := func(n int) []byte { return encode(t, act("Like", fmt.Sprintf("%s/likes/%d", alice, n), alice, mine())) }
		nested := `{"type":"Like","actor":"` + alice + `","object":` + strings.Repeat(`{"object":`, 200) + `1` + strings.Repeat(`}`, 200) + `}`
		for i, tt := range []struct {
			name string
			body []byte
			by   string
			harm func(r *http.Request, body []byte) []byte
			want errs.Kind
		}{
			{"no signature", like(1), alice, func(r *http.Request, b []byte) []byte { r.Header.Del("Signature"); return b }, errs.Forbidden},
			{"nonsense for a signature", like(1), alice, func(r *http.Request, b []byte) []byte { r.Header.Set("Signature", "x"); return b }, errs.Forbidden},
			{"another body", like(1), alice, func(_ *http.Request, b []byte) []byte { return append(b, ' ') }, errs.Forbidden},
			{"another path", like(1), alice, func(r *http.Request, b []byte) []byte { r.URL.Path = "/accounts/x/inbox"; return b }, doubted},
			{"another date", like(1), alice, func(r *http.Request, b []byte) []byte {
				r.Header.Set("Date", w.now.Add(time.Minute).UTC().Format(http.TimeFormat))
				return b
			}, doubted},
			{"the signature of another", like(1), alice, func(r *http.Request, b []byte) []byte {
				r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), alice, mallory, 1))
				return b
			}, doubted},
			{"a key of this site", like(1), owner, nil, errs.Conflict},
			{"a key of nobody", like(1), "https://10.0.0.1/x", nil, errs.Forbidden},
			{"a key that is no text", like(1), "https://far.test/accounts/\xff", nil, errs.Forbidden},
			{"a key by a handle that is no text", like(1), "acct:\xff@far.test", nil, errs.Forbidden},
			{"no JSON", []byte(`<html>`), alice, nil, errs.Invalid},
			{"a list", []byte(`[]`), alice, nil, errs.Invalid},
			{"no type", []byte(`{"actor":"` + alice + `"}`), alice, nil, errs.Invalid},
			{"a type that is a number", []byte(`{"type":5,"actor":"` + alice + `"}`), alice, nil, errs.Invalid},
			{"no actor", []byte(`{"type":"Like"}`), alice, nil, errs.Invalid},
			{"an id of another host", encode(t, act("Like", mallory+"/likes/1", alice, mine())), alice, nil, errs.Forbidden},
			{"an id with credentials", encode(t, act("Like", "https://a:b@far.test/likes/1", alice, mine())), alice, nil, errs.Invalid},
			{"nested too deep", []byte(nested), alice, nil, errs.Invalid},
			{"too long", []byte(`{"type":"Like","actor":"` + alice + `","x":"` + strings.Repeat("x", 2<<20) + `"}`), alice, nil, errs.TooLarge},
			{"a list of too many", []byte(`{"type":"Collection","items":[` + strings.Repeat(`{},`, 50) + `{}]}`), alice, nil, errs.TooLarge},
		} {
			r := w.request(tt.by, tt.body)
			body := tt.body
			if tt.harm != nil {
				body = tt.harm(r, body)
			}
			err := w.arrive(r, body)
			if tt.want == doubted && err == nil {
				doubts++
			} else if !errs.Is(err, tt.want) {
				t.Errorf("%d: %s: got %v", i, tt.name, err)
			}
		}
		if n := w.left(); n != doubts || doubts != 3 {
			t.Errorf("%d rows were written down, want 3", n)
		}
		old := w.request(alice, like(2))
		w.later(31 * time.Minute)
		if err := w.arrive(old, like(2)); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a signature of half an hour ago: %v", err)
		}
		unsigned := w.request(alice, like(1))
		unsigned.Header.Del("Signature")
		if err := w.arrive(unsigned, like(1)); err == nil || errs.As(err).Msg != "no authorization or signature header present in the request" {
			t.Errorf("an unsigned request: %v", err)
		}
		w.sweep()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 0 || w.left() != 0 {
			t.Errorf("%d likes, %d rows left of what is wrong", n, w.left())
		}
	})
}

func TestWhatIsReplayedIsDoneOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice)
		like := encode(t, act("Like", alice+"/likes/1", alice, mine()))
		first := w.request(alice, like)
		undo := act("Undo", alice+"/undo/1", alice, act("Like", alice+"/likes/1", alice, mine()))
		if err := w.arrive(first, like); err != nil {
			t.Fatal(err)
		}
		w.drain()
		w.send(undo)
		w.drain()
		if err := w.arrive(first, like); err != nil { // recorded by somebody
			t.Fatal(err)
		}
		w.drain()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 0 {
			t.Errorf("a like that was played again counts")
		}
		for range 3 {
			w.send(act("View", farSite+"/views/1", farSite, mine()))
		}
		w.drain()
		if n := w.number(`SELECT SUM(views) FROM view_buffer`); n != 1 {
			t.Errorf("a view that came three times counts %d times", n)
		}
	})
}

func TestAKeyIsNotAskedForBeforeTheAnswer(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.send(act("Like", alice+"/likes/1", alice, mine()))
		if len(w.asked) != 0 {
			t.Errorf("asked before the answer: %v", w.asked)
		}
		if n := w.number(`SELECT COUNT(*) FROM inbox_seen WHERE activity_url LIKE 'https%'`); n != 0 {
			t.Error("the id of something that is not verified is used up")
		}
		w.drain()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 1 || !slices.Contains(w.asked, alice) {
			t.Errorf("%d likes, asked %v", n, w.asked)
		}
		// Somebody else uses the name of an actor who is not known.
		stranger := "https://far.test/accounts/carol"
		forged := encode(t, act("Like", stranger+"/likes/1", stranger, mine()))
		r := w.request(mallory, forged)
		r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), mallory, stranger, 1))
		w.put(person(stranger, "carol"))
		if err := w.arrive(r, forged); err != nil {
			t.Fatalf("a key that is not known: %v", err)
		}
		w.drain()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 1 || w.left() != 0 {
			t.Errorf("a forged like counts, or waits: %d, %d left", n, w.left())
		}
		w.send(act("Like", stranger+"/likes/1", stranger, mine()))
		w.drain()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 2 {
			t.Errorf("the real one does not count")
		}
	})
}

func TestAFarewellOfStrangersMeansNothing(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		gone := "https://gone.test/users/x"
		w.send(act("Delete", gone+"#delete", gone, gone))
		w.drain()
		if w.left() != 0 || len(w.asked) != 0 {
			t.Errorf("%d left, asked %v", w.left(), w.asked)
		}
	})
}

func TestWhoIsBlockedIsNotHeard(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice)
		w.send(act("Like", alice+"/likes/1", alice, mine())) // waits
		if err := w.blocks.Store.AddServer(t.Context(), 0, "far.test", w.now); err != nil {
			t.Fatal(err)
		}
		w.later(time.Minute)
		if err := w.deliver(alice, encode(t, act("Like", alice+"/likes/2", alice, mine()))); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a blocked host: %v", err)
		}
		if err := w.deliver("https://far.test/accounts/new", encode(t, act("Like", "https://far.test/1", "https://far.test/accounts/new", mine()))); !errs.Is(err, errs.Forbidden) {
			t.Errorf("somebody new of a blocked host: %v", err)
		}
		w.drain()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 0 || w.left() != 0 {
			t.Errorf("%d likes of a blocked host, %d left", n, w.left())
		}
	})
}

func TestWhatIsPassedOnMustBeSigned(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, mallory)
		likes := func() int { return w.number(`SELECT likes FROM videos WHERE id = 1`) }
		w.send(act("Like", alice+"/likes/1", alice, mine()), mallory)
		w.drain()
		if likes() != 0 {
			t.Error("mallory likes in the name of alice")
		}
		good := w.signed(act("Like", alice+"/likes/1", alice, mine()))
		changed := obj{}
		for k, v := range good {
			changed[k] = v
		}
		changed["object"] = "https://bench.example/videos/watch/other"
		w.send(changed, mallory)
		w.drain()
		if w.left() != 0 || likes() != 0 {
			t.Error("a changed document counts")
		}
		forged := act("Like", alice+"/likes/2", alice, mine())
		forged["actor"] = mallory // who signs
		w.signed(forged)
		forged["actor"] = alice
		w.send(forged, bob)
		w.drain()
		if likes() != 0 {
			t.Error("a document that mallory signed counts as alice's")
		}
		w.send(good, mallory) // whoever brings it
		w.drain()
		if likes() != 1 {
			t.Error("a signed like that was passed on does not count")
		}
		// A note without a signature: its own site is asked.
		url := "https://far.test/n/1"
		w.put(note(url, alice, mine(), "true"))
		w.send(act("Create", url+"/activity", alice, note(url, alice, mine(), "forged")), mallory)
		w.drain()
		c, err := w.processor.Said.ByURL(t.Context(), url)
		if err != nil || !strings.Contains(c.Text, "true") {
			t.Errorf("a note that was passed on: %v %v", c, err)
		}
		w.send(act("Delete", url+"/delete", alice, url), mallory)
		w.drain()
		if c, err := w.processor.Said.ByURL(t.Context(), url); err != nil || c.Deleted() {
			t.Errorf("mallory deletes a note: %v %v", c, err)
		}
	})
}

func TestAFloodFillsOneLaneOnly(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, mallory)
		fill := func(lane, by string, n int) {
			var rows []*peer.Received
			for i := range n {
				rows = append(rows, &peer.Received{ActivityURL: fmt.Sprintf("%s/x/%d", by, i), Lane: lane, ActorURL: by, Body: []byte(`{}`), ReceivedAt: w.now})
			}
			if _, err := w.inbox.Add(t.Context(), rows); err != nil {
				t.Fatal(err)
			}
		}
		fill("evil.test", mallory, 10_000)
		if err := w.deliver(mallory, encode(t, act("Like", mallory+"/likes/x", mallory, mine()))); !errs.Is(err, errs.TooMany) {
			t.Errorf("one too many: %v", err)
		}
		// What only pretends to be of a host does not fill its lane.
		fill("?far.test", "https://far.test/accounts/nobody", 2000)
		if err := w.deliver(bob, encode(t, act("Like", bob+"/likes/1", bob, mine()))); !errs.Is(err, errs.TooMany) {
			t.Errorf("one doubt too many: %v", err)
		}
		w.send(act("Like", alice+"/likes/1", alice, mine()))
		w.drain()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 1 {
			t.Error("the flood of one keeps another from being heard")
		}
	})
}

func TestOrderIsKept(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, bob, farSite)
		w.put(obj{"id": "https://far.test/n/parent", "down": true})
		reply := note("https://far.test/n/1", alice, "https://far.test/n/parent", "x")
		w.send(act("Create", "https://far.test/n/1/activity", alice, reply)) // cannot be done now
		w.send(act("Delete", "https://far.test/n/1/delete", alice, "https://far.test/n/1"))
		w.send(act("Like", bob+"/likes/1", bob, mine()))
		w.drain()
		if w.left() != 2 || w.number(`SELECT likes FROM videos WHERE id = 1`) != 1 {
			t.Errorf("%d left: what is about something else must pass, what is about the same must not", w.left())
		}
		if err := w.processor.Sweep(t.Context()); err != nil || len(w.waiting) != 1 {
			// The deletion is due, but waits for what is before it.
			t.Errorf("lanes: %v %v", w.waiting, err)
		}
		w.drain()
		w.put(note("https://far.test/n/parent", bob, mine(), "parent"))
		w.later(time.Minute)
		if err := w.processor.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.drain()
		if w.left() != 0 {
			t.Errorf("%d left in the end", w.left())
		}
		if c, err := w.processor.Said.ByURL(t.Context(), "https://far.test/n/1"); err == nil && !c.Deleted() {
			t.Error("it was deleted before it was created")
		}
	})
}

func TestItIsGivenUpInTheEnd(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice)
		w.put(obj{"id": "https://far.test/n/parent", "down": true})
		w.send(act("Create", alice+"/c/1", alice, note("https://far.test/n/1", alice, "https://far.test/n/parent", "x")))
		w.drain()
		for n := 1; w.left() > 0; n++ {
			if n > 10 {
				t.Fatal("it is tried for ever")
			}
			w.later(7 * time.Hour)
			if err := w.processor.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.drain()
		}
	})
}

// broken fails in the middle of what an activity does.
type broken struct {
	outbox
	left *int
}

func (b broken) VideoChanged(ctx context.Context, id video.ID) error {
	if *b.left > 0 {
		*b.left--
		return errors.New("the disk is full")
	}
	return b.outbox.VideoChanged(ctx, id)
}

func TestAnActivityIsDoneWhollyOrNotAtAll(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice)
		n := 1
		w.processor.Outbox = broken{outbox{w}, &n}
		w.send(act("Like", alice+"/likes/1", alice, mine()))
		w.drain()
		if likes := w.number(`SELECT likes FROM videos WHERE id = 1`); likes != 0 || w.left() != 1 {
			t.Fatalf("half of it was done: %d likes, %d left", likes, w.left())
		}
		w.later(time.Hour)
		if err := w.processor.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.drain()
		if likes := w.number(`SELECT likes FROM videos WHERE id = 1`); likes != 1 || w.left() != 0 {
			t.Errorf("%d likes, %d left", likes, w.left())
		}
	})
}

// Two processes (of several nodes) at the same lane do each activity once.
func TestTwoAtOneLane(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(farSite)
		for i := range 60 {
			w.send(act("View", fmt.Sprintf("%s/views/%d", farSite, i), farSite, mine()))
		}
		other := &inbox.Processor{
			Inbox: w.processor.Inbox, Queue: w, Blocked: w.processor.Blocked, Graves: w.processor.Graves, Actors: w.processor.Actors,
			Videos: w.processor.Videos, Comments: w.processor.Comments, Playlists: w.processor.Playlists, Known: w.processor.Known, Copies: w.processor.Copies,
			Said: w.processor.Said, Lists: w.processor.Lists, VideoStore: w.rows, CommentStore: w.talk, Rates: w.processor.Rates, Follows: w.follows,
			Views: w.processor.Views, Mutes: w.blocks, Outbox: outbox{w}, Presence: new(inbox.Presence), Rules: w.processor.Rules, Site: w.processor.Site,
			InTx: w.db.InTx, Now: w.processor.Now, Log: w.processor.Log,
		}
		var g sync.WaitGroup
		for _, p := range []*inbox.Processor{w.processor, other} {
			g.Go(func() {
				if err := p.Lane(t.Context(), "far.test"); err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
		if n := w.number(`SELECT SUM(views) FROM view_buffer`); n != 60 || w.left() != 0 {
			t.Errorf("got %d views, want 60; %d left", n, w.left())
		}
	})
}

func TestAListOfActivities(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice)
		list := obj{"type": "OrderedCollection", "id": alice + "/list", "orderedItems": []any{
			act("Like", alice+"/likes/1", alice, mine()), act("Like", mallory+"/likes/1", mallory, mine()), "nonsense", obj{"type": "Like"},
		}}
		if err := w.deliver(alice, encode(t, list)); err != nil {
			t.Fatal(err)
		}
		w.drain()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 1 || w.left() != 0 {
			t.Errorf("%d likes, %d left", n, w.left())
		}
	})
}
