package app

import (
	"context"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// newAbuses makes what people report with; videos, comments and mutes are
// there. Who is told is added by newTelling and newSaid.
func (s *services) newAbuses(db *sqldb.DB) {
	s.abuses = &abuse.Service{
		Store:    store.Abuses{DB: db, Videos: s.videoSQL},
		Videos:   s.videos,
		Comments: s.comments.Store,
		Accounts: s.actors,
		Blocks:   s.blocks,
		Limits:   actLimits{s},
		Rates:    abuse.DefaultRates(),
		InTx:     db.InTx,
		Now:      sqldb.Now,
	}
}

// abuseEvents tells several.
type abuseEvents []abuse.Events

// Reported implements abuse.Events.
func (list abuseEvents) Reported(ctx context.Context, a *abuse.Abuse) error {
	for _, e := range list {
		if err := e.Reported(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// Decided implements abuse.Events.
func (list abuseEvents) Decided(ctx context.Context, a *abuse.Abuse) error {
	for _, e := range list {
		if err := e.Decided(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// Said implements abuse.Events.
func (list abuseEvents) Said(ctx context.Context, a *abuse.Abuse, m *abuse.Message) error {
	for _, e := range list {
		if err := e.Said(ctx, a, m); err != nil {
			return err
		}
	}
	return nil
}
