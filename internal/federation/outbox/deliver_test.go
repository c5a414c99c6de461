package outbox_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// waiting puts an activity for hosts, and returns its inbox at a host.
func (w *world) waiting(name string, p peer.Priority, hosts ...string) {
	w.t.Helper()
	a := &peer.Outgoing{ActivityURL: "https://bench.example/" + name, Type: "Create", ActorID: ownerActor, Body: []byte(`{}`), CreatedAt: w.now}
	w.must(w.out.Store.Put(w.t.Context(), a))
	var list []peer.Inboxes
	for _, h := range hosts {
		list = append(list, peer.Inboxes{Host: h, URL: "https://" + h + "/" + name})
	}
	w.must(w.out.Store.Fan(w.t.Context(), a.ID, p, list))
	w.exec(`UPDATE deliveries SET created_at = $1`, w.now)
}

func (w *world) left(host string) []string {
	w.t.Helper()
	list, err := w.out.Store.Next(w.t.Context(), host, 100)
	w.must(err)
	names := []string{}
	for _, d := range list {
		names = append(names, d.InboxURL[strings.LastIndexByte(d.InboxURL, '/')+1:])
	}
	return names
}

func TestDeliveriesGoInOrder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.waiting("like", peer.Later, "far.example")
		for i := range 45 { // more than one batch
			w.waiting(string(rune('A'+i)), peer.Normal, "far.example", "other.example")
		}
		w.waiting("accept", peer.First, "far.example")
		if again, err := w.sent.Deliver(t.Context(), "far.example"); err != nil || !again.IsZero() {
			t.Fatalf("deliver: %v %v", again, err)
		}
		if len(w.got) != 47 || !strings.HasSuffix(w.got[0], "accept") || !strings.HasSuffix(w.got[1], "A") || !strings.HasSuffix(w.got[46], "like") {
			t.Errorf("got %v", w.got)
		}
		if left := w.left("far.example"); len(left) != 0 || len(w.left("other.example")) != 45 {
			t.Errorf("left: %v", left)
		}
	})
}

func TestAHostThatFailsIsLeftAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		fan := w.remote("a", "far.example", ownerActor)
		tries, down := 0, true
		w.answer = func(context.Context, string) error {
			tries++
			if down {
				return errs.New(errs.Unavailable, "503")
			}
			return nil
		}
		w.exec(`UPDATE actors SET shared_inbox_url = 'https://far.example/video' WHERE id = $1`, fan.ID)
		w.waiting("video", peer.Normal, "far.example")
		w.waiting("view", peer.Droppable, "far.example")
		for i := range 3 {
			again, err := w.sent.Deliver(ctx, "far.example")
			if want := w.now.Add(peer.Backoff(i + 1)); !errs.Is(err, errs.Unavailable) || !again.Equal(want) || tries != i+1 {
				t.Fatalf("try %d: got %v %v after %d requests, want again at %v", i, again, err, tries, want)
			}
			early, err := w.sent.Deliver(ctx, "far.example")
			if err == nil || !early.Equal(again) || tries != i+1 {
				t.Errorf("too early: got %v %v after %d requests", early, err, tries)
			}
			w.now = again
		}
		w.want("left: a view is dropped, a video never", w.left("far.example"), "video")
		w.must(w.sent.Scores(ctx))
		score, err := sqldb.One(ctx, w.db, sqldb.Value[int], `SELECT score FROM actor_follows WHERE actor_id = $1`, fan.ID)
		if err != nil || score != 970 {
			t.Errorf("score: got %d %v, want 970", score, err)
		}
		down = false
		if again, err := w.sent.Deliver(ctx, "far.example"); err != nil || !again.IsZero() {
			t.Errorf("it is back: got %v %v", again, err)
		}
		if s, err := w.sent.Servers.ByHost(ctx, "far.example"); err != nil || s.Failures != 0 || len(w.left("far.example")) != 0 {
			t.Errorf("after that: got %+v %v", s, err)
		}
	})
}

