package directory

import (
	"context"
	"time"
)

// Store keeps the sites.
type Store interface {
	// Add makes a site with its logo (which may be nil) and gives it an id. A
	// host that is there already is errs.Conflict.
	Add(ctx context.Context, s *Site, logo []byte) error
	// Save writes all of a site but its host and when it was made, whether it
	// is blocked, at once; logo nil keeps the one that is there if LogoHash is
	// not empty. A site that is gone is errs.NotFound.
	Save(ctx context.Context, s *Site, logo []byte) error
	// Remove forgets a site; one that is gone is no error.
	Remove(ctx context.Context, id ID) error
	// Block sets or takes back the block of a host, which need not be known.
	// Of a blocked site nothing but its host stays.
	Block(ctx context.Context, host string, blocked bool, now time.Time) error

	// ByHost returns a site, or errs.NotFound.
	ByHost(ctx context.Context, host string) (*Site, error)
	// Due returns at most limit sites whose visit is due, longest due first,
	// and puts their visit off until lease: no other process gets them before.
	Due(ctx context.Context, now, lease time.Time, limit int) ([]*Site, error)
	// List returns the listed sites of a filter and how many there are on all
	// pages.
	List(ctx context.Context, f Filter) ([]*Site, int, error)
	// Hosts is List, of which only ID, Host and CreatedAt are filled.
	Hosts(ctx context.Context, f Filter) ([]*Site, int, error)
	// Choices returns the languages and categories of listed sites.
	Choices(ctx context.Context) (Choices, error)
	// Count returns how many sites are known, listed or not.
	Count(ctx context.Context) (int, error)
	// Logo returns the picture with this hash of a listed site, or
	// errs.NotFound.
	Logo(ctx context.Context, id ID, hash string) ([]byte, error)
}

// Visitor reads a site.
type Visitor interface {
	// Visit returns what a site says of itself. known is what was found
	// before, or nil: its logo is not fetched again. Errors have one of the
	// codes of this package; those of the network have kind errs.Conflict.
	Visit(ctx context.Context, host string, known *Facts) (*Found, error)
}
