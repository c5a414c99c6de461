package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

func TestPeerServers(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ctx, s, now := t.Context(), PeerServers{DB: db}, sqldb.Now()
		const host = "far.example"
		if _, err := s.ByHost(ctx, host); !errs.Is(err, errs.NotFound) {
			t.Errorf("an unknown host: got %v, want NotFound", err)
		}
		for i, want := range []time.Duration{time.Minute, 2 * time.Minute} {
			v, err := s.Failed(ctx, host, now)
			if err != nil || v.Failures != i+1 || !v.RetryAt.Equal(now.Add(want)) {
				t.Fatalf("failure %d: got %+v %v", i+1, v, err)
			}
			if again, err := s.Failed(ctx, host, now.Add(time.Second)); err != nil || again.Failures != i+1 {
				t.Errorf("a failure beside it: got %+v %v, want that it does not count", again, err)
			}
			now = *v.RetryAt
		}
		if err := s.SetSoftware(ctx, host, "peertube", "7.1.0", now); err != nil {
			t.Fatal(err)
		}
		if err := s.Answered(ctx, host, "cavage", now); err != nil {
			t.Fatal(err)
		}
		v, err := s.ByHost(ctx, host)
		if err != nil || v.Failures != 0 || v.RetryAt != nil || v.FailingSince != nil || v.Signature != "cavage" || v.Software != "peertube" ||
			v.SoftwareVersion != "7.1.0" || !v.SeenAt.Equal(now) || !v.NodeInfoAt.Equal(now) {
			t.Errorf("after an answer: got %+v %v", v, err)
		}
		for _, tt := range []struct {
			after     time.Duration
			signature string
			want      time.Duration
			form      string
		}{{30 * time.Second, "", 0, "cavage"}, {30 * time.Second, "rfc9421", 30 * time.Second, "rfc9421"}, {2 * time.Minute, "", 2 * time.Minute, "rfc9421"}} {
			if err := s.Answered(ctx, host, tt.signature, now.Add(tt.after)); err != nil {
				t.Fatal(err)
			}
			if v, err := s.ByHost(ctx, host); err != nil || !v.SeenAt.Equal(now.Add(tt.want)) || v.Signature != tt.form {
				t.Errorf("answered after %v with %q: got %+v %v", tt.after, tt.signature, v, err)
			}
		}
	})
}

func TestASiteIsHeardOfNowAndThen(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ctx, s, now := t.Context(), PeerServers{DB: db}, sqldb.Now()
		const host = "far.example"
		if err := s.Heard(ctx, host, now); err != nil {
			t.Errorf("of a site that is not known: %v", err)
		}
		if err := s.Answered(ctx, host, "", now); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			after time.Duration
			alone bool
		}{{time.Second, true}, {peer.HeardEvery, false}, {peer.HeardEvery + time.Second, true}, {2 * peer.HeardEvery, false}} {
			at := now.Add(tt.after)
			v, err := s.Failed(ctx, host, at)
			if err != nil || !v.Failing(at) {
				t.Fatalf("after %v: %+v, %v", tt.after, v, err)
			}
			if err := s.Heard(ctx, host, at); err != nil {
				t.Fatal(err)
			}
			if v, err = s.ByHost(ctx, host); err != nil || v.Failing(at) != tt.alone || v.Failures == 0 || v.FailingSince == nil {
				t.Errorf("heard of after %v: %+v, %v; left alone is to be %v", tt.after, v, err, tt.alone)
			}
			if tt.alone {
				now = now.Add(v.RetryAt.Sub(at))
			}
		}
	})
}

func received(lane string, i int) *peer.Received {
	return &peer.Received{
		ActivityURL: fmt.Sprintf("https://%s/a/%d", lane, i), Lane: lane, ActorURL: "https://" + lane + "/u",
		Body: []byte(`{"id":1}`), ReceivedAt: sqldb.Now(),
	}
}

