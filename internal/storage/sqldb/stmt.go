package sqldb

import (
	"context"
	"database/sql"
	"sync"
)

// stmtCache keeps prepared statements of the queries that run outside of
// transactions. It is bounded: queries with optional conditions have many
// texts, and past the bound a query simply runs unprepared.
type stmtCache struct {
	mu   sync.RWMutex
	m    map[stmtKey]*sql.Stmt
	shut bool
}

type stmtKey struct {
	pool  *sql.DB
	query string
}

const maxStmts = 256

// get returns the statement, or nil when it cannot be had; the query then
// runs on its own and reports what is wrong with it.
func (c *stmtCache) get(ctx context.Context, pool *sql.DB, query string) *sql.Stmt {
	key := stmtKey{pool, query}
	c.mu.RLock()
	stmt, full := c.m[key], c.shut || len(c.m) >= maxStmts
	c.mu.RUnlock()
	if stmt != nil || full {
		return stmt
	}
	stmt, err := pool.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	return c.put(key, stmt)
}

// put keeps stmt, unless somebody else was faster.
func (c *stmtCache) put(key stmtKey, stmt *sql.Stmt) *sql.Stmt {
	c.mu.Lock()
	defer c.mu.Unlock()
	if have := c.m[key]; have != nil {
		_ = stmt.Close()
		return have
	}
	if c.shut {
		_ = stmt.Close()
		return nil
	}
	if c.m == nil {
		c.m = make(map[stmtKey]*sql.Stmt)
	}
	c.m[key] = stmt
	return stmt
}

func (c *stmtCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.m {
		_ = s.Close()
	}
	c.m, c.shut = nil, true
}
