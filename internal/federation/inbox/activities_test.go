package inbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

func TestRatings(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		counts := func() [2]int {
			return [2]int{w.number(`SELECT likes FROM videos WHERE id = 1`), w.number(`SELECT dislikes FROM videos WHERE id = 1`)}
		}
		like := act("Like", alice+"/likes/1", alice, mine())
		dislike := act("Dislike", alice+"/dislikes/1", alice, obj{"type": "Video", "id": mine()})
		for _, tt := range []struct {
			name string
			what obj
			want [2]int
			sent []string
		}{
			{"a like", like, [2]int{1, 0}, []string{"changed 1"}},
			{"the same again", like, [2]int{1, 0}, nil},
			{"another one of the same person", act("Like", alice+"/likes/1b", alice, mine()), [2]int{1, 0}, nil},
			{"one of another", act("Like", bob+"/likes/1", bob, mine()), [2]int{2, 0}, []string{"changed 1"}},
			{"it is taken back by another", act("Undo", bob+"/undo/1", bob, like), [2]int{2, 0}, nil},
			{"a dislike instead", dislike, [2]int{1, 1}, []string{"changed 1"}},
			{"the like that is no more is taken back", act("Undo", alice+"/undo/2", alice, like), [2]int{1, 1}, nil},
			{"the dislike is taken back", act("Undo", alice+"/undo/3", alice, dislike), [2]int{1, 0}, []string{"changed 1"}},
			{"liked again, under the same id", like, [2]int{2, 0}, []string{"changed 1"}},
			{"taken back again, under the same id", act("Undo", alice+"/undo/1", alice, like), [2]int{1, 0}, []string{"changed 1"}},
			{"liked once more", like, [2]int{2, 0}, []string{"changed 1"}},
			{"taken back by its id by another", act("Undo", bob+"/undo/4", bob, alice+"/likes/1"), [2]int{2, 0}, nil},
			{"by an id that is not known", act("Undo", alice+"/undo/5", alice, alice+"/likes/5"), [2]int{2, 0}, nil},
			{"by its id", act("Undo", alice+"/undo/6", alice, alice+"/likes/1"), [2]int{1, 0}, []string{"changed 1"}},
			{"a dislike", dislike, [2]int{1, 1}, []string{"changed 1"}},
			{"taken back by its id, too", act("Undo", alice+"/undo/7", alice, alice+"/dislikes/1"), [2]int{1, 0}, []string{"changed 1"}},
			{"a like by a channel", act("Like", films+"/likes/1", films, mine()), [2]int{1, 0}, nil},
			{"a like of a video of others", act("Like", bob+"/likes/9", bob, theFilm), [2]int{1, 0}, nil},
		} {
			w.later(time.Second)
			w.send(tt.what)
			w.drain()
			if got := counts(); got != tt.want {
				t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
			}
			if diff := cmp.Diff(tt.sent, w.outcome()); diff != "" {
				t.Errorf("%s: told (-want +got):\n%s", tt.name, diff)
			}
		}
		w.send(act("Like", alice+"/likes/2", alice, mine())) // both at once
		w.send(act("Undo", alice+"/undo/8", alice, alice+"/likes/2"))
		w.drain()
		if got := counts(); got != [2]int{1, 0} {
			t.Errorf("liked and taken back by its id at once: got %v", got)
		}
		if _, err := w.db.Exec(t.Context(), `UPDATE videos SET privacy = 3 WHERE id = 1`); err != nil {
			t.Fatal(err)
		}
		w.send(act("Like", alice+"/likes/7", alice, mine()))
		w.drain()
		if got := counts(); got != [2]int{1, 0} {
			t.Errorf("a like of a private video counts: %v", got)
		}
		if n := w.left(); n != 0 {
			t.Errorf("%d activities are left", n)
		}
	})
}

