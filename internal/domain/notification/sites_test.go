package notification_test

import (
	"context"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// actor makes an actor without an account: this site ("" for its host), or
// somebody of another.
func (w *world) actor(kind actor.Type, name, host string) *actor.Actor {
	w.t.Helper()
	a := &actor.Actor{Type: kind, Username: name, Host: host, URL: "https://" + host + "/" + name, CreatedAt: w.now, UpdatedAt: w.now}
	w.must(w.actors.CreateInstance(w.t.Context(), a))
	return a
}

// follow lets an actor follow another, and tells of it.
func (w *world) follow(by, of *actor.Actor, state follow.State, tell func(context.Context, *follow.Follow) error) *follow.Follow {
	w.t.Helper()
	f := &follow.Follow{URL: by.URL + "/follows/" + of.URL, State: state, FollowerID: by.ID, FollowingID: of.ID, CreatedAt: w.now, UpdatedAt: w.now}
	_, err := (store.Follows{DB: w.db, Videos: w.videos}).Create(w.t.Context(), f)
	w.must(err)
	w.must(tell(w.t.Context(), f))
	w.work()
	w.now = w.now.Add(time.Second)
	return f
}

func TestAdministratorsHearOfFollowsOfTheSite(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "root", "mod", "alice")
		follows := store.Follows{DB: db, Videos: w.videos}
		w.set("root", "newInstanceFollower", 3)
		me := w.actor(actor.Application, "peertube", "")
		far, person := w.actor(actor.Application, "peertube", "far.example"), w.actor(actor.Person, "fan", "social.example")
		check := func(what, want, words string) {
			t.Helper()
			if got := w.told("root"); got != want {
				t.Errorf("%s: root is told %q, want %q", what, got, want)
			}
			for _, who := range []string{"mod", "alice"} {
				if got := w.told(who); got != "" {
					t.Errorf("%s: %s is told %q", what, who, got)
				}
			}
			if got := w.first("root"); got != words {
				t.Errorf("%s: root reads %q, want %q", what, got, words)
			}
		}
		const followers, following = "/admin/settings/follows/followers-list", "/admin/settings/follows/following-list"
		waiting := w.follow(far, me, follow.Pending, w.causes.SiteFollowed)
		check("a site that waits", "13", "notification.site_follower_waits "+followers)
		w.must(follows.SetState(t.Context(), waiting.ID, follow.Accepted, w.now))
		check("a site that was accepted", "13", "notification.site_follower "+followers)
		w.follow(person, me, follow.Accepted, w.causes.SiteFollowed)
		check("a person", "13 13", "notification.site_follower "+followers)
		w.follow(me, far, follow.Pending, w.causes.FollowedByItself)
		check("a follow back", "14 13 13", "notification.auto_follow "+following)

		list, _, err := w.service.List(t.Context(), w.people["root"], notification.ListParams{Sort: "-createdAt", Count: 10})
		w.must(err)
		for i, want := range []string{"far.example", "fan@social.example", "far.example"} {
			if a, name := list[i].Actor(); name != want || a == nil || a.Local() {
				t.Errorf("notification %d is about %q, want %q", i, name, want)
			}
		}
		if f := list[2].Follow; f.Follower.ID != far.ID || f.Following.ID != me.ID || f.FollowerName != "peertube" || f.Account != nil {
			t.Errorf("the first follow is shown as %+v", f)
		}
		ids := []notification.ID{list[0].ID, list[1].ID, list[2].ID}
		l, err := w.service.Letter(t.Context(), w.people["root"].ID, ids)
		if err != nil || l == nil || len(l.List) != 2 {
			t.Errorf("a letter: %+v %v, want one about the two followers", l, err)
		}

		// Who leaves and comes back is not told of again, and who is no
		// administrator any more is not shown what there was.
		w.must(follows.Delete(t.Context(), waiting.ID))
		w.follow(far, me, follow.Accepted, w.causes.SiteFollowed)
		check("a site that comes back", "14 13", "notification.auto_follow "+following)
		w.people["root"].Role = user.Moderator
		if got := w.told("root"); got != "14? 13?" {
			t.Errorf("somebody who is no administrator any more is told %q", got)
		}
		w.people["root"].Role = user.Administrator
		w.set("root", "autoInstanceFollowing", 0)
		w.follow(me, w.actor(actor.Application, "peertube", "new.example"), follow.Pending, w.causes.FollowedByItself)
		if got := w.told("root"); got != "14 13" {
			t.Errorf("what is turned off: root is told %q", got)
		}
	})
}

// A site may follow a channel, which is told to nobody: they would be shown
// nobody.
func TestSitesThatFollowChannelsAreNotShown(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "alice")
		far := w.actor(actor.Application, "peertube", "far.example")
		w.follow(far, &w.channel("alice").Actor, follow.Accepted, w.causes.Followed)
		list, _, err := w.service.List(t.Context(), w.people["alice"], notification.ListParams{Sort: "-createdAt", Count: 10})
		w.must(err)
		for _, n := range list {
			if n.Available() || n.Follow != nil {
				t.Errorf("alice is shown %+v", n.Follow)
			}
		}
	})
}

func TestWhomSettingsConcern(t *testing.T) {
	t.Parallel()
	roles := map[string]*user.User{"admin": {Role: user.Administrator}, "mod": {Role: user.Moderator}, "member": {Role: user.Member}}
	for setting, want := range map[string]map[string]bool{
		"newFollow":             {"admin": true, "mod": true, "member": true},
		"abuseAsModerator":      {"admin": true, "mod": true},
		"newInstanceFollower":   {"admin": true},
		"autoInstanceFollowing": {"admin": true},
	} {
		for who, u := range roles {
			if got := notification.Concerns(setting, u); got != want[who] {
				t.Errorf("%s and %s: %v, want %v", setting, who, got, want[who])
			}
		}
	}
}