func TestPeerInbox(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ctx, s, now := t.Context(), PeerInbox{DB: db}, sqldb.Now()
		var many []*peer.Received
		for i := range 450 {
			many = append(many, received("a.example", i))
		}
		many = append(many, received("a.example", 3), received("b.example", 1))
		added, err := s.Add(ctx, many)
		if err != nil || len(added) != 452 || !added[0] || !added[449] || added[450] || !added[451] {
			t.Fatalf("add: got %d %v", len(added), err)
		}
		if added, err := s.Add(ctx, many[:2]); err != nil || !cmp.Equal(added, []bool{false, false}) {
			t.Errorf("the same again: got %v %v", added, err)
		}
		if added, err := s.Add(ctx, nil); err != nil || len(added) != 0 {
			t.Errorf("nothing: got %v %v", added, err)
		}
		list, err := s.Next(ctx, "a.example", 10)
		if err != nil || len(list) != 10 || list[0].ActivityURL != many[0].ActivityURL || string(list[9].Body) != `{"id":1}` {
			t.Fatalf("next: got %v %v", list, err)
		}
		if err := s.Done(ctx, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if added, err := s.Add(ctx, many[:1]); err != nil || added[0] {
			t.Errorf("what is done came again: got %v %v, want that it is not done twice", added, err)
		}
		if n, err := s.Count(ctx, "a.example", 1000); err != nil || n != 449 {
			t.Errorf("count: got %d %v", n, err)
		}
		b, err := s.Next(ctx, "b.example", 10)
		if err != nil || len(b) != 1 {
			t.Fatal(b, err)
		}
		if err := s.Again(ctx, b[0].ID, strings.Repeat("é", 400), now.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if b, err = s.Next(ctx, "b.example", 10); err != nil || b[0].Attempts != 1 || !b[0].RetryAt.Equal(now.Add(time.Minute)) || b[0].Error == "" {
			t.Errorf("tried again: got %+v %v", b[0], err)
		}
		for after, want := range map[time.Duration][]string{0: {"a.example"}, time.Hour: {"a.example", "b.example"}} {
			if got, err := s.Lanes(ctx, now.Add(after), 10); err != nil || !slices.Equal(got, want) {
				t.Errorf("lanes after %v: got %v %v, want %v", after, got, err, want)
			}
		}
		if got, err := s.Lanes(ctx, now.Add(time.Hour), 1); err != nil || len(got) != 1 {
			t.Errorf("lanes, at most one: got %v %v", got, err)
		}
		if err := s.Forget(ctx, sqldb.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if added, err := s.Add(ctx, many[:1]); err != nil || !added[0] {
			t.Errorf("what was forgotten: got %v %v", added, err)
		}
	})
}

func outgoing(t *testing.T, s PeerOutbox, name string, p peer.Priority, hosts ...string) *peer.Outgoing {
	t.Helper()
	a := &peer.Outgoing{ActivityURL: "https://here.example/" + name, Type: "Create", ActorID: 1, Key: "pem", Body: []byte(`{}`), CreatedAt: sqldb.Now()}
	if err := s.Put(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	var list []peer.Inboxes
	for _, h := range hosts {
		list = append(list, peer.Inboxes{Host: h, URL: "https://" + h + "/inbox"})
	}
	for range 2 { // twice is once
		if err := s.Fan(t.Context(), a.ID, p, list); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func TestPeerOutbox(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ctx, s, now := t.Context(), PeerOutbox{DB: db}, sqldb.Now()
		outgoing(t, s, "view", peer.Droppable, "a.example", "b.example")
		outgoing(t, s, "video", peer.Normal, "a.example", "b.example", "c.example")
		outgoing(t, s, "like", peer.Normal, "a.example")
		outgoing(t, s, "accept", peer.First, "a.example")
		list, err := s.Next(ctx, "a.example", 10)
		var names []string
		for _, d := range list {
			names = append(names, strings.TrimPrefix(d.Activity.ActivityURL, "https://here.example/"))
		}
		if err != nil || !slices.Equal(names, []string{"accept", "video", "like", "view"}) {
			t.Fatalf("next: got %v %v", names, err)
		}
		if d := list[0]; d.Activity.Key != "pem" || d.Activity.ActorID != 1 || string(d.Activity.Body) != `{}` || d.InboxURL != "https://a.example/inbox" {
			t.Errorf("a delivery: got %+v", d)
		}
		if err := s.Failed(ctx, list[0].ID, "it is closed"); err != nil {
			t.Fatal(err)
		}
		if list, err = s.Next(ctx, "a.example", 1); err != nil || list[0].Attempts != 1 || list[0].Error != "it is closed" {
			t.Errorf("after a failure: got %+v %v", list[0], err)
		}
		if err := s.Delivered(ctx, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if n := rows(t, db, "outbox_activities"); n != 3 {
			t.Errorf("after the last delivery: got %d activities, want 3", n)
		}
		if _, err := (PeerServers{DB: db}).Failed(ctx, "b.example", now); err != nil {
			t.Fatal(err)
		}
		for after, want := range map[time.Duration][]string{0: {"a.example", "c.example"}, time.Hour: {"a.example", "b.example", "c.example"}} {
			got, err := s.Hosts(ctx, now.Add(after), 10)
			slices.Sort(got)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("hosts after %v: got %v %v, want %v", after, got, err, want)
			}
		}
		if err := s.Drop(ctx, "b.example", peer.Droppable); err != nil {
			t.Fatal(err)
		}
		if list, err = s.Next(ctx, "b.example", 10); err != nil || len(list) != 1 || list[0].Priority != peer.Normal {
			t.Errorf("after views were dropped: got %v %v", list, err)
		}
		for _, h := range []string{"a.example", "b.example", "c.example"} {
			if err := s.Drop(ctx, h, peer.First); err != nil {
				t.Fatal(err)
			}
		}
		if d, a := rows(t, db, "deliveries"), rows(t, db, "outbox_activities"); d != 0 || a != 0 {
			t.Errorf("after all was dropped: got %d deliveries and %d activities", d, a)
		}
		outgoing(t, s, "to nobody", peer.Normal)
		if err := s.Clean(ctx, sqldb.Now().Add(time.Hour)); err != nil || rows(t, db, "outbox_activities") != 0 {
			t.Errorf("clean: %v", err)
		}
	})
}

func rows(t *testing.T, db *sqldb.DB, table string) int {
	t.Helper()
	n, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// remotePerson makes an account of another site.
func remotePerson(t *testing.T, db *sqldb.DB, name, host, shared string) *actor.Account {
	t.Helper()
	url := "https://" + host + "/u/" + name
	a := &actor.Account{Actor: actor.Actor{
		Type: actor.Person, Username: name, Host: host, URL: url, InboxURL: url + "/inbox", SharedInboxURL: shared,
		CreatedAt: sqldb.Now(), UpdatedAt: sqldb.Now(),
	}, DisplayName: name}
	if err := (Actors{DB: db}).CreateAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return a
}

func inboxURLs(t *testing.T, list []peer.Inboxes, err error) []string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	urls := []string{}
	for _, in := range list {
		if !strings.HasPrefix(in.URL, "https://"+in.Host+"/") {
			t.Errorf("the host of %s: got %s", in.URL, in.Host)
		}
		urls = append(urls, in.URL)
	}
	slices.Sort(urls)
	return urls
}

func TestPeerAudience(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ctx, s, follows := t.Context(), PeerAudience{DB: db}, Follows{DB: db}
		if err := filltest.Fill(ctx, db, 400); err != nil {
			t.Fatal(err)
		}
		a := remotePerson(t, db, "a", "one.example", "https://one.example/inbox")
		b := remotePerson(t, db, "b", "one.example", "https://one.example/inbox")
		c := remotePerson(t, db, "c", "two.example", "")
		d := remotePerson(t, db, "d", "three.example", "https://three.example/inbox")
		for _, p := range []*actor.Account{a, b, c, d} {
			mustFollow(t, follows, p.ID, channelActor(1))
		}
		mustFollow(t, follows, personActor(2), channelActor(1))
		mustFollow(t, follows, d.ID, c.ID)
		channel, site := []actor.ID{channelActor(1), channelActor(2)}, user.SiteBlocks
		check := func(name string, want ...string) {
			t.Helper()
			list, err := s.Followers(ctx, channel)
			if got := inboxURLs(t, list, err); !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", name, got, want)
			}
		}
		check("followers", "https://one.example/inbox", "https://three.example/inbox", "https://two.example/u/c/inbox")
		if _, err := db.Exec(ctx, `INSERT INTO video_shares (actor_id, video_id, url, created_at) VALUES ($1, 1, 'https://two.example/s', $2)`, c.ID, sqldb.Now()); err != nil {
			t.Fatal(err)
		}
		list, err := s.Sharers(ctx, 1)
		if got := inboxURLs(t, list, err); !slices.Equal(got, []string{"https://three.example/inbox", "https://two.example/u/c/inbox"}) {
			t.Errorf("sharers: got %v", got)
		}
		of, err := sqldb.One(ctx, db, sqldb.Value[actor.ChannelID], `SELECT channel_id FROM videos WHERE id = 1`)
		if err != nil {
			t.Fatal(err)
		}
		list, err = s.SharersOf(ctx, 0, of)
		if got := inboxURLs(t, list, err); !slices.Equal(got, []string{"https://three.example/inbox", "https://two.example/u/c/inbox"}) {
			t.Errorf("sharers of a channel's videos, and who follows these: got %v", got)
		}
		blocks := Blocks{DB: db}
		if err := blocks.AddServer(ctx, 1, "one.example", sqldb.Now()); err != nil { // somebody's own mute
			t.Fatal(err)
		}
		if err := blocks.AddServer(ctx, site, "three.example", sqldb.Now()); err != nil {
			t.Fatal(err)
		}
		check("a server is muted", "https://one.example/inbox", "https://two.example/u/c/inbox")
		if err := blocks.AddAccount(ctx, site, c.AccountID, sqldb.Now()); err != nil {
			t.Fatal(err)
		}
		check("an account is muted", "https://one.example/inbox")
		list, err = s.Actors(ctx, []actor.ID{a.ID, b.ID, c.ID, d.ID, personActor(1)})
		if got := inboxURLs(t, list, err); !slices.Equal(got, []string{"https://one.example/inbox"}) {
			t.Errorf("actors: got %v", got)
		}
		got, err := PeerServers{DB: db}.Blocked(ctx, []string{"one.example", "three.example"}, []string{a.URL, c.URL})
		if want := map[string]bool{"three.example": true, c.URL: true}; err != nil || !cmp.Equal(got, want) {
			t.Errorf("blocked: got %v %v, want %v", got, err, want)
		}
	})
}