func TestVideos(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		name := func() string {
			v, err := w.rows.ByRef(t.Context(), video.ByUUID(uuid))
			if errs.Is(err, errs.NotFound) {
				return ""
			}
			if err != nil {
				t.Fatal(err)
			}
			return v.Name
		}
		called := func(s string) obj {
			f := film(theFilm, alice, films)
			f["name"] = s
			return f
		}
		for _, tt := range []struct {
			name string
			what obj
			by   string
			want string
		}{
			{"somebody else's", act("Create", bob+"/c/1", bob, called("Forged")), "", ""},
			{"of another host", act("Create", mallory+"/c/1", mallory, called("Forged")), "", ""},
			{"attributed to another host", act("Create", mallory+"/c/2", mallory, film("https://evil.test/v", alice, films)), "", ""},
			{"its owner's", act("Create", theFilm+"/activity", alice, called("A far film")), "", "A far film"},
			{"changed by another of its site", act("Update", bob+"/u/1", bob, called("Forged")), "", "A far film"},
			{"changed by another site", act("Update", mallory+"/u/1", mallory, called("Forged")), "", "A far film"},
			{"changed with a new owner", act("Update", bob+"/u/2", bob, film(theFilm, bob, films)), "", "A far film"},
			{"changed by its owner", act("Update", theFilm+"/updates/1", alice, called("A better name")), "", "A better name"},
			{"changed by its channel", act("Update", theFilm+"/updates/2", films, called("The best name")), "", "The best name"},
			{"deleted by another", act("Delete", bob+"/d/1", bob, theFilm), "", "The best name"},
			{"deleted by another site", act("Delete", mallory+"/d/1", mallory, theFilm), "", "The best name"},
			{"deleted by its owner", act("Delete", theFilm+"/delete", alice, theFilm), "", ""},
			{"a late creation", act("Create", theFilm+"/again", alice, called("A ghost")), "", ""},
		} {
			w.send(tt.what)
			w.drain()
			if got := name(); got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
			}
		}
	})
}

