package notification

import (
	"context"
	"fmt"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
)

// Causes hears of follows of and by the site.
var _ follow.SiteEvents = (*Causes)(nil)

// SiteFollowed implements follow.SiteEvents: administrators are told, also of
// those who wait for their answer. Who leaves and comes back is not told of
// again.
func (c *Causes) SiteFollowed(ctx context.Context, f *follow.Follow) error {
	first, err := c.Store.AnnounceFollow(ctx, f.FollowerID, f.FollowingID, c.Now())
	if err != nil || !first {
		return err
	}
	return c.Queue.Spread(ctx, Cause{Type: NewInstanceFollower, Follow: f.ID})
}

// FollowedByItself implements follow.SiteEvents: administrators are told.
func (c *Causes) FollowedByItself(ctx context.Context, f *follow.Follow) error {
	return c.Queue.Spread(ctx, Cause{Type: AutoInstanceFollowing, Follow: f.ID})
}

func (s *Service) siteFollow(ctx context.Context, c Cause) (*tale, error) {
	f, err := s.Store.FollowOf(ctx, c.Follow)
	if err != nil {
		return nil, err
	}
	cause := fmt.Sprintf("site-follower-%d", f.ID)
	if c.Type == AutoInstanceFollowing {
		cause = fmt.Sprintf("auto-follow-%d", f.ID)
	}
	t := &tale{about: Notification{Type: c.Type, Cause: cause, FollowID: f.ID}}
	t.receivers = s.staff(user.ManageServerFollow)
	return t, nil
}

// ofSite reports whether the notification is about whom the site follows, or
// who follows it.
func (n *Notification) ofSite() bool {
	return n.Type == NewInstanceFollower || n.Type == AutoInstanceFollowing
}

// hideFollow keeps follows of the site from who does not look after them (any
// more), and leaves people to be told of people: a site that follows a channel
// is nobody to show.
func (n *Notification) hideFollow(u *user.User) {
	if n.ofSite() && !u.Has(user.ManageServerFollow) || n.Type == NewFollow && n.Follow != nil && n.Follow.Account == nil {
		n.Follow = nil
	}
}

// other is who follows the site or is followed by it, and what they are known
// by: a site by its host.
func (n *Notification) other() (a *actor.Actor, name string) {
	a = n.Follow.Follower
	if n.Type == AutoInstanceFollowing {
		a = n.Follow.Following
	}
	if a.Type == actor.Application {
		return a, a.Host
	}
	return a, a.Handle()
}

// siteFollowWords are the words for a follow of the site or by it.
func (n *Notification) siteFollowWords() (key string, args []any) {
	_, name := n.other()
	switch {
	case n.Type == AutoInstanceFollowing:
		return "notification.auto_follow", []any{"site", isolated(name)}
	case n.Follow.State == follow.Pending:
		return "notification.site_follower_waits", []any{"name", isolated(name)}
	}
	return "notification.site_follower", []any{"name", isolated(name)}
}

// siteFollowPath is the list of administrators in which the follow is.
func (n *Notification) siteFollowPath() string {
	if n.Type == AutoInstanceFollowing {
		return "/admin/settings/follows/following-list"
	}
	return "/admin/settings/follows/followers-list"
}
