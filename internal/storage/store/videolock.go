package store

import (
	"context"
	"database/sql"
	"fmt"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// heldLock is one that somebody has or waits for.
type heldLock struct {
	turn  chan struct{} // holds one token while it is free
	users int
}

// maxLockConns bounds the connections that locks take from the pool, so that
// enough are left for what is done under them.
const maxLockConns = 2

// videoLocks is the class of PostgreSQL's advisory locks of videos.
const videoLocks = 0x7669

// Exclusive runs fn while nobody else, on any node, is in Exclusive for the
// same video. It is for changing the files that belong together (playlists,
// hashes, directories), is not reentrant, and must not be called in a
// transaction.
func (s *VideoFiles) Exclusive(ctx context.Context, id video.ID, fn func(ctx context.Context) error) error {
	leave, err := s.enter(ctx, id)
	if err != nil {
		return err
	}
	defer leave()
	if s.DB.Dialect == sqldb.SQLite {
		return fn(ctx) // there is one process
	}
	s.once.Do(func() { s.slot = make(chan struct{}, maxLockConns) })
	select {
	case s.slot <- struct{}{}:
		defer func() { <-s.slot }()
	case <-ctx.Done():
		return ctx.Err()
	}
	conn, err := s.DB.SQL().Conn(ctx)
	if err != nil {
		return fmt.Errorf("lock the files of a video: %w", err)
	}
	defer conn.Close()
	return exclusively(ctx, conn, id, fn)
}

func exclusively(ctx context.Context, conn *sql.Conn, id video.ID, fn func(ctx context.Context) error) error {
	// The key has 32 bits; two videos that share one only wait for each other.
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1, $2)`, videoLocks, int32(uint32(id))); err != nil {
		return fmt.Errorf("lock the files of a video: %w", err)
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1, $2)`, videoLocks, int32(uint32(id)))
	}()
	return fn(ctx)
}

// enter waits for the turn in this process.
func (s *VideoFiles) enter(ctx context.Context, id video.ID) (leave func(), err error) {
	s.mu.Lock()
	if s.held == nil {
		s.held = map[video.ID]*heldLock{}
	}
	l := s.held[id]
	if l == nil {
		l = &heldLock{turn: make(chan struct{}, 1)}
		l.turn <- struct{}{}
		s.held[id] = l
	}
	l.users++
	s.mu.Unlock()
	done := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(s.held, id)
		}
	}
	select {
	case <-l.turn:
		return func() {
			l.turn <- struct{}{}
			done()
		}, nil
	case <-ctx.Done():
		done()
		return nil, ctx.Err()
	}
}
