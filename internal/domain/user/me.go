package user

import (
	"context"
	"slices"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
)

// MeChange is what people change of themselves; nil stays as it is.
type MeChange struct {
	Email, Password, CurrentPassword *string
	DisplayName, Description         *string
	// Preferences changes the preferences in place; nil leaves them.
	Preferences func(*Preferences)
	// Session is the one that asks: it survives a change of the password.
	Session int64
}

// Problems returns the fields that are wrong, under PeerTube's names.
func (c MeChange) Problems(policy Policy) []errs.Param {
	var p problems
	p.check(c.DisplayName == nil || actor.ValidDisplayName(*c.DisplayName), "displayName", c.DisplayName)
	p.check(c.Description == nil || actor.ValidText(*c.Description), "description", c.Description)
	p.check(c.Password == nil || ValidPassword(*c.Password, policy.MinPassword), "password", c.Password)
	p.check(c.Email == nil || ValidEmail(*c.Email), "email", c.Email)
	if c.Preferences != nil {
		var after Preferences
		c.Preferences(&after)
		p = append(p, after.problems()...)
	}
	return p
}

// problems finds what no preference may be; zero values are defaults.
func (f Preferences) problems() []errs.Param {
	var p problems
	p.check(f.NSFWPolicy == "" || ValidNSFWPolicy(f.NSFWPolicy), "nsfwPolicy", f.NSFWPolicy)
	for _, flags := range []struct {
		name  string
		value int
	}{
		{"nsfwFlagsDisplayed", f.NSFWFlagsDisplayed},
		{"nsfwFlagsHidden", f.NSFWFlagsHidden},
		{"nsfwFlagsWarned", f.NSFWFlagsWarned},
		{"nsfwFlagsBlurred", f.NSFWFlagsBlurred},
	} {
		p.check(flags.value >= 0 && flags.value < 1<<16, flags.name, flags.value)
	}
	p.check(len(f.VideoLanguages) <= MaxLanguages && validLanguages(f.VideoLanguages), "videoLanguages", f.VideoLanguages)
	p.check(f.Language == "" || ValidLocale(f.Language), "language", f.Language)
	p.check(f.Theme == "" || slices.Contains(themes, f.Theme), "theme", f.Theme)
	return p
}

func validLanguages(list []string) bool {
	for _, l := range list {
		if l == "" || len(l) > 10 {
			return false
		}
	}
	return true
}

// UpdateMe changes the user who asks. A new address or password takes the
// current password; a new address takes effect once it is proved, where the
// site asks for proofs; a new password ends all other sessions.
func (s *Service) UpdateMe(ctx context.Context, u *User, in MeChange) error {
	if err := problems(in.Problems(s.Policy())).err(); err != nil {
		return err
	}
	if in.Password != nil || in.Email != nil {
		if err := s.checkCurrent(ctx, u, in.CurrentPassword); err != nil {
			return err
		}
	}
	var c Change
	if in.Password != nil {
		hash, err := s.Passwords.Hash(ctx, *in.Password)
		if err != nil {
			return err
		}
		c.PasswordHash = &hash
	}
	err := s.InTx(ctx, func(ctx context.Context) error { return s.updateMe(ctx, u.ID, in, c) })
	s.changed(u.ID)
	return err
}

func (s *Service) checkCurrent(ctx context.Context, u *User, password *string) error {
	if password == nil || *password == "" {
		return errs.New(errs.Invalid, "currentPassword parameter is missing")
	}
	ok, _, err := s.Passwords.Verify(ctx, u.PasswordHash, *password)
	if err == nil && !ok {
		err = errs.New(errs.Unauthorized, "currentPassword is invalid.").WithCode("current_password_is_invalid")
	}
	return err
}

