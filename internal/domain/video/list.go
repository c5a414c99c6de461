package video

import (
	"context"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/fold"
)

// Include widens a list and what is told of each video. The bits are
// PeerTube's VideoInclude.
type Include int

// The bits. WithCaptions adds nothing that anybody is told; a video has no
// automatic tags yet.
const (
	NotPublishedState Include = 1
	Blacklisted       Include = 2
	BlockedOwner      Include = 4
	WithFiles         Include = 8
	WithCaptions      Include = 16
	WithSource        Include = 32
	WithAutomaticTags Include = 64
	WithTags          Include = 128
)

// Sort is one of PeerTube's keys, with "-" before it for descending.
type Sort string

// InAnyOrder is for lists of IDs whose order is a matter of who asks.
const InAnyOrder Sort = "any"

// Sorts are the keys that lists of videos may be sorted by, the default first.
var Sorts = []string{
	"-publishedAt", "name", "duration", "createdAt", "originallyPublishedAt", "views", "likes", "comments",
	"trending", "hot", "best", "localVideoFilesSize", "match",
}

// UnknownLanguage asks for the videos without a language.
const UnknownLanguage = "_unknown"

// Filter says which videos are asked for. Zero values ask for all.
type Filter struct {
	Categories, Licences []int
	Languages            []string // may hold UnknownLanguage
	TagsOneOf, TagsAllOf []string // in any case
	Privacies            []Privacy
	States               []State
	NSFW                 *bool // nil: as the person's or the site's policy says
	AnyNSFW              bool  // whatever the policy says
	// NSFWFlagsIncluded shows videos with any of these flags although NSFW
	// hides them; NSFWFlagsExcluded hides those with any of its flags.
	NSFWFlagsIncluded, NSFWFlagsExcluded int
	IsLive, IsLocal                      *bool
	HasHLS, HasWebVideos                 *bool
	Host                                 string // of the origin; remote ones only
	Search                               string
	AutoTags                             []string
	// ExcludeWatched hides what is in the history of Watcher, whom List sets.
	ExcludeWatched bool
	Watcher        user.ID
	Include        Include

	Account      actor.AccountID
	Channel      actor.ChannelID
	ChannelNames []string // local ones, of Account
	// SubscribedBy asks for the videos of the channels and accounts that this
	// account follows, without those of people it has muted.
	SubscribedBy actor.AccountID

	// IDs and UUIDs are the only videos that are asked for.
	IDs   []ID
	UUIDs []string
	// Times and durations in seconds are inclusive.
	PublishedAfter, PublishedBefore   *time.Time
	OriginallyAfter, OriginallyBefore *time.Time
	DurationMin, DurationMax          *int

	// HideMuted leaves out what the site has muted and, when MutedBy is not 0,
	// what that account has. Listed sets both.
	HideMuted bool
	MutedBy   actor.AccountID
	// Anywhere asks also for what is of sites that this one does not follow, if
	// who asks may watch that here. OnlyFollowed leaves it out; Listed sets it.
	Anywhere, OnlyFollowed bool
}

// ListParams ask for a page of a list.
type ListParams struct {
	Filter
	Start, Count int
	Sort         Sort
	// SkipCount saves counting: the total is then -1.
	SkipCount bool
}

// List returns a page of what w may see in public, and the number of all
// videos that match: published ones, public ones, and to people who are
// logged in internal ones. Asking for more needs the right to see all videos.
func (s *Service) List(ctx context.Context, w Viewer, p ListParams) ([]*Video, int, error) {
	if err := s.Listed(w, &p); err != nil {
		return nil, 0, err
	}
	return s.completed(ctx, w, p)
}

