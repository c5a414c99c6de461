package sqldb

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Only a connection has a mutex that is none.
func TestConnectionsHaveNoMutex(t *testing.T) {
	db, err := Open(t.Context(), Options{DSN: filepath.Join(t.TempDir(), "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tls := libc.NewTLS()
	defer tls.Close()
	for kind, none := range map[int32]bool{sqlite3.SQLITE_MUTEX_RECURSIVE: true, sqlite3.SQLITE_MUTEX_FAST: false, sqlite3.SQLITE_MUTEX_STATIC_MAIN: false} {
		p := sqlite3.Xsqlite3_mutex_alloc(tls, kind)
		if p == 0 || (p == mutexes.ofOne) != none {
			t.Errorf("kind %d is at %#x, none is at %#x", kind, p, mutexes.ofOne)
		}
		sqlite3.Xsqlite3_mutex_enter(tls, p)
		if got := sqlite3.Xsqlite3_mutex_try(tls, p); none != (got == sqlite3.SQLITE_OK) {
			t.Errorf("kind %d, taken, answers another who tries %d", kind, got)
		}
		sqlite3.Xsqlite3_mutex_leave(tls, p)
		if kind == sqlite3.SQLITE_MUTEX_FAST {
			sqlite3.Xsqlite3_mutex_free(tls, p)
		}
	}
}

// Queries that are broken off from another goroutine, beside those that read
// and write, leave every connection usable and the file whole.
func TestQueriesBrokenOffBesideOthers(t *testing.T) {
	db, err := Open(t.Context(), Options{DSN: filepath.Join(t.TempDir(), "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, text := range []string{
		`CREATE TABLE lines (id INTEGER PRIMARY KEY, line TEXT NOT NULL)`,
		`INSERT INTO lines (line) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT 'line ' || i FROM n`,
	} {
		if _, err := db.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	var broken sync.Map
	for g := range 8 {
		all.Go(func() {
			for i := range 25 {
				switch g % 4 {
				case 0: // far too much, so that it is broken off
					ctx, stop := context.WithTimeout(t.Context(), time.Duration(1+i%7)*time.Millisecond)
					_, err := One(ctx, db, Value[int], `SELECT count(*) FROM lines a, lines b, lines c WHERE a.line < b.line AND b.line < c.line`)
					stop()
					if err == nil {
						t.Error("a query of hours was done")
					}
					broken.Store([2]int{g, i}, true)
				case 1:
					if _, err := db.Exec(t.Context(), `INSERT INTO lines (line) VALUES ($1)`, strings.Repeat("x", 100*i)); err != nil {
						t.Error(err)
					}
				default:
					got, err := All(t.Context(), db, Value[string], `SELECT line FROM lines WHERE id <= 300 ORDER BY id`)
					if err != nil || len(got) != 300 || got[299] != "line 300" {
						t.Errorf("got %d lines, %v", len(got), err)
					}
				}
			}
		})
	}
	all.Wait()
	n := 0
	broken.Range(func(any, any) bool { n++; return true })
	if n != 50 {
		t.Errorf("%d queries broken off, want 50", n)
	}
	if got, err := One(t.Context(), db, Value[int], `SELECT count(*) FROM lines`); err != nil || got != 2050 {
		t.Errorf("%d lines, %v; want 2050", got, err)
	}
	if got, err := One(t.Context(), db, Value[string], `PRAGMA integrity_check`); err != nil || got != "ok" {
		t.Errorf("the file is %q, %v", got, err)
	}
}
