package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// talk writes comments of video 1, which account 1 owns.
type talk struct {
	t  testing.TB
	db *sqldb.DB
	s  *store.Comments
	at time.Time
}

func newTalk(t testing.TB, db *sqldb.DB, videos *store.Videos) *talk {
	t.Helper()
	if _, err := db.Exec(t.Context(), `UPDATE videos SET comments = 0`); err != nil { // filltest only pretends
		t.Fatal(err)
	}
	return &talk{t: t, db: db, s: &store.Comments{DB: db, Videos: videos}, at: sqldb.Now()}
}

func (k *talk) add(by actor.AccountID, replyTo comment.ID, held bool) *comment.Comment {
	k.t.Helper()
	k.at = k.at.Add(time.Second)
	c := &comment.Comment{VideoID: 1, OwnerID: 1, AccountID: by, Text: "said", ReplyTo: replyTo, HeldForReview: held, CreatedAt: k.at, UpdatedAt: k.at}
	if err := k.s.Add(k.t.Context(), c, func(id comment.ID) string { return fmt.Sprintf("https://here.example/comments/%d", id) }); err != nil {
		k.t.Fatal(err)
	}
	return c
}

func (k *talk) remove(id comment.ID) bool {
	k.t.Helper()
	done, err := k.s.Remove(k.t.Context(), id, k.at)
	if err != nil {
		k.t.Fatal(err)
	}
	return done
}

// threads are the ids that somebody sees, and the totals.
func (k *talk) threads(sight comment.Sight, sort string) (ids []comment.ID, total, notDeleted int) {
	k.t.Helper()
	page, err := k.s.Threads(k.t.Context(), comment.ThreadList{VideoID: 1, Count: 50, Sort: sort, Sight: sight})
	if err != nil {
		k.t.Fatal(err)
	}
	for _, c := range page.List {
		ids = append(ids, c.ID)
	}
	return ids, page.Total, page.NotDeleted
}

// check counts everything anew and compares it with the counters.
func (k *talk) check() {
	k.t.Helper()
	for what, query := range map[string]string{
		"replies": `SELECT count(*) FROM comments c WHERE c.replies <>
			(SELECT count(*) FROM comments r WHERE r.reply_to_id = c.id AND r.held_for_review = FALSE AND r.vanished = FALSE)`,
		"total replies": `SELECT count(*) FROM comments c WHERE c.thread_id IS NULL AND c.total_replies <>
			(SELECT count(*) FROM comments r WHERE r.thread_id = c.id AND r.held_for_review = FALSE AND r.deleted_at IS NULL)`,
		"author's replies": `SELECT count(*) FROM comments c WHERE c.thread_id IS NULL AND c.author_replies <>
			(SELECT count(*) FROM comments r WHERE r.thread_id = c.id AND r.held_for_review = FALSE AND r.account_id = c.owner_id)`,
		"comments of videos": `SELECT count(*) FROM videos v WHERE v.comments <>
			(SELECT count(*) FROM comments c WHERE c.video_id = v.id AND c.held_for_review = FALSE AND c.deleted_at IS NULL)`,
		"threads of videos": `SELECT count(*) FROM videos v WHERE v.comment_threads <>
			(SELECT count(*) FROM comments c WHERE c.video_id = v.id AND c.thread_id IS NULL AND c.held_for_review = FALSE AND c.vanished = FALSE)`,
		"vanished with replies": `SELECT count(*) FROM comments c WHERE c.vanished = TRUE AND (c.deleted_at IS NULL
			OR EXISTS (SELECT 1 FROM comments r WHERE r.reply_to_id = c.id AND r.vanished = FALSE))`,
		"empty places without replies": `SELECT count(*) FROM comments c WHERE c.deleted_at IS NOT NULL AND c.vanished = FALSE
			AND NOT EXISTS (SELECT 1 FROM comments r WHERE r.reply_to_id = c.id AND r.vanished = FALSE)`,
		"texts of deleted ones": `SELECT count(*) FROM comments c WHERE c.deleted_at IS NOT NULL AND (c.text <> '' OR c.account_id IS NOT NULL)`,
	} {
		if n, err := sqldb.One(k.t.Context(), k.db, sqldb.Value[int], query); err != nil || n != 0 {
			k.t.Errorf("%s: %d rows are wrong (%v)", what, n, err)
		}
	}
}

