package notification

import (
	"context"
	"slices"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
)

// Bus carries to all nodes that what somebody is shown has changed. It may
// lose messages: who listens looks at the counters now and then.
type Bus interface {
	Changed(ids []user.ID)
}

// UserStore is the part of user.Store that Service needs.
type UserStore interface {
	ByID(ctx context.Context, id user.ID) (*user.User, error)
}

// Service is what people do with their notifications, and the work of telling.
type Service struct {
	Store Store
	Users UserStore
	Queue Queue
	Site  instance.Site
	// Bus may be nil.
	Bus Bus
	// MailEnabled reports whether the site sends mail.
	MailEnabled func() bool
	// NSFWPolicy is the site's, for people who chose none; nil shows all.
	NSFWPolicy func() string
	// InTx runs fn in one database transaction. Store and Queue take part
	// when they are given fn's context.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
	// Key signs the links that stop letters; every node has the same.
	Key []byte

	counts kept
}

// List returns a page of what u was told, and the number of all that match.
func (s *Service) List(ctx context.Context, u *user.User, p ListParams) ([]*Notification, int, error) {
	list, total, err := s.Store.List(ctx, u.ID, p)
	for _, n := range list {
		n.hide(u)
	}
	return list, total, err
}

// ByIDs returns what u was told, newest first.
func (s *Service) ByIDs(ctx context.Context, u *user.User, ids []ID) ([]*Notification, error) {
	list, err := s.Store.ByIDs(ctx, u.ID, ids)
	for _, n := range list {
		n.hide(u)
	}
	return list, err
}

// Unread is how much u has not read. It may be some seconds old when another
// node has changed it.
func (s *Service) Unread(ctx context.Context, id user.ID) (int64, error) {
	if c, ok := s.counts.get(id, s.Now()); ok {
		return c.Unread, nil
	}
	gen := s.counts.generation()
	m, err := s.Store.Counts(ctx, []user.ID{id})
	if err != nil {
		return 0, err
	}
	s.counts.put(id, m[id], gen, s.Now())
	return m[id].Unread, nil
}

// Counts are the states of several people as they are now.
func (s *Service) Counts(ctx context.Context, ids []user.ID) (map[user.ID]Count, error) {
	return s.Store.Counts(ctx, ids)
}

// Forget lets the next Unread of people look at the database again.
func (s *Service) Forget(ids []user.ID) {
	for _, id := range ids {
		s.counts.forget(id)
	}
}

func (s *Service) changed(id user.ID) {
	s.counts.forget(id)
	if s.Bus != nil {
		s.Bus.Changed([]user.ID{id})
	}
}

// MarkRead marks some of u's notifications as read; those of others stay as
// they are.
func (s *Service) MarkRead(ctx context.Context, u *user.User, ids []ID) error {
	if len(ids) == 0 {
		return nil
	}
	err := s.InTx(ctx, func(ctx context.Context) error {
		for part := range slices.Chunk(ids, batch) {
			if err := s.Store.MarkRead(ctx, u.ID, part, s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	s.changed(u.ID)
	return err
}

// MarkAllRead marks all of u's notifications as read.
func (s *Service) MarkAllRead(ctx context.Context, u *user.User) error {
	err := s.Store.MarkRead(ctx, u.ID, nil, s.Now())
	s.changed(u.ID)
	return err
}

// How long notifications are kept: those on the site, and those that were only
// sent, which keep people from being told twice.
const (
	keepShown = 2 * 365 * 24 * time.Hour
	keepSent  = 90 * 24 * time.Hour
)

// Clean removes what is old.
func (s *Service) Clean(ctx context.Context) error {
	_, err := s.Store.DeleteBefore(ctx, s.Now().Add(-keepShown), s.Now().Add(-keepSent))
	return err
}
