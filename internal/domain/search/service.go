package search

import (
	"context"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// MaxResults is how many results a search has at most: the best ones.
const MaxResults = 1000

// Service searches.
type Service struct {
	Store     Store
	Videos    Videos
	Channels  Channels
	Playlists Playlists
	Site      instance.Site
	Now       func() time.Time
	// Changes counts what changes of videos: what was found before is not
	// given out after. It may be nil.
	Changes func() int
	// Remote asks other sites for what is not known here; nil does not.
	Remote Remote

	vocabulary vocabulary
	found      answers[*finding]
	broad      answers[broad]
}

// Params ask for a page of results.
type Params struct {
	Text string
	// Filter is of videos.
	Filter       video.Filter
	Start, Count int
	// Sort is one of Sorts.
	Sort string
}

// VideoSorts are what results of videos may be sorted by, the default first.
var VideoSorts = []string{
	"-match", "name", "duration", "createdAt", "publishedAt", "originallyPublishedAt", "views", "likes", "hot",
}

// Sorts are what channels and playlists may be sorted by.
var Sorts = []string{"-match", "displayName", "createdAt"}

// Page is a page of results and their number.
type Page[T any] struct {
	List []T
	// Total is how many results there are, MaxResults at most. Of videos it may
	// be more than there are, by those that the filter leaves out and that are
	// on later pages; the last page has the right number.
	Total int
	// Corrected is what was looked for instead of what was typed, which
	// nothing has; "" when that was it.
	Corrected string
	// Partial says that nothing has all of the words.
	Partial bool
}

// FindVideos searches videos: those that w may see in lists. By an address or
// an id it finds one. Without text it lists all that pass the filter.
func (s *Service) FindVideos(ctx context.Context, w video.Viewer, p Params) (Page[*video.Video], error) {
	q := ParseQuery(p.Text, s.Site.Host)
	list := video.ListParams{Filter: p.Filter, Start: p.Start, Count: p.Count, Sort: video.Sort(p.Sort)}
	list.Anywhere = true
	switch {
	case q.Empty():
		if match(p.Sort) {
			list.Sort = "-publishedAt"
		}
		videos, total, err := s.Videos.List(ctx, w, list)
		return Page[*video.Video]{List: videos, Total: total}, err
	case q.URL != "" || q.Video != (video.Ref{}) && len(q.Words) == 0:
		return s.oneVideo(ctx, w, q, list)
	case q.Video != (video.Ref{}): // a short UUID, or a word that looks like one
		if one, err := s.oneVideo(ctx, w, q, list); err != nil || one.Total > 0 {
			return one, err
		}
	}
	if len(q.Words) == 0 {
		return Page[*video.Video]{List: []*video.Video{}}, nil
	}
	return s.byWords(ctx, w, q, list)
}

func match(sort string) bool { return sort == "" || strings.TrimPrefix(sort, "-") == "match" }

// oneVideo finds the video that a query names, among those that are listed.
func (s *Service) oneVideo(ctx context.Context, w video.Viewer, q Query, p video.ListParams) (Page[*video.Video], error) {
	none := Page[*video.Video]{List: []*video.Video{}}
	ref := q.Video
	if ref == (video.Ref{}) {
		id, err := s.Store.VideoByURL(ctx, q.URL)
		if errs.Is(err, errs.NotFound) {
			var r Resolved
			r, err = s.resolve(ctx, w, q)
			id = r.Video
		}
		if err != nil || id == 0 {
			return none, err
		}
		ref = video.ByID(id)
	}
	p.Filter = video.Filter{AnyNSFW: true, Include: p.Include, Anywhere: true}
	if p.UUIDs = nil; ref.UUID != "" {
		p.UUIDs = []string{ref.UUID}
	} else {
		p.IDs = []video.ID{ref.ID}
	}
	p.Sort = "-publishedAt"
	list, total, err := s.Videos.List(ctx, w, p)
	return Page[*video.Video]{List: list, Total: total}, err
}

// byWords searches by words: what matches best, or in another order.
func (s *Service) byWords(ctx context.Context, w video.Viewer, q Query, p video.ListParams) (Page[*video.Video], error) {
	if match(string(p.Sort)) {
		p.Sort = ""
	}
	listed := p
	if err := s.Videos.Listed(w, &listed); err != nil {
		return Page[*video.Video]{}, err
	}
	found, err := s.ranked(ctx, q, listed)
	if err != nil {
		return Page[*video.Video]{}, err
	}
	page := Page[*video.Video]{Corrected: found.corrected, Partial: found.partial}
	ids, total, err := found.page(ctx, p.Start, p.Count)
	if err != nil {
		return page, err
	}
	page.Total = total
	page.List, err = s.load(ctx, w, ids, p.Include)
	return page, err
}

func pageOf[T any](list []T, start, count int) []T {
	start = min(max(start, 0), len(list))
	return list[start:min(start+max(count, 0), len(list))]
}

// load returns videos in the order of their ids, those that are (still) listed.
func (s *Service) load(ctx context.Context, w video.Viewer, ids []video.ID, include video.Include) ([]*video.Video, error) {
	if len(ids) == 0 {
		return []*video.Video{}, nil
	}
	p := video.ListParams{Filter: video.Filter{IDs: ids, AnyNSFW: true, Include: include, Anywhere: true}, Count: len(ids), SkipCount: true, Sort: video.InAnyOrder}
	list, _, err := s.Videos.List(ctx, w, p)
	at := make(map[video.ID]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	slices.SortFunc(list, func(a, b *video.Video) int { return at[a.ID] - at[b.ID] })
	return list, err
}

// FindChannels searches channels: by words, or one by its address or handle.
func (s *Service) FindChannels(ctx context.Context, w video.Viewer, p Params, f ChannelFilter) (Page[*actor.Channel], error) {
	q := ParseQuery(p.Text, s.Site.Host)
	none := Page[*actor.Channel]{List: []*actor.Channel{}}
	f.Muted = true
	if w != nil {
		f.MutedBy = w.AccountID
	}
	if q.Channel.Name != "" {
		c, err := s.Channels.ChannelByName(ctx, q.Channel.Name, q.Channel.Host)
		if err == nil {
			return Page[*actor.Channel]{List: pageOf([]*actor.Channel{c}, p.Start, p.Count), Total: 1}, nil
		}
		if !errs.Is(err, errs.NotFound) {
			return none, err
		}
	}
	if q.Handle || q.URL != "" {
		return s.oneChannel(ctx, w, q, p)
	}
	if !q.Empty() && len(q.Words) == 0 {
		return none, nil
	}
	hits, how, err := s.things(ctx, q, p.Sort, func(e Expr) ([]Hit, error) {
		return s.Store.Channels(ctx, e, f, p.Sort, MaxResults)
	})
	if err != nil {
		return none, err
	}
	ids := make([]actor.ChannelID, 0, p.Count)
	for _, h := range pageOf(hits, p.Start, p.Count) {
		ids = append(ids, actor.ChannelID(h.ID))
	}
	byID, err := s.Store.LoadChannels(ctx, ids)
	page := Page[*actor.Channel]{List: make([]*actor.Channel, 0, len(ids)), Total: len(hits), Corrected: how.corrected, Partial: how.partial}
	for _, id := range ids {
		if c := byID[id]; c != nil {
			page.List = append(page.List, c)
		}
	}
	return page, err
}

// maxOfAccount is how many channels of an account of another site are found.
const maxOfAccount = 100

// oneChannel asks another site for the channel that a query names, or for the
// account, of which the channels count that are known here.
func (s *Service) oneChannel(ctx context.Context, w video.Viewer, q Query, p Params) (Page[*actor.Channel], error) {
	none := Page[*actor.Channel]{List: []*actor.Channel{}}
	r, err := s.resolve(ctx, w, q)
	if err == nil && r.Account != 0 {
		list, err := s.Channels.ChannelsOf(ctx, r.Account)
		list = list[:min(len(list), maxOfAccount)]
		return Page[*actor.Channel]{List: pageOf(list, p.Start, p.Count), Total: len(list)}, err
	}
	if err != nil || r.Channel == 0 {
		return none, err
	}
	byID, err := s.Store.LoadChannels(ctx, []actor.ChannelID{r.Channel})
	if c := byID[r.Channel]; err == nil && c != nil {
		return Page[*actor.Channel]{List: pageOf([]*actor.Channel{c}, p.Start, p.Count), Total: 1}, nil
	}
	return none, err
}

// FindPlaylists searches public playlists that have videos.
func (s *Service) FindPlaylists(ctx context.Context, w video.Viewer, p Params, f PlaylistFilter) (Page[*playlist.Playlist], error) {
	q := ParseQuery(p.Text, s.Site.Host)
	none := Page[*playlist.Playlist]{List: []*playlist.Playlist{}}
	f.Muted = true
	if w != nil {
		f.MutedBy = w.AccountID
	}
	if q.Playlist != "" && (q.URL != "" || len(q.Words) == 0) {
		f.UUIDs = []string{q.Playlist}
		q = Query{}
	} else if q.URL != "" {
		r, err := s.resolve(ctx, w, q)
		if err != nil || r.Playlist == "" {
			return none, err
		}
		f.UUIDs = []string{r.Playlist}
		q = Query{}
	}
	if q.URL != "" || !q.Empty() && len(q.Words) == 0 {
		return none, nil
	}
	hits, how, err := s.things(ctx, q, p.Sort, func(e Expr) ([]Hit, error) {
		return s.Store.Playlists(ctx, e, f, p.Sort, MaxResults)
	})
	if err != nil || len(hits) == 0 {
		return none, err
	}
	ids := make([]playlist.ID, 0, p.Count)
	for _, h := range pageOf(hits, p.Start, p.Count) {
		ids = append(ids, playlist.ID(h.ID))
	}
	byID, err := s.Playlists.ByIDs(ctx, ids)
	page := Page[*playlist.Playlist]{List: make([]*playlist.Playlist, 0, len(ids)), Total: len(hits), Corrected: how.corrected, Partial: how.partial}
	for _, id := range ids {
		if l := byID[id]; l != nil {
			page.List = append(page.List, l)
		}
	}
	return page, err
}

// things finds channels or playlists: all of them without words.
func (s *Service) things(ctx context.Context, q Query, sort string, find func(Expr) ([]Hit, error)) (hits []Hit, how outcome, err error) {
	if len(q.Words) == 0 {
		hits, err = find(Expr{})
		return hits, how, err
	}
	expr, fixed, err := s.widen(ctx, q, func(e Expr) (bool, error) {
		hits, err = find(e)
		return len(hits) > 0, err
	})
	if err != nil || len(hits) == 0 {
		return nil, how, err
	}
	if match(sort) {
		rank(hits, expr.Groups)
	}
	how.partial = expr.AnyButOne
	if fixed {
		how.corrected = correction(expr.Groups, hits[0])
	}
	return hits, how, nil
}