func TestVideosOfThisSiteAreNotForOthers(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		before := w.number(`SELECT COUNT(*) FROM videos`)
		f := film(mine(), alice, films)
		w.send(act("Update", alice+"/u/1", alice, f))
		w.send(act("Delete", alice+"/d/1", alice, mine()))
		w.send(act("Delete", alice+"/d/2", alice, owner))
		w.send(act("Update", alice+"/u/2", alice, person(owner, "person1")))
		w.drain()
		if got := w.number(`SELECT COUNT(*) FROM videos WHERE name <> 'A far film'`); got != before {
			t.Errorf("got %d videos, want %d", got, before)
		}
		if n := w.left(); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

func TestComments(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		texts := func() []string {
			list, err := sqldb.All(t.Context(), w.db, sqldb.Value[string], `SELECT text FROM comments WHERE deleted_at IS NULL ORDER BY id`)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		first := note(alice+"/n/1", alice, mine(), "Nice <b>film</b><script>x</script>")
		second := note(bob+"/n/2", bob, alice+"/n/1", "Yes")
		create := func(n obj) obj {
			return w.signed(act("Create", n["id"].(string)+"/activity", n["attributedTo"].(string), n))
		}
		private := note(alice+"/n/3", alice, mine(), "psst")
		private["to"] = []any{owner}
		w.put(note("https://far.test/n/lost", bob, alice+"/n/1", "Found"))
		changed := note(alice+"/n/1", alice, mine(), "Very nice")
		for _, tt := range []struct {
			name string
			what obj
			want []string
			sent []string
		}{
			{
				"a comment", create(first),
				[]string{"<p>Nice <b>film</b></p>"},
				[]string{"approve " + alice + "/n/1", "forward Create " + alice + "/n/1/activity of 1 but to far.test"},
			},
			{
				"a reply", create(second),
				[]string{"<p>Nice <b>film</b></p>", "<p>Yes</p>"},
				[]string{"approve " + bob + "/n/2", "forward Create " + bob + "/n/2/activity of 1 but to far.test"},
			},
			{"in the name of another", act("Create", bob+"/c/4", bob, note(bob+"/n/4", alice, mine(), "Forged")), []string{"<p>Nice <b>film</b></p>", "<p>Yes</p>"}, nil},
			{"a private one", create(private), []string{"<p>Nice <b>film</b></p>", "<p>Yes</p>"}, nil},
			{"about nothing here", create(note(alice+"/n/5", alice, "https://far.test/nowhere", "x")), []string{"<p>Nice <b>film</b></p>", "<p>Yes</p>"}, nil},
			{
				"a reply to one that is not known yet", act("Create", alice+"/c/6", alice, note(alice+"/n/6", alice, "https://far.test/n/lost", "Deep")),
				[]string{"<p>Nice <b>film</b></p>", "<p>Yes</p>", "<p>Found</p>", "<p>Deep</p>"},
				[]string{"approve " + alice + "/n/6", "forward bare Create " + alice + "/c/6 of 1 but to far.test"},
			},
			{"changed by another", act("Update", bob+"/u/7", bob, changed), []string{"<p>Nice <b>film</b></p>", "<p>Yes</p>", "<p>Found</p>", "<p>Deep</p>"}, nil},
			{
				"changed", act("Update", alice+"/u/8", alice, changed),
				[]string{"<p>Very nice</p>", "<p>Yes</p>", "<p>Found</p>", "<p>Deep</p>"},
				[]string{"forward bare Update " + alice + "/u/8 of 1 but to far.test"},
			},
			{"deleted by another", act("Delete", alice+"/d/9", alice, bob+"/n/2"), []string{"<p>Very nice</p>", "<p>Yes</p>", "<p>Found</p>", "<p>Deep</p>"}, nil},
			{"deleted by another site", act("Delete", mallory+"/d/9", mallory, bob+"/n/2"), []string{"<p>Very nice</p>", "<p>Yes</p>", "<p>Found</p>", "<p>Deep</p>"}, nil},
			{
				"deleted", w.signed(act("Delete", bob+"/n/2/delete", bob, obj{"type": "Tombstone", "id": bob + "/n/2"})),
				[]string{"<p>Very nice</p>", "<p>Found</p>", "<p>Deep</p>"},
				[]string{"forward Delete " + bob + "/n/2/delete of 1 but to far.test"},
			},
			{"said late", create(second), []string{"<p>Very nice</p>", "<p>Found</p>", "<p>Deep</p>"}, nil},
		} {
			w.send(tt.what)
			w.drain()
			if diff := cmp.Diff(tt.want, texts()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
			if diff := cmp.Diff(tt.sent, w.outcome()); diff != "" {
				t.Errorf("%s: told (-want +got):\n%s", tt.name, diff)
			}
		}
	})
}

// Under the videos of others their owners decide: PeerTube gives such a Delete
// an id of the comment's site.
func TestOwnersDeleteWhatOthersSay(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		said := mallory + "/n/1"
		w.send(act("Create", theFilm+"/activity", alice, film(theFilm, alice, films)))
		w.send(act("Create", mallory+"/c/1", mallory, note(said, mallory, theFilm, "Buy this")))
		w.drain()
		there := func() bool {
			c, err := w.processor.Said.ByURL(t.Context(), said)
			return err == nil && !c.Deleted()
		}
		if !there() {
			t.Fatal("the comment is not there")
		}
		w.send(act("Delete", said+"/delete", bob, said))
		w.drain()
		if !there() {
			t.Error("deleted by somebody whose video it is not")
		}
		w.send(act("Delete", said+"/delete", alice, said))
		w.drain()
		if there() {
			t.Error("it is still there")
		}
	})
}

