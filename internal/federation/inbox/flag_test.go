package inbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/user"
	"sepiola/internal/federation/activity"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// flagged are the reports that were received, oldest first.
func (w *world) flagged() []string {
	w.t.Helper()
	list, _, err := w.reports.List(w.t.Context(), &user.User{Role: user.Moderator}, abuse.ListParams{Sort: "id", Count: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	out := []string{}
	for _, a := range list {
		what := string(a.Kind)
		switch {
		case a.Video != nil:
			what += fmt.Sprintf(" %d", a.Video.ID)
			if a.Video.StartAt != nil && a.Video.EndAt != nil {
				what += fmt.Sprintf(" %d-%d", *a.Video.StartAt, *a.Video.EndAt)
			}
		case a.Comment != nil:
			what += " " + a.Comment.Text
		}
		by := "the site"
		if a.Reporter != nil {
			by = a.Reporter.Username
		}
		about := "nobody"
		if a.Reportee != nil {
			about = a.Reportee.Username
		}
		out = append(out, fmt.Sprintf("%s of %s by %s@%s: %s %v", what, about, by, a.ReporterHost, a.Reason, a.Reasons))
	}
	return out
}

func TestFlags(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		if err := filltest.Comments(t.Context(), w.db, 20); err != nil {
			t.Fatal(err)
		}
		exec(t, w, `UPDATE comments SET text = 'bad', account_id = 1, deleted_at = NULL, held_for_review = FALSE, vanished = FALSE, url = 'https://bench.example/c/1' WHERE id = 1`)
		exec(t, w, `UPDATE comments SET text = 'held', account_id = 1, deleted_at = NULL, held_for_review = TRUE, vanished = FALSE, url = 'https://bench.example/c/2' WHERE id = 2`)
		exec(t, w, `UPDATE videos SET privacy = 3 WHERE id = 2`)
		const held, bad = "https://bench.example/c/2", "https://bench.example/c/1"
		hidden := "https://bench.example/videos/watch/" + filltest.UUID(2)
		flag := func(by string, n int, object any, more ...any) obj {
			d := act("Flag", fmt.Sprintf("%s/flags/%d", by, n), by, object)
			d["content"] = "it is wrong"
			for i := 0; i+1 < len(more); i += 2 {
				d[more[i].(string)] = more[i+1]
			}
			return d
		}
		var want []string
		for _, tt := range []struct {
			name string
			what obj
			want string // of one report more; "" none
		}{
			{
				"a video, as PeerTube does", flag(alice, 1, mine(), "tag", []any{obj{"type": "Hashtag", "name": "spamOrMisleading"}, obj{"name": "nonsense"}}, "startAt", 3.0, "endAt", 9.0),
				"video 1 3-9 of person1 by alice@far.test: it is wrong [3]",
			},
			{"the same again", flag(alice, 1, mine()), ""},
			{"a list with an object", flag(alice, 2, []any{obj{"type": "Note", "id": bad}}), "comment bad of person1 by alice@far.test: it is wrong []"},
			{
				"an account, by a site in its own name, without a reason", flag(farSite, 1, []any{owner, "https://far.test/statuses/1"}, "content", nil),
				"account of person1 by the site@far.test:  []",
			},
			{"a channel is its owner's", flag(bob, 1, channel), "account of person1 by bob@far.test: it is wrong []"},
			{"an account and its channel", flag(bob, 9, []any{owner, channel}), "account of person1 by bob@far.test: it is wrong []"},
			{"a part that ends before it begins", flag(bob, 2, mine(), "startAt", 9.0, "endAt", 3.0), "video 1 of person1 by bob@far.test: it is wrong []"},
			{"a private video", flag(bob, 3, hidden), ""},
			{"a comment that is held", flag(bob, 4, held), ""},
			{"something of others", flag(bob, 5, []any{theFilm, alice}), ""},
			{"something that is not there", flag(bob, 6, "https://bench.example/videos/watch/"+uuid), ""},
			{"the site itself", flag(bob, 7, mySite), ""},
			{"nothing", flag(bob, 8, []any{}), ""},
			{
				"a reason that is too long", flag(mallory, 1, owner, "content", strings.Repeat("x", 5000)),
				"account of person1 by mallory@evil.test: " + strings.Repeat("x", 3000) + " []",
			},
		} {
			w.send(tt.what)
			w.drain()
			if tt.want != "" {
				want = append(want, tt.want)
			}
			if diff := cmp.Diff(want, w.flagged()); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
		if n := w.left(); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

func TestFlagsAreBoundedAndMuted(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		many := func(by string, n int) obj {
			return act("Flag", fmt.Sprintf("%s/flags/%d", by, n), by, mine())
		}
		for n := range abuse.MostOfReporter + 5 {
			w.send(many(alice, n))
		}
		w.drain()
		if n := len(w.flagged()); n != abuse.MostOfReporter {
			t.Errorf("%d of one account", n)
		}
		w.later(25 * time.Hour)
		w.send(many(alice, 100))
		w.drain()
		if n := len(w.flagged()); n != abuse.MostOfReporter+1 {
			t.Errorf("%d the next day", n)
		}
		things := make([]any, activity.MaxFlagged+5)
		for i := range things {
			things[i] = fmt.Sprintf("https://bench.example/things/%d", i)
		}
		things[0], things[len(things)-1] = owner, mine()
		w.send(act("Flag", bob+"/flags/1", bob, things))
		w.drain()
		if n := len(w.flagged()); n != abuse.MostOfReporter+2 {
			t.Errorf("%d of a long list", n)
		}
		w.know(mallory)
		k, err := w.known.ByURL(t.Context(), mallory)
		if err != nil {
			t.Fatal(err)
		}
		if err := (store.Blocks{DB: w.db}).AddAccount(t.Context(), user.SiteBlocks, k.AccountID, w.now); err != nil {
			t.Fatal(err)
		}
		w.later(time.Minute)
		d := act("Flag", mallory+"/flags/1", mallory, mine())
		_ = w.deliver(mallory, encode(t, d)) // refused at the door, or later
		w.drain()
		if n := len(w.flagged()); n != abuse.MostOfReporter+2 {
			t.Errorf("%d of whom the site mutes", n)
		}
	})
}

func exec(t *testing.T, w *world, query string) {
	t.Helper()
	if _, err := w.db.Exec(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}
