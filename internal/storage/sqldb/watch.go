package sqldb

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// otherLife is for how long it is believed that no other process has
	// written; half of it passes before somebody looks again.
	otherLife = time.Second
	// maxWatched is how many changed rows a transaction remembers; of more it
	// only says that there were many.
	maxWatched = 10_000
)

// Watch is what somebody wants to hear of who keeps what was read.
type Watch struct {
	// Keys name the column that says whose a row is, a whole number, by table.
	Keys map[string]string
	// Changed is told whose rows a transaction has inserted, updated or
	// deleted (some more than once), or that it may be anybody's. It is called
	// after each commit, before who committed goes on, so it must be quick and
	// must not ask the database.
	Changed func(keys []int64, anybodys bool)
}

// Watch has w told of all that changes in tables of SQLite, by whatever
// statement: SQLite itself says so. The tables must be there. What another
// process has written, such as a command beside the server, is found by Alone.
// It reports false on PostgreSQL, where other nodes write.
func (db *DB) Watch(ctx context.Context, w Watch) (bool, error) {
	if db.watches == nil {
		return false, nil
	}
	at := make(map[string]int, len(w.Keys))
	for table, column := range w.Keys {
		place, err := One(ctx, db, Value[int], `
			SELECT CASE WHEN pk = 1 AND type = 'INTEGER' THEN -1 ELSE cid END FROM pragma_table_info($1) WHERE name = $2`, table, column)
		if err != nil {
			return false, fmt.Errorf("watch %s.%s: %w", table, column, err)
		}
		at[table] = place
	}
	db.watches.add(&watching{Watch: w, at: at})
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	return true, conn.Raw(func(c any) error {
		c.(*preparedConn).watch() //nolint:forcetypeassert // the writer's connections are of preparing
		return nil
	})
}

// Alone reports whether those who Watch know of all that was committed, but
// for what other processes wrote within the last second. It never waits: while
// that is being found out, it is false.
func (db *DB) Alone() bool {
	if db.watches == nil {
		return false
	}
	age := time.Since(time.Unix(0, db.watches.looked.Load()))
	if age > otherLife/2 && db.watches.looking.CompareAndSwap(false, true) {
		go db.lookForOthers()
	}
	return age < otherLife
}

// lookForOthers finds out whether another process has written: the number that
// is asked for changes for a connection when another one has committed, and
// all of this process goes by way of this one.
func (db *DB) lookForOthers() {
	w := db.watches
	defer w.looking.Store(false)
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 10*otherLife)
	defer cancel()
	var version int64
	if err := db.write.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version); err != nil {
		return // closed, or busy: they are not known to be alone
	}
	if w.version.Swap(version) != version {
		w.tell(nil)
	}
	w.looked.Store(began.UnixNano())
}

// watches are those who watch a file.
type watches struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*watching]

	version, looked atomic.Int64
	looking         atomic.Bool
}

// watching is a Watch; at are the places of its columns, -1 the row's number.
type watching struct {
	Watch
	at map[string]int
}

// changedRows are whose rows a connection has changed since its last commit.
type changedRows struct {
	keys      []int64
	anybodys  bool
	watchedBy *watching
}

func (w *watches) all() []*watching {
	if l := w.list.Load(); l != nil {
		return *l
	}
	return nil
}

func (w *watches) add(one *watching) {
	w.mu.Lock()
	defer w.mu.Unlock()
	have := w.all()
	list := append(have[:len(have):len(have)], one)
	w.list.Store(&list)
}

// tell tells everybody what was changed; nil is anything.
func (w *watches) tell(rows []changedRows) {
	if rows == nil {
		for _, one := range w.all() {
			one.Changed(nil, true)
		}
	}
	for _, r := range rows {
		r.watchedBy.Changed(r.keys, r.anybodys)
	}
}

// watch begins to note what changes, if somebody wants to hear of it.
func (c *preparedConn) watch() {
	if h, ok := c.sqliteConn.(sqlite.HookRegisterer); ok && len(c.watches.all()) > 0 {
		h.RegisterPreUpdateHook(c.note)
	}
}

// unwatch lets go of the connection, which is closed.
func (c *preparedConn) unwatch() {
	if h, ok := c.sqliteConn.(sqlite.HookRegisterer); ok && len(c.watches.all()) > 0 {
		h.RegisterPreUpdateHook(nil)
	}
}

// note notes whose row is being changed.
func (c *preparedConn) note(d sqlite.SQLitePreUpdateData) {
	for _, w := range c.watches.all() {
		place, ok := w.at[d.TableName]
		if !ok {
			continue
		}
		r := c.rowsOf(w)
		if r.anybodys {
			continue
		}
		var err error
		if d.Op != sqlite3.SQLITE_INSERT {
			err = r.add(place, d.OldRowID, d.Old)
		}
		if d.Op != sqlite3.SQLITE_DELETE && err == nil {
			err = r.add(place, d.NewRowID, d.New)
		}
		if err != nil || len(r.keys) > maxWatched {
			r.keys, r.anybodys = nil, true
		}
	}
}

func (c *preparedConn) rowsOf(w *watching) *changedRows {
	for i := range c.changed {
		if c.changed[i].watchedBy == w {
			return &c.changed[i]
		}
	}
	c.changed = append(c.changed, changedRows{watchedBy: w})
	return &c.changed[len(c.changed)-1]
}

// add adds the key of a row, which read gives column by column.
func (r *changedRows) add(place int, rowID int64, read func(...any) error) error {
	key := rowID
	if place >= 0 {
		columns := make([]any, place+1)
		if err := read(columns...); err != nil {
			return err
		}
		n, ok := columns[place].(int64)
		if !ok {
			return fmt.Errorf("%T is no key", columns[place])
		}
		key = n
	}
	if len(r.keys) == 0 || r.keys[len(r.keys)-1] != key {
		r.keys = append(r.keys, key)
	}
	return nil
}

// IsValid implements driver.Validator. database/sql asks it whenever a
// connection is given back: after each transaction and each statement outside
// of one, and before who ran it hears of it. So this is where others are told.
// What was rolled back is told too, which does no harm.
func (c *preparedConn) IsValid() bool {
	c.told()
	return c.sqliteConn.IsValid()
}

func (c *preparedConn) told() {
	if len(c.changed) > 0 {
		c.watches.tell(c.changed)
		c.changed = nil
	}
}
