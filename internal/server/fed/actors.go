package fed

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/publish"
)

func (s *Server) account(w http.ResponseWriter, r *http.Request) error {
	d, err := s.readAccount(r)
	return s.answer(w, r, d, err)
}

func (s *Server) channel(w http.ResponseWriter, r *http.Request) error {
	d, err := s.readChannel(r)
	return s.answer(w, r, d, err)
}

// either serves /@name: accounts and channels share one namespace.
func (s *Server) either(w http.ResponseWriter, r *http.Request) error {
	d, err := s.readAccount(r)
	if errs.Is(err, errs.NotFound) {
		d, err = s.readChannel(r)
	}
	return s.answer(w, r, d, err)
}

// readAccount is the document of the account whose handle is in the path. One
// of another site has a page here, whose address people give to their own
// site: that is told where the account is.
func (s *Server) readAccount(r *http.Request) (activity.Doc, error) {
	name, host := actor.ParseHandle(param(r, "name"), s.Site.Host)
	if host == "" {
		d, _, err := s.Documents.Account(r.Context(), name)
		return d, err
	}
	a, err := s.Actors.AccountByName(r.Context(), name, host)
	if err != nil {
		return nil, err
	}
	return nil, publish.At(a.URL)
}

// readChannel is readAccount for channels.
func (s *Server) readChannel(r *http.Request) (activity.Doc, error) {
	name, host := actor.ParseHandle(param(r, "name"), s.Site.Host)
	if host == "" {
		d, _, err := s.Documents.Channel(r.Context(), name)
		return d, err
	}
	c, err := s.Actors.ChannelByName(r.Context(), name, host)
	if err != nil {
		return nil, err
	}
	return nil, publish.At(c.URL)
}

// lists are the collections of an actor.
type lists struct {
	*actor.Actor
	videos, playlists func(ctx context.Context, start, count int) ([]string, int, error)
	// creates says that its videos are its own; others only announce them.
	creates bool
}

type listsOf func(ctx context.Context, name string) (lists, error)

func (s *Server) accountLists(ctx context.Context, name string) (lists, error) {
	if name == actor.InstanceName {
		a, err := s.Actors.Instance(ctx)
		none := func(context.Context, int, int) ([]string, int, error) { return nil, 0, nil }
		return lists{Actor: a, videos: s.Lists.Videos, playlists: none}, err
	}
	a, err := s.Actors.AccountByName(ctx, name, "")
	if err != nil {
		return lists{}, err
	}
	return lists{
		Actor: &a.Actor, creates: true,
		videos: func(ctx context.Context, start, count int) ([]string, int, error) {
			return s.Lists.VideosBy(ctx, a.AccountID, start, count)
		},
		playlists: func(ctx context.Context, start, count int) ([]string, int, error) {
			return s.Lists.PlaylistsBy(ctx, a.AccountID, start, count)
		},
	}, nil
}

func (s *Server) channelLists(ctx context.Context, name string) (lists, error) {
	c, err := s.Actors.ChannelByName(ctx, name, "")
	if err != nil {
		return lists{}, err
	}
	return lists{
		Actor: &c.Actor,
		videos: func(ctx context.Context, start, count int) ([]string, int, error) {
			return s.Lists.VideosOf(ctx, c.ChannelID, start, count)
		},
		playlists: func(ctx context.Context, start, count int) ([]string, int, error) {
			return s.Lists.PlaylistsOf(ctx, c.ChannelID, start, count)
		},
	}, nil
}

// list reads a part of a collection of an actor.
type list func(ctx context.Context, s *Server, of lists, start, count int) ([]any, int, error)

func followersList(ctx context.Context, s *Server, of lists, start, count int) ([]any, int, error) {
	return items(s.Lists.Followers(ctx, of.ID, start, count))
}

func followingList(ctx context.Context, s *Server, of lists, start, count int) ([]any, int, error) {
	return items(s.Lists.Following(ctx, of.ID, start, count))
}

func playlistsList(ctx context.Context, _ *Server, of lists, start, count int) ([]any, int, error) {
	return items(of.playlists(ctx, start, count))
}

// outboxList is what an actor said: an account created its videos, a channel
// and the site announced them.
func outboxList(ctx context.Context, _ *Server, of lists, start, count int) ([]any, int, error) {
	urls, total, err := of.videos(ctx, start, count)
	out := make([]any, len(urls))
	for i, url := range urls {
		d := activity.Announce(activity.AnnounceURL(url, of.ID), of.Actor, url)
		if of.creates {
			d = activity.CreateRef(of.URL, url, activity.ForEverybody(of.FollowersURL))
		}
		delete(d, "@context")
		out[i] = d
	}
	return out, total, err
}

func items(urls []string, total int, err error) ([]any, int, error) {
	return activity.Strings(urls), total, err
}

// collection serves a collection of an actor, or a page of it.
func (s *Server) collection(of listsOf, read list) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		name, err := s.name(r)
		if err != nil {
			return err
		}
		a, err := of(r.Context(), name)
		if err != nil {
			return s.answer(w, r, nil, err)
		}
		id := a.URL + r.URL.Path[strings.LastIndexByte(r.URL.Path, '/'):]
		return s.list(w, r, id, func(ctx context.Context, start, count int) ([]any, int, error) {
			return read(ctx, s, a, start, count)
		})
	}
}

const (
	// mostOnPage is the largest page that may be asked for, lastPage the last.
	mostOnPage = 50
	lastPage   = 10_000
)

// list serves the beginning of a collection, or the page that the query names.
func (s *Server) list(w http.ResponseWriter, r *http.Request, id string, read func(ctx context.Context, start, count int) ([]any, int, error)) error {
	q := r.URL.Query()
	size, page := activity.PageSize, 0
	if q.Has("size") {
		n, err := strconv.Atoi(q.Get("size"))
		if err != nil || n < 1 || n > mostOnPage {
			return errs.Fields(errs.Param{Name: "size", Value: q.Get("size"), In: "query"})
		}
		size = n
		id += "?size=" + strconv.Itoa(n)
	}
	if q.Has("page") {
		n, err := strconv.Atoi(q.Get("page"))
		if err != nil || n < 1 || n > lastPage {
			return errs.Fields(errs.Param{Name: "page", Value: q.Get("page"), In: "query"})
		}
		page = n
	}
	if page == 0 {
		_, total, err := read(r.Context(), 0, 0)
		if err != nil {
			return err
		}
		return s.write(w, http.StatusOK, activity.WriteCollection(id, total))
	}
	list, total, err := read(r.Context(), (page-1)*size, size)
	if err != nil {
		return err
	}
	return s.write(w, http.StatusOK, activity.WriteCollectionPage(id, page, size, total, list))
}
