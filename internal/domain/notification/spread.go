package notification

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// batch is how many people are told in one transaction.
const batch = 500

// Spread tells people of a cause: a batch of them, and queues itself for the
// next, all in one transaction. Run twice it tells nobody twice. What is gone
// meanwhile, or is not to be seen any more, is told to nobody.
func (s *Service) Spread(ctx context.Context, c Cause) error {
	told, err := s.spread(ctx, c)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(told) > 0 && s.Bus != nil {
		s.Bus.Changed(told)
	}
	return nil
}

func (s *Service) spread(ctx context.Context, c Cause) (told []user.ID, err error) {
	t, err := s.tale(ctx, c)
	if err != nil || t == nil {
		return nil, err
	}
	err = s.InTx(ctx, func(ctx context.Context) error {
		people, next, err := t.receivers(ctx)
		if err != nil {
			return err
		}
		if told, err = s.tell(ctx, t, people); err != nil {
			return err
		}
		if next == nil {
			return nil
		}
		return s.Queue.Spread(ctx, *next)
	})
	return told, err
}

// tale is a cause that was looked at: what is told, and to whom.
type tale struct {
	about Notification // all but the user
	// by is who caused it: nobody is told of what they did themselves.
	by actor.AccountID
	// receivers returns the next people, and what is left to be done.
	receivers func(ctx context.Context) (people []*user.User, next *Cause, err error)
}

// tale looks at what a cause is about; nil when nobody is to be told.
func (s *Service) tale(ctx context.Context, c Cause) (*tale, error) {
	switch c.Type {
	case NewVideo:
		return s.newVideo(ctx, c)
	case MyVideoPublished:
		return s.published(ctx, c)
	case NewComment:
		return s.newComment(ctx, c)
	case Mention:
		return s.mention(ctx, c)
	case NewFollow:
		return s.newFollow(ctx, c)
	case NewInstanceFollower, AutoInstanceFollowing:
		return s.siteFollow(ctx, c)
	case NewUser:
		return s.newUser(ctx, c)
	case RegistrationRequest:
		return s.newRequest(c), nil
	case NewAbuse:
		return s.newAbuse(ctx, c)
	case AbuseStateChange:
		return s.abuseDecided(ctx, c)
	case AbuseNewMessage:
		return s.abuseMessage(ctx, c)
	}
	return nil, errs.New(errs.Invalid, "there is no notification of type %d", c.Type)
}

func (s *Service) newVideo(ctx context.Context, c Cause) (*tale, error) {
	v, err := s.Store.VideoOf(ctx, c.Video)
	if err != nil || !announced(v) {
		return nil, err
	}
	follows := []actor.ID{v.Channel.ID}
	if v.Channel.Owner != nil {
		follows = append(follows, v.Channel.Owner.ID)
	}
	t := &tale{about: Notification{Type: NewVideo, Cause: fmt.Sprintf("video-%d", v.ID), VideoID: v.ID}, by: v.Channel.OwnerID}
	t.receivers = func(ctx context.Context) ([]*user.User, *Cause, error) {
		if c.Step >= len(follows) {
			return nil, nil, nil
		}
		people, last, err := s.Store.Subscribers(ctx, follows[c.Step], v.Channel.OwnerID, c.After, batch)
		people = slices.DeleteFunc(people, func(u *user.User) bool { return s.hidden(v, u) })
		next := c
		if next.After = last; last == 0 {
			next.Step++
		}
		if next.Step >= len(follows) {
			return people, nil, err
		}
		return people, &next, err
	}
	return t, nil
}

// hidden reports whether a sensitive video is kept out of the lists of u, who
// is then not told of it either.
func (s *Service) hidden(v *video.Video, u *user.User) bool {
	return s.NSFWPolicy != nil && v.Shown(u, cmp.Or(u.Preferences.NSFWPolicy, s.NSFWPolicy())) == video.NSFWHidden
}

func (s *Service) published(ctx context.Context, c Cause) (*tale, error) {
	v, err := s.Store.VideoOf(ctx, c.Video)
	if err != nil || v.State != video.Published {
		return nil, err
	}
	t := &tale{about: Notification{Type: MyVideoPublished, Cause: fmt.Sprintf("published-%d", v.ID), VideoID: v.ID}}
	t.receivers = s.people(0, v.Channel.OwnerID)
	return t, nil
}

// people is a tale's receivers when they are known.
func (s *Service) people(muter actor.AccountID, accounts ...actor.AccountID) func(context.Context) ([]*user.User, *Cause, error) {
	return func(ctx context.Context) ([]*user.User, *Cause, error) {
		people, err := s.Store.People(ctx, accounts, muter)
		return people, nil, err
	}
}

func (s *Service) newComment(ctx context.Context, c Cause) (*tale, error) {
	k, err := s.Store.CommentOf(ctx, c.Comment)
	if err != nil || k.Deleted() || k.Video == nil {
		return nil, err
	}
	t := &tale{about: Notification{Type: NewComment, Cause: fmt.Sprintf("comment-%d", k.ID), CommentID: k.ID}, by: k.AccountID}
	t.receivers = s.people(k.AccountID, k.Video.Channel.OwnerID)
	return t, nil
}

