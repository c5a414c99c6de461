package actor

import (
	"context"

	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
)

// AccountList says which accounts are listed.
type AccountList struct {
	// Sort is createdAt, with "-" before it for newest first.
	Sort         string
	Start, Count int
	// LocalOnly leaves out those of other sites.
	LocalOnly bool
}

// ChannelList says which channels are listed.
type ChannelList struct {
	// AccountID is 0 for those of everyone.
	AccountID AccountID
	// Search is part of the name or of the display name; "" for all.
	Search string
	// Sort is id, name, createdAt or updatedAt, with "-" before it for
	// descending.
	Sort         string
	Start, Count int
	// LocalOnly leaves out those of other sites.
	LocalOnly bool
}

// ListStore reads accounts and channels for showing. Missing ones are
// errs.NotFound; the numbers are of all that match.
type ListStore interface {
	AccountByName(ctx context.Context, name, host string) (*Account, error)
	ListAccounts(ctx context.Context, p AccountList) ([]*Account, int, error)
	ListChannels(ctx context.Context, p ChannelList) ([]*Channel, int, error)
}

// Directory shows who is here.
type Directory struct {
	Store ListStore
	Site  instance.Site
}

// Account returns the account "name" or "name@host".
func (d *Directory) Account(ctx context.Context, handle string) (*Account, error) {
	name, host := ParseHandle(handle, d.Site.Host)
	a, err := d.Store.AccountByName(ctx, name, host)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "Account not found")
	}
	return a, err
}

// Accounts lists accounts.
func (d *Directory) Accounts(ctx context.Context, p AccountList) ([]*Account, int, error) {
	return d.Store.ListAccounts(ctx, p)
}

// Channels lists channels, with their owners.
func (d *Directory) Channels(ctx context.Context, p ChannelList) ([]*Channel, int, error) {
	return d.Store.ListChannels(ctx, p)
}
