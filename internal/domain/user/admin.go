package user

import (
	"context"
	"time"

	"sepiola/internal/errs"
)

// List returns one page of users and the number of all that match.
func (s *Service) List(ctx context.Context, p ListParams) ([]*User, int, error) {
	return s.Store.List(ctx, p)
}

// autocompleteCount is how many names are offered.
const autocompleteCount = 10

// Autocomplete returns user names that begin with a text.
func (s *Service) Autocomplete(ctx context.Context, search string) ([]string, error) {
	return s.Store.Usernames(ctx, Fold(search), autocompleteCount)
}

// Usages returns what users have uploaded.
func (s *Service) Usages(ctx context.Context, ids []ID) (map[ID]Usage, error) {
	return s.Store.Usages(ctx, ids, s.Now().Add(-24*time.Hour))
}

// Usage returns what one user has uploaded.
func (s *Service) Usage(ctx context.Context, id ID) (Usage, error) {
	m, err := s.Usages(ctx, []ID{id})
	return m[id], err
}

// CheckQuota reports, as errs.TooLarge with PeerTube's code, whether a user
// may upload more bytes.
func (s *Service) CheckQuota(ctx context.Context, u *User, more int64) error {
	if u.VideoQuota == Unlimited && u.VideoQuotaDaily == Unlimited {
		return nil
	}
	usage, err := s.Usage(ctx, u.ID)
	if err != nil {
		return err
	}
	if exceeds(u.VideoQuota, usage.Used, more) || exceeds(u.VideoQuotaDaily, usage.Daily, more) {
		return errs.New(errs.TooLarge, "The user video quota is exceeded with this video.").WithCode("quota_reached")
	}
	return nil
}

func exceeds(quota, used, more int64) bool {
	return quota != Unlimited && (more > quota || used > quota-more)
}

// AdminChange is what an administrator or a moderator changes of a user; nil
// stays as it is.
type AdminChange struct {
	Password, Email             *string
	EmailVerified               *bool
	VideoQuota, VideoQuotaDaily *int64
	Role                        *Role
	AdminFlags                  *int
}

// Problems returns the fields that are wrong, under PeerTube's names.
func (c AdminChange) Problems(policy Policy) []errs.Param {
	var p problems
	p.check(c.Password == nil || ValidPassword(*c.Password, policy.MinPassword), "password", c.Password)
	p.check(c.Email == nil || ValidEmail(*c.Email), "email", c.Email)
	p.check(c.VideoQuota == nil || validQuota(*c.VideoQuota), "videoQuota", c.VideoQuota)
	p.check(c.VideoQuotaDaily == nil || validQuota(*c.VideoQuotaDaily), "videoQuotaDaily", c.VideoQuotaDaily)
	p.check(c.Role == nil || c.Role.Valid(), "role", c.Role)
	p.check(c.AdminFlags == nil || *c.AdminFlags >= 0 && *c.AdminFlags <= 1, "adminFlags", c.AdminFlags)
	return p
}

// Update changes a user for by. A new role or password ends all sessions.
func (s *Service) Update(ctx context.Context, by *User, id ID, in AdminChange) error {
	if err := problems(in.Problems(s.Policy())).err(); err != nil {
		return err
	}
	u, err := s.Managed(ctx, by, id)
	if err != nil {
		return err
	}
	if in.Role != nil && *in.Role != u.Role {
		if u.IsRoot() {
			return errs.New(errs.Invalid, "Cannot change root role.")
		}
		if by.Role != Administrator {
			return errs.New(errs.Forbidden, "You can only create users (and not administrators or moderators)")
		}
	}
	c := Change{
		Email: in.Email, VideoQuota: in.VideoQuota, VideoQuotaDaily: in.VideoQuotaDaily, Role: in.Role, AdminFlags: in.AdminFlags,
	}
	if in.EmailVerified != nil {
		c.EmailVerified = &in.EmailVerified
	}
	if in.Password != nil {
		hash, err := s.Passwords.Hash(ctx, *in.Password)
		if err != nil {
			return err
		}
		c.PasswordHash = &hash
	}
	logout := in.Password != nil || in.Role != nil && *in.Role != u.Role
	return s.change(ctx, u.ID, c, logout, 0)
}

// Block keeps a user from logging in and ends all sessions. The user gets a
// mail with the reason, which may be empty.
func (s *Service) Block(ctx context.Context, by *User, id ID, reason string) error {
	if reason != "" && !within(reason, MinBlockedReason, MaxBlockedReason) {
		return errs.Fields(errs.Param{Name: "reason", Value: reason})
	}
	return s.setBlocked(ctx, by, id, true, reason, MailBlocked)
}

// Unblock lets a user log in again.
func (s *Service) Unblock(ctx context.Context, by *User, id ID) error {
	return s.setBlocked(ctx, by, id, false, "", MailUnblocked)
}

func (s *Service) setBlocked(ctx context.Context, by *User, id ID, blocked bool, reason string, kind MailKind) error {
	u, err := s.Store.ByID(ctx, id)
	if err != nil {
		return err
	}
	if u.IsRoot() {
		return errs.New(errs.Invalid, "Cannot block the root user")
	}
	if _, err := s.Managed(ctx, by, id); err != nil {
		return err
	}
	err = s.InTx(ctx, func(ctx context.Context) error {
		if err := s.change(ctx, id, Change{Blocked: &blocked, BlockedReason: &reason}, blocked, 0); err != nil {
			return err
		}
		return s.mail(ctx, u, kind, "", reason)
	})
	s.changed(id)
	return err
}

// Delete removes a user for by, with account, channels and videos. Their
// names stay taken.
func (s *Service) Delete(ctx context.Context, by *User, id ID) error {
	u, err := s.Store.ByID(ctx, id)
	if err != nil {
		return err
	}
	if u.IsRoot() {
		return errs.New(errs.Invalid, "Cannot remove the root user")
	}
	if _, err := s.Managed(ctx, by, id); err != nil {
		return err
	}
	return s.remove(ctx, u)
}

// DeleteMe removes the user who asks.
func (s *Service) DeleteMe(ctx context.Context, u *User) error {
	if u.IsRoot() {
		return errs.New(errs.Invalid, "You cannot delete your root account.")
	}
	return s.remove(ctx, u)
}

func (s *Service) remove(ctx context.Context, u *User) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		channels, err := s.Actors.ChannelsOf(ctx, u.AccountID)
		if err != nil {
			return err
		}
		for _, c := range channels {
			if err := s.Channels.Remove(ctx, c); err != nil {
				return err
			}
		}
		if err := s.Channels.Files.RemoveOfAccount(ctx, u.AccountID); err != nil {
			return err
		}
		if err := s.Actors.ReserveName(ctx, u.Username); err != nil {
			return err
		}
		if err := s.Actors.DeleteOfUser(ctx, int64(u.ID)); err != nil {
			return err
		}
		return s.Store.Delete(ctx, u.ID)
	})
	s.changed(u.ID)
	return err
}
