package remote

import (
	"context"
	"errors"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/fetch"
)

// elements takes what a page of a playlist has, in its order, and returns how
// much of it one step could ask for. s counts what was taken.
//
// A long list is read in many steps. It may change and be read from its
// beginning meanwhile: what the steps of before find then is the past, and they
// end.
func (c *Crawler) elements(ctx context.Context, s *Step, items []activity.Item, end bool) (read int, err error) {
	id, _, err := c.Playlists.Store.ByURL(ctx, s.Of)
	if err != nil {
		return 0, err
	}
	part := origin.Stretch{After: s.Done, Of: s.Since}
	for _, it := range items {
		e, url, err := c.element(ctx, *s, it)
		switch {
		case err == nil:
			part.List = append(part.List, e)
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case errs.Is(err, errs.Internal) && !s.Last || s.waits(url, err):
			return 0, err
		case errors.Is(err, fetch.ErrSpent) && read > 0:
			return read, c.put(ctx, s, id, part)
		default:
			c.Log.Log(ctx, lost(err), "an element of a playlist was left out", "playlist", s.Of, "element", it.URL, "err", err)
		}
		read++
	}
	part.Last = end
	return read, c.put(ctx, s, id, part)
}

func (c *Crawler) put(ctx context.Context, s *Step, id playlist.ID, part origin.Stretch) error {
	err := c.Playlists.Store.SetElements(ctx, id, part)
	if errors.Is(err, origin.ErrOvertaken) {
		return errs.Wrap(errs.Gone, err, "the playlist %s is read from its beginning", clip(s.Of))
	}
	s.Done += len(part.List)
	return err
}

// since is when the playlist was put of which a step is to read the elements.
func (c *Crawler) since(ctx context.Context, url string) (at time.Time, err error) {
	id, _, err := c.Playlists.Store.ByURL(ctx, url)
	if err != nil {
		return at, err
	}
	put, err := c.Playlists.Store.RefreshedAt(ctx, id)
	if put != nil {
		at = *put
	}
	return at, err
}

// element reads one; url is what was asked for last, for errors.
func (c *Crawler) element(ctx context.Context, s Step, it activity.Item) (o origin.Element, url string, err error) {
	d := it.Doc
	if d == nil || !d.Has("position") {
		if !activity.SameHost(it.URL, s.Of) {
			return o, it.URL, errs.New(errs.Forbidden, "the element %s is of another host", clip(it.URL))
		}
		if d, err = c.Actors.Load(ctx, it.URL, false); err != nil {
			return o, it.URL, err
		}
	}
	e, err := activity.ReadPlaylistElement(d)
	if err != nil {
		return o, it.URL, err
	}
	v, err := c.Videos.ByURL(ctx, e.VideoURL)
	if err != nil {
		return o, e.VideoURL, err
	}
	return origin.Element{URL: e.URL, VideoID: v.ID, Start: e.Start, Stop: e.Stop}, e.VideoURL, nil
}
