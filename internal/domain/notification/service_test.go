package notification_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

func TestSubscribersHearOfAVideoOnce(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "alice", "bob", "carol", "dave", "erin", "frank")
		w.subscribe("alice", "alice_channel@video.example") // one's own
		for _, name := range []string{"bob", "carol", "dave", "erin", "frank"} {
			w.subscribe(name, "alice_channel@video.example")
		}
		w.subscribe("bob", "alice@video.example") // and the account
		w.set("carol", "newVideoFromSubscription", 0)
		w.must(w.users.Change(t.Context(), w.people["dave"].ID, user.Change{Blocked: new(true)}))
		if _, err := db.Exec(t.Context(), `INSERT INTO account_blocks (account_id, target_account_id, created_at) VALUES ($1, $2, $3)`,
			w.people["erin"].AccountID, w.people["alice"].AccountID, w.now); err != nil {
			t.Fatal(err)
		}
		w.work()
		w.woken = nil
		v := w.video("alice", video.Private)
		w.must(w.causes.VideoPublished(t.Context(), v.ID))
		if w.work(); len(w.woken) != 0 {
			t.Fatalf("of a private video %v were told", w.woken)
		}
		// It goes back and forth.
		for range 2 {
			for _, p := range []video.Privacy{video.Public, video.Private, video.InternalOnly, video.Unlisted} {
				before := *v
				v.Privacy = p
				w.must(w.videos.Update(t.Context(), v))
				w.must(w.causes.VideoChanged(t.Context(), &before, v, false))
				if p == video.Public {
					w.work()
				}
			}
		}
		before := *v
		v.Privacy = video.Public
		w.must(w.videos.Update(t.Context(), v))
		w.must(w.causes.VideoChanged(t.Context(), &before, v, false))
		w.work()
		for who, want := range map[string]string{"alice": "10 10 10 10 10 10", "bob": "1", "carol": "", "dave": "", "erin": "", "frank": "1"} {
			if got := w.told(who); got != want {
				t.Errorf("%s: told %q, want %q", who, got, want)
			}
		}
	})
}

func TestOwnersAndFollowersHearWhatIsNews(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "alice", "bob", "carol")
		w.service.NSFWPolicy = func() string { return "warn" }
		w.subscribe("bob", "alice_channel@video.example")
		w.work()
		for range 3 { // who comes and goes
			w.must(w.follows.Unsubscribe(t.Context(), w.people["bob"], "alice_channel"))
			w.subscribe("bob", "alice_channel")
		}
		w.work()
		if got := w.told("alice"); got != "" { // the first follow is over
			t.Errorf("of who comes and goes: told %q", got)
		}
		w.subscribe("carol", "alice_channel")
		w.must(w.users.Change(t.Context(), w.people["carol"].ID, user.Change{Preferences: &user.Preferences{NSFWPolicy: video.NSFWHidden}}))
		// A video that waited for its qualities, and one whose time comes later.
		v := w.video("alice", video.Public)
		later := w.video("alice", video.Private)
		for _, x := range []*video.Video{v, later} {
			if _, err := db.Exec(t.Context(), `UPDATE videos SET wait_transcoding = TRUE, nsfw = TRUE WHERE id = $1`, x.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Exec(t.Context(), `INSERT INTO video_schedule_updates (video_id, update_at, privacy) VALUES ($1, $2, 1)`, later.ID, w.now); err != nil {
			t.Fatal(err)
		}
		w.must(w.causes.VideoPublished(t.Context(), v.ID))
		w.must(w.causes.VideoPublished(t.Context(), later.ID))
		w.work()
		if got := w.told("alice") + " / " + w.told("bob") + " / " + w.told("carol"); got != "6 10 / 1 / " {
			t.Errorf("told %q", got)
		}
		before := *later
		later.Privacy = video.Public
		w.must(w.videos.Update(t.Context(), later))
		w.must(w.causes.VideoChanged(t.Context(), &before, later, true))
		w.work()
		if got := w.told("alice") + " / " + w.told("bob") + " / " + w.told("carol"); got != "6 6 10 / 1 1 / 1" {
			t.Errorf("when its time has come: told %q", got)
		}
	})
}

