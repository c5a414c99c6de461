package filltest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"sepiola/internal/storage/sqldb"
)

// BusyVideo is the video that has a twentieth of all comments, and BusyThread
// the thread that has a thousandth of them.
const (
	BusyVideo  = 1
	BusyThread = 1
)

// said is a comment before it is written.
type said struct {
	video, account, thread, replyTo, depth   int
	replies, totalReplies, repliesByTheirOwn int
}

// Comments inserts n comments of the videos that Fill made, in one
// transaction: six of ten are threads, the others answer a thread or each
// other. One of a hundred is held.
func Comments(ctx context.Context, db *sqldb.DB, n int) error {
	f := &filler{db: db, rand: rand.New(rand.NewPCG(5, 6)), now: sqldb.Now()} //nolint:gosec // the same each time
	videos, err := sqldb.One(ctx, db, sqldb.Value[int], `SELECT count(*) FROM videos`)
	if err != nil {
		return err
	}
	accounts, err := sqldb.One(ctx, db, sqldb.Value[int], `SELECT count(*) FROM accounts`)
	if err != nil {
		return err
	}
	list := f.conversation(n, videos, accounts)
	err = db.InTx(ctx, func(ctx context.Context) error {
		if err := f.write(ctx, list); err != nil {
			return err
		}
		return f.countComments(ctx)
	})
	if err != nil || db.Dialect != sqldb.Postgres {
		return err
	}
	_, err = db.Exec(ctx, `ANALYZE`)
	return err
}

// held reports whether the i-th comment waits for approval.
func held(c *said, i int) bool { return i%100 == 99 && c.replies == 0 && c.totalReplies == 0 }

func owner(v int) int { return 1 + (v-1)/videosPerChannel }

// conversation decides who answers whom; the i-th is at i, from 1.
func (f *filler) conversation(n, videos, accounts int) []said {
	list := make([]said, n+1)
	last := make(map[int]int, videos) // of each video
	for i := 1; i <= n; i++ {
		c := &list[i]
		c.video, c.account = 1+f.rand.IntN(videos), 1+f.rand.IntN(accounts)
		switch {
		case i == BusyThread:
			c.video = BusyVideo
		case i%1000 == 7:
			c.video, c.thread, c.replyTo, c.depth = BusyVideo, BusyThread, BusyThread, 1
		case i%20 == 3:
			c.video = BusyVideo
		}
		if prev := last[c.video]; c.replyTo == 0 && prev != 0 && f.rand.IntN(10) < 4 {
			p := &list[prev]
			c.replyTo, c.depth, c.thread = prev, p.depth+1, p.thread
			if p.thread == 0 {
				c.thread = prev
			}
		}
		last[c.video] = i
	}
	for i := n; i > 0; i-- {
		c := &list[i]
		if c.replyTo == 0 || held(c, i) {
			continue
		}
		list[c.replyTo].replies++
		list[c.thread].totalReplies++
		if c.account == owner(c.video) {
			list[c.thread].repliesByTheirOwn++
		}
	}
	return list
}

func (f *filler) write(ctx context.Context, list []said) error {
	t := f.table("comments", `id, video_id, owner_id, account_id, url, text, thread_id, reply_to_id, depth, held_for_review, replies, total_replies,
		author_replies, created_at, updated_at`)
	start := f.now.Add(-time.Duration(len(list)) * time.Minute)
	for i := 1; i < len(list); i++ {
		c := &list[i]
		at := start.Add(time.Duration(i) * time.Minute)
		t.row(i, c.video, owner(c.video), c.account, fmt.Sprintf("%s/comments/%d", host, i),
			fmt.Sprintf("Comment number %d. I watched this twice, and the second time it was even better than I remembered.", i),
			orNull(c.thread), orNull(c.replyTo), c.depth, held(c, i), c.replies, c.totalReplies, c.repliesByTheirOwn, at, at)
		if i%500 == 0 || i == len(list)-1 {
			if err := t.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func orNull(id int) any {
	if id == 0 {
		return nil
	}
	return id
}

// countComments sets what narrow updates would have kept.
func (f *filler) countComments(ctx context.Context) error {
	statements := []string{
		`UPDATE videos SET comments = (SELECT count(*) FROM comments c WHERE c.video_id = videos.id AND c.held_for_review = FALSE),
			comment_threads = (SELECT count(*) FROM comments c WHERE c.video_id = videos.id AND c.thread_id IS NULL AND c.vanished = FALSE AND c.held_for_review = FALSE)`,
	}
	if f.db.Dialect == sqldb.Postgres {
		statements = append(statements, `SELECT setval(pg_get_serial_sequence('comments', 'id'), (SELECT COALESCE(MAX(id), 1) FROM comments))`)
	}
	for _, s := range statements {
		if _, err := f.db.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
