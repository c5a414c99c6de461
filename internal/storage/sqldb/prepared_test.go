package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// TestStatementsOfTransactionsAreKept does in transactions what a statement
// that is kept must survive: failing, being read within its own rows, a table
// that changes, more texts than are kept, and a context that ends.
func TestStatementsOfTransactionsAreKept(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := sqldb.Open(ctx, sqldb.Options{DSN: filepath.Join(t.TempDir(), "t.db")})
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
	exec(ctx, `CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)`)
	const add = "-- add a thing\n INSERT INTO things (name) VALUES ($1) RETURNING id"
	for i := range 3 {
		err := db.InTx(ctx, func(ctx context.Context) error {
			for j := range 100 {
				id, err := sqldb.Returning(ctx, db, sqldb.Value[int], add, fmt.Sprint(i, " ", j))
				if err != nil || id != i*100+j+1 {
					return fmt.Errorf("got %d, %w", id, err)
				}
			}
			if _, err := sqldb.Returning(ctx, db, sqldb.Value[int], add, "0 0"); !errs.Is(err, errs.Conflict) {
				t.Errorf("a name that is taken: got %v, want Conflict", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	const names = `SELECT name FROM things WHERE id <= $1 ORDER BY id`
	err = db.InTx(ctx, func(ctx context.Context) error {
		_, err := sqldb.All(ctx, db, func(r sqldb.Row) (name string, err error) {
			if err := r.Scan(&name); err != nil {
				return "", err
			}
			// The same text, while it is being read.
			inner, err := sqldb.All(ctx, db, sqldb.Value[string], names, 1)
			if err != nil || len(inner) != 1 || inner[0] != "0 0" {
				return "", fmt.Errorf("the inner rows: got %q, %w", inner, err)
			}
			return name, nil
		}, names, 3)
		return err
	})
	if err != nil {
		t.Error(err)
	}

	const all = `SELECT * FROM things WHERE id = $1`
	columns := func() (n int) {
		t.Helper()
		err := db.InTx(ctx, func(ctx context.Context) error {
			rows, err := db.Tx(ctx).QueryContext(ctx, all, 1)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				list, err := rows.Columns()
				if err != nil {
					return err
				}
				n = len(list)
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := columns(); n != 2 {
		t.Errorf("got %d columns, want 2", n)
	}
	exec(ctx, `ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 0`)
	if n := columns(); n != 3 {
		t.Errorf("after a column was added: got %d columns, want 3", n)
	}

	err = db.InTx(ctx, func(ctx context.Context) error {
		for i := range 1000 { // far more than are kept
			if n, err := db.Exec(ctx, fmt.Sprintf(`UPDATE things SET size = %d WHERE id = $1`, i), 1+i%300); err != nil || n != 1 {
				return fmt.Errorf("%d rows, %w", n, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(ctx)
	err = db.InTx(over, func(ctx context.Context) error {
		exec(ctx, `UPDATE things SET size = $1 WHERE id = 1`, 5)
		cancel()
		_, err := db.Exec(ctx, `UPDATE things SET size = $1 WHERE id = 1`, 6)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is over: got %v", err)
	}
	exec(ctx, `UPDATE things SET size = $1 WHERE id = 1`, 7)
	if size, err := sqldb.One(ctx, db, sqldb.Value[int], `SELECT size FROM things WHERE id = 1`); err != nil || size != 7 {
		t.Errorf("afterwards: got %d, %v, want 7", size, err)
	}
}

// BenchmarkStatementsInTransactions is one small statement of a transaction.
func BenchmarkStatementsInTransactions(b *testing.B) {
	db, err := sqldb.Open(b.Context(), sqldb.Options{DSN: filepath.Join(b.TempDir(), "t.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(b.Context(), `CREATE TABLE things (id INTEGER PRIMARY KEY, size INTEGER NOT NULL DEFAULT 0, name TEXT)`); err != nil {
		b.Fatal(err)
	}
	err = db.InTx(b.Context(), func(ctx context.Context) error {
		for b.Loop() {
			if _, err := db.Exec(ctx, `INSERT INTO things (name, size) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name`, "a", 1); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
