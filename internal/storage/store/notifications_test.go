package store

import (
	"fmt"
	"strings"
	"testing"

	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// fillNotifications gives the people of a filled database n notifications in
// all, of three types, half of them read.
func fillNotifications(t testing.TB, db *sqldb.DB, videos, n int) {
	t.Helper()
	if err := filltest.Fill(t.Context(), db, videos); err != nil {
		t.Fatal(err)
	}
	people := videos / 200
	_, err := db.Exec(t.Context(), fmt.Sprintf(`
		INSERT INTO notifications (user_id, type, cause, web, read, video_id, created_at, updated_at)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		SELECT 1 + i %% %d, CASE i %% 3 WHEN 0 THEN 1 WHEN 1 THEN 6 ELSE 1 END, 'cause-' || i, TRUE, (i / %d) %% 2 = 0, 1 + i %% %d, $1, $1 FROM n`,
		n, people, people, videos), sqldb.Now())
	if err != nil {
		t.Fatal(err)
	}
	if db.Dialect != sqldb.Postgres {
		return
	}
	if _, err := db.Exec(t.Context(), `ANALYZE`); err != nil { // what autovacuum does in its own time
		t.Fatal(err)
	}
}

func TestNotificationPlans(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		fillNotifications(t, db, 1000, 20_000)
		yes := true
		for _, tt := range []struct {
			name, index string
			p           notification.ListParams
		}{
			{"newest", "notifications_user_created", notification.ListParams{Sort: "-createdAt", Count: 15}},
			{"oldest", "notifications_user_created", notification.ListParams{Sort: "createdAt", Count: 15}},
			{"unread", "notifications_user_read", notification.ListParams{Sort: "-createdAt", Count: 15, Unread: &yes}},
			{"unread first", "notifications_user_read", notification.ListParams{Sort: "read", Count: 15}},
			{"read first", "notifications_user_read", notification.ListParams{Sort: "-read", Count: 15}},
			{"of a type", "notifications_user_type", notification.ListParams{Sort: "-createdAt", Count: 15, Types: []notification.Type{6}}},
			{"of types", "notifications_user_", notification.ListParams{Sort: "-createdAt", Count: 15, Types: []notification.Type{1, 6}}},
		} {
			text, args, err := notificationPage(3, tt.p)
			if err != nil {
				t.Fatal(err)
			}
			noScan(t, db, tt.name, tt.index, []string{"n", "notifications", "v", "videos", "c", "notification_counts"}, text, args)
			if got := plan(t, db, text, args); tt.name == "newest" && db.Dialect == sqldb.SQLite && !strings.Contains(got, "n USING COVERING INDEX") {
				t.Errorf("%s reads the rows themselves:\n%s", tt.name, got)
			}
		}
		noScan(t, db, "counts", "notification_counts", []string{"c", "notification_counts"},
			`SELECT c.unread FROM notification_counts c WHERE c.user_id IN ($1, $2)`, []any{1, 2})
		noScan(t, db, "letters", "notifications_mail", []string{"n", "notifications"},
			`SELECT DISTINCT n.user_id FROM notifications n WHERE n.mail_at IS NOT NULL AND n.mail_at <= $1`, []any{sqldb.Now()})
		noScan(t, db, "old ones", "notifications_created", []string{"notifications"},
			`SELECT id FROM notifications WHERE created_at < $1 AND (web = FALSE OR created_at < $2) ORDER BY created_at LIMIT $3`, []any{sqldb.Now(), sqldb.Now(), 10})
	})
}

// The counters are what counting gives, whatever is done.
func TestNotificationCounters(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		fillNotifications(t, db, 1000, 5000)
		check := func(when string) {
			t.Helper()
			wrong, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM notification_counts c WHERE
				total <> (SELECT count(*) FROM notifications n WHERE n.user_id = c.user_id AND n.type = c.type AND n.web = TRUE)
				OR unread <> (SELECT count(*) FROM notifications n WHERE n.user_id = c.user_id AND n.type = c.type AND n.web = TRUE AND n.read = FALSE)`)
			if err != nil || wrong != 0 {
				t.Errorf("%s: %d counters are wrong, %v", when, wrong, err)
			}
		}
		check("filled")
		for _, text := range []string{
			`UPDATE notifications SET read = TRUE WHERE id % 3 = 0`,
			`UPDATE notifications SET read = FALSE WHERE id % 5 = 0`,
			`UPDATE notifications SET updated_at = created_at`,
			`INSERT INTO notifications (user_id, type, cause, web, created_at, updated_at) SELECT 1, 9, 'only mailed', FALSE, created_at, created_at FROM users WHERE id = 1`,
			`DELETE FROM notifications WHERE id % 7 = 0`,
			`DELETE FROM videos WHERE id % 2 = 0`,
			`DELETE FROM users WHERE id = 2`,
		} {
			if _, err := db.Exec(t.Context(), text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			check(text)
		}
	})
}

// benchNotifications is the number that the budget is meant for.
const benchNotifications = 1_000_000

func BenchmarkNotifications(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *sqldb.DB{"sqlite": sqldbtest.SQLite, "postgres": sqldbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := open(b)
			fillNotifications(b, db, benchVideos, benchNotifications)
			s := Notifications{DB: db, Videos: &Videos{DB: db}}
			yes := true
			for name, p := range map[string]notification.ListParams{
				"newest": {Sort: "-createdAt", Count: 15}, "unread": {Sort: "-createdAt", Count: 15, Unread: &yes},
				"type": {Sort: "-createdAt", Count: 15, Types: []notification.Type{6}},
			} {
				b.Run(name, func(b *testing.B) {
					defer reportCPU(b)()
					for i := 0; b.Loop(); i++ {
						list, total, err := s.List(b.Context(), user.ID(1+i*7919%500), p)
						if err != nil || len(list) != 15 || total < 400 || list[0].Video == nil {
							b.Fatal(len(list), total, err)
						}
					}
				})
			}
			b.Run("bell", func(b *testing.B) {
				defer reportCPU(b)()
				for i := 0; b.Loop(); i++ {
					if m, err := s.Counts(b.Context(), []user.ID{user.ID(1 + i*7919%500)}); err != nil || len(m) != 1 {
						b.Fatal(m, err)
					}
				}
			})
		})
	}
}