// Whatever the privacy was when somebody was told, what it is now counts.
func TestNoPrivacyLeaks(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "alice", "bob", "root")
		w.subscribe("bob", "alice_channel@video.example")
		w.set("bob", "newVideoFromSubscription", 3)
		w.set("bob", "commentMention", 3)
		w.set("bob", "newFollow", 0)
		w.work()
		for _, p := range []video.Privacy{video.Public, video.Unlisted, video.Private, video.InternalOnly, video.PasswordProtected} {
			open := p == video.Public || p == video.InternalOnly
			// Of a video that begins so, nobody hears who may not see it.
			v := w.video("alice", p)
			w.must(w.causes.VideoPublished(t.Context(), v.ID))
			k := w.comment("alice", v, "@bob look at this", 0)
			w.work()
			list, _, err := w.service.List(t.Context(), w.people["bob"], notification.ListParams{Count: 10})
			w.must(err)
			about := slices.ContainsFunc(list, func(n *notification.Notification) bool { return n.VideoID == v.ID || n.CommentID == k.ID })
			if about != open {
				t.Errorf("privacy %d: bob was told %v, want %v", p, about, open)
			}
			// Of one that was public, he is not shown more than he may see now.
			v = w.video("alice", video.Public)
			w.must(w.causes.VideoPublished(t.Context(), v.ID))
			w.comment("alice", v, "@bob look at this", 0)
			w.work()
			if _, err := db.Exec(t.Context(), `UPDATE videos SET privacy = $2 WHERE id = $1`, v.ID, p); err != nil {
				t.Fatal(err)
			}
			list, _, err = w.service.List(t.Context(), w.people["bob"], notification.ListParams{Count: 2})
			w.must(err)
			for _, n := range list {
				if n.Available() != open {
					t.Errorf("privacy %d now: type %d is shown %v, want %v", p, n.Type, n.Available(), open)
				}
				key, args := n.Words()
				if said := fmt.Sprint(key, args, n.Path(), n.Excerpt(nil)); !open && (strings.Contains(said, "secret") || strings.Contains(said, "look at") || strings.Contains(said, video.ShortUUID(v.UUID))) {
					t.Errorf("privacy %d now: says %s", p, said)
				}
			}
			l, err := w.service.Letter(t.Context(), w.people["bob"].ID, []notification.ID{list[0].ID, list[1].ID})
			w.must(err)
			if (l != nil) != open {
				t.Errorf("privacy %d now: a letter %v, want one %v", p, l, open)
			}
			if l != nil && l.Videos[v.ID] == nil {
				t.Errorf("privacy %d now: the letter does not show the new video", p)
			}
			if _, err := db.Exec(t.Context(), `UPDATE videos SET nsfw = TRUE WHERE id = $1`, v.ID); err != nil {
				t.Fatal(err)
			}
			l, err = w.service.Letter(t.Context(), w.people["bob"].ID, []notification.ID{list[0].ID, list[1].ID})
			if w.must(err); l != nil && len(l.Videos) != 0 {
				t.Errorf("privacy %d now: a letter shows a sensitive video", p)
			}
			mine, err := w.service.ByIDs(t.Context(), w.people["root"], []notification.ID{list[0].ID})
			if w.must(err); len(mine) != 0 {
				t.Errorf("root is shown bob's notifications: %v", mine)
			}
		}
	})
}

func TestComments(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "alice", "bob", "carol", "dave", "root")
		if _, err := db.Exec(t.Context(), `INSERT INTO account_blocks (account_id, target_account_id, created_at) VALUES ($1, $2, $3)`,
			w.people["dave"].AccountID, w.people["bob"].AccountID, w.now); err != nil {
			t.Fatal(err)
		}
		v := w.video("alice", video.Public)
		thread := w.comment("bob", v, "hello @carol, @alice, @dave, @bob and @nobody", 0)
		w.work()
		w.comment("carol", v, "an answer", thread.ID)
		w.comment("alice", v, "my own video", 0)
		w.work()
		for who, want := range map[string]string{"alice": "2 2", "bob": "11", "carol": "11", "dave": "", "root": ""} {
			if got := w.told(who); got != want {
				t.Errorf("%s: told %q, want %q", who, got, want)
			}
		}
		// A held comment is for the owner only, until it is approved.
		held := w.comment("bob", v, "@carol spam?", 0)
		if _, err := db.Exec(t.Context(), `UPDATE comments SET held_for_review = TRUE WHERE id = $1`, held.ID); err != nil {
			t.Fatal(err)
		}
		w.work()
		if got := w.told("alice") + " / " + w.told("carol"); got != "2 2 2 / 11" {
			t.Errorf("of a held comment: told %q", got)
		}
		if _, err := db.Exec(t.Context(), `UPDATE comments SET held_for_review = FALSE WHERE id = $1`, held.ID); err != nil {
			t.Fatal(err)
		}
		held.JustApproved = true
		w.must(w.causes.CommentPublished(t.Context(), held, v))
		w.work()
		if got := w.told("alice") + " / " + w.told("carol"); got != "2 2 2 / 11 11" {
			t.Errorf("of an approved comment: told %q", got)
		}
		// What is deleted is not shown any more.
		if _, err := db.Exec(t.Context(), `UPDATE comments SET text = '', account_id = NULL, deleted_at = $2 WHERE id = $1`, thread.ID, w.now); err != nil {
			t.Fatal(err)
		}
		if got := w.told("alice"); got != "2 2 2?" {
			t.Errorf("after deleting: shown %q", got)
		}
	})
}

