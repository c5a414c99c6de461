package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"sepiola/internal/errs"
)

// Options say how to open a database.
type Options struct {
	// DSN is a path of a file (SQLite; made if it does not exist) or a
	// postgres:// URL.
	DSN string
	// MaxConns bounds the connections to PostgreSQL, and the readers of
	// SQLite, which are no more than the machine can use (readers). 0 means 10.
	MaxConns int
	// Shared lets several processes open one SQLite file, as commands do
	// beside a running server. The server itself does not share.
	Shared bool
	Log    *slog.Logger
}

// Open opens the database and checks that it answers. It does not migrate.
// A second process on one SQLite file is errs.Conflict; a PostgreSQL that does
// not answer is errs.Unavailable.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.MaxConns <= 0 {
		o.MaxConns = 10
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if IsPostgres(o.DSN) {
		return openPostgres(ctx, o)
	}
	return openSQLite(ctx, o)
}

// IsPostgres reports whether a DSN names a PostgreSQL database.
func IsPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

func openPostgres(ctx context.Context, o Options) (*DB, error) {
	cfg, err := pgx.ParseConfig(o.DSN)
	if err != nil {
		return nil, errs.New(errs.Invalid, "the database URL is not valid: %s", redact(err.Error(), o.DSN))
	}
	// Times are kept without zone; the session must not convert them.
	cfg.RuntimeParams["timezone"] = "UTC"
	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(o.MaxConns)
	pool.SetMaxIdleConns(o.MaxConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, errs.Wrap(errs.Unavailable, err, "the database server %s:%d does not let us in; check that it runs, and its name, user and password", cfg.Host, cfg.Port)
	}
	return &DB{Dialect: Postgres, write: pool, read: pool, log: o.Log}, nil
}

// redact keeps a password out of messages.
func redact(msg, dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil || u.User == nil {
		return strings.ReplaceAll(msg, dsn, "postgres://…")
	}
	if pw, ok := u.User.Password(); ok && pw != "" {
		msg = strings.ReplaceAll(msg, pw, "…")
	}
	return msg
}

func openSQLite(ctx context.Context, o Options) (*DB, error) {
	path := o.DSN
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "the directory of the database cannot be made: %s", filepath.Dir(path))
	}
	var lock *fileLock
	if !o.Shared {
		var err error
		if lock, err = acquire(path + ".lock"); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(useFewerMutexes(), usePageMemory()); err != nil {
		_ = lock.release()
		return nil, err
	}
	seen := new(watches)
	write, err := sqliteSecured(ctx, path, seen)
	if err != nil {
		_ = lock.release()
		return nil, err
	}
	read, err := sqlitePool(path, "deferred", readers(o.MaxConns, runtime.GOMAXPROCS(0)), nil, "query_only(1)")
	if err != nil {
		_ = write.Close()
		_ = lock.release()
		return nil, err
	}
	return &DB{Dialect: SQLite, write: write, read: read, lock: lock, watches: seen, log: o.Log}, nil
}

// readers is how many connections read a SQLite file: a few more than cores, as
// some wait for the disk. SQLite works in the goroutine that asks, so that more
// would not answer sooner; but each holds up to 4 MiB of the file's pages, and
// statements that it has prepared.
func readers(most, cores int) int { return max(1, min(most, cores+2)) }

// sqliteSecured opens the pool that writes and makes sure that the file is one
// of ours to write.
func sqliteSecured(ctx context.Context, path string, seen *watches) (*sql.DB, error) {
	write, err := sqlitePool(path, immediate, 1, seen)
	if err != nil {
		return nil, err
	}
	if _, err := write.ExecContext(ctx, `PRAGMA user_version`); err != nil {
		_ = write.Close()
		return nil, errs.Wrap(errs.Unavailable, err, "the database file cannot be opened: %s", path)
	}
	if err := onlyOurs(path); err != nil {
		_ = write.Close()
		return nil, errs.Wrap(errs.Unavailable, err, "the database file belongs to another user: %s", path)
	}
	return write, nil
}

// onlyOurs takes the database file, and what SQLite keeps beside it until it is
// closed, from everybody else. SQLite makes what is beside it like the file; at
// the first start both are older than this.
func onlyOurs(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(path+suffix, 0o600); err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	return nil
}

// immediate is the lock of transactions that are going to write.
const immediate = "immediate"

// sqlitePool opens connections with our settings. synchronous=FULL makes a
// commit in WAL mode survive a loss of power, which is what "acknowledged"
// means. What is seen to change is only that of connections that write.
func sqlitePool(path, txLock string, conns int, seen *watches, extra ...string) (*sql.DB, error) {
	q := url.Values{}
	q.Set("_txlock", txLock)
	q.Set("_time_format", "sqlite")
	for _, p := range append([]string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"temp_store(MEMORY)", "cache_size(-4096)", "journal_size_limit(67108864)",
	}, extra...) {
		q.Add("_pragma", p)
	}
	connector, err := newLetters("file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if txLock == immediate { // what only reads is prepared by stmtCache
		connector = preparing{connector, seen}
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool, nil
}
