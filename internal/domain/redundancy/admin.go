package redundancy

import (
	"context"
	"slices"
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
	Store  OwnStore
	Videos OwnVideos
	Ledger follow.Ledger
	// Keeper has what this site mirrors.
	Keeper *Keeper
	// InTx runs fn in one database transaction. Store and Ledger take part when
	// they are given fn's context.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
}

// Videos finds videos; a missing one is errs.NotFound.
type Videos interface {
	ByRef(ctx context.Context, ref video.Ref) (*video.Video, error)
}

// List returns a page of this site's videos that others mirror, or with
// q.Remote of those that this site mirrors, and how many there are. Those that
// others hold of each other's are not its business.
func (a *Admin) List(ctx context.Context, u *user.User, q Query) ([]Mirrored, int, error) {
	if err := may(u, user.ManageVideosRedundancies); err != nil {
		return nil, 0, err
	}
	return a.Store.List(ctx, q)
}

// Remove forgets a mirror, so that viewers are not sent there any more. Another
// site keeps its copy, and may say again that it has it; this site's own files
// go, and the video's site hears of it.
func (a *Admin) Remove(ctx context.Context, u *user.User, id ID) error {
	if err := may(u, user.ManageVideosRedundancies); err != nil {
		return err
	}
	return a.InTx(ctx, func(ctx context.Context) error {
		m, err := a.Store.ByID(ctx, id)
		action, host := follow.RemovedMirror, ""
		switch {
		case err != nil:
		case m.Strategy != "":
			action = follow.DroppedMirror
			host, err = a.drop(ctx, m)
		default:
			host, err = m.Host, a.Store.Delete(ctx, id)
		}
		if errs.Is(err, errs.NotFound) {
			return errs.Wrap(errs.NotFound, err, "Video redundancy not found")
		}
		if err != nil {
			return err
		}
		return a.Ledger.Note(ctx, u.ID, action, host, a.Now())
	})
}

// drop ends a mirror of this site and returns the host of its video.
func (a *Admin) drop(ctx context.Context, m *Mirror) (host string, err error) {
	v, err := a.Videos.ByRef(ctx, video.ByID(m.VideoID))
	if err != nil {
		return "", err
	}
	return siteOf(v), a.Keeper.Drop(ctx, m)
}

// siteOf is the host of a video.
func siteOf(v *video.Video) string {
	if v.Channel == nil {
		return ""
	}
	return v.Channel.Host
}

// Make mirrors a video of another site here, whatever its site is, until
// somebody removes it: as a job, since it may take long. What cannot be mirrored
// is errs.Invalid, what is here already errs.Conflict.
func (a *Admin) Make(ctx context.Context, u *user.User, ref video.Ref) error {
	if err := may(u, user.ManageVideosRedundancies); err != nil {
		return err
	}
	v, err := a.Videos.ByRef(ctx, ref)
	if err != nil {
		return err
	}
	switch _, err := a.Store.Own(ctx, v.ID); {
	case err == nil:
		return errs.New(errs.Conflict, "This video is already duplicated by your instance.")
	case !errs.Is(err, errs.NotFound):
		return err
	}
	if err := a.Videos.Load(ctx, v); err != nil {
		return err
	}
	if err := check(v); err != nil {
		return err
	}
	return a.InTx(ctx, func(ctx context.Context) error {
		if err := a.Keeper.Queue.Mirror(ctx, v.ID, Manual); err != nil {
			return err
		}
		return a.Ledger.Note(ctx, u.ID, follow.MirroredVideo, siteOf(v), a.Now())
	})
}

// Allow says whether strategies may choose videos of a host. What is mirrored of
// one that may not goes, by hand or not.
func (a *Admin) Allow(ctx context.Context, u *user.User, host string, allowed bool) error {
	if err := may(u, user.ManageServerFollow); err != nil {
		return err
	}
	host = strings.ToLower(host)
	if !actor.ValidHost(host) {
		return errs.Fields(errs.Param{Name: "host", Value: host, In: "params"})
	}
	return a.InTx(ctx, func(ctx context.Context) error {
		if err := a.Store.Allow(ctx, host, allowed, a.Now()); err != nil {
			return err
		}
		if allowed {
			return a.Ledger.Note(ctx, u.ID, follow.AllowedMirrors, host, a.Now())
		}
		if err := a.Keeper.Queue.Leave(ctx, host); err != nil {
			return err
		}
		return a.Ledger.Note(ctx, u.ID, follow.ForbadeMirrors, host, a.Now())
	})
}

// Left is told of a host that this site does not follow any more, in the
// transaction of ctx: what it mirrors of it goes.
func (a *Admin) Left(ctx context.Context, host string) error {
	err := a.Store.Allow(ctx, host, false, a.Now())
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.Keeper.Queue.Leave(ctx, host)
}

// Allowed are those of hosts of which strategies may choose videos.
func (a *Admin) Allowed(ctx context.Context, hosts []string) (map[string]bool, error) {
	if len(hosts) == 0 {
		return map[string]bool{}, nil
	}
	return a.Store.Allowed(ctx, hosts)
}

// Usage is what the strategies of the settings hold, and Manual, in the order
// of Strategies.
func (a *Admin) Usage(ctx context.Context) ([]Usage, error) {
	held, err := a.Store.Used(ctx)
	if err != nil {
		return nil, err
	}
	var list []Usage
	for _, s := range Strategies {
		r, wanted := a.Keeper.rule(s)
		if !wanted {
			continue
		}
		u := Usage{Strategy: s}
		if i := slices.IndexFunc(held, func(u Usage) bool { return u.Strategy == s }); i >= 0 {
			u = held[i]
		}
		u.Size = r.Size
		list = append(list, u)
	}
	return list, nil
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
