// Package sqldb opens the database and runs SQL on it, the same text on
// SQLite and on PostgreSQL.
//
// A DB is opened from a DSN: a file path is SQLite (WAL, one writer, many
// readers), a postgres:// URL is PostgreSQL. Queries are written once, with
// $1, $2 as arguments, and read by a scan function:
//
//	v, err := sqldb.One(ctx, db, scanVideo, `SELECT … WHERE id = $1`, id)
//
// InTx runs a function in one transaction; everything called with its context
// takes part in it. AfterCommit queues what must happen outside the database
// once the transaction is there to stay. Missing rows are errs.NotFound and
// broken unique constraints errs.Conflict, on both databases.
//
// Not here: any knowledge of tables (store), of jobs (job) or of rules
// (domain).
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"sepiola/internal/errs"
)

// Dialect is the kind of database.
type Dialect string

// The dialects. The values are goose's and River's names of them.
const (
	SQLite   Dialect = "sqlite3"
	Postgres Dialect = "postgres"
)

// DB is an open database.
type DB struct {
	// Dialect is the kind of database, for the few places that must know.
	Dialect Dialect

	write *sql.DB // on SQLite one connection
	read  *sql.DB // the same pool on PostgreSQL
	stmts stmtCache
	lock  *fileLock // SQLite: held while open, so that there is one process
	log   *slog.Logger

	watches *watches // SQLite: who wants to hear of changes
}

// Now returns the current time as both databases keep it: UTC, microseconds.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// SQL returns the pool that may write, for libraries that bring their own
// statements (goose, River).
func (db *DB) SQL() *sql.DB { return db.write }

// Close closes the database and gives the file of SQLite free.
func (db *DB) Close() error {
	db.stmts.close()
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(err, db.read.Close())
	}
	return errors.Join(err, db.lock.release())
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.read.PingContext(ctx) }

type txKey struct{}

// tx is a transaction under way, in the context of InTx.
type tx struct {
	db          *DB
	sql         *sql.Tx
	afterCommit []func(context.Context)
}

func txOf(ctx context.Context, db *DB) *tx {
	if t, ok := ctx.Value(txKey{}).(*tx); ok && t.db == db {
		return t
	}
	return nil
}

// Tx returns the transaction of ctx, or nil outside of InTx. It is for
// libraries that take part in our transactions (River).
func (db *DB) Tx(ctx context.Context) *sql.Tx {
	if t := txOf(ctx, db); t != nil {
		return t.sql
	}
	return nil
}

// InTx runs fn in one transaction: all that is done with fn's context is kept
// if fn returns nil and undone otherwise. Inside a transaction it joins that
// one. PostgreSQL may ask to run a transaction again (serialization, deadlock);
// then fn runs again, three times at most, so its effects outside the database
// belong in AfterCommit. Those that stood in each other's way begin again at
// different times.
func (db *DB) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if txOf(ctx, db) != nil {
		return fn(ctx)
	}
	const tries, apart = 3, 20 * time.Millisecond
	for try := 1; ; try++ {
		err := db.runTx(ctx, fn)
		if try == tries || !mayRunAgain(err) {
			return err
		}
		select {
		case <-time.After(rand.N(apart)): //nolint:gosec // a matter of luck
		case <-ctx.Done():
			return err
		}
	}
}

func (db *DB) runTx(ctx context.Context, fn func(ctx context.Context) error) (err error) {
	sqlTx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", translate(err))
	}
	t := &tx{db: db, sql: sqlTx}
	defer func() {
		if p := recover(); p != nil {
			_ = sqlTx.Rollback()
			panic(p)
		}
	}()
	if err := fn(context.WithValue(ctx, txKey{}, t)); err != nil {
		if rerr := sqlTx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
			db.log.WarnContext(ctx, "rollback failed", "err", rerr)
		}
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", translate(err))
	}
	for _, f := range t.afterCommit {
		f(context.WithoutCancel(ctx))
	}
	return nil
}

// AfterCommit runs f once the transaction of ctx is committed; at once when
// there is none. It is not run when the transaction fails, nor when the
// process dies: what must happen is a job.
func (db *DB) AfterCommit(ctx context.Context, f func(ctx context.Context)) {
	if t := txOf(ctx, db); t != nil {
		t.afterCommit = append(t.afterCommit, f)
		return
	}
	f(ctx)
}

// Exec runs a statement and returns the number of rows it changed.
func (db *DB) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := db.exec(ctx, query, args)
	if err != nil {
		return 0, translate(err)
	}
	return res.RowsAffected()
}

func (db *DB) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	if t := txOf(ctx, db); t != nil {
		return t.sql.ExecContext(ctx, query, args...)
	}
	return db.write.ExecContext(ctx, query, args...)
}

// Row is what a scan function reads.
type Row interface{ Scan(dest ...any) error }

// Value scans a row of one column.
func Value[T any](r Row) (T, error) {
	var v T
	err := r.Scan(&v)
	return v, err
}

// One returns the only row of a query, or an errs.NotFound error.
func One[T any](ctx context.Context, db *DB, scan func(Row) (T, error), query string, args ...any) (T, error) {
	var zero T
	rows, err := db.query(ctx, db.read, query, args)
	if err != nil {
		return zero, translate(err)
	}
	return single(rows, scan)
}

// Returning runs a statement that writes and returns one row (INSERT …
// RETURNING). No row is errs.NotFound.
func Returning[T any](ctx context.Context, db *DB, scan func(Row) (T, error), query string, args ...any) (T, error) {
	var zero T
	rows, err := db.query(ctx, db.write, query, args)
	if err != nil {
		return zero, translate(err)
	}
	return single(rows, scan)
}

func single[T any](rows *sql.Rows, scan func(Row) (T, error)) (T, error) {
	var zero T
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return zero, translate(err)
		}
		return zero, errs.New(errs.NotFound, "not found")
	}
	v, err := scan(rows)
	if err != nil {
		return zero, fmt.Errorf("scan: %w", err)
	}
	return v, translate(rows.Close())
}

// All returns the rows of a query. No rows is an empty slice.
func All[T any](ctx context.Context, db *DB, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	return collect(ctx, db, db.read, scan, query, args)
}

// ReturningAll runs a statement that writes and returns the rows it changed.
func ReturningAll[T any](ctx context.Context, db *DB, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	return collect(ctx, db, db.write, scan, query, args)
}

func collect[T any](ctx context.Context, db *DB, pool *sql.DB, scan func(Row) (T, error), query string, args []any) ([]T, error) {
	rows, err := db.query(ctx, pool, query, args)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	list := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
		list = append(list, v)
	}
	return list, translate(rows.Err())
}

// query runs in the transaction of ctx if there is one. Outside, statements
// are prepared once and kept: parsing costs more than running most of them.
func (db *DB) query(ctx context.Context, pool *sql.DB, query string, args []any) (*sql.Rows, error) {
	if t := txOf(ctx, db); t != nil {
		return t.sql.QueryContext(ctx, query, args...)
	}
	if stmt := db.stmts.get(ctx, pool, query); stmt != nil { //nolint:sqlclosecheck // the cache closes its statements
		return stmt.QueryContext(ctx, args...)
	}
	return pool.QueryContext(ctx, query, args...)
}
