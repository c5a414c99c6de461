package notification_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// calm mutes nobody and counts nothing.
type calm struct{}

func (calm) Hides(context.Context, actor.AccountID, *actor.Account) (bool, error) { return false, nil }

func (calm) Act(context.Context, string, user.ID, user.Rate) error { return nil }

// reports is what people of the world report with.
func (w *world) reports() *abuse.Service {
	return &abuse.Service{
		Store: store.Abuses{DB: w.db, Videos: w.videos}, Videos: &video.Service{Store: w.videos}, Comments: &store.Comments{DB: w.db, Videos: w.videos},
		Accounts: w.actors, Blocks: calm{}, Limits: calm{}, Events: w.causes, InTx: w.db.InTx, Now: func() time.Time { return w.now },
	}
}

// first is the newest of somebody's notifications: its words, its page and its
// excerpt.
func (w *world) first(who string) string {
	w.t.Helper()
	list, _, err := w.service.List(w.t.Context(), w.people[who], notification.ListParams{Sort: "-createdAt", Count: 1})
	w.must(err)
	if len(list) == 0 {
		return ""
	}
	key, _ := list[0].Words()
	return strings.TrimSpace(key + " " + list[0].Path() + " " + list[0].Excerpt(nil))
}

func TestReportsAreToldToThoseConcerned(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "root", "mod", "alice", "bob")
		s, ctx := w.reports(), t.Context()
		v := w.video("alice", video.Public)
		bob, mod := w.people["bob"], w.people["mod"]
		a, err := s.Report(ctx, video.As(bob), abuse.New{Reason: "it is bad", Video: video.ByUUID(v.UUID)})
		w.must(err)
		w.work()
		check := func(what string, want map[string]string) {
			t.Helper()
			for _, who := range []string{"root", "mod", "alice", "bob"} {
				if got := w.told(who); got != want[who] {
					t.Errorf("%s: %s is told %q, want %q", what, who, got, want[who])
				}
			}
		}
		check("a report", map[string]string{"root": "3", "mod": "3"})
		if got, want := w.first("mod"), "notification.abuse_video /admin/moderation/abuses/1 it is bad"; got != want {
			t.Errorf("a moderator reads %q, want %q", got, want)
		}
		_, err = s.Say(ctx, mod, a.ID, "we look at it")
		w.must(err)
		w.now = w.now.Add(time.Second)
		w.work()
		check("a moderator writes", map[string]string{"root": "3", "mod": "3", "bob": "16"})
		if got, want := w.first("bob"), "notification.abuse_answer /my-account/abuses/1"; got != want {
			t.Errorf("the reporter reads %q, want %q", got, want)
		}
		w.now = w.now.Add(time.Second)
		_, err = s.Say(ctx, bob, a.ID, "thank you")
		w.must(err)
		w.work()
		check("the reporter writes", map[string]string{"root": "16 3", "mod": "16 3", "bob": "16"})
		for n, state := range []abuse.State{abuse.Accepted, abuse.Accepted, abuse.Rejected} {
			w.now = w.now.Add(time.Second)
			w.must(s.Update(ctx, mod, a.ID, abuse.Change{State: &state}))
			w.work()
			want := []string{"15 16", "15 16", "15 15 16"}[n]
			check("decided", map[string]string{"root": "16 3", "mod": "16 3", "bob": want})
		}
		if got, want := w.first("bob"), "notification.abuse_rejected /my-account/abuses/1"; got != want {
			t.Errorf("the reporter reads %q, want %q", got, want)
		}
		w.people["mod"].Role = user.Member // not any more
		check("who is no moderator any more", map[string]string{"root": "16 3", "mod": "16? 3?", "bob": "15 15 16"})
		w.must(s.Delete(ctx, w.people["root"], a.ID))
		check("a report that is removed", map[string]string{})
	})
}

func TestAModeratorWhoReportsIsNotToldOfIt(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "root", "mod", "alice")
		w.set("root", "abuseAsModerator", 0)
		_, err := w.reports().Report(t.Context(), video.As(w.people["mod"]), abuse.New{Reason: "it is bad", Account: w.people["alice"].AccountID})
		w.must(err)
		w.work()
		for _, who := range []string{"root", "mod", "alice"} {
			if got := w.told(who); got != "" {
				t.Errorf("%s is told %q", who, got)
			}
		}
	})
}

// What is reported may be hidden from its reporter afterwards: neither its new
// name nor its picture reaches them by way of the report.
func TestHiddenVideosStayHiddenFromReporters(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "root", "alice", "bob")
		s, ctx, bob := w.reports(), t.Context(), w.people["bob"]
		v := w.video("alice", video.Public)
		a, err := s.Report(ctx, video.As(bob), abuse.New{Reason: "it is bad", Video: video.ByUUID(v.UUID)})
		w.must(err)
		state, note := abuse.Accepted, "alice was warned before"
		w.must(s.Update(ctx, w.people["root"], a.ID, abuse.Change{State: &state, ModerationComment: &note}))
		w.work()
		for _, p := range []video.Privacy{video.Private, video.PasswordProtected} {
			if _, err := db.Exec(ctx, `UPDATE videos SET privacy = $1, name = 'something else'`, p); err != nil {
				t.Fatal(err)
			}
			list, _, err := w.service.List(ctx, bob, notification.ListParams{Sort: "-createdAt", Count: 10})
			w.must(err)
			if len(list) != 1 || list[0].Abuse == nil || list[0].Abuse.Video.Now != nil || list[0].Abuse.ModerationComment != "" {
				t.Errorf("privacy %d: a notification shows %+v", p, list[0].Abuse)
			}
			mine, _, err := s.Mine(ctx, bob, abuse.ListParams{Count: 10})
			w.must(err)
			if len(mine) != 1 || mine[0].Video.Now != nil || mine[0].Video.Name != v.Name || mine[0].ModerationComment != "" || mine[0].Video.Deleted {
				t.Errorf("privacy %d: my reports show %+v", p, mine[0].Video)
			}
		}
		if _, err := s.Get(ctx, w.people["alice"], a.ID); err == nil {
			t.Error("who is reported reads the report")
		}
	})
}