func TestCommentsKeepTheRulesOfTheVideo(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		set := func(query string) {
			if _, err := w.db.Exec(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		say := func(n string) *comment.Comment {
			w.send(act("Create", alice+"/c/"+n, alice, note(alice+"/n/"+n, alice, mine(), "x")))
			w.drain()
			c, err := w.processor.Said.ByURL(t.Context(), alice+"/n/"+n)
			if err != nil {
				return nil
			}
			return c
		}
		set(`UPDATE videos SET comments_policy = 2 WHERE id = 1`)
		if say("1") != nil {
			t.Error("a comment where comments are disabled")
		}
		set(`UPDATE videos SET comments_policy = 3 WHERE id = 1`)
		if c := say("2"); c == nil || !c.HeldForReview {
			t.Errorf("a comment that needs approval: %+v", c)
		}
		if got := w.outcome(); len(got) != 0 {
			t.Errorf("a held comment was told of: %v", got)
		}
		set(`UPDATE videos SET comments_policy = 1, privacy = 3 WHERE id = 1`)
		if say("3") != nil {
			t.Error("a comment of a private video")
		}
		set(`UPDATE videos SET privacy = 1 WHERE id = 1`)
		k, err := w.known.ByURL(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.blocks.Store.AddAccount(t.Context(), 1, k.AccountID, w.now); err != nil {
			t.Fatal(err)
		}
		w.later(time.Minute)
		if say("4") != nil {
			t.Error("a comment of somebody whom the owner has muted")
		}
	})
}

func TestApprovals(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := film(theFilm, alice, films)
		f["commentsPolicy"] = 3.0
		w.send(act("Create", theFilm+"/activity", alice, f))
		w.drain()
		v, err := w.rows.ByRef(t.Context(), video.ByUUID(uuid))
		if err != nil {
			t.Fatal(err)
		}
		c := &comment.Comment{VideoID: v.ID, OwnerID: v.Channel.OwnerID, AccountID: 1, Text: "hello", HeldForReview: true, CreatedAt: w.now, UpdatedAt: w.now}
		if err := w.talk.Add(t.Context(), c, func(comment.ID) string { return "https://bench.example/videos/watch/" + uuid + "/comments/1" }); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			by   string
			held bool
		}{{bob, true}, {mallory, true}, {alice, false}} {
			w.send(act("ApproveReply", tt.by+"/approve", tt.by, c.URL))
			w.drain()
			if got, err := w.talk.ByID(t.Context(), c.ID); err != nil || got.HeldForReview != tt.held {
				t.Errorf("approved by %s: held %v %v", tt.by, got.HeldForReview, err)
			}
		}
		if !slices.Contains(w.told, "said "+c.URL+" held=false now=true") {
			t.Errorf("told: %v", w.told)
		}
	})
}

func TestAnswersToFollows(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.send(act("Like", films+"/hello", films, "https://far.test/x")) // so that it is known
		w.drain()
		me, err := w.known.ByURL(t.Context(), owner)
		if err != nil {
			t.Fatal(err)
		}
		it, err := w.processor.Actors.ByURL(t.Context(), films)
		if err != nil {
			t.Fatal(err)
		}
		f := &follow.Follow{URL: owner + "/follows/5", State: follow.Pending, FollowerID: me.ID, FollowingID: it.ID, CreatedAt: w.now, UpdatedAt: w.now}
		if _, err := w.follows.Create(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		ask := act("Follow", f.URL, owner, films)
		for _, tt := range []struct {
			name string
			what obj
			want follow.State
			sent []string
		}{
			{"by another", act("Accept", bob+"/accepts/1", bob, ask), follow.Pending, nil},
			{"by another site, by its id", act("Accept", mallory+"/accepts/1", mallory, f.URL), follow.Pending, nil},
			{"by whom it is of", act("Accept", films+"/accepts/1", films, ask), follow.Accepted, []string{"followed accepted"}},
			{"once more", act("Accept", films+"/accepts/2", films, f.URL), follow.Accepted, nil},
			{"refused in the end", act("Reject", films+"/rejects/1", films, f.URL), follow.Rejected, nil},
		} {
			w.send(tt.what)
			w.drain()
			got, err := w.follows.Between(t.Context(), me.ID, it.ID)
			if err != nil || got.State != tt.want {
				t.Errorf("%s: got %v %v, want %v", tt.name, got, err, tt.want)
			}
			if diff := cmp.Diff(tt.sent, w.outcome()); diff != "" {
				t.Errorf("%s: told %s", tt.name, diff)
			}
		}
	})
}

