package actor

import (
	"context"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
)

// Channels makes, changes and removes local channels.
type Channels struct {
	Store Store
	Files Files
	Site  instance.Site
	// InTx runs fn in one database transaction.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
	// NewKeys is GenerateKeys; tests have a faster one.
	NewKeys func() (Keys, error)
	// MaxPerUser is how many channels an account may have
	// (video_channels.max_per_user).
	MaxPerUser func() int
	// Edited is told of a channel whose texts have changed, in the transaction
	// in which they do. It may be nil.
	Edited func(ctx context.Context, id ChannelID) error
	// PlayerSet is told of a channel whose players got another look, likewise.
	PlayerSet func(ctx context.Context, id ChannelID) error
}

// Manager is who changes channels.
type Manager struct {
	// AccountID is 0 for nobody.
	AccountID AccountID
	// Any is true for those who may change the channels of others.
	Any bool
}

// May reports whether m may change a channel. Those of other sites nobody
// changes, but who may change any learns how they are set up.
func (m Manager) May(c *Channel) bool { return m.Any || m.AccountID != 0 && m.AccountID == c.OwnerID }

func notOwned() error {
	return errs.New(errs.Forbidden, "Only a user with sufficient right can access this account resource.")
}

// ChannelTexts are the texts of a channel. Empty ones are none, but the
// display name falls back to the name.
type ChannelTexts struct{ DisplayName, Description, Support string }

// ChannelChange is a change of a channel; nil leaves something as it is.
type ChannelChange struct {
	DisplayName, Description, Support *string
	// Sharing lets viewers of its videos pass pieces of them to each other.
	Sharing *bool
	// PlayerTheme is how the players of its videos look.
	PlayerTheme *instance.PlayerTheme
	// SupportOfVideos writes the support text into all its videos too.
	SupportOfVideos bool
}

// Create makes a channel of an account.
func (s *Channels) Create(ctx context.Context, owner AccountID, name string, in ChannelTexts) (*Channel, error) {
	if err := checkChannel(name, in); err != nil {
		return nil, err
	}
	keys, err := s.NewKeys()
	if err != nil {
		return nil, err
	}
	c := NewChannel(s.Site, owner, name, in.DisplayName, keys, s.Now())
	c.Description, c.Support = in.Description, in.Support
	err = s.InTx(ctx, func(ctx context.Context) error {
		n, err := s.Store.CountChannels(ctx, owner)
		if err != nil {
			return err
		}
		if limit := s.MaxPerUser(); n >= limit {
			return errs.New(errs.Invalid, "You cannot create more than %d channels", limit)
		}
		return s.Add(ctx, c)
	})
	return c, err
}

// Add stores a channel whose name nobody has or had. It runs inside the
// caller's transaction.
func (s *Channels) Add(ctx context.Context, c *Channel) error {
	taken, err := s.Store.NameTaken(ctx, c.Username)
	if err != nil {
		return err
	}
	if taken {
		return ErrNameTaken()
	}
	if err := s.Store.CreateChannel(ctx, c); errs.Is(err, errs.Conflict) {
		return ErrNameTaken()
	} else if err != nil {
		return err
	}
	return nil
}

// Managed returns a local channel that m may change. handle is "name" or
// "name@host".
func (s *Channels) Managed(ctx context.Context, m Manager, handle string) (*Channel, error) {
	c, err := s.ByHandle(ctx, handle)
	if err != nil {
		return nil, err
	}
	if !c.Local() {
		return nil, errs.New(errs.Forbidden, "This channel is not owned by the platform")
	}
	if !m.May(c) {
		return nil, notOwned()
	}
	return c, nil
}

// ByHandle returns the channel "name" or "name@host", with its owner.
func (s *Channels) ByHandle(ctx context.Context, handle string) (*Channel, error) {
	name, host := ParseHandle(handle, s.Site.Host)
	c, err := s.Store.ChannelByName(ctx, name, host)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "Video channel not found")
	}
	return c, err
}

// Update changes a channel that m may change.
func (s *Channels) Update(ctx context.Context, m Manager, handle string, change ChannelChange) error {
	c, err := s.Managed(ctx, m, handle)
	if err != nil {
		return err
	}
	replace(&c.DisplayName, change.DisplayName)
	replace(&c.Description, change.Description)
	replace(&c.Support, change.Support)
	bad := badTexts(ChannelTexts{c.DisplayName, c.Description, c.Support})
	if _, ok := change.theme(); !ok {
		bad = append(bad, errs.Param{Name: "playerTheme", Value: *change.PlayerTheme, Reason: errs.NewReason("field_choice")})
	}
	if err := fields(bad); err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetChannelTexts(ctx, c.ChannelID, c.DisplayName, c.Description, c.Support); err != nil {
			return err
		}
		if change.Sharing != nil && *change.Sharing == c.P2PDisabled {
			if err := s.Store.SetChannelSharing(ctx, c.ChannelID, *change.Sharing); err != nil {
				return err
			}
		}
		if theme, _ := change.theme(); change.PlayerTheme != nil {
			if err := s.putPlayerTheme(ctx, c, theme); err != nil {
				return err
			}
		}
		if change.SupportOfVideos && change.Support != nil {
			if err := s.Store.SetVideosSupport(ctx, c.ChannelID, c.Support); err != nil {
				return err
			}
		}
		if s.Edited == nil {
			return nil
		}
		return s.Edited(ctx, c.ChannelID)
	})
}

// Delete removes a channel that m may change, with its videos. Its name stays
// taken. The last channel of an account stays.
func (s *Channels) Delete(ctx context.Context, m Manager, handle string) error {
	c, err := s.Managed(ctx, m, handle)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		n, err := s.Store.CountChannels(ctx, c.OwnerID)
		if err != nil {
			return err
		}
		if n <= 1 {
			return errs.New(errs.Conflict, "Cannot remove the last channel of this user")
		}
		return s.Remove(ctx, c)
	})
}

// Remove deletes a channel without asking, inside the caller's transaction.
func (s *Channels) Remove(ctx context.Context, c *Channel) error {
	if err := s.Files.RemoveOfChannel(ctx, c.ChannelID); err != nil {
		return err
	}
	if err := s.Store.ReserveName(ctx, c.Username); err != nil {
		return err
	}
	return s.Store.DeleteChannel(ctx, c.ChannelID)
}

func replace(s *string, with *string) {
	if with != nil {
		*s = *with
	}
}

func checkChannel(name string, in ChannelTexts) error {
	var bad []errs.Param
	if !ValidName(name) {
		bad = append(bad, errs.Param{Name: "name", Value: name})
	}
	return fields(append(bad, badTexts(in)...))
}

func badTexts(in ChannelTexts) []errs.Param {
	var bad []errs.Param
	if !ValidDisplayName(in.DisplayName) {
		bad = append(bad, errs.Param{Name: "displayName", Value: in.DisplayName})
	}
	if !ValidText(in.Description) {
		bad = append(bad, errs.Param{Name: "description", Value: in.Description})
	}
	if !ValidText(in.Support) {
		bad = append(bad, errs.Param{Name: "support", Value: in.Support})
	}
	return bad
}

func fields(bad []errs.Param) error {
	if len(bad) == 0 {
		return nil
	}
	return errs.Fields(bad...)
}
