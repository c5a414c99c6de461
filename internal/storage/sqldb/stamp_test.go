package sqldb_test

import (
	"testing"
	"time"

	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

// stamps keeps some times as they come, and as SQL may write them.
func stamps(t testing.TB, db *sqldb.DB, list ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), `CREATE TABLE stamps (id BIGINT PRIMARY KEY, at TIMESTAMP NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	for i, at := range list {
		if _, err := db.Exec(t.Context(), `INSERT INTO stamps (id, at) VALUES ($1, $2)`, i, at); err != nil {
			t.Fatal(err)
		}
	}
}

func scanStamp(r sqldb.Row) (t time.Time, err error) {
	err = r.Scan((*sqldb.Stamp)(&t))
	return t, err
}

const (
	rawStamps   = `SELECT COALESCE(at, NULL) FROM stamps ORDER BY id`
	plainStamps = `SELECT at FROM stamps ORDER BY id`
)

func TestStampsAreWhatTheDriverReads(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		list := []any{
			time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2030, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
			time.Date(2028, 2, 29, 0, 0, 0, 120_000_000, time.UTC), time.Date(1999, 10, 20, 12, 30, 0, 1000, time.UTC), sqldb.Now(),
			"2031-02-03 04:05:06", "2031-02-03 04:05:06.789", "2031-02-03",
		}
		if db.Dialect == sqldb.SQLite {
			list = append(list, "2031-02-03T04:05:06.5Z", "2031-02-03 04:05:06+02:00", "2031-02-03 04:05:06.123456789+00:00")
		}
		stamps(t, db, list...)
		want, err := sqldb.All(t.Context(), db, sqldb.Value[time.Time], plainStamps)
		if err != nil {
			t.Fatal(err)
		}
		got, err := sqldb.All(t.Context(), db, scanStamp, rawStamps)
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			if !got[i].Equal(want[i]) || got[i].Location() != time.UTC {
				t.Errorf("%v: got %v, want %v", list[i], got[i], want[i])
			}
		}
	})
}

func TestWhatIsNoStamp(t *testing.T) {
	t.Parallel()
	for _, src := range []any{
		nil, 7, "", "never", "2030-13-01 00:00:00+00:00", "2030-02-30 00:00:00+00:00", "2030-01-02 24:00:00+00:00", "2030-01-02 03:04:05.+00:00",
		"2030-01-02 03:0x:05+00:00", "2030-01-02 03:04:05.1234567890+00:00 ",
	} {
		var s sqldb.Stamp
		if err := s.Scan(src); err == nil {
			t.Errorf("%v is %v", src, time.Time(s))
		}
	}
}

func BenchmarkTimes(b *testing.B) {
	db := sqldbtest.SQLite(b)
	var list []any
	for i := range 15 {
		list = append(list, sqldb.Now().Add(-time.Duration(i)*time.Hour))
	}
	stamps(b, db, list...)
	b.Run("parsed by the driver", func(b *testing.B) {
		for b.Loop() {
			if _, err := sqldb.All(b.Context(), db, sqldb.Value[time.Time], plainStamps); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("raw", func(b *testing.B) {
		for b.Loop() {
			if _, err := sqldb.All(b.Context(), db, scanStamp, rawStamps); err != nil {
				b.Fatal(err)
			}
		}
	})
}
