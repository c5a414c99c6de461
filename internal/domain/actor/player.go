package actor

import (
	"context"

	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
)

// theme is what is kept of the look that a change chooses.
func (c ChannelChange) theme() (kept instance.PlayerTheme, ok bool) {
	if c.PlayerTheme == nil {
		return "", true
	}
	return instance.ChannelChoice(*c.PlayerTheme)
}

// ChosenTheme returns a channel, of whatever site, for the look that was chosen
// for its players, which only those learn who may change it.
func (s *Channels) ChosenTheme(ctx context.Context, m Manager, handle string) (*Channel, error) {
	c, err := s.ByHandle(ctx, handle)
	if err == nil && !m.May(c) {
		err = notOwned()
	}
	return c, err
}

// SetPlayerTheme chooses how the players of a channel that m may change look.
func (s *Channels) SetPlayerTheme(ctx context.Context, m Manager, handle string, t instance.PlayerTheme) error {
	c, err := s.Managed(ctx, m, handle)
	if err != nil {
		return err
	}
	kept, ok := instance.ChannelChoice(t)
	if !ok {
		return errs.Fields(errs.Param{Name: "theme", Value: t})
	}
	return s.InTx(ctx, func(ctx context.Context) error { return s.putPlayerTheme(ctx, c, kept) })
}

func (s *Channels) putPlayerTheme(ctx context.Context, c *Channel, kept instance.PlayerTheme) error {
	if c.PlayerTheme == kept {
		return nil
	}
	if err := s.Store.SetChannelPlayerTheme(ctx, c.ChannelID, kept); err != nil || s.PlayerSet == nil {
		return err
	}
	return s.PlayerSet(ctx, c.ChannelID)
}