func TestStaffHearsOfPeople(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "root", "mod", "alice")
		newcomer := w.add("newcomer")
		w.must(w.causes.UserRegistered(t.Context(), newcomer))
		r := &user.Registration{State: user.Pending, Username: "waiting", Email: "w@example.com", PasswordHash: "!", CreatedAt: w.now, UpdatedAt: w.now}
		w.must(store.Registrations{DB: db}.Create(t.Context(), r))
		w.must(w.causes.RegistrationRequested(t.Context(), r))
		w.work()
		for who, want := range map[string]string{"root": "20 9", "mod": "20 9", "alice": "", "newcomer": ""} {
			if got := w.told(who); got != want {
				t.Errorf("%s: told %q, want %q", who, got, want)
			}
		}
		w.must(store.Registrations{DB: db}.Delete(t.Context(), r.ID))
		w.must(w.actors.DeleteOfUser(t.Context(), int64(newcomer.ID)))
		if got := w.told("root"); got != "" {
			t.Errorf("after both are gone: told %q, want nothing", got)
		}
	})
}

func TestManyFollowersAreToldInTurns(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "alice")
		const many = 1100
		at := w.channel("alice").ID
		w.must(db.InTx(t.Context(), func(ctx context.Context) error {
			for i := range many {
				name := fmt.Sprintf("fan%d", i)
				u := &user.User{Username: name, Email: name + "@example.com", Role: user.Member, CreatedAt: w.now, UpdatedAt: w.now}
				if err := w.users.Create(ctx, u); err != nil {
					return err
				}
				a := actor.NewAccount(site, int64(u.ID), name, name, actor.Keys{}, w.now)
				if err := w.actors.CreateAccount(ctx, a); err != nil {
					return err
				}
				f := &follow.Follow{URL: a.URL + "/f", State: follow.Accepted, FollowerID: a.ID, FollowingID: at, CreatedAt: w.now, UpdatedAt: w.now}
				if _, err := (store.Follows{DB: db}).Create(ctx, f); err != nil {
					return err
				}
			}
			return nil
		}))
		v := w.video("alice", video.Public)
		w.must(w.causes.VideoPublished(t.Context(), v.ID))
		turns := 0
		for len(w.waiting) > 0 {
			c := w.waiting[0]
			w.waiting = w.waiting[1:]
			w.must(w.service.Spread(t.Context(), c))
			turns++
		}
		n, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM notifications WHERE type = 1`)
		if err != nil || n != many || turns < 3 || len(w.woken) != many {
			t.Errorf("got %d notifications in %d turns, %d woken, %v; want %d", n, turns, len(w.woken), err, many)
		}
		// Those who go take their counters along; those of the video go with it.
		w.must(w.videos.Delete(t.Context(), v.ID))
		left, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT CAST(sum(total) + sum(unread) AS BIGINT) FROM notification_counts WHERE type = 1`)
		if err != nil || left != 0 {
			t.Errorf("after the video is gone: counters hold %d, %v", left, err)
		}
	})
}