// mention tells those whom a comment names, and who is answered by it, but
// not the owner of the video, who is told of every comment.
func (s *Service) mention(ctx context.Context, c Cause) (*tale, error) {
	k, err := s.Store.CommentOf(ctx, c.Comment)
	if err != nil || k.Deleted() || k.HeldForReview || k.Video == nil {
		return nil, err
	}
	accounts, err := s.Store.LocalAccounts(ctx, comment.LocalMentions(k.Text, s.Site.Host))
	if err != nil {
		return nil, err
	}
	if k.ReplyTo != 0 {
		parent, err := s.Store.CommentOf(ctx, k.ReplyTo)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		if err == nil && parent.AccountID != 0 {
			accounts = append(accounts, parent.AccountID)
		}
	}
	owner := k.Video.Channel.OwnerID
	accounts = slices.DeleteFunc(accounts, func(id actor.AccountID) bool { return id == owner })
	t := &tale{about: Notification{Type: Mention, Cause: fmt.Sprintf("mention-%d", k.ID), CommentID: k.ID}, by: k.AccountID}
	find := s.people(k.AccountID, accounts...)
	t.receivers = func(ctx context.Context) ([]*user.User, *Cause, error) {
		people, next, err := find(ctx)
		return slices.DeleteFunc(people, func(u *user.User) bool { return !visible(k.Video, u) }), next, err
	}
	return t, nil
}

func (s *Service) newFollow(ctx context.Context, c Cause) (*tale, error) {
	f, err := s.Store.FollowOf(ctx, c.Follow)
	if err != nil {
		return nil, err
	}
	owner, err := s.Store.OwnerOf(ctx, f.FollowingID)
	if err != nil {
		return nil, err
	}
	by, err := s.Store.AccountOf(ctx, f.FollowerID)
	if err != nil {
		return nil, err
	}
	cause := fmt.Sprintf("follow-%d-%d", f.FollowerID, f.FollowingID)
	t := &tale{about: Notification{Type: NewFollow, Cause: cause, FollowID: f.ID}, by: by}
	t.receivers = s.people(by, owner)
	return t, nil
}

func (s *Service) newUser(ctx context.Context, c Cause) (*tale, error) {
	u, err := s.Users.ByID(ctx, c.User)
	if err != nil {
		return nil, err
	}
	t := &tale{about: Notification{Type: NewUser, Cause: fmt.Sprintf("user-%d", u.ID), AccountID: u.AccountID}, by: u.AccountID}
	t.receivers = s.staff(user.ManageUsers)
	return t, nil
}

func (s *Service) newRequest(c Cause) *tale {
	t := &tale{about: Notification{
		Type: RegistrationRequest, Cause: fmt.Sprintf("registration-%d", c.Registration), RegistrationID: c.Registration,
	}}
	t.receivers = s.staff(user.ManageRegistrations)
	return t
}

// staff are those who have a right by their role.
func (s *Service) staff(right user.Right) func(context.Context) ([]*user.User, *Cause, error) {
	return func(ctx context.Context) ([]*user.User, *Cause, error) {
		var roles []user.Role
		for r := user.Administrator; r <= user.Member; r++ {
			if r.Has(right) {
				roles = append(roles, r)
			}
		}
		people, err := s.Store.Staff(ctx, roles)
		return people, nil, err
	}
}

// tell writes the notifications of people, and queues what is pushed. It
// returns those who see something new on the site.
func (s *Service) tell(ctx context.Context, t *tale, people []*user.User) ([]user.ID, error) {
	ids := make([]user.ID, 0, len(people))
	for _, u := range people {
		ids = append(ids, u.ID)
	}
	setting := t.about.Type.Setting()
	devices, err := s.Store.Pushed(ctx, ids, setting)
	if err != nil {
		return nil, err
	}
	var list []*Notification
	for _, u := range people {
		web, mail := u.Wants(setting)
		// Of requests for accounts domain/user writes itself, with their reason.
		mail = mail && s.MailEnabled() && u.Reachable() && t.about.Type != RegistrationRequest
		if u.Blocked || t.by != 0 && u.AccountID == t.by || !web && !mail && len(devices[u.ID]) == 0 {
			continue
		}
		n := t.about
		n.UserID, n.Web, n.CreatedAt = u.ID, web, s.Now()
		n.UpdatedAt = n.CreatedAt
		if mail {
			n.MailAt = &n.CreatedAt
		}
		list = append(list, &n)
	}
	added, err := s.Store.Add(ctx, list)
	if err != nil {
		return nil, err
	}
	var told []user.ID
	for _, n := range added {
		if n.Web {
			told = append(told, n.UserID)
		}
		for _, d := range devices[n.UserID] {
			if err := s.Queue.Push(ctx, d, n.UserID, n.ID); err != nil {
				return nil, err
			}
		}
	}
	return told, nil
}