func (s *Service) completed(ctx context.Context, w Viewer, p ListParams) ([]*Video, int, error) {
	list, total, err := s.Store.List(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	if p.Include&BlockedOwner != 0 {
		if err := s.tellMuted(ctx, w, list); err != nil {
			return nil, 0, err
		}
	}
	return list, total, s.Complete(ctx, w, list)
}

// tellMuted fills in whose videos w, or the site, has muted.
func (s *Service) tellMuted(ctx context.Context, w Viewer, list []*Video) error {
	var mutes []user.Muted
	for _, by := range []actor.AccountID{user.SiteBlocks, w.AccountID} {
		if s.Mutes == nil {
			break
		}
		m, err := s.Mutes.Muted(ctx, by)
		if err != nil {
			return err
		}
		mutes = append(mutes, m)
	}
	for _, v := range list {
		var told Extra
		if v.Extra != nil {
			told = *v.Extra
		}
		for _, m := range mutes {
			owner := v.Channel.Owner
			told.OwnerMuted = told.OwnerMuted || m.Accounts[owner.AccountID]
			told.HostMuted = told.HostMuted || owner.Host != "" && m.Hosts[owner.Host]
		}
		v.Extra = &told
	}
	return nil
}

// unwatchedBy says whose videos ExcludeWatched leaves out.
func (f *Filter) unwatchedBy(w Viewer) {
	f.Watcher = 0
	if f.ExcludeWatched {
		f.Watcher = user.IDOf(w)
	}
}

// Listed lays over p what List lays over it: what w may see and wants to see.
// What is read by it needs no other check.
func (s *Service) Listed(w Viewer, p *ListParams) error {
	if err := s.checkFilter(w, &p.Filter); err != nil {
		return err
	}
	if len(p.Privacies) == 0 {
		p.Privacies = []Privacy{Public}
		if w != nil {
			p.Privacies = append(p.Privacies, InternalOnly)
		}
	}
	if len(p.States) == 0 && p.Include&NotPublishedState == 0 {
		p.States = []State{Published}
	}
	s.applyNSFWPolicy(w, &p.Filter)
	p.unwatchedBy(w)
	if strings.TrimPrefix(string(p.Sort), "-") == "best" { // what is hot and still to watch
		p.Watcher = user.IDOf(w)
	}
	p.HideMuted = p.Include&BlockedOwner == 0
	if w != nil {
		p.MutedBy = w.AccountID
	}
	p.OnlyFollowed = s.onlyFollowed(w, &p.Filter)
	return nil
}

// onlyFollowed reports whether a list is of what the site chose to show: its own
// videos and those of whom it follows, as PeerTube's lists are. Subscriptions
// are whatever somebody is subscribed to; pages of a channel or an account, and
// lists that ask for it, have all that may be watched here.
func (s *Service) onlyFollowed(w Viewer, f *Filter) bool {
	if s.Followed == nil || f.SubscribedBy != 0 {
		return false
	}
	anywhere := f.Anywhere || f.Account != 0 || f.Channel != 0
	return !anywhere || !s.OpenAnywhere(w != nil)
}

// Mine returns a page of w's own videos, whatever their privacy and state. What
// else lists tell only those who may see all videos, they do here.
func (s *Service) Mine(ctx context.Context, w Viewer, p ListParams) ([]*Video, int, error) {
	if w == nil {
		return nil, 0, notAuthenticated()
	}
	asked := p.Filter
	asked.Privacies = nil // one's own are seen with any
	if err := s.checkFilter(w, &asked); err != nil {
		return nil, 0, err
	}
	p.Account = w.AccountID
	p.Include |= NotPublishedState | Blacklisted | WithTags
	p.unwatchedBy(w)
	return s.completed(ctx, w, p)
}

func (s *Service) checkFilter(w Viewer, f *Filter) error {
	asksAll := f.Include != 0 || len(f.AutoTags) > 0 || len(f.Privacies) > 0 || len(f.States) > 0
	if asksAll && !w.Has(user.SeeAllVideos) {
		return errs.New(errs.Unauthorized, "You are not allowed to see all videos, specify a custom include or auto tags filter.")
	}
	if f.ExcludeWatched && w == nil {
		return errs.New(errs.Invalid, "Cannot use excludeAlreadyWatched parameter when auth token is not provided")
	}
	if f.NSFWFlagsIncluded&f.NSFWFlagsExcluded != 0 {
		return errs.New(errs.Invalid, "Cannot include and exclude the same NSFW flags")
	}
	return nil
}

// NSFWHidden is the policy that keeps sensitive videos out of lists.
const NSFWHidden = "do_not_list"

// applyNSFWPolicy chooses what was not asked for: the person's policy, or the
// site's.
func (s *Service) applyNSFWPolicy(w Viewer, f *Filter) {
	if f.NSFW != nil || f.AnyNSFW {
		return
	}
	policy := ""
	if w != nil {
		policy = w.Preferences.NSFWPolicy
		if f.NSFWFlagsIncluded == 0 && f.NSFWFlagsExcluded == 0 {
			f.NSFWFlagsExcluded = w.Preferences.NSFWFlagsHidden
			f.NSFWFlagsIncluded = w.Preferences.NSFWFlagsDisplayed | w.Preferences.NSFWFlagsWarned | w.Preferences.NSFWFlagsBlurred
		}
	}
	if policy == "" && s.NSFWPolicy != nil {
		policy = s.NSFWPolicy()
	}
	if policy == NSFWHidden {
		hidden := false
		f.NSFW = &hidden
	}
}

// Fold gives texts that differ only in case one form: what tags are compared by.
func Fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Searchable gives names that mean the same to a reader one form: what lists of
// one's own are searched by.
func Searchable(s string) string { return strings.TrimSpace(fold.Text(s)) }
