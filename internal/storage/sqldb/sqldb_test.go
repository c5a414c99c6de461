package sqldb_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

const insertSetting = `INSERT INTO settings (key, value, updated_at) VALUES ($1, $2, $3)`

func TestErrorsHaveOneFaceOnBothDatabases(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		for i, want := range []bool{false, true} {
			_, err := db.Exec(ctx, insertSetting, "k", "v", sqldb.Now())
			if got := errs.Is(err, errs.Conflict); got != want {
				t.Errorf("insert %d: got %v", i+1, err)
			}
		}
		_, err := sqldb.One(ctx, db, sqldb.Value[string], `SELECT value FROM settings WHERE key = $1`, "none")
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("no row: got %v, want NotFound", err)
		}
		_, err = db.Exec(ctx, `INSERT INTO video_tags (video_id, tag_id, position) VALUES (1, 1, 1)`)
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("foreign key to nothing: got %v, want NotFound", err)
		}
	})
}

// SQLite keeps and finds any bytes. PostgreSQL does not, and that is the fault
// of who sent them.
func TestWhatIsNoTextIsNoFaultOfTheServer(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		want := db.Dialect == sqldb.Postgres
		for _, text := range []string{"a\x00", "a\xff"} {
			_, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT COUNT(*) FROM settings WHERE value = $1`, text)
			if (err != nil) != want || err != nil && !errs.Is(err, errs.Invalid) {
				t.Errorf("asked for %q: got %v, want Invalid: %t", text, err, want)
			}
			_, err = db.Exec(t.Context(), `UPDATE settings SET value = $1 WHERE value = $1`, text)
			if (err != nil) != want || err != nil && !errs.Is(err, errs.Invalid) {
				t.Errorf("wrote %q: got %v, want Invalid: %t", text, err, want)
			}
		}
	})
}

// SQLite has one size of numbers, PostgreSQL some: too large ones are found by
// pgx or by itself.
func TestNumbersWithoutRoomAreNoFaultOfTheServer(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		want := db.Dialect == sqldb.Postgres
		for _, text := range []string{
			`SELECT COUNT(*) FROM video_tags WHERE position = $1`,
			`SELECT COUNT(*) FROM video_tags WHERE position = CAST(CAST($1 AS BIGINT) AS INTEGER)`,
		} {
			for _, n := range []int64{1 << 31, -1<<31 - 1} {
				_, err := sqldb.One(t.Context(), db, sqldb.Value[int], text, n)
				if (err != nil) != want || err != nil && !errs.Is(err, errs.Invalid) {
					t.Errorf("%s of %d: got %v, want Invalid: %t", text, n, err, want)
				}
			}
		}
		if _, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT COUNT(*) FROM video_tags WHERE position = $1`, "words"); errs.Is(err, errs.Invalid) {
			t.Errorf("what is no number at all is somebody else's fault: %v", err)
		}
	})
}

func TestLettersOfAllScriptsAreFolded(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		got, err := sqldb.One(t.Context(), db, sqldb.Value[string], `SELECT lower($1) || lower('ŽLUŤ') || COALESCE(lower(NULL), '-') || lower(CAST(5 AS TEXT))`, "ÉTÉ ДОМ")
		if want := "été домžluť-5"; err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	})
}

func TestTransactionsKeepAllOrNothing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, boom, ran := t.Context(), errors.New("boom"), 0
		err := db.InTx(ctx, func(ctx context.Context) error {
			db.AfterCommit(ctx, func(context.Context) { ran++ })
			if _, err := db.Exec(ctx, insertSetting, "k", "v", sqldb.Now()); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || ran != 0 || settings(t, db) != 0 {
			t.Errorf("failed transaction: err %v, %d effects, %d rows", err, ran, settings(t, db))
		}
		err = db.InTx(ctx, func(ctx context.Context) error {
			return db.InTx(ctx, func(ctx context.Context) error {
				db.AfterCommit(ctx, func(context.Context) { ran++ })
				_, err := db.Exec(ctx, insertSetting, "k", "v", sqldb.Now())
				return err
			})
		})
		if err != nil || ran != 1 || settings(t, db) != 1 {
			t.Errorf("good transaction: err %v, %d effects, %d rows", err, ran, settings(t, db))
		}
	})
}

func settings(t *testing.T, db *sqldb.DB) int {
	t.Helper()
	n, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM settings`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTimesComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := sqldb.Now()
		if _, err := db.Exec(t.Context(), insertSetting, "k", "v", now); err != nil {
			t.Fatal(err)
		}
		got, err := sqldb.One(t.Context(), db, sqldb.Value[time.Time], `SELECT updated_at FROM settings WHERE updated_at = $1`, now)
		if err != nil || !got.Equal(now) {
			t.Errorf("got %v, %v; want %v", got, err, now)
		}
	})
}

func TestOneProcessServesASQLiteFile(t *testing.T) {
	t.Parallel()
	o := sqldb.Options{DSN: filepath.Join(t.TempDir(), "x.db")}
	db, err := sqldb.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqldb.Open(t.Context(), o); !errs.Is(err, errs.Conflict) {
		t.Errorf("second server on one file: got %v, want Conflict", err)
	}
	o.Shared = true
	second, err := sqldb.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("a command beside the server: %v", err)
	}
	if err := errors.Join(second.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	o.Shared = false
	if db, err = sqldb.Open(t.Context(), o); err != nil {
		t.Fatalf("after closing: %v", err)
	}
	_ = db.Close()
}

func TestADatabaseOfANewerVersionStaysUntouched(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatalf("migrating twice: %v", err)
		}
		if _, err := db.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`); err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context()); !errs.Is(err, errs.Conflict) {
			t.Errorf("newer database: got %v, want Conflict", err)
		}
	})
}

func TestQueryNumbersItsArguments(t *testing.T) {
	t.Parallel()
	q := sqldb.From(`videos v`).If(false, `v.id = ?`, 1).Where(`v.a = ? OR v.b = ?`, 2, 3)
	q = sqldb.In(q, `v.c`, []int{4, 5}).OrderBy(`v.id`).Page(10, 5)
	sql, args := q.Select(`v.id`)
	want := `SELECT v.id FROM videos v WHERE (v.a = $1 OR v.b = $2) AND (v.c IN ($3,$4)) ORDER BY v.id LIMIT $5 OFFSET $6`
	if sql != want || len(args) != 6 || args[4] != 5 || args[5] != 10 {
		t.Errorf("got %s %v", sql, args)
	}
}
