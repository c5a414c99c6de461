package redundancy

import (
	"context"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Admin is what administrators do with mirrors.
type Admin struct {
	Store  Store
	Videos Videos
	Ledger follow.Ledger
	// InTx runs fn in one database transaction. Store and Ledger take part when
	// they are given fn's context.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
}

// Videos finds videos; a missing one is errs.NotFound.
type Videos interface {
	ByRef(ctx context.Context, ref video.Ref) (*video.Video, error)
}

// List returns a page of this site's videos that others mirror, and how many
// there are. Of other sites' videos this one holds no mirrors, so with q.Remote
// there are none: those that others hold of each other's are not its business.
func (a *Admin) List(ctx context.Context, u *user.User, q Query) ([]Mirrored, int, error) {
	if err := may(u, user.ManageVideosRedundancies); err != nil {
		return nil, 0, err
	}
	if q.Remote {
		return nil, 0, nil
	}
	return a.Store.List(ctx, q)
}

// Remove forgets a mirror, so that viewers are not sent there any more. Its site
// keeps its copy, and may say again that it has it.
func (a *Admin) Remove(ctx context.Context, u *user.User, id ID) error {
	if err := may(u, user.ManageVideosRedundancies); err != nil {
		return err
	}
	return a.InTx(ctx, func(ctx context.Context) error {
		m, err := a.Store.ByID(ctx, id)
		if err == nil {
			err = a.Store.Delete(ctx, id)
		}
		if errs.Is(err, errs.NotFound) {
			return errs.Wrap(errs.NotFound, err, "Video redundancy not found")
		}
		if err != nil {
			return err
		}
		return a.Ledger.Note(ctx, u.ID, follow.RemovedMirror, m.Host, a.Now())
	})
}

// Make is where a video of another site would be mirrored here. What cannot be
// mirrored anywhere is refused for that reason, all else is errs.NotSupported.
func (a *Admin) Make(ctx context.Context, u *user.User, ref video.Ref) error {
	if err := may(u, user.ManageVideosRedundancies); err != nil {
		return err
	}
	v, err := a.Videos.ByRef(ctx, ref)
	switch {
	case err != nil:
		return err
	case !v.Remote:
		return errs.New(errs.Invalid, "Cannot create a redundancy on a local video")
	case v.IsLive:
		return errs.New(errs.Invalid, "Cannot create a redundancy of a live video")
	}
	return notMade()
}

// Allow is where the videos of a site would be mirrored here by themselves.
func (a *Admin) Allow(_ context.Context, u *user.User, host string) error {
	if err := may(u, user.ManageServerFollow); err != nil {
		return err
	}
	if !actor.ValidHost(strings.ToLower(host)) {
		return errs.Fields(errs.Param{Name: "host", Value: host, In: "params"})
	}
	return notMade()
}

func notMade() error {
	return errs.New(errs.NotSupported, "This site does not mirror videos of other sites.")
}

func may(u *user.User, right user.Right) error {
	if u == nil {
		return errs.New(errs.Unauthorized, "Not authenticated")
	}
	if !u.Has(right) {
		return errs.New(errs.Forbidden, "User does not have enough user rights to access this endpoint.")
	}
	return nil
}
