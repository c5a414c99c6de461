package follow

import (
	"context"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// MaxTargets is how many hosts, and how many handles, are followed at once;
// PeerTube's.
const MaxTargets = 100

// SiteList says which follows of or by this site are listed.
type SiteList struct {
	// Search is part of the other's name or host; "" for all.
	Search string
	State  State      // "" all
	Type   actor.Type // of the other, "" all
	// Sort is one of FollowerSorts or FollowingSorts, with "-" before it for
	// descending.
	Sort         string
	Start, Count int
}

// What lists of sites may be sorted by; -createdAt is the default.
var (
	FollowerSorts  = []string{"createdAt", "state", "score"}
	FollowingSorts = []string{"createdAt", "redundancyAllowed", "state"}
)

// SiteStore keeps follows of sites. Missing ones are errs.NotFound.
type SiteStore interface {
	// FollowersOf returns a page of the follows of an actor by those of other
	// sites, with Follower and Following, and the number of all that match.
	FollowersOf(ctx context.Context, id actor.ID, p SiteList) ([]*Follow, int, error)
	// FollowedBy returns a page of the follows by an actor, likewise.
	FollowedBy(ctx context.Context, id actor.ID, p SiteList) ([]*Follow, int, error)
	// Ends returns the follows between an actor and those of a handle of
	// another site, with Follower and Following: by it when out is true, of it
	// otherwise. name "" stands for all of the host.
	Ends(ctx context.Context, id actor.ID, out bool, name, host string) ([]*Follow, error)
	// SetState moves a follow to a state.
	SetState(ctx context.Context, id ID, state State, at time.Time) error
	Delete(ctx context.Context, id ID) error
	// Hosts returns which of several hosts this site follows, or has asked to.
	Hosts(ctx context.Context, by actor.ID, hosts []string) (map[string]bool, error)
}

// SiteOutbound tells other sites of follows by and of this one. Its calls take
// part in the transaction of ctx: what is to be sent is queued.
type SiteOutbound interface {
	// Ask asks for the actor of a handle; name "" is the host's own.
	Ask(ctx context.Context, by *actor.Actor, name, host string) error
	// AskByItself asks for a host's own, which nobody here has named: once it
	// is asked, SiteEvents hear of it.
	AskByItself(ctx context.Context, by *actor.Actor, host string) error
	// Leave tells the site of f.Following that f is over.
	Leave(ctx context.Context, by *actor.Actor, f *Follow) error
	// Agree and Refuse answer a follow of this site, with Follower and
	// Following, after the fact.
	Agree(ctx context.Context, f *Follow) error
	Refuse(ctx context.Context, f *Follow) error
}

// SiteEvents are told of follows of this site and by it, in the transaction in
// which they are made.
type SiteEvents interface {
	// SiteFollowed is called for a new follow of this site, accepted or not.
	SiteFollowed(ctx context.Context, f *Follow) error
	// FollowedByItself is called for a new follow by this site that none of its
	// administrators asked for: as a follow back, or because of an index.
	FollowedByItself(ctx context.Context, f *Follow) error
}

// SiteSettings are the administrators' rules of follows.
type SiteSettings struct {
	FollowBack bool // followings.instance.auto_follow_back
	// Index is the URL of a list of sites to follow, "" none
	// (followings.instance.auto_follow_index).
	Index string
}

// Sites is what administrators do with follows of sites.
type Sites struct {
	Store SiteStore
	// Own is this site's actor.
	Own      func(ctx context.Context) (*actor.Actor, error)
	Site     instance.Site
	Outbound SiteOutbound
	Ledger   Ledger
	// Asks, which may be nil, reports whether a host is ever asked; see Check.
	Asks func(host string) bool
	// Asked, which may be nil, is what was asked for and failed.
	Asked    Asks
	Settings func() SiteSettings
	// Left, which may be nil, is told of a host whose site this one does not
	// follow any more, in the transaction.
	Left func(ctx context.Context, host string) error
	// InTx runs fn in one database transaction. Store, Outbound and Ledger
	// take part when they are given fn's context.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
}

// Followers returns a page of those who follow this site. Anybody may see it.
func (s *Sites) Followers(ctx context.Context, p SiteList) ([]*Follow, int, error) {
	me, err := s.Own(ctx)
	if err != nil {
		return nil, 0, err
	}
	return s.Store.FollowersOf(ctx, me.ID, p)
}

// Following returns a page of those whom this site follows. Anybody may see it.
func (s *Sites) Following(ctx context.Context, p SiteList) ([]*Follow, int, error) {
	me, err := s.Own(ctx)
	if err != nil {
		return nil, 0, err
	}
	return s.Store.FollowedBy(ctx, me.ID, p)
}

func may(u *user.User) error {
	if u == nil {
		return errs.New(errs.Unauthorized, "Not authenticated")
	}
	if !u.Has(user.ManageServerFollow) {
		return errs.New(errs.Forbidden, "User does not have enough user rights to access this endpoint.")
	}
	return nil
}

// Check refuses what Follow would take and nobody could ever be asked for, such
// as an address instead of a name. It is for people: PeerTube's API takes that,
// and what comes of it is told by the jobs.
func (s *Sites) Check(hosts, handles []string) error {
	list, err := s.targets(hosts, handles)
	if err != nil || s.Asks == nil {
		return err
	}
	for _, t := range list {
		if !s.Asks(t.host) {
			return wrongSite("hosts", t.handle())
		}
	}
	return nil
}

// wrongSite says which of several sites or handles is none.
func wrongSite(field, value string) error {
	const most = 100
	named := strings.ToValidUTF8(value[:min(len(value), most)], "")
	return errs.Fields(errs.Param{Name: field, Value: value, Reason: errs.NewReason("field_site", "site", named)})
}

// target is whom to follow; name "" is the site itself.
type target struct{ name, host string }

// Follow asks for sites, by their hosts, and for channels and accounts, by
// their handles. The answers come later; what cannot be reached is tried again.
func (s *Sites) Follow(ctx context.Context, u *user.User, hosts, handles []string) error {
	if err := may(u); err != nil {
		return err
	}
	list, err := s.targets(hosts, handles)
	if err != nil {
		return err
	}
	me, err := s.Own(ctx)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error { return s.ask(ctx, u.ID, me, list) })
}

