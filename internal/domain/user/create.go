package user

import (
	"context"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
)

// New is a user that an administrator or a moderator makes.
type New struct {
	Username string
	Email    string
	// Password may be empty when the site sends mail: then a link to choose
	// one is sent.
	Password   string
	Role       Role
	AdminFlags int
	// VideoQuota and VideoQuotaDaily are the site's when nil.
	VideoQuota, VideoQuotaDaily *int64
	// Channel is the name of the first channel; empty for the usual one.
	Channel string
	// DisplayName of the account; empty for the user name.
	DisplayName string
}

// Problems returns the fields that are wrong, under PeerTube's names.
func (in New) Problems(policy Policy) []errs.Param {
	var p problems
	p.checkMsg(actor.ValidName(in.Username), "username", "Should have a valid username (lowercase alphanumeric characters)", in.Username)
	p.check(ValidPassword(in.Password, policy.MinPassword) || in.Password == "" && policy.Mail, "password", in.Password)
	p.check(ValidEmail(in.Email), "email", in.Email)
	p.check(in.Channel == "" || actor.ValidName(in.Channel), "channelName", in.Channel)
	p.check(in.VideoQuota == nil || validQuota(*in.VideoQuota), "videoQuota", in.VideoQuota)
	p.check(in.VideoQuotaDaily == nil || validQuota(*in.VideoQuotaDaily), "videoQuotaDaily", in.VideoQuotaDaily)
	p.check(in.Role.Valid(), "role", in.Role)
	p.check(in.AdminFlags >= 0 && in.AdminFlags <= 1, "adminFlags", in.AdminFlags)
	return p
}

// Create makes a user for by, who must be allowed to give the role.
func (s *Service) Create(ctx context.Context, by *User, in New) (*User, error) {
	policy := s.Policy()
	if err := problems(in.Problems(policy)).err(); err != nil {
		return nil, err
	}
	if by.Role != Administrator && in.Role != Member {
		return nil, errs.New(errs.Forbidden, "You can only create users (and not administrators or moderators)")
	}
	n := draft{user: s.newUser(in.Username, in.Email, in.Role), displayName: in.DisplayName, channel: in.Channel, channelTitle: in.Channel}
	n.user.AdminFlags = in.AdminFlags
	setQuota(&n.user.VideoQuota, in.VideoQuota)
	setQuota(&n.user.VideoQuotaDaily, in.VideoQuotaDaily)
	if n.password = in.Password; n.password == "" {
		n.password = s.Random.hex(secretBytes) // nobody knows it
	}
	return n.user, s.add(ctx, n, func(ctx context.Context) error {
		if in.Password != "" {
			return nil
		}
		return s.sendPasswordLink(ctx, n.user, MailCreatePassword, s.Lifetimes.CreatePassword)
	})
}

func setQuota(q *int64, to *int64) {
	if to != nil {
		*q = *to
	}
}

// newUser returns a user with the site's defaults.
func (s *Service) newUser(username, email string, role Role) *User {
	policy, now := s.Policy(), s.Now()
	return &User{
		Username: username, Email: email, Role: role,
		VideoQuota: policy.VideoQuota, VideoQuotaDaily: policy.VideoQuotaDaily,
		FeedToken: s.Random.uuid(),
		Preferences: Preferences{
			NSFWPolicy: policy.NSFWPolicy, P2PDisabled: !policy.P2P, HistoryDisabled: !policy.History,
		},
		Notifications: DefaultNotifications(),
		CreatedAt:     now, UpdatedAt: now,
	}
}

// draft is a user that is about to be made, with account and channel.
type draft struct {
	user         *User
	password     string // empty when the user has a hash already
	displayName  string
	channel      string // empty for the usual one
	channelTitle string
}

// add makes the user, the account and the first channel, and runs then, all in
// one transaction.
func (s *Service) add(ctx context.Context, n draft, then func(ctx context.Context) error) error {
	if err := s.free(ctx, n); err != nil { // before what is dear
		return err
	}
	if n.password != "" {
		hash, err := s.Passwords.Hash(ctx, n.password)
		if err != nil {
			return err
		}
		n.user.PasswordHash = hash
	}
	accountKeys, err := s.NewKeys()
	if err != nil {
		return err
	}
	channelKeys, err := s.NewKeys()
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.free(ctx, n); err != nil { // again: somebody may have been faster
			return err
		}
		if err := s.Store.Create(ctx, n.user); errs.Is(err, errs.Conflict) {
			return errUserExists()
		} else if err != nil {
			return err
		}
		if err := s.addActors(ctx, n, accountKeys, channelKeys); err != nil {
			return err
		}
		return then(ctx)
	})
}

func (s *Service) addActors(ctx context.Context, n draft, accountKeys, channelKeys actor.Keys) error {
	u := n.user
	account := actor.NewAccount(s.Site, int64(u.ID), u.Username, n.displayName, accountKeys, u.CreatedAt)
	if err := s.Actors.CreateAccount(ctx, account); err != nil {
		return err
	}
	u.AccountID = account.AccountID
	name, title := n.channel, n.channelTitle
	if name == "" {
		var err error
		if name, err = s.freeChannelName(ctx, u.Username); err != nil {
			return err
		}
		title = strings.ReplaceAll(s.Policy().ChannelName, "$1", u.Username)
	}
	return s.Channels.Add(ctx, actor.NewChannel(s.Site, account.AccountID, name, title, channelKeys, u.CreatedAt))
}

func (s *Service) freeChannelName(ctx context.Context, username string) (string, error) {
	const tries = 9
	for n := 1; n <= tries; n++ {
		name := channelName(username, n)
		taken, err := s.Actors.NameTaken(ctx, name)
		if err != nil || !taken {
			return name, err
		}
	}
	return s.Random.uuid(), nil
}

// free returns why a user cannot be made, if so.
func (s *Service) free(ctx context.Context, n draft) error {
	if err := checkChannelName(n.user.Username, n.channel); err != nil {
		return err
	}
	if err := s.freeLogin(ctx, n.user.Username, n.user.Email); err != nil {
		return err
	}
	taken, err := s.Actors.NameTaken(ctx, n.user.Username)
	if err != nil {
		return err
	}
	if taken {
		return actor.ErrNameTaken()
	}
	if n.channel == "" {
		return nil
	}
	if taken, err = s.Actors.NameTaken(ctx, n.channel); err == nil && taken {
		err = errChannelExists(n.channel)
	}
	return err
}

// freeLogin refuses user names and addresses of others.
func (s *Service) freeLogin(ctx context.Context, username, email string) error {
	_, err := s.Store.ByUsername(ctx, username)
	if errs.Is(err, errs.NotFound) {
		_, err = s.Store.ByEmail(ctx, email)
	}
	if err == nil {
		return errUserExists()
	}
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
