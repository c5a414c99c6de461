package sqldb_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"sepiola/internal/storage/sqldb"
)

// heard notes what a Watch is told.
type heard struct {
	mu   sync.Mutex
	keys []int64
	any  int
}

func (h *heard) changed(keys []int64, anybodys bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys = append(h.keys, keys...)
	if anybodys {
		h.any++
	}
}

// take returns what was told since the last time.
func (h *heard) take() (keys []int64, anybodys int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	slices.Sort(h.keys)
	keys, anybodys = slices.Compact(h.keys), h.any
	h.keys, h.any = nil, 0
	return keys, anybodys
}

// TestWatchHearsOfEachChange changes rows in all the ways there are: by
// themselves, in transactions, with rows that are returned, by a trigger, by a
// reference and by another process.
func TestWatchHearsOfEachChange(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "t.db")
	db, err := sqldb.Open(ctx, sqldb.Options{DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(ctx context.Context, query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(ctx, query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	for _, text := range []string{
		`CREATE TABLE owners (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, n INTEGER NOT NULL DEFAULT 0)`,
		`CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner_id BIGINT NOT NULL REFERENCES owners (id) ON DELETE CASCADE)`,
		`CREATE TABLE plans (owner_id BIGINT PRIMARY KEY REFERENCES owners (id) ON DELETE CASCADE, at TIMESTAMP)`,
		`CREATE TABLE others (id INTEGER PRIMARY KEY)`,
		`CREATE TRIGGER counted AFTER INSERT ON others BEGIN UPDATE owners SET n = n + 1 WHERE id = 4; END`,
		`INSERT INTO owners (name) VALUES ('a'), ('b'), ('c'), ('d'), ('e')`,
	} {
		exec(ctx, text)
	}
	var told heard
	on, err := db.Watch(ctx, sqldb.Watch{Keys: map[string]string{"owners": "id", "things": "owner_id", "plans": "owner_id"}, Changed: told.changed})
	if err != nil || !on {
		t.Fatalf("Watch: got %v, %v", on, err)
	}
	check := func(what string, want ...int64) {
		t.Helper()
		if got, all := told.take(); !slices.Equal(got, want) || all > 0 {
			t.Errorf("%s: told of %v (all: %d), want %v", what, got, all, want)
		}
	}
	exec(ctx, `INSERT INTO things (name, owner_id) VALUES ('x', 2), ('y', 3)`)
	check("a statement", 2, 3)
	exec(ctx, `UPDATE things SET owner_id = 5 WHERE name = 'x'`)
	check("a thing of another owner", 2, 5)
	if err := db.InTx(ctx, func(ctx context.Context) error {
		exec(ctx, `UPDATE owners SET name = 'z' WHERE id = 1`)
		exec(ctx, `INSERT INTO plans (owner_id) VALUES (3)`)
		check("within a transaction")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	check("a transaction", 1, 3)
	if _, err := sqldb.ReturningAll(ctx, db, sqldb.Value[int], `DELETE FROM things WHERE name = $1 RETURNING id`, "y"); err != nil {
		t.Fatal(err)
	}
	check("a statement that returns rows", 3)
	exec(ctx, `DELETE FROM owners WHERE id = 3`)
	check("a plan that goes with its owner", 3)
	exec(ctx, `INSERT INTO others (id) VALUES (1)`)
	check("a trigger", 4)
	if _, err := db.SQL().ExecContext(ctx, `UPDATE owners SET n = 7 WHERE id = 5`); err != nil {
		t.Fatal(err)
	}
	check("by way of the pool", 5)
	exec(ctx, `DELETE FROM things`)
	check("all rows of a table", 5)
	if err := db.InTx(ctx, func(ctx context.Context) error {
		exec(ctx, `UPDATE owners SET n = 8 WHERE id = 2`)
		return errors.New("undone")
	}); err == nil {
		t.Error("a transaction that fails: got no error")
	}
	exec(ctx, `INSERT INTO others (id) VALUES (2)`)
	check("what was undone, and what came after", 2, 4)

	until := func(what string, yes func() bool) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); !yes(); {
			if time.Now().After(end) {
				t.Fatalf("waited 10 s for %s", what)
			}
			time.Sleep(5 * time.Millisecond) // a file gives no sign
		}
	}
	until("being alone", db.Alone)
	told.take()
	other, err := sqldb.Open(ctx, sqldb.Options{DSN: path, Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Exec(ctx, `UPDATE owners SET n = 9 WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	until("what another process did", func() bool {
		_ = db.Alone()
		_, all := told.take()
		return all > 0
	})
	if ok, err := other.Watch(ctx, sqldb.Watch{Keys: map[string]string{"owners": "name_of_none"}}); err == nil || ok {
		t.Errorf("a column that is not there: got %v, %v", ok, err)
	}
}

// TestWatchOfManyRows changes more rows than are remembered.
func TestWatchOfManyRows(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := sqldb.Open(ctx, sqldb.Options{DSN: filepath.Join(t.TempDir(), "t.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(ctx, `CREATE TABLE owners (id INTEGER PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	var told heard
	if on, err := db.Watch(ctx, sqldb.Watch{Keys: map[string]string{"owners": "id"}, Changed: told.changed}); err != nil || !on {
		t.Fatalf("Watch: got %v, %v", on, err)
	}
	if _, err := db.Exec(ctx, `INSERT INTO owners (id) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n`); err != nil {
		t.Fatal(err)
	}
	if keys, all := told.take(); len(keys) > 0 || all != 1 {
		t.Errorf("20,000 rows: told of %d, all: %d", len(keys), all)
	}
}
