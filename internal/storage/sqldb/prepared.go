package sqldb

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

const (
	// maxPrepared is how many statements a connection keeps, of maxPreparedText
	// bytes at most: what is written in groups has as many texts as sizes, and
	// is not worth its memory.
	maxPrepared     = 160
	maxPreparedText = 4096
)

// preparing opens connections of SQLite that keep the statements they
// prepared. Within a transaction database/sql prepares nothing by itself, and
// parsing a statement costs more than running most of them. (pgx keeps the
// statements of its connections, too.)
type preparing struct {
	driver.Connector
	watches *watches
}

// Connect implements driver.Connector.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := c.(sqliteConn)
	if !ok {
		return c, nil
	}
	conn := &preparedConn{sqliteConn: full, kept: map[string]*keptStmt{}, order: list.New(), watches: p.watches}
	conn.watch()
	return conn, nil
}

// sqliteConn is what database/sql uses of the driver's connections.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// preparedConn is used by one goroutine at a time, as database/sql does.
type preparedConn struct {
	sqliteConn
	kept  map[string]*keptStmt
	order *list.List // of *keptStmt, the one used last first

	watches *watches
	changed []changedRows
}

// keptStmt is a prepared statement. While its rows are read it is busy.
type keptStmt struct {
	query string
	stmt  preparedStmt
	busy  bool
	place *list.Element
}

type preparedStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// ExecContext implements driver.ExecerContext.
func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	k, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	return k.stmt.ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	k, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := k.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	k.busy = true
	return &preparedRows{rows, k}, nil
}

// preparedRows gives their statement back.
type preparedRows struct {
	driver.Rows
	of *keptStmt
}

// Close implements driver.Rows.
func (r *preparedRows) Close() error {
	if r.of == nil {
		return nil
	}
	err := r.Rows.Close()
	r.of.busy, r.of = false, nil
	return err
}

// take returns the statement of a text, prepared the first time; nil when it
// is not kept, or when its rows are being read.
func (c *preparedConn) take(ctx context.Context, query string) (*keptStmt, error) {
	if k := c.kept[query]; k != nil {
		if k.busy {
			return nil, nil //nolint:nilnil // see the comment
		}
		c.order.MoveToFront(k.place)
		return k, nil
	}
	if !keepable(query) || !c.room() {
		return nil, nil //nolint:nilnil // see the comment
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	stmt, ok := s.(preparedStmt)
	if !ok {
		return nil, s.Close()
	}
	k := &keptStmt{query: query, stmt: stmt}
	k.place = c.order.PushFront(k)
	c.kept[query] = k
	return k, nil
}

// room forgets the statement that was not used for longest, if there are too
// many, and reports whether there is room for one more.
func (c *preparedConn) room() bool {
	if len(c.kept) < maxPrepared {
		return true
	}
	k := c.order.Back().Value.(*keptStmt) //nolint:forcetypeassert // nothing else is in the list
	if k.busy {
		return false
	}
	c.order.Remove(k.place)
	delete(c.kept, k.query)
	_ = k.stmt.Close() // it fails with the error of its last run, which is known
	return true
}

// Close implements driver.Conn.
func (c *preparedConn) Close() error {
	c.told() // what has failed may be there all the same
	c.unwatch()
	var all error
	for _, k := range c.kept {
		all = errors.Join(all, k.stmt.Close())
	}
	c.kept = map[string]*keptStmt{}
	c.order.Init()
	return errors.Join(all, c.sqliteConn.Close())
}

// keepable reports whether a statement reads or changes rows: others are rare,
// and some hold several statements.
func keepable(query string) bool {
	if len(query) > maxPreparedText {
		return false
	}
	for { // River's begin with comments
		query = strings.TrimLeft(query, " \t\r\n")
		if !strings.HasPrefix(query, "--") {
			break
		}
		_, query, _ = strings.Cut(query, "\n")
	}
	for _, verb := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"} {
		if len(query) > len(verb) && strings.EqualFold(query[:len(verb)], verb) {
			return true
		}
	}
	return false
}