func TestWhatIsRefusedIsDropped(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		gone, stays := w.remote("gone", "far.example", ownerActor), w.remote("stays", "far.example", ownerActor)
		w.answer = func(_ context.Context, inbox string) error {
			switch {
			case strings.HasSuffix(inbox, "/bad"):
				return errs.New(errs.Forbidden, "403")
			case strings.HasSuffix(inbox, "/u/gone/inbox"):
				return errs.New(errs.Gone, "410")
			}
			return nil
		}
		w.waiting("bad", peer.Normal, "far.example")
		w.waiting("u/gone/inbox", peer.Normal, "far.example")
		w.waiting("good", peer.Normal, "far.example")
		if _, err := w.sent.Deliver(ctx, "far.example"); err != nil {
			t.Fatal(err)
		}
		if len(w.got) != 1 || len(w.left("far.example")) != 0 {
			t.Errorf("got %v, left %v", w.got, w.left("far.example"))
		}
		if _, err := w.follows.Between(ctx, gone.ID, ownerActor); !errs.Is(err, errs.NotFound) {
			t.Errorf("the follower whose inbox is gone: got %v, want NotFound", err)
		}
		if _, err := w.follows.Between(ctx, stays.ID, ownerActor); err != nil {
			t.Errorf("the other one: %v", err)
		}
	})
}

// One activity that a host cannot take does not hold up the others for ever.
func TestWhatFailsAgainAndAgainLetsOthersPass(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		w.answer = func(_ context.Context, inbox string) error {
			if strings.HasSuffix(inbox, "poison") {
				return errs.New(errs.Unavailable, "500")
			}
			return nil
		}
		w.waiting("poison", peer.Normal, "far.example")
		w.waiting("good", peer.Normal, "far.example")
		for i := range 60 {
			again, _ := w.sent.Deliver(ctx, "far.example")
			if i < 2 && len(w.got) > 0 {
				t.Fatalf("round %d: the second passed the first at once", i)
			}
			if again.After(w.now) {
				w.now = again
			} else {
				w.now = w.now.Add(time.Hour)
			}
			if i%3 == 2 {
				w.waiting("more"+string(rune('a'+i%26)), peer.Normal, "far.example")
				w.exec(`UPDATE servers SET retry_at = NULL`)
			}
		}
		if !slices.Contains(w.got, "https://far.example/good") {
			t.Errorf("got %v", w.got)
		}
		if slices.Contains(w.left("far.example"), "poison") {
			t.Errorf("it is still tried: %v", w.left("far.example"))
		}
	})
}

func TestASlowHostHasLessTimeAtFirst(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.waiting("video", peer.Normal, "slow.example")
		w.answer = func(ctx context.Context, _ string) error {
			deadline, ok := ctx.Deadline()
			if !ok || time.Until(deadline) > 5*time.Second {
				t.Errorf("deadline: got %v %v, want a short one", deadline, ok)
			}
			return nil
		}
		if _, err := w.sent.Deliver(t.Context(), "slow.example"); err != nil {
			t.Fatal(err)
		}
		w.waiting("video2", peer.Normal, "slow.example")
		w.answer = func(ctx context.Context, _ string) error {
			if _, ok := ctx.Deadline(); ok {
				t.Error("a host that answered just now has a short deadline")
			}
			return nil
		}
		if _, err := w.sent.Deliver(t.Context(), "slow.example"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDeadHostsLoseTheirFollowers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		dead, ill := w.remote("a", "dead.example", ownerActor), w.remote("b", "ill.example", ownerActor)
		w.waiting("video", peer.First, "dead.example", "ill.example")
		if _, err := w.sent.Servers.Failed(ctx, "dead.example", w.now.Add(-peer.Dead-time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.sent.Servers.Failed(ctx, "ill.example", w.now.Add(-peer.Dead+time.Hour)); err != nil {
			t.Fatal(err)
		}
		w.must(w.sent.Dead(ctx))
		for id, want := range map[actor.ID]bool{dead.ID: false, ill.ID: true} {
			if _, err := w.follows.Between(ctx, id, ownerActor); (err == nil) != want {
				t.Errorf("follower %d: got %v, want %v", id, err, want)
			}
		}
		if len(w.left("dead.example")) != 0 || len(w.left("ill.example")) != 1 {
			t.Errorf("left: %v %v", w.left("dead.example"), w.left("ill.example"))
		}
	})
}

func TestWhatIsOfSomebodyGoneIsDropped(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.waiting("video", peer.Normal, "far.example")
		w.must(store.Actors{DB: w.db}.DeleteOfUser(t.Context(), 1))
		if _, err := w.sent.Deliver(t.Context(), "far.example"); err != nil || len(w.got) != 0 || len(w.left("far.example")) != 0 {
			t.Errorf("got %v %v, left %v", w.got, err, w.left("far.example"))
		}
	})
}
