package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

func TestPeerLedger(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 100); err != nil {
			t.Fatal(err)
		}
		s, now := PeerLedger{DB: db}, sqldb.Now()
		name, err := sqldb.One(t.Context(), db, sqldb.Value[string], `SELECT username FROM users WHERE id = 1`)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range []struct {
			by              user.ID
			action, subject string
		}{
			{1, follow.Followed, "a.example"},
			{0, follow.FollowedBack, "b.example"},
			{1, user.BlockedAccount, "eve@A.example"},
			{1, user.BlockedServer, "a.example"},
			{0, follow.DroppedFollowers, "c.example"},
		} {
			if err := s.Note(t.Context(), e.by, e.action, e.subject, now.Add(time.Duration(i)*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Exec(t.Context(), `DELETE FROM users WHERE id = 1`); err != nil {
			t.Fatal(err)
		}
		for what, tt := range map[string]struct {
			p    follow.LedgerList
			want string
		}{
			"all":              {follow.LedgerList{}, "c.example a.example eve@A.example b.example a.example"},
			"of a host":        {follow.LedgerList{Subject: "A.example"}, "a.example eve@A.example a.example"},
			"of a handle":      {follow.LedgerList{Subject: "eve@A.example"}, "eve@A.example"},
			"by somebody gone": {follow.LedgerList{By: name}, "a.example eve@A.example a.example"},
			"of a kind":        {follow.LedgerList{Action: follow.Followed}, "a.example"},
			"all of it":        {follow.LedgerList{Subject: "a.example", By: name, Action: user.BlockedServer}, "a.example"},
			"before one":       {follow.LedgerList{Before: 3}, "b.example a.example"},
			"two":              {follow.LedgerList{Count: 2}, "c.example a.example"},
		} {
			if tt.p.Count == 0 {
				tt.p.Count = 10
			}
			list, err := s.Entries(t.Context(), tt.p)
			var got []string
			for _, e := range list {
				got = append(got, e.Subject)
			}
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("%s: got %v %v, want %s", what, got, err, tt.want)
			}
		}
		for i, tt := range []struct {
			newest, want int
			what         string
		}{{100, 1, "what is old"}, {2, 2, "what is too much"}, {2, 0, "nothing more"}} {
			if n, err := s.Forget(t.Context(), now.Add(time.Minute), tt.newest, 100); err != nil || n != tt.want {
				t.Errorf("forget %d, %s: got %d %v, want %d", i, tt.what, n, err, tt.want)
			}
		}
		list, err := s.Entries(t.Context(), follow.LedgerList{Count: 10})
		if err != nil || len(list) != 2 || list[0].Subject != "c.example" {
			t.Errorf("what is left: got %v %v, want the two newest", list, err)
		}
		if diff := cmp.Diff(follow.LedgerEntry{ID: list[1].ID, By: name, Action: user.BlockedServer, Subject: "a.example", At: now.Add(3 * time.Hour)}, list[1]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheLedgerIsReadByIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if _, err := db.Exec(t.Context(), `
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
			INSERT INTO federation_log (username, action, subject, host, created_at)
			SELECT CAST(i % 700 AS TEXT), CAST(i % 900 AS TEXT), CAST(i % 800 AS TEXT), CAST(i % 800 AS TEXT), $1 FROM n`, sqldb.Now()); err != nil {
			t.Fatal(err)
		}
		if db.Dialect == sqldb.Postgres {
			if _, err := db.Exec(t.Context(), `ANALYZE federation_log`); err != nil {
				t.Fatal(err)
			}
		}
		check := func(name, text string, args []any) {
			got := plan(t, db, text, args)
			for _, bad := range []string{"Seq Scan", "TEMP B-TREE", "Sort"} {
				if strings.Contains(got, bad) {
					t.Errorf("%s: %s in\n%s", name, bad, got)
				}
			}
		}
		for name, p := range map[string]follow.LedgerList{
			"a host": {Subject: "a.example"}, "somebody": {By: "root"}, "a kind": {Action: follow.Followed}, "the next": {Subject: "a.example", Before: 4000},
		} {
			p.Count = 24
			text, args := ledgerQuery(p).Select(`l.id`)
			if got := plan(t, db, text, args); !strings.Contains(got, "federation_log_") {
				t.Errorf("%s:\n%s", name, got)
			}
		}
		text, args := ledgerQuery(follow.LedgerList{Before: 4000, Count: 24}).Select(`l.id`)
		check("all", text, args)
		check("old ones", oldLedger, []any{sqldb.Now().AddDate(-1, 0, 0), 100})
		if n, err := (PeerLedger{DB: db}).Forget(t.Context(), time.Time{}, 1000, 300); err != nil || n != 300 {
			t.Errorf("a step: got %d %v, want 300", n, err)
		}
		if err := (&follow.Audit{Store: PeerLedger{DB: db}, Now: sqldb.Now}).Forget(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		left, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM federation_log`)
		if err != nil || left != 4700 {
			t.Errorf("left: %s", fmt.Sprint(left, err))
		}
	})
}