// updateMe works on the user as it is now, not as it was when the request came.
func (s *Service) updateMe(ctx context.Context, id ID, in MeChange, c Change) error {
	if err := s.Store.Lock(ctx, id); err != nil {
		return err
	}
	u, err := s.Store.ByID(ctx, id)
	if err != nil {
		return err
	}
	if in.Email != nil && *in.Email != u.Email {
		if err := s.newEmail(ctx, u, *in.Email, &c); err != nil {
			return err
		}
	}
	if in.Preferences != nil {
		in.Preferences(&u.Preferences)
		if err := u.Preferences.disjoint(); err != nil {
			return err
		}
		c.Preferences = &u.Preferences
	}
	if err := s.updateAccount(ctx, u, in); err != nil {
		return err
	}
	if in.Password != nil {
		if err := s.mail(ctx, u, MailPasswordChanged, "", ""); err != nil {
			return err
		}
	}
	return s.change(ctx, id, c, in.Password != nil, in.Session)
}

// disjoint refuses a sensitivity that is treated in two ways.
func (f Preferences) disjoint() error {
	seen := 0
	for _, flags := range []int{f.NSFWFlagsDisplayed, f.NSFWFlagsHidden, f.NSFWFlagsWarned, f.NSFWFlagsBlurred} {
		if seen&flags != 0 {
			return errs.New(errs.Invalid, "Cannot use same flags in nsfwFlagsDisplayed, nsfwFlagsHidden, nsfwFlagsBlurred and nsfwFlagsWarned at the same time")
		}
		seen |= flags
	}
	return nil
}

func (s *Service) newEmail(ctx context.Context, u *User, email string, c *Change) error {
	other, err := s.Store.ByEmail(ctx, email)
	if err == nil && other.ID != u.ID {
		return errUserExists()
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if !s.Policy().Signup.EmailVerification {
		c.Email = &email
		return nil
	}
	c.PendingEmail = &email
	return s.sendVerifyPending(ctx, u, email)
}

func (s *Service) updateAccount(ctx context.Context, u *User, in MeChange) error {
	if in.DisplayName == nil && in.Description == nil {
		return nil
	}
	a, err := s.Actors.Account(ctx, u.AccountID)
	if err != nil {
		return err
	}
	if in.DisplayName != nil {
		a.DisplayName = *in.DisplayName
	}
	if in.Description != nil {
		a.Description = *in.Description
	}
	if err := s.Actors.SetAccountTexts(ctx, a.AccountID, a.DisplayName, a.Description); err != nil || s.AccountEdited == nil {
		return err
	}
	return s.AccountEdited(ctx, a.AccountID)
}

// SetNotifications changes what the user who asks wants to hear of. Settings
// that PeerTube wants must be there; newer ones may be left out.
func (s *Service) SetNotifications(ctx context.Context, u *User, in map[string]int) error {
	if err := checkNotifications(in); err != nil {
		return err
	}
	kept := make(map[string]int, len(notificationDefaults))
	for name := range notificationDefaults {
		value, sent := in[name]
		if !sent {
			value = u.NotificationSetting(name)
		}
		kept[name] = value
	}
	return s.change(ctx, u.ID, Change{Notifications: kept}, false, 0)
}

// FeatureRead remembers that the user has seen what a new feature is; feature
// is PeerTube's bit.
func (s *Service) FeatureRead(ctx context.Context, u *User, feature int) error {
	if feature <= 0 || feature >= 1<<30 || feature&(feature-1) != 0 {
		return errs.Fields(errs.Param{Name: "feature", Value: feature})
	}
	return s.UpdateMe(ctx, u, MeChange{Preferences: func(p *Preferences) { p.NewFeaturesRead |= feature }})
}

// RenewFeedToken gives the user another token for feeds of subscriptions; the
// old one is worth nothing from then on.
func (s *Service) RenewFeedToken(ctx context.Context, u *User) (string, error) {
	token := s.Random.uuid()
	return token, s.change(ctx, u.ID, Change{FeedToken: &token}, false, 0)
}