func TestReadState(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "alice", "bob", "carol")
		v := w.video("alice", video.Public)
		for range 3 {
			w.comment("bob", v, "hello", 0)
		}
		w.subscribe("carol", "alice_channel@video.example")
		w.work()
		alice := w.people["alice"]
		yes := true
		unread := func() (n int, ids []notification.ID) {
			t.Helper()
			list, total, err := w.service.List(t.Context(), alice, notification.ListParams{Unread: &yes, Count: 10, Sort: "read"})
			w.must(err)
			for _, n := range list {
				ids = append(ids, n.ID)
			}
			count, err := w.service.Unread(t.Context(), alice.ID)
			if w.must(err); int(count) != total || len(list) != total {
				t.Errorf("unread: %d counted, %d listed, total %d", count, len(list), total)
			}
			return total, ids
		}
		n, ids := unread()
		if n != 4 {
			t.Fatalf("got %d unread, want 4", n)
		}
		w.must(w.service.MarkRead(t.Context(), w.people["bob"], ids)) // not his
		if n, _ := unread(); n != 4 {
			t.Errorf("somebody else marked them: %d unread", n)
		}
		w.must(w.service.MarkRead(t.Context(), alice, ids[:2]))
		w.must(w.service.MarkRead(t.Context(), alice, ids[:2]))
		if n, _ := unread(); n != 2 {
			t.Errorf("after marking two twice: %d unread", n)
		}
		_, total, err := w.service.List(t.Context(), alice, notification.ListParams{Types: []notification.Type{notification.NewComment, notification.Mention}, Count: 1})
		if w.must(err); total != 3 {
			t.Errorf("of two types: got %d, want 3", total)
		}
		w.must(w.service.MarkAllRead(t.Context(), alice))
		if n, _ := unread(); n != 0 {
			t.Errorf("after marking all: %d unread", n)
		}
	})
}

func TestLettersGather(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "alice", "bob")
		w.set("alice", "newCommentOnMyVideo", 3)
		w.set("alice", "newFollow", 2)
		v := w.video("alice", video.Public)
		storm := func(n int) {
			for range n {
				w.comment("bob", v, "again", 0)
			}
			w.work()
		}
		post := func() int {
			t.Helper()
			w.letters = nil
			w.must(w.service.Post(t.Context()))
			return len(w.letters)
		}
		storm(30)
		w.subscribe("bob", "alice_channel@video.example")
		w.work()
		if got := post(); got != 0 {
			t.Errorf("at once: %d letters, want none", got)
		}
		w.now = w.now.Add(time.Minute)
		if got := post(); got != 1 || len(w.letters[0].ids) != 31 {
			t.Fatalf("a minute later: %d letters %v, want one about 31", got, w.letters)
		}
		first := w.letters[0].ids
		if got := w.told("alice"); strings.Contains(got, "10") {
			t.Errorf("what is only mailed is shown: %s", got)
		}
		storm(30)
		w.now = w.now.Add(time.Minute)
		if got := post(); got != 0 {
			t.Errorf("soon after a letter: %d more", got)
		}
		w.now = w.now.Add(15 * time.Minute)
		if got := post(); got != 1 || len(w.letters[0].ids) != 30 {
			t.Errorf("a quarter of an hour after: %d letters, want one about 30", got)
		}
		l, err := w.service.Letter(t.Context(), w.people["alice"].ID, first)
		if err != nil || l == nil || len(l.List) != 31 || !slices.IsSortedFunc(l.List, func(a, b *notification.Notification) int { return a.CreatedAt.Compare(b.CreatedAt) }) {
			t.Fatalf("letter: %+v %v", l, err)
		}
		checkUnsubscribe(t, w, l)
		w.must(w.service.MarkAllRead(t.Context(), w.people["alice"]))
		w.set("alice", "newFollow", 0)
		if l, err := w.service.Letter(t.Context(), w.people["alice"].ID, first); err != nil || l != nil {
			t.Errorf("when all is read or not wanted any more: %+v %v, want no letter", l, err)
		}
	})
}

func checkUnsubscribe(t *testing.T, w *world, l *notification.Letter) {
	t.Helper()
	u, err := url.Parse(l.Unsubscribe)
	if err != nil || u.Host != site.Host || u.Path != notification.UnsubscribePath {
		t.Fatalf("address %s: %v", l.Unsubscribe, err)
	}
	id, kinds, err := w.service.Unsubscription(u.Query())
	if err != nil || id != w.people["alice"].ID || !slices.Equal(kinds, []string{"newCommentOnMyVideo", "newFollow"}) {
		t.Errorf("link: %d %v %v", id, kinds, err)
	}
	for name, value := range map[string]string{"user": "2", "kinds": "newFollow", "signature": ""} {
		q := u.Query()
		q.Set(name, value)
		if _, _, err := w.service.Unsubscription(q); !errs.Is(err, errs.Forbidden) {
			t.Errorf("with another %s: got %v, want Forbidden", name, err)
		}
	}
	got := w.people["alice"].WithoutMail(kinds)
	if got["newCommentOnMyVideo"] != 1 || got["newFollow"] != 0 || got["commentMention"] != 1 {
		t.Errorf("settings after it: %v", got)
	}
}

