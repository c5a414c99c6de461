package filltest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
)

// Crowd says who uses the site beside those who own its videos.
type Crowd struct {
	People        int // all accounts, owners among them
	History       int // rows of their histories, as many for each
	Notifications int // as many for each, a tenth unread
}

// Token is the access token of the i-th person's login, from 1.
func Token(i int) string { return fmt.Sprintf("bench-token-of-person-%d", i) }

// Follows is how many channels the i-th person follows, unless there are
// fewer: most a handful, a tenth 50, a hundredth 300.
func Follows(i int) int {
	switch {
	case i%100 == 0:
		return 300
	case i%10 == 0:
		return 50
	default:
		return 1 + i%9
	}
}

// Add lets a crowd use the site that Fill has filled, in one transaction:
// people with a login each, what they follow, watched and were told.
func (c Crowd) Add(ctx context.Context, db *sqldb.DB) error {
	f := &filler{db: db, rand: rand.New(rand.NewPCG(7, 8)), now: sqldb.Now()} //nolint:gosec // the same each time
	videos, err := sqldb.One(ctx, db, sqldb.Value[int], `SELECT count(*) FROM videos`)
	if err != nil {
		return err
	}
	err = db.InTx(ctx, func(ctx context.Context) error {
		if err := f.people(ctx, channels(videos)+1, c.People); err != nil {
			return err
		}
		if err := f.logins(ctx, c.People); err != nil {
			return err
		}
		if err := f.follows(ctx, c.People, channels(videos)); err != nil {
			return err
		}
		if err := f.memories(ctx, c, videos); err != nil {
			return err
		}
		return f.sequences(ctx, "users", "actors", "accounts", "video_channels")
	})
	if err != nil || db.Dialect != sqldb.Postgres {
		return err
	}
	// What autovacuum does in its own time: the counters of notifications alone
	// leave a dead row for each of them.
	_, err = db.Exec(ctx, `VACUUM ANALYZE`)
	return err
}

func (f *filler) logins(ctx context.Context, people int) error {
	t := f.table("sessions", "user_id, kind, access_hash, access_expires_at, last_activity_at, created_at")
	for i := 1; i <= people; i++ {
		t.row(i, user.OAuth, user.Hash(Token(i)), f.now.Add(30*24*time.Hour), f.now, f.now)
	}
	return t.flush(ctx)
}

func (f *filler) follows(ctx context.Context, people, channels int) error {
	t := f.table("actor_follows", "actor_id, target_actor_id, state, url, created_at, updated_at")
	for i := 1; i <= people; i++ {
		// 13 has no divisor in common with a number of channels that matters,
		// so nobody follows one twice.
		for k := range min(Follows(i), channels/2) {
			target := 1 + (i*7+k*13)%channels
			at := f.now.Add(-time.Duration(k) * time.Hour)
			t.row(2*i-1, 2*target, "accepted", fmt.Sprintf("%s/follows/%d-%d", host, i, target), at, at)
		}
	}
	return t.flush(ctx)
}

// memories writes histories and notifications, one of each person after the
// other, as they would come about.
func (f *filler) memories(ctx context.Context, c Crowd, videos int) error {
	watched := f.table("user_video_history", "user_id, video_id, position, created_at, updated_at")
	told := f.table("notifications", "user_id, type, cause, web, read, video_id, created_at, updated_at")
	for i := range max(c.History, c.Notifications) {
		person, round := 1+i%c.People, i/c.People
		at := f.now.Add(-time.Duration(i) * time.Second)
		v := 1 + (round*17_919+i)%videos
		if i < c.History {
			watched.row(person, v, f.rand.IntN(3600), at, at)
		}
		if i < c.Notifications {
			kind := notification.NewVideo
			if round%3 == 1 {
				kind = notification.MyVideoPublished
			}
			told.row(person, kind, fmt.Sprintf("bench-%d", i), true, round >= c.Notifications/c.People/10, v, at, at)
		}
		if i%500 == 0 {
			if err := f.flush(ctx, watched, told); err != nil {
				return err
			}
		}
	}
	return f.flush(ctx, watched, told)
}
