package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

// What comes as lines is what rows hold, in their order, whatever texts hold.
func TestPagesOfNotificationsAreTheirRows(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		fillNotifications(t, db, 1000, 500)
		for i, name := range []string{"", "a" + betweenFields + "b" + betweenFiles + "\n9", "烏賊は「速い」", "'", "12"} {
			if _, err := db.Exec(t.Context(), `UPDATE videos SET name = $1 WHERE id IN (SELECT video_id FROM notifications WHERE user_id = 3 AND id % 5 = $2)`, name, i); err != nil {
				t.Fatal(err)
			}
		}
		for _, text := range []string{
			`UPDATE notifications SET video_id = NULL, account_id = 2 WHERE user_id = 3 AND id % 7 = 0`,
			`UPDATE videos SET privacy = 3, state = 2, remote = TRUE WHERE id % 3 = 0`,
		} {
			if _, err := db.Exec(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		s := Notifications{DB: db, Videos: &Videos{DB: db}}
		for sort, order := range notificationOrders {
			p := notification.ListParams{Sort: sort, Start: 10, Count: 40}
			list, total, err := s.List(t.Context(), 3, p)
			if err != nil || total != 100 || len(list) != 40 {
				t.Fatal(sort, len(list), total, err)
			}
			if diff := cmp.Diff(rowsOfNotifications(t, db, order), list, cmp.FilterPath(beside, cmp.Ignore())); diff != "" {
				t.Errorf("%s (-rows +page):\n%s", sort, diff)
			}
			ids := []notification.ID{list[3].ID, list[0].ID}
			some, err := s.ByIDs(t.Context(), 3, ids)
			if err != nil || len(some) != 2 || !slices.Contains(ids, some[0].ID) || some[0].Video == nil && some[0].AccountID == 0 {
				t.Errorf("%s: by id: %v, %v", sort, some, err)
			}
		}
		if list, total, err := s.List(t.Context(), 99, notification.ListParams{Count: 5}); err != nil || total != 0 || list == nil || len(list) != 0 {
			t.Errorf("nobody's: %v, %d, %v", list, total, err)
		}
	})
}

// beside are those parts of notifications that no row of theirs holds.
func beside(p cmp.Path) bool {
	return slices.Contains([]string{"Video.Channel", "Account"}, p.String())
}

// rowsOfNotifications reads the page of the test above a column at a time.
func rowsOfNotifications(t *testing.T, db *sqldb.DB, order string) []*notification.Notification {
	t.Helper()
	list, err := sqldb.All(t.Context(), db, func(r sqldb.Row) (*notification.Notification, error) {
		n := &notification.Notification{UserID: 3, Web: true}
		var id *int64
		if err := r.Scan(&n.ID, &n.Type, &n.Read, &n.AccountID, (*sqldb.Stamp)(&n.CreatedAt), (*sqldb.Stamp)(&n.UpdatedAt), &id); err != nil || id == nil {
			return n, err
		}
		v := new(video.Video)
		n.Video, n.VideoID = v, video.ID(*id)
		_, err := sqldb.One(t.Context(), db, func(r sqldb.Row) (bool, error) { return true, r.Scan(notifiedVideoFields(v)...) },
			`SELECT `+notifiedVideoColumns+` FROM videos v WHERE id = $1`, *id)
		return n, err
	}, `SELECT n.id, n.type, n.read, COALESCE(n.account_id, 0), COALESCE(n.created_at, NULL), COALESCE(n.updated_at, NULL), n.video_id
		FROM notifications n WHERE n.user_id = 3 ORDER BY `+order+` LIMIT 40 OFFSET 10`)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestLinesThatAreNotWhole(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1", strings.Repeat("1"+betweenFields, 5), "x" + betweenFields, strings.Repeat(betweenFields, 20)} {
		if list, err := notificationsOf(1, text); err == nil {
			t.Errorf("%q is read as %v", text, list)
		}
	}
	l := lines{rest: "ab"}
	if l.text(3) != "" || l.err == nil || l.more() {
		t.Errorf("three of two bytes: %+v", l)
	}
}