func TestAnnouncements(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.put(film(theFilm, alice, films), note("https://far.test/n/1", bob, mine(), "Told by a group"))
		shares := func() int { return w.number(`SELECT COUNT(*) FROM video_shares`) }
		announce := act("Announce", theFilm+"/announces/3", films, theFilm)
		for _, tt := range []struct {
			name string
			what obj
			want int
		}{
			{"by a person", act("Announce", bob+"/a/1", bob, theFilm), 0},
			{"by its channel", announce, 1},
			{"by its channel again", act("Announce", theFilm+"/announces/3b", films, theFilm), 1},
			{"by its site", act("Announce", theFilm+"/announces/4", farSite, obj{"type": "Video", "id": theFilm}), 2},
			{"of what is not there", act("Announce", films+"/a/5", films, "https://far.test/none"), 2},
			{"of a video of this site", act("Announce", films+"/a/6", films, mine()), 3},
			{"taken back by another", act("Undo", bob+"/undo/1", bob, announce), 3},
			{"taken back", act("Undo", theFilm+"/announces/3/undo", films, announce), 2},
		} {
			w.send(tt.what)
			w.drain()
			if got := shares(); got != tt.want {
				t.Errorf("%s: got %d shares, want %d", tt.name, got, tt.want)
			}
		}
		like := act("Like", bob+"/likes/1", bob, mine())
		w.send(act("Announce", films+"/a/7", films, like)) // nobody can verify that
		w.send(act("Announce", films+"/a/8", films, act("Create", bob+"/c/1", bob, obj{"type": "Note", "id": "https://far.test/n/1"})))
		w.drain()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 0 {
			t.Errorf("a like that a group told of counts: %d", n)
		}
		if c, err := w.processor.Said.ByURL(t.Context(), "https://far.test/n/1"); err != nil || !strings.Contains(c.Text, "Told by a group") {
			t.Errorf("a note that a group told of: %v %v", c, err)
		}
	})
}

func TestViewsAndDownloads(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.send(act("Create", theFilm+"/activity", alice, film(theFilm, alice, films)))
		w.send(act("View", farSite+"/views/videos/1/a", farSite, mine()))
		w.send(act("View", farSite+"/views/videos/1/a", farSite, mine()))
		w.send(act("Download", farSite+"/downloads/videos/1/a", farSite, mine()))
		watching := act("View", farSite+"/views/videos/1/b", farSite, mine())
		watching["expires"] = w.now.Add(time.Minute).Format(time.RFC3339)
		total := act("View", farSite+"/views/videos/2/c", farSite, theFilm)
		total["expires"] = w.now.Add(time.Minute).Format(time.RFC3339)
		total["result"] = obj{"type": "InteractionCounter", "interactionType": "WatchAction", "userInteractionCount": 12.0}
		forged := act("View", mallory+"/views/videos/2/c", mallory, theFilm)
		forged["expires"], forged["result"] = total["expires"], obj{"type": "InteractionCounter", "userInteractionCount": 1e6}
		for _, d := range []obj{watching, total, forged} {
			w.send(d)
		}
		w.drain()
		if n := w.number(`SELECT SUM(views) FROM view_buffer`); n != 1 {
			t.Errorf("got %d views, want 1", n)
		}
		if n := w.number(`SELECT SUM(downloads) FROM view_buffer`); n != 1 {
			t.Errorf("got %d downloads, want 1", n)
		}
		v, err := w.rows.ByRef(t.Context(), video.ByUUID(uuid))
		if err != nil {
			t.Fatal(err)
		}
		viewers, totals := w.processor.Presence.Elsewhere(w.now)
		if viewers[1] != 1 || totals[v.ID] != 12 {
			t.Errorf("who watches: %v %v", viewers, totals)
		}
		if viewers, totals := w.processor.Presence.Elsewhere(w.now.Add(2 * time.Minute)); len(viewers)+len(totals) != 0 {
			t.Errorf("who watches later: %v %v", viewers, totals)
		}
	})
}