func TestDeadServersAreThoseWithSomethingLeft(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ctx, s, now := t.Context(), PeerServers{DB: db}, sqldb.Now()
		for i, h := range []string{"empty.example", "waits.example", "late.example"} {
			if _, err := s.Failed(ctx, h, now.Add(time.Duration(i-2)*peer.Dead)); err != nil {
				t.Fatal(err)
			}
		}
		outgoing(t, PeerOutbox{DB: db}, "video", peer.Normal, "waits.example", "late.example")
		if got, err := s.DeadSince(ctx, now.Add(-peer.Dead+time.Hour), 10); err != nil || !slices.Equal(got, []string{"waits.example"}) {
			t.Errorf("dead: got %v %v", got, err)
		}
	})
}

func TestTombstones(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ctx, s, now := t.Context(), PeerTombstones{DB: db}, sqldb.Now()
		if _, _, err := s.Buried(ctx, "https://here.example/v"); !errs.Is(err, errs.NotFound) {
			t.Errorf("what lives: got %v, want NotFound", err)
		}
		for i := range 2 {
			if err := s.Bury(ctx, "https://here.example/v", "Video", now.Add(time.Duration(i)*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if kind, at, err := s.Buried(ctx, "https://here.example/v"); err != nil || kind != "Video" || !at.Equal(now) {
			t.Errorf("buried: got %q %v %v", kind, at, err)
		}
		for range 2 {
			if err := s.Unbury(ctx, "https://here.example/v"); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := s.Buried(ctx, "https://here.example/v"); !errs.Is(err, errs.NotFound) {
			t.Errorf("what lives again: got %v, want NotFound", err)
		}
	})
}

func TestFederationIsReadByIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		fillFederation(t, db)
		followers, followerArgs := followerInboxes([]actor.ID{2})
		actors, actorArgs := actorInboxes([]actor.ID{1, 2, 3})
		for name, q := range map[string]struct {
			text string
			args []any
		}{
			"next received":   {nextReceived, []any{"h7.example", 100}},
			"lanes":           {lanes, []any{sqldb.Now(), 100}},
			"next deliveries": {nextDeliveries, []any{"h7.example", 50}},
			"hosts":           {deliveryHosts, []any{sqldb.Now(), 100}},
			"replaced":        {replaceUpdates, []any{"s7", 1000}},
			"hurried":         {hurryDelivery, []any{"s7", 1000, peer.Normal}},
			"drop":            {dropDeliveries, []any{"h7.example", 2, 100}},
			"followers":       {followers, followerArgs},
			"actors":          {actors, actorArgs},
			"sharers":         {sharerInboxes, []any{1}},
			"sharers of":      {sharersOf, []any{1, 0}},
			"dead":            {deadServers, []any{sqldb.Now().Add(-peer.Dead), 10}},
			"score":           {scoreFollowers, []any{"h7.example", "https://h7.example/inbox", -10, 10_000}},
			"unwell":          {unwellFollowers, []any{"h7.example", "https://h7.example/inbox"}},
			"unanswered":      {unanswered, []any{sqldb.Now(), sqldb.Now(), sqldb.Now(), 0, peer.First, 100}},
		} {
			got := indexPlan(t, db, q.text, q.args)
			for _, table := range []string{"inbox_activities", "deliveries", "outbox_activities", "actor_follows", "actors", "video_shares", "servers"} {
				for _, bad := range []string{"SCAN " + table, "SCAN i\n", "SCAN d\n", "SCAN f\n", "SCAN x\n", "Seq Scan on " + table} {
					// A step through an index (min) is no scan of the table.
					for _, line := range strings.Split(got, "\n") {
						if strings.Contains(line+"\n", bad) && !strings.Contains(line, "INDEX") && !(table == "servers" && small(name)) {
							t.Errorf("%s: %s in\n%s", name, bad, got)
						}
					}
				}
			}
		}
	})
}