func TestPushes(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "alice", "bob")
		alice := w.people["alice"]
		device := notification.Device{
			Endpoint: "https://push.example.net/abc", Auth: "BTBZMqHH6r4Tts7J_aSIgg==",
			P256DH: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
		}
		w.must(w.service.AddDevice(t.Context(), alice, device))
		for name, change := range map[string]func(d *notification.Device){
			"plain http":        func(d *notification.Device) { d.Endpoint = "http://push.example.net/abc" },
			"an address":        func(d *notification.Device) { d.Endpoint = "https://192.168.1.1/abc" },
			"IPv6":              func(d *notification.Device) { d.Endpoint = "https://[::1]/abc" },
			"this machine":      func(d *notification.Device) { d.Endpoint = "https://localhost/abc" },
			"another port":      func(d *notification.Device) { d.Endpoint = "https://push.example.net:22/abc" },
			"somebody’s name":   func(d *notification.Device) { d.Endpoint = "https://a:b@push.example.net/abc" },
			"too long":          func(d *notification.Device) { d.Endpoint += strings.Repeat("x", 1000) },
			"no point":          func(d *notification.Device) { d.P256DH = "BCVx" },
			"not on the curve":  func(d *notification.Device) { d.P256DH = "BC" + strings.Repeat("A", 85) },
			"a short secret":    func(d *notification.Device) { d.Auth = "AAAA" },
			"a local name":      func(d *notification.Device) { d.Endpoint = "https://printer.local/abc" },
			"of the house only": func(d *notification.Device) { d.Endpoint = "https://metadata.google.internal/" },
		} {
			d := device
			change(&d)
			if err := w.service.AddDevice(t.Context(), alice, d); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: got %v, want Invalid", name, err)
			}
		}
		v := w.video("alice", video.Public)
		w.comment("bob", v, "hello", 0)
		if w.work(); len(w.pushed) != 1 {
			t.Fatalf("pushed %v, want one", w.pushed)
		}
		list, _, err := w.service.List(t.Context(), alice, notification.ListParams{Count: 1})
		w.must(err)
		devices, err := w.service.Devices(t.Context(), alice)
		w.must(err)
		p, err := w.service.Pushed(t.Context(), devices[0].ID, alice.ID, list[0].ID)
		if err != nil || p == nil || p.Notification.ID != list[0].ID {
			t.Errorf("what is pushed: %+v %v", p, err)
		}
		if p, err := w.service.Pushed(t.Context(), devices[0].ID, w.people["bob"].ID, list[0].ID); err != nil || p != nil {
			t.Errorf("to somebody else: %+v %v", p, err)
		}
		w.must(w.service.SetMutedPush(t.Context(), alice, []string{"newCommentOnMyVideo", "evil"}))
		w.pushed = nil
		w.comment("bob", v, "hello", 0)
		if w.work(); len(w.pushed) != 0 {
			t.Errorf("of what is muted: pushed %v", w.pushed)
		}
		for i := range notification.MaxDevices + 2 {
			d := device
			d.Endpoint += fmt.Sprint(i)
			w.must(w.service.AddDevice(t.Context(), alice, d))
		}
		if devices, err := w.service.Devices(t.Context(), alice); err != nil || len(devices) != notification.MaxDevices {
			t.Errorf("got %d devices, %v", len(devices), err)
		}
	})
}

// Comments of other sites are HTML, those of this one markdown: who shows an
// excerpt is told which.
func TestExcerptsAreReadAsTheyWereWritten(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, "alice", "bob")
		v := w.video("alice", video.Public)
		read := func(text string, remote bool, most int) string { return fmt.Sprint(text, remote, most) }
		for remote, want := range map[bool]string{false: "*hm*false 300", true: "*hm*true 300"} {
			k := w.comment("bob", v, "*hm*", 0)
			if _, err := db.Exec(t.Context(), `UPDATE comments SET remote = $2 WHERE id = $1`, k.ID, remote); err != nil {
				t.Fatal(err)
			}
			w.work()
			list, _, err := w.service.List(t.Context(), w.people["alice"], notification.ListParams{Sort: "-createdAt", Count: 1})
			w.must(err)
			if len(list) != 1 || list[0].Excerpt(read) != want || list[0].Excerpt(nil) != "*hm*" {
				t.Errorf("remote %v: got %d, %q and %q", remote, len(list), list[0].Excerpt(read), list[0].Excerpt(nil))
			}
		}
	})
}