func TestActorsChangeAndGo(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.send(act("Create", theFilm+"/activity", alice, film(theFilm, alice, films)))
		w.drain()
		name := func() string {
			k, err := w.known.ByURL(t.Context(), alice)
			if errs.Is(err, errs.NotFound) {
				return ""
			}
			if err != nil {
				t.Fatal(err)
			}
			a, err := w.known.ByURL(t.Context(), k.URL)
			if err != nil {
				t.Fatal(err)
			}
			n, err := sqldb.One(t.Context(), w.db, sqldb.Value[string], `SELECT name FROM accounts WHERE id = $1`, a.AccountID)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		renamed := person(alice, "alice")
		renamed["name"] = "Alice B."
		w.put(renamed)
		w.send(act("Update", mallory+"/u/1", mallory, renamed))
		w.send(act("Update", bob+"/u/1", bob, renamed))
		w.drain()
		if got := name(); got != "The alice" {
			t.Errorf("changed by another: %q", got)
		}
		w.send(act("Update", alice+"/u/1", alice, renamed))
		w.drain()
		if got := name(); got != "Alice B." {
			t.Errorf("changed: %q", got)
		}
		w.send(act("Delete", bob+"/d/1", bob, alice))
		w.drain()
		if got := name(); got != "Alice B." {
			t.Errorf("deleted by another: %q", got)
		}
		w.send(act("Delete", alice+"#delete", alice, alice))
		w.drain()
		if got := name(); got != "" {
			t.Errorf("deleted: %q", got)
		}
		if n := w.number(`SELECT COUNT(*) FROM videos WHERE remote = TRUE`); n != 0 {
			t.Errorf("%d of its videos stay", n)
		}
	})
}

func TestPlaylists(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		list := obj{
			"id": "https://far.test/video-playlists/1", "type": "Playlist", "name": "A far list", "uuid": uuid, "totalItems": 0.0, "to": "https://www.w3.org/ns/activitystreams#Public",
			"published": "2026-01-02T03:04:05Z", "updated": "2026-01-02T03:04:05Z", "attributedTo": []any{films},
		}
		count := func() int { return w.number(`SELECT COUNT(*) FROM playlists WHERE remote = TRUE`) }
		for _, tt := range []struct {
			name string
			what obj
			want int
		}{
			{"of another site", act("Create", mallory+"/c/1", mallory, list), 0},
			{"of its owner", act("Create", alice+"/c/1", alice, list), 1},
			{"changed by another", act("Update", bob+"/u/1", bob, list), 1},
			{"deleted by another", act("Delete", bob+"/d/1", bob, list["id"]), 1},
			{"deleted", act("Delete", alice+"/d/1", alice, list["id"]), 0},
		} {
			w.send(tt.what)
			w.drain()
			if got := count(); got != tt.want {
				t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
			}
		}
	})
}

func TestWhatIsNotBuiltIsDropped(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, d := range []obj{
			act("Create", alice+"/c/3", alice, obj{"type": "Page", "id": "https://far.test/page/1", "audience": channel}),
			act("RejectReply", alice+"/r/1", alice, mine()+"/comments/1"),
			act("Move", alice+"/m/1", alice, alice),
			act("Undo", alice+"/undo/1", alice, act("Block", alice+"/b/1", alice, owner)),
		} {
			w.send(d)
		}
		w.drain()
		if n := w.left(); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}