func (s *Sites) ask(ctx context.Context, by user.ID, me *actor.Actor, list []target) error {
	for _, t := range list {
		if err := s.Outbound.Ask(ctx, me, t.name, t.host); err != nil {
			return err
		}
		if err := s.Ledger.Note(ctx, by, Followed, t.handle(), s.Now()); err != nil {
			return err
		}
	}
	return nil
}

func (t target) handle() string {
	if t.name == "" {
		return t.host
	}
	return t.name + "@" + t.host
}

func (s *Sites) targets(hosts, handles []string) ([]target, error) {
	if len(hosts) == 0 && len(handles) == 0 {
		return nil, errs.New(errs.Invalid, "You must provide at least one handle or one host.")
	}
	var list []target
	bad := func(name string, n int) error { return errs.Fields(errs.Param{Name: name, Value: n}) }
	if len(hosts) > MaxTargets {
		return nil, bad("hosts", len(hosts))
	}
	if len(handles) > MaxTargets {
		return nil, bad("handles", len(handles))
	}
	for _, h := range hosts {
		host := strings.ToLower(strings.TrimSpace(h))
		if !actor.ValidHost(host) || s.own(host) {
			return nil, wrongSite("hosts", h)
		}
		list = append(list, target{host: host})
	}
	for _, h := range handles {
		name, host := actor.ParseHandle(strings.TrimSpace(h), s.Site.Host)
		if name == "" || !actor.ValidHost(host) {
			return nil, wrongSite("handles", h)
		}
		list = append(list, target{name, host})
	}
	return slices.Compact(list), nil
}

func (s *Sites) own(host string) bool { return strings.EqualFold(host, s.Site.Host) }

// Unfollow ends what this site follows: of a host, the site itself and all
// else there when that is all there is; of a handle, that.
func (s *Sites) Unfollow(ctx context.Context, u *user.User, hostOrHandle string) error {
	if err := may(u); err != nil {
		return err
	}
	name, host, isHandle := strings.Cut(strings.TrimPrefix(hostOrHandle, "@"), "@")
	if !isHandle {
		name, host = actor.InstanceName, hostOrHandle
	}
	me, err := s.Own(ctx)
	if err != nil {
		return err
	}
	list, err := s.Store.Ends(ctx, me.ID, true, name, strings.ToLower(host))
	if err == nil && len(list) == 0 && !isHandle { // a site whose actor has another name
		list, err = s.applications(ctx, me.ID, strings.ToLower(host))
	}
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errs.New(errs.NotFound, "Follow %s not found.", hostOrHandle)
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		for _, f := range list {
			if err := s.Outbound.Leave(ctx, me, f); err != nil {
				return err
			}
			if err := s.Store.Delete(ctx, f.ID); err != nil {
				return err
			}
		}
		if s.Left != nil && list[0].Following.Type == actor.Application {
			if err := s.Left(ctx, list[0].Following.Host); err != nil {
				return err
			}
		}
		return s.Ledger.Note(ctx, u.ID, Unfollowed, ledgerName(list[0].Following), s.Now())
	})
}

