package inbox_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

func TestFollows(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		state := func(follower, following string) follow.State {
			a, err := w.known.ByURL(t.Context(), follower)
			if err != nil {
				return ""
			}
			b, err := w.known.ByURL(t.Context(), following)
			if err != nil {
				t.Fatal(err)
			}
			f, err := w.follows.Between(t.Context(), a.ID, b.ID)
			if err != nil {
				return ""
			}
			return f.State
		}
		ask := act("Follow", bob+"/follows/1", bob, channel)
		w.send(ask)
		w.drain()
		if s := state(bob, channel); s != follow.Accepted {
			t.Errorf("a follow of a channel: %q", s)
		}
		if diff := cmp.Diff([]string{"accept " + bob + "/follows/1"}, w.outcome()); diff != "" || len(w.told) != 1 {
			t.Errorf("told: %s %v", diff, w.told)
		}
		w.send(act("Follow", bob+"/follows/1b", bob, channel)) // asked again
		w.drain()
		if got := w.outcome(); len(got) != 1 || len(w.told) != 1 {
			t.Errorf("a follow again: %v %v", got, w.told)
		}
		w.send(act("Undo", mallory+"/undo", mallory, ask))
		w.drain()
		if s := state(bob, channel); s != follow.Accepted {
			t.Errorf("undone by another: %q", s)
		}
		w.send(act("Undo", bob+"/undo", bob, ask))
		w.drain()
		if s := state(bob, channel); s != "" {
			t.Errorf("undone: %q", s)
		}
		again := act("Follow", bob+"/follows/1c", bob, channel)
		w.send(again)
		w.drain()
		w.send(act("Undo", alice+"/undo/1c", alice, bob+"/follows/1c"))
		w.drain()
		if s := state(bob, channel); s != follow.Accepted {
			t.Errorf("undone by its id by another: %q", s)
		}
		w.send(act("Undo", bob+"/undo/1c", bob, bob+"/follows/1c"))
		w.drain()
		if s := state(bob, channel); s != "" {
			t.Errorf("undone by its id: %q", s)
		}
		w.outcome()

		w.rules.ApproveFollowers, w.told = true, nil
		w.send(act("Follow", farSite+"/follows/1", farSite, mySite))
		w.drain()
		if s := state(farSite, mySite); s != follow.Pending || len(w.outcome()) != 0 {
			t.Errorf("a follow that needs approval: %q", s)
		}
		heard := func(what string, want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, w.told, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: told %s", what, diff)
			}
			w.told = nil
		}
		heard("a follow that needs approval", "the site is followed: pending")
		w.send(act("Follow", farSite+"/follows/1b", farSite, mySite))
		w.drain()
		heard("it asks again")
		w.rules.FollowersOfChannels = false
		w.send(act("Follow", alice+"/follows/2", alice, channel))
		w.drain()
		if diff := cmp.Diff([]string{"reject " + alice + "/follows/2"}, w.outcome()); diff != "" || state(alice, channel) != "" {
			t.Errorf("a follow that is not wanted: %s", diff)
		}
		w.rules = rulesOpen
		if _, err := w.db.Exec(t.Context(), `DELETE FROM actor_follows`); err != nil {
			t.Fatal(err)
		}
		w.send(act("Follow", farSite+"/follows/3", farSite, mySite))
		w.drain()
		if diff := cmp.Diff([]string{"accept " + farSite + "/follows/3", "follow back " + farSite}, w.outcome()); diff != "" {
			t.Errorf("a site follows: %s", diff)
		}
		heard("a site follows", "the site is followed: accepted")
		k, err := w.known.ByURL(t.Context(), bob)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.blocks.Store.AddAccount(t.Context(), user.SiteBlocks, k.AccountID, w.now); err != nil {
			t.Fatal(err)
		}
		w.later(time.Minute)
		if err := w.deliver(bob, encode(t, act("Follow", bob+"/follows/9", bob, channel))); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a follow by somebody whom the site has muted: %v", err)
		}
	})
}