func TestCommentsAreCountedWhateverHappens(t *testing.T) {
	eachVideos(t, 600, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		k := newTalk(t, db, videos)
		r := rand.New(rand.NewPCG(3, 4))
		var all []comment.ID
		for i := range 300 {
			switch n := r.IntN(10); {
			case n < 6 || len(all) == 0:
				var parent comment.ID
				if len(all) > 0 && r.IntN(4) > 0 {
					if p, err := k.s.ByID(t.Context(), all[r.IntN(len(all))]); err == nil && !p.Deleted() && !p.HeldForReview {
						parent = p.ID
					}
				}
				all = append(all, k.add(actor.AccountID(1+r.IntN(3)), parent, r.IntN(5) == 0).ID)
			case n < 9:
				k.remove(all[r.IntN(len(all))])
			default:
				if _, err := k.s.Approve(t.Context(), all[r.IntN(len(all))], k.at); err != nil {
					t.Fatal(err)
				}
			}
			if i%50 == 0 {
				k.check()
			}
		}
		k.check()
		for id := actor.AccountID(1); id <= 2; id++ {
			if err := k.s.RemoveOfAccount(t.Context(), id, k.at); err != nil {
				t.Fatal(err)
			}
			k.check()
			if list, err := k.s.OfAccount(t.Context(), id, 0, 5); err != nil || len(list) > 0 {
				t.Errorf("of account %d is left: %+v, %v", id, list, err)
			}
		}
		for _, id := range all {
			k.remove(id)
		}
		k.check()
		if ids, total, left := k.threads(comment.Sight{Manages: true}, "-createdAt"); len(ids) != 0 || total != 0 {
			t.Errorf("after all is deleted: %v, %d threads, %d comments", ids, total, left)
		}
	})
}

func TestThreadsAreSeenByWhoMay(t *testing.T) {
	eachVideos(t, 600, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		k := newTalk(t, db, videos)
		a, b, held := k.add(2, 0, false), k.add(3, 0, false), k.add(2, 0, true)
		k.add(1, a.ID, false)
		k.add(3, a.ID, true)
		k.add(2, b.ID, false)
		k.add(1, b.ID, false)
		for _, tt := range []struct {
			name       string
			sight      comment.Sight
			sort       string
			want       []comment.ID
			notDeleted int
		}{
			{"everybody, newest first", comment.Sight{}, "-createdAt", []comment.ID{b.ID, a.ID}, 5},
			{"oldest first", comment.Sight{}, "createdAt", []comment.ID{a.ID, b.ID}, 5},
			{"most answered first", comment.Sight{}, "-totalReplies", []comment.ID{b.ID, a.ID}, 5},
			{"least answered first", comment.Sight{}, "totalReplies", []comment.ID{a.ID, b.ID}, 5},
			{"who wrote a held one", comment.Sight{Viewer: 2}, "-createdAt", []comment.ID{held.ID, b.ID, a.ID}, 6},
			{"who manages the video", comment.Sight{Manages: true}, "-createdAt", []comment.ID{held.ID, b.ID, a.ID}, 7},
		} {
			ids, total, notDeleted := k.threads(tt.sight, tt.sort)
			if diff := cmp.Diff(tt.want, ids); diff != "" || total != len(tt.want) {
				t.Errorf("%s: total %d (-want +got):\n%s", tt.name, total, diff)
			}
			if notDeleted != tt.notDeleted {
				t.Errorf("%s: got %d comments, want %d", tt.name, notDeleted, tt.notDeleted)
			}
		}
		blocks := store.Blocks{DB: db}
		if err := blocks.AddAccount(t.Context(), 0, 3, k.at); err != nil {
			t.Fatal(err)
		}
		if ids, total, n := k.threads(comment.Sight{Blockers: []actor.AccountID{0}}, "-createdAt"); !cmp.Equal(ids, []comment.ID{a.ID}) || total != 1 || n != 4 {
			t.Errorf("with a muted account: got %v of %d, %d comments", ids, total, n)
		}
	})
}