// small reports whether a query may read all of the few servers there are.
func small(name string) bool {
	return name == "hosts" || name == "followers" || name == "sharers" || name == "sharers of"
}

// fillFederation fills the tables as on a busy site: 500 hosts, 20,000
// deliveries and as much received, a follower from each host.
func fillFederation(t *testing.T, db *sqldb.DB) {
	t.Helper()
	ctx := t.Context()
	if err := filltest.Fill(ctx, db, 400); err != nil {
		t.Fatal(err)
	}
	in, out := PeerInbox{DB: db}, PeerOutbox{DB: db}
	var inboxes []peer.Inboxes
	var list []*peer.Received
	for i := range 500 {
		host := fmt.Sprintf("h%d.example", i)
		p := remotePerson(t, db, "p", host, "https://"+host+"/inbox")
		mustFollow(t, Follows{DB: db}, p.ID, channelActor(1))
		inboxes = append(inboxes, peer.Inboxes{Host: host, URL: p.SharedInboxURL})
		for j := range 40 {
			list = append(list, received(host, j))
		}
	}
	if _, err := in.Add(ctx, list); err != nil {
		t.Fatal(err)
	}
	err := db.InTx(ctx, func(ctx context.Context) error {
		for i := range 40 {
			a := &peer.Outgoing{ActivityURL: fmt.Sprint(i), Type: "Update", Subject: fmt.Sprint("s", i), ActorID: 1, Body: []byte(`{}`), CreatedAt: sqldb.Now()}
			if err := out.Put(ctx, a); err != nil {
				return err
			}
			if err := out.Fan(ctx, a.ID, peer.Normal, inboxes); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && db.Dialect == sqldb.Postgres {
		_, err = db.Exec(ctx, `ANALYZE`)
	}
	if err != nil {
		t.Fatal(err)
	}
}
