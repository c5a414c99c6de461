package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/subscriptions"
	"sepiola/internal/server/web/terms"
)

// SubscriptionService is the part of follow.Subscriptions that pages need.
type SubscriptionService interface {
	Subscribe(ctx context.Context, u *user.User, handle string) error
	Unsubscribe(ctx context.Context, u *user.User, handle string) error
	SubscribeToChannels(ctx context.Context, u *user.User, handle string) error
	UnsubscribeFromChannels(ctx context.Context, u *user.User, handle string) error
	StatesOf(ctx context.Context, u *user.User, ids []actor.ID) (map[actor.ID]follow.State, error)
	Follows(ctx context.Context, u *user.User, id actor.ID) (follow.State, error)
	All(ctx context.Context, u *user.User, p follow.SubscriptionList) ([]*follow.Follow, int, error)
	OfAccount(ctx context.Context, u *user.User, handle string, p follow.FollowerList) ([]*follow.Follow, int, error)
	OfChannel(ctx context.Context, u *user.User, handle string, p follow.FollowerList) ([]*follow.Follow, int, error)
}

// mountTelling adds the pages of subscriptions and notifications.
func (s *Pages) mountTelling(r *rest.Router) {
	in := func(h rest.HandlerFunc) rest.HandlerFunc { return s.page(auth.Required(h)) }
	if s.Subscriptions != nil {
		r.Get("/videos/subscriptions", in(s.feed))
		r.Get("/my-library/subscriptions", in(s.mySubscriptions))
		// PeerTube's page of the secret address for feed readers.
		r.Get("/my-account/applications", func(w http.ResponseWriter, r *http.Request) error {
			http.Redirect(w, r, "/my-library/subscriptions#reader", http.StatusFound)
			return nil
		})
		r.Post(subscriptions.ChangePath, in(s.changeSubscription))
		r.Post(subscriptions.RenewPath, in(s.renewFeed))
		r.Get("/my-library/followers", in(s.myFollowers))
	}
	if s.Notifications != nil {
		s.mountNotifications(r)
	}
}

// feed serves /videos/subscriptions.
func (s *Pages) feed(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.subscriptions.title")
	p.NoIndex = true
	viewer, start := auth.User(r.Context()), pageStart(r, pager.PageSize)
	filter := video.Filter{SubscribedBy: viewer.AccountID}
	languages := s.inLanguages(r, &filter)
	videos, total, err := s.Videos.List(r.Context(), viewer, video.ListParams{
		Filter: filter, Sort: "-publishedAt", Start: start, Count: pager.PageSize,
	})
	if err != nil {
		return err
	}
	if err := s.withLater(r, p, videos); err != nil {
		return err
	}
	view := subscriptions.FeedView{
		Videos: videos, Sensitive: s.sensitive(viewer), Any: true, Languages: languages,
		Pager: pager.Pager{Path: r.URL.Path, Start: start, Count: pager.PageSize, Total: total, Endless: true},
	}
	if len(videos) == 0 {
		_, n, err := s.Subscriptions.All(r.Context(), viewer, follow.SubscriptionList{Count: 1})
		if err != nil {
			return err
		}
		view.Any = n > 0
	}
	return s.paged(w, r, view.Pager, subscriptions.Feed(p, view))
}

// mySubscriptions serves /my-library/subscriptions.
func (s *Pages) mySubscriptions(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.subscriptions.manage_title")
	p.NoIndex = true
	start, search := pageStart(r, pager.PageSize), searched(r)
	list, total, err := s.Subscriptions.All(r.Context(), auth.User(r.Context()), follow.SubscriptionList{Search: search, Start: start, Count: pager.PageSize})
	if err != nil {
		return err
	}
	view := s.followView(r, list, search, start, total)
	view.Reader = s.readerURL(auth.User(r.Context()))
	return s.paged(w, r, view.Pager, subscriptions.Manage(p, view))
}

// readerURL is the address of somebody's subscriptions for a feed reader, which
// logs in nowhere.
func (s *Pages) readerURL(u *user.User) string {
	q := url.Values{"accountId": {strconv.FormatInt(int64(u.AccountID), 10)}, "token": {u.FeedToken}}
	return s.Site.URL("/feeds/subscriptions.xml?" + q.Encode())
}

// renewFeed serves POST /my-library/subscriptions/feed: the address that was
// given to readers is worth nothing any more.
func (s *Pages) renewFeed(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Users.RenewFeedToken(r.Context(), auth.User(r.Context())); err != nil {
		return err
	}
	return back(w, r, "/my-library/subscriptions#reader", "feed_renewed")
}

func (s *Pages) followView(r *http.Request, list []*follow.Follow, search string, start, total int) subscriptions.ListView {
	q := url.Values{}
	if search != "" {
		q.Set("search", search)
	}
	return subscriptions.ListView{
		Follows: list, Search: search, Host: s.Site.Host,
		Pager: pager.Pager{Path: r.URL.Path, Query: q, Start: start, Count: pager.PageSize, Total: total},
	}
}

// myFollowers serves /my-library/followers.
func (s *Pages) myFollowers(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.followers.title")
	p.NoIndex = true
	u, start, search := auth.User(r.Context()), pageStart(r, pager.PageSize), searched(r)
	typed := terms.Parse(search, terms.Followers)
	of, handle := s.Subscriptions.OfAccount, u.Username
	if channel := typed.Has("channel:"); channel != "" {
		of, handle = s.Subscriptions.OfChannel, channel
	}
	list, total, err := of(r.Context(), u, handle, follow.FollowerList{
		Search: typed.Words, Start: start, Count: pager.PageSize, Sort: "-createdAt",
	})
	if handle != u.Username && (errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden)) {
		err = nil // a channel that is none, or somebody else's, has none to be shown
	}
	if err != nil {
		return err
	}
	mine, err := s.Actors.Account(r.Context(), u.AccountID)
	if err != nil {
		return err
	}
	view := s.followView(r, list, search, start, total)
	view.Mine = mine.ID
	return s.paged(w, r, view.Pager, subscriptions.Followers(p, view))
}

// changeSubscription takes the form of the button.
func (s *Pages) changeSubscription(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u, handle := auth.User(r.Context()), f.Value("handle")
	subscribe, unsubscribe, notice := s.Subscriptions.Subscribe, s.Subscriptions.Unsubscribe, "subscribed"
	if f.Value("all") != "" {
		subscribe, unsubscribe = s.Subscriptions.SubscribeToChannels, s.Subscriptions.UnsubscribeFromChannels
	}
	if f.Value("do") == "unsubscribe" {
		notice = "unsubscribed"
		if err = unsubscribe(r.Context(), u, handle); errs.Is(err, errs.NotFound) {
			err = nil // two windows
		}
	} else {
		err = subscribe(r.Context(), u, handle)
	}
	if err != nil {
		return err
	}
	return back(w, r, f.Value("to"), notice)
}
