package remote

import (
	"context"
	"log/slog"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/fetch"
)

// resolveTime is how long somebody waits for the answer of another site, and
// resolveBudget how many requests that may take.
const (
	resolveTime   = 15 * time.Second
	resolveBudget = 12
)

// Resolver finds what people paste into the search. It is a search.Remote.
type Resolver struct {
	Source    *Source
	Actors    *Actors
	Videos    *Videos
	Playlists *Playlists
	// Comments lead to the video that they are under: people answer them there.
	Comments *Comments
	// UUID returns the UUID of a playlist.
	UUID func(ctx context.Context, id playlist.ID) (string, error)
	// May reports whether somebody who is signed in, or not, may make this
	// site ask others (search.remote_uri).
	May func(signedIn bool) bool
	Log *slog.Logger
}

var _ search.Remote = (*Resolver)(nil)

// ByURL implements search.Remote.
func (r *Resolver) ByURL(ctx context.Context, w video.Viewer, url string) (search.Resolved, error) {
	return r.ask(ctx, w, url, func(ctx context.Context) (search.Resolved, error) { return r.byURL(ctx, url) })
}

// ByHandle implements search.Remote.
func (r *Resolver) ByHandle(ctx context.Context, w video.Viewer, h search.Handle) (search.Resolved, error) {
	return r.ask(ctx, w, h.Name+"@"+h.Host, func(ctx context.Context) (search.Resolved, error) {
		f, err := r.Actors.ByHandle(ctx, h.Name, h.Host)
		if err != nil {
			return search.Resolved{}, err
		}
		return resolved(f.Known), nil
	})
}

// ask bounds a question. What another site does not have, or will not give, is
// errs.NotFound to who asks.
func (r *Resolver) ask(ctx context.Context, w video.Viewer, what string, find func(context.Context) (search.Resolved, error)) (search.Resolved, error) {
	if !r.May(w != nil) {
		return search.Resolved{}, errs.New(errs.NotFound, "only what is known here is found")
	}
	ctx, cancel := context.WithTimeout(fetch.WithBudget(ctx, resolveBudget), resolveTime)
	defer cancel()
	found, err := find(ctx)
	if err == nil && found == (search.Resolved{}) {
		err = errs.New(errs.NotFound, "there is nothing to be shown")
	}
	if err != nil && (!errs.Is(err, errs.Internal) || ctx.Err() != nil) {
		r.Log.DebugContext(ctx, "something of another site was not found", "what", clip(what), "err", err)
		err = errs.Wrap(errs.NotFound, err, "not found")
	}
	return found, err
}

func (r *Resolver) byURL(ctx context.Context, url string) (found search.Resolved, err error) {
	if err := r.Source.wanted(ctx, url); err != nil {
		return found, err
	}
	if k, err := r.Actors.Store.ByURL(ctx, url); err == nil {
		return resolved(k), nil
	} else if !errs.Is(err, errs.NotFound) {
		return found, err
	}
	if c, err := r.Videos.Store.ByURL(ctx, url); err == nil {
		return search.Resolved{Video: c.ID}, nil
	} else if !errs.Is(err, errs.NotFound) {
		return found, err
	}
	if c, err := r.Comments.Copies.ByURL(ctx, url); err == nil {
		return search.Resolved{Video: c.VideoID}, nil
	} else if !errs.Is(err, errs.NotFound) {
		return found, err
	}
	d, err := r.Source.Load(ctx, url, true)
	if err != nil {
		return found, err
	}
	switch {
	case d.Is("Video"):
		c, err := r.Videos.Put(ctx, d)
		if err != nil {
			return found, err
		}
		found.Video = c.ID
	case d.Is("Playlist"):
		id, err := r.Playlists.put(ctx, d, false)
		if err != nil {
			return found, err
		}
		found.Playlist, err = r.UUID(ctx, id)
		return found, err
	case d.Is("Note"):
		c, _, err := r.Comments.Put(ctx, d)
		if err != nil {
			return found, err
		}
		found.Video = c.VideoID
	case isActor(d):
		k, err := r.Actors.Put(ctx, d)
		if err != nil {
			return found, err
		}
		return resolved(k), nil
	}
	return found, nil
}

func resolved(k *origin.Known) search.Resolved {
	return search.Resolved{Channel: k.ChannelID, Account: k.AccountID}
}

func isActor(d activity.Doc) bool {
	return d.Is("Person") || d.Is("Group") || d.Is("Service") || d.Is("Organization") || d.Is("Application")
}