func (s *Sites) applications(ctx context.Context, me actor.ID, host string) ([]*Follow, error) {
	all, err := s.Store.Ends(ctx, me, true, "", host)
	return slices.DeleteFunc(all, func(f *Follow) bool { return f.Following.Type != actor.Application }), err
}

// follower is who follows this site under a handle.
func (s *Sites) follower(ctx context.Context, u *user.User, handle string) (*Follow, error) {
	if err := may(u); err != nil {
		return nil, err
	}
	name, host, ok := strings.Cut(strings.TrimPrefix(handle, "@"), "@")
	if !ok || name == "" || !actor.ValidHost(host) {
		return nil, errs.Fields(errs.Param{Name: "nameWithHost", Value: handle, In: "params"})
	}
	me, err := s.Own(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Ends(ctx, me.ID, false, name, strings.ToLower(host))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errs.New(errs.NotFound, "Follower %s not found.", handle)
	}
	return list[0], nil
}

// Accept agrees to a follower of this site, who waited or was refused.
func (s *Sites) Accept(ctx context.Context, u *user.User, handle string) error {
	f, err := s.follower(ctx, u, handle)
	if err != nil {
		return err
	}
	if f.State == Accepted {
		return errs.New(errs.Invalid, "Follow is not in pending/rejected state.")
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.answer(ctx, u.ID, f, Accepted, s.Outbound.Agree); err != nil {
			return err
		}
		return s.back(ctx, f.Following, f.Follower)
	})
}

// Reject refuses a follower of this site, who waited or was accepted.
func (s *Sites) Reject(ctx context.Context, u *user.User, handle string) error {
	f, err := s.follower(ctx, u, handle)
	if err != nil {
		return err
	}
	if f.State == Rejected {
		return errs.New(errs.Invalid, "Follow is not in pending/accepted state.")
	}
	return s.InTx(ctx, func(ctx context.Context) error { return s.answer(ctx, u.ID, f, Rejected, s.Outbound.Refuse) })
}

func (s *Sites) answer(ctx context.Context, by user.ID, f *Follow, state State, tell func(context.Context, *Follow) error) error {
	if err := s.Store.SetState(ctx, f.ID, state, s.Now()); err != nil {
		return err
	}
	f.State = state
	if err := tell(ctx, f); err != nil {
		return err
	}
	what := AcceptedFollower
	if state == Rejected {
		what = RejectedFollower
	}
	return s.Ledger.Note(ctx, by, what, ledgerName(f.Follower), s.Now())
}

// Remove ends that somebody follows this site.
func (s *Sites) Remove(ctx context.Context, u *user.User, handle string) error {
	f, err := s.follower(ctx, u, handle)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Outbound.Refuse(ctx, f); err != nil {
			return err
		}
		if err := s.Store.Delete(ctx, f.ID); err != nil {
			return err
		}
		return s.Ledger.Note(ctx, u.ID, RemovedFollower, ledgerName(f.Follower), s.Now())
	})
}

// FollowBack follows a site that follows this one, when that is what its
// administrators want. It takes part in the transaction of ctx.
func (s *Sites) FollowBack(ctx context.Context, follower *actor.Actor) error {
	me, err := s.Own(ctx)
	if err != nil {
		return err
	}
	return s.back(ctx, me, follower)
}

func (s *Sites) back(ctx context.Context, me, follower *actor.Actor) error {
	if !s.Settings().FollowBack || follower.Type != actor.Application || follower.Local() {
		return nil
	}
	return s.fresh(ctx, me, []string{follower.Host}, FollowedBack)
}

// fresh asks for sites that this one does not follow yet.
func (s *Sites) fresh(ctx context.Context, me *actor.Actor, hosts []string, why string) error {
	followed, err := s.Store.Hosts(ctx, me.ID, hosts)
	if err != nil {
		return err
	}
	for _, h := range hosts {
		if followed[h] {
			continue
		}
		if err := s.Outbound.AskByItself(ctx, me, h); err != nil {
			return err
		}
		if err := s.Ledger.Note(ctx, 0, why, h, s.Now()); err != nil {
			return err
		}
	}
	return nil
}