func TestMutedServersAreHidden(t *testing.T) {
	eachVideos(t, 600, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		k := newTalk(t, db, videos)
		exec(t, db, `INSERT INTO servers (id, host, created_at, updated_at) VALUES (9, 'bad.example', $1, $1)`, k.at)
		exec(t, db, `UPDATE actors SET server_id = 9 WHERE id = (SELECT actor_id FROM accounts WHERE id = 3)`)
		mine, theirs := k.add(2, 0, false), k.add(3, 0, false)
		blocks := store.Blocks{DB: db}
		if err := blocks.AddServer(t.Context(), 2, "bad.example", k.at); err != nil {
			t.Fatal(err)
		}
		if ids, total, n := k.threads(comment.Sight{Viewer: 2, Blockers: []actor.AccountID{2}}, "-createdAt"); !cmp.Equal(ids, []comment.ID{mine.ID}) || total != 1 || n != 1 {
			t.Errorf("who muted the server sees %v of %d, %d comments", ids, total, n)
		}
		if ids, _, _ := k.threads(comment.Sight{Viewer: 1}, "-createdAt"); !cmp.Equal(ids, []comment.ID{theirs.ID, mine.ID}) {
			t.Errorf("others see %v", ids)
		}
	})
}

// What SQLite would do with nested cascades, and a recursion with a stack.
func TestAThousandLevelsDeep(t *testing.T) {
	eachVideos(t, 600, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		levels := 1100 // SQLite nests a thousand cascades at most
		if db.Dialect == sqldb.Postgres {
			levels = 200 // many changes of a row in one transaction are slow there
		}
		k := newTalk(t, db, videos)
		var ids []comment.ID
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			var parent comment.ID
			for range levels {
				k.at = k.at.Add(time.Second)
				c := &comment.Comment{VideoID: 1, OwnerID: 1, AccountID: 2, Text: "deeper", ReplyTo: parent, CreatedAt: k.at, UpdatedAt: k.at}
				if err := k.s.Add(ctx, c, func(id comment.ID) string { return fmt.Sprint("https://here.example/", id) }); err != nil {
					return err
				}
				parent = c.ID
				ids = append(ids, c.ID)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		list, err := k.s.OfThread(t.Context(), ids[0], comment.Sight{}, 5000)
		if err != nil || len(list) != levels-1 || list[levels-2].Depth != levels-1 {
			t.Fatalf("the thread has %d replies: %v", len(list), err)
		}
		// All but the deepest are emptied; with it they all vanish.
		if err := db.InTx(t.Context(), func(ctx context.Context) error {
			for _, id := range ids[:levels-1] {
				if _, err := k.s.Remove(ctx, id, k.at); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		k.check()
		if err := k.s.RemoveOfAccount(t.Context(), 2, k.at); err != nil { // the deepest is theirs
			t.Fatal(err)
		}
		k.check()
		if got, total, _ := k.threads(comment.Sight{}, "createdAt"); len(got) != 0 || total != 0 {
			t.Errorf("the empty thread is still there: %v, %d", got, total)
		}
		if err := videos.Delete(t.Context(), 1); err != nil {
			t.Errorf("delete the video: %v", err)
		}
		if _, err := k.s.ByID(t.Context(), ids[0]); !errs.Is(err, errs.NotFound) {
			t.Errorf("a comment of a deleted video: got %v, want NotFound", err)
		}
	})
}

func TestRepliesToTheDeletedAreRefused(t *testing.T) {
	eachVideos(t, 600, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		k := newTalk(t, db, videos)
		a := k.add(2, 0, false)
		if !k.remove(a.ID) || k.remove(a.ID) {
			t.Error("a comment is removed once")
		}
		c := &comment.Comment{VideoID: 1, OwnerID: 1, AccountID: 2, Text: "x", ReplyTo: a.ID, CreatedAt: k.at, UpdatedAt: k.at}
		if err := k.s.Add(t.Context(), c, nil); !errs.Is(err, errs.Conflict) {
			t.Errorf("got %v, want Conflict", err)
		}
		// From elsewhere such a reply may come: it gives the place back.
		c.Remote, c.URL = true, "https://far.example/1"
		if err := k.s.Add(t.Context(), c, nil); err != nil {
			t.Fatal(err)
		}
		k.check()
		if ids, total, _ := k.threads(comment.Sight{}, "createdAt"); !cmp.Equal(ids, []comment.ID{a.ID}) || total != 1 {
			t.Errorf("got %v of %d", ids, total)
		}
	})
}

func TestFirstRepliesOfEach(t *testing.T) {
	eachVideos(t, 600, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		k := newTalk(t, db, videos)
		var parents, want []comment.ID
		for range 20 {
			p := k.add(2, 0, false)
			parents = append(parents, p.ID)
			for n := range 4 {
				if c := k.add(3, p.ID, n == 0); n > 0 && n < 3 {
					want = append(want, c.ID)
				}
			}
		}
		list, err := k.s.FirstReplies(t.Context(), parents, comment.Sight{}, 2)
		if err != nil {
			t.Fatal(err)
		}
		var got []comment.ID
		for _, c := range list {
			got = append(got, c.ID)
			if c.Account == nil || c.Account.AccountID != 3 {
				t.Fatalf("the author of %d is missing", c.ID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestCommentsOfVideosThatMoveFollowTheirOwner(t *testing.T) {
	eachVideos(t, 600, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		k := newTalk(t, db, videos)
		a := k.add(3, 0, false)
		k.add(2, a.ID, false)
		v, err := videos.ByRef(t.Context(), video.ByID(1))
		if err != nil {
			t.Fatal(err)
		}
		v.ChannelID = 2
		if err := videos.Update(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		k.check()
		list, total, err := k.s.List(t.Context(), comment.ListParams{Owner: 2, Count: 10})
		if err != nil || total != 2 || len(list) != 2 || list[1].AuthorReplies != 1 || list[0].Video == nil || list[0].Video.Channel == nil {
			t.Errorf("the new owner has %d: %+v, %v", total, list, err)
		}
	})
}

func TestCommentListFilters(t *testing.T) {
	eachVideos(t, 600, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		k := newTalk(t, db, videos)
		a, held := k.add(2, 0, false), k.add(3, 0, true)
		exec(t, db, `UPDATE comments SET text = 'about 100% of Squids, ÉTÉ' WHERE id = $1`, a.ID)
		exec(t, db, `UPDATE accounts SET name = 'ÉMILIE' WHERE id = 3`)
		yes, no := true, false
		for _, tt := range []struct {
			name string
			p    comment.ListParams
			want []comment.ID
		}{
			{"all", comment.ListParams{}, []comment.ID{held.ID, a.ID}},
			{"oldest first", comment.ListParams{Sort: "createdAt"}, []comment.ID{a.ID, held.ID}},
			{"held", comment.ListParams{Held: &yes}, []comment.ID{held.ID}},
			{"not held", comment.ListParams{Held: &no}, []comment.ID{a.ID}},
			{"held, of anybody's videos, by who is of here", comment.ListParams{Held: &yes, IsLocal: &yes, OnLocalVideo: &yes, Sort: "createdAt"}, []comment.ID{held.ID}},
			{"held, of the owner", comment.ListParams{Held: &yes, Owner: 1}, []comment.ID{held.ID}},
			{"held, of a channel, by text", comment.ListParams{Held: &yes, Channel: 1, Search: "said"}, []comment.ID{held.ID}},
			{"not held, of the owner", comment.ListParams{Held: &no, Owner: 1}, []comment.ID{a.ID}},
			{"of nobody's", comment.ListParams{Owner: 3}, nil},
			{"by text, in any case", comment.ListParams{Search: "100% OF sq"}, []comment.ID{a.ID}},
			{"by letters of any script, in any case", comment.ListParams{Search: "Été"}, []comment.ID{a.ID}},
			{"by the name of the author, in any case", comment.ListParams{SearchAccount: "émilie"}, []comment.ID{held.ID}},
			{"no wildcards", comment.ListParams{Search: "100_"}, nil},
			{"by author", comment.ListParams{SearchAccount: "person3"}, []comment.ID{held.ID}},
			{"by video", comment.ListParams{SearchVideo: "number 1 about"}, []comment.ID{held.ID, a.ID}},
			{"of a video", comment.ListParams{VideoID: 2}, nil},
			{"of a channel", comment.ListParams{Channel: 1, IsLocal: &yes, OnLocalVideo: &yes}, []comment.ID{held.ID, a.ID}},
			{"from elsewhere", comment.ListParams{IsLocal: &no}, nil},
		} {
			tt.p.Count = 10
			list, total, err := k.s.List(t.Context(), tt.p)
			var got []comment.ID
			for _, c := range list {
				got = append(got, c.ID)
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" || total != len(tt.want) {
				t.Errorf("%s: total %d, %v (-want +got):\n%s", tt.name, total, err, diff)
			}
		}
	})
}

func TestRatesAreCounted(t *testing.T) {
	eachVideos(t, 600, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		s := store.Rates{DB: db, Videos: videos}
		before, err := videos.ByRef(t.Context(), video.ByID(1))
		if err != nil {
			t.Fatal(err)
		}
		for i, step := range []struct {
			by              actor.AccountID
			to, was         video.RateType
			likes, dislikes int64
		}{
			{2, video.RateLike, video.RateNone, 1, 0},
			{2, video.RateLike, video.RateLike, 1, 0},
			{3, video.RateDislike, video.RateNone, 1, 1},
			{2, video.RateDislike, video.RateLike, 0, 2},
			{2, video.RateNone, video.RateDislike, 0, 1},
			{2, video.RateNone, video.RateNone, 0, 1},
			{2, video.RateLike, video.RateNone, 1, 1},
		} {
			was, err := s.Put(t.Context(), video.Rate{AccountID: step.by, VideoID: 1, Type: step.to, URL: fmt.Sprint(step.by, step.to), CreatedAt: sqldb.Now()})
			if err != nil || was != step.was {
				t.Fatalf("step %d: it was %v, %v; want %v", i, was, err, step.was)
			}
			v, err := videos.ByRef(t.Context(), video.ByID(1))
			if err != nil || v.Likes-before.Likes != step.likes || v.Dislikes-before.Dislikes != step.dislikes {
				t.Errorf("step %d: %d likes and %d dislikes more, %v", i, v.Likes-before.Likes, v.Dislikes-before.Dislikes, err)
			}
			hot, err := sqldb.One(t.Context(), db, sqldb.Value[float64], `SELECT hot_score FROM videos WHERE id = 1`)
			if want := video.HotScore(v.Views, v.Likes, v.Dislikes, v.Comments, v.PublishedAt); err != nil || hot-want > 1e-9 || want-hot > 1e-9 {
				t.Errorf("step %d: hot score %v, want %v (%v)", i, hot, want, err)
			}
		}
		if list, total, err := s.List(t.Context(), video.RateList{AccountID: 2, Count: 5}); err != nil || total != 1 || list[0].Video == nil || list[0].Type != video.RateLike {
			t.Errorf("list: %+v %d %v", list, total, err)
		}
		for _, id := range []actor.AccountID{2, 3} {
			if err := s.RemoveOfAccount(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := videos.ByRef(t.Context(), video.ByID(1)); err != nil || v.Likes != before.Likes || v.Dislikes != before.Dislikes {
			t.Errorf("after the accounts went: %d, %d, %v", v.Likes, v.Dislikes, err)
		}
	})
}

// A video that became private is not named in the list of those who liked it.
func TestRatesNameNoHiddenVideos(t *testing.T) {
	eachVideos(t, 600, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		s := store.Rates{DB: db, Videos: videos}
		for _, by := range []actor.AccountID{1, 2} {
			if _, err := s.Put(t.Context(), video.Rate{AccountID: by, VideoID: 1, Type: video.RateLike, URL: fmt.Sprint(by), CreatedAt: sqldb.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		for privacy, open := range map[video.Privacy]bool{
			video.Public: true, video.Unlisted: true, video.InternalOnly: true, video.Private: false, video.PasswordProtected: false,
		} {
			exec(t, db, `UPDATE videos SET privacy = $1 WHERE id = 1`, privacy)
			for _, tt := range []struct {
				p    video.RateList
				want bool
			}{{video.RateList{AccountID: 2}, open}, {video.RateList{AccountID: 1}, true}, {video.RateList{AccountID: 2, SeesAll: true}, true}} {
				tt.p.Count = 5
				list, total, err := s.List(t.Context(), tt.p)
				if err != nil || (len(list) == 1) != tt.want || (total == 1) != tt.want {
					t.Errorf("privacy %d, %+v: %d of %d, %v; want %v", privacy, tt.p, len(list), total, err, tt.want)
				}
			}
		}
	})
}
