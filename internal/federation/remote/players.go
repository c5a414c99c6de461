package remote

import (
	"context"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/origin"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// PutPlayer takes how the players of a video or of a channel look, as their
// origin says: by is who said it, who must be the owner or the channel, or nil
// for a document that was had from its own address. Of what has no copy nothing
// is kept.
func (s *Videos) PutPlayer(ctx context.Context, d activity.Doc, by *origin.Known) error {
	p, err := activity.ReadPlayerSettings(d)
	if err != nil {
		return err
	}
	if s.own(p.URL) {
		return errs.New(errs.Forbidden, "these settings are of this site")
	}
	c, err := s.Store.ByURL(ctx, p.ObjectURL)
	switch {
	case err == nil:
		return s.putPlayer(ctx, c, p, by)
	case !errs.Is(err, errs.NotFound):
		return err
	}
	k, err := s.Actors.Store.ByURL(ctx, p.ObjectURL)
	switch {
	case errs.Is(err, errs.NotFound):
		return nil
	case err != nil:
		return err
	}
	return s.Actors.putPlayer(ctx, k, p, by)
}

// RefreshPlayer is PutPlayer of what is to be had under the id of the settings.
func (s *Videos) RefreshPlayer(ctx context.Context, url string) error {
	if err := s.wanted(ctx, url); err != nil {
		return err
	}
	d, err := s.Load(ctx, url, false)
	if err != nil {
		return err
	}
	return s.PutPlayer(ctx, d, nil)
}

func (s *Videos) putPlayer(ctx context.Context, c *origin.Copy, p *activity.PlayerSettings, by *origin.Known) error {
	theme, ok := instance.VideoChoice(p.Theme)
	switch {
	case !c.Remote, by != nil && !owns(by, c):
		return errs.New(errs.Forbidden, "the video %s is not theirs", clip(c.URL))
	case !ok:
		return noTheme(p)
	}
	return s.Store.SetPlayerTheme(ctx, c.ID, theme)
}

func owns(by *origin.Known, c *origin.Copy) bool {
	return by.AccountID != 0 && by.AccountID == c.OwnerID || by.ChannelID != 0 && by.ChannelID == c.ChannelID
}

// putPlayer is of a channel, which speaks for itself.
func (s *Actors) putPlayer(ctx context.Context, k *origin.Known, p *activity.PlayerSettings, by *origin.Known) error {
	theme, ok := instance.ChannelChoice(p.Theme)
	switch {
	case k.Local(), k.ChannelID == 0, by != nil && by.ID != k.ID:
		return errs.New(errs.Forbidden, "%s is no channel of theirs", clip(k.URL))
	case !ok:
		return noTheme(p)
	}
	return s.Store.SetPlayerTheme(ctx, k.ChannelID, theme)
}

func noTheme(p *activity.PlayerSettings) error {
	return errs.New(errs.Invalid, "players of %s cannot look like %q", clip(p.ObjectURL), p.Theme)
}

// player reads the settings that a video or a channel names.
func (c *Crawler) player(ctx context.Context, s Step) error {
	d, err := c.load(ctx, s.URL)
	if err != nil {
		return err
	}
	p, err := activity.ReadPlayerSettings(d)
	if err != nil {
		return err
	}
	if p.URL != s.URL || p.ObjectURL != s.Of {
		return errs.New(errs.Invalid, "%s has not the settings of %s", clip(s.URL), clip(s.Of))
	}
	return c.Videos.PutPlayer(ctx, d, nil)
}
