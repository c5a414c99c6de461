package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

// Scope says where other videos come from.
type Scope string

// The scopes.
const (
	Everywhere  Scope = ""
	SameChannel Scope = "channel" // of the video
	ThisSite    Scope = "local"
)

// Reason says why a video stands beside another.
type Reason string

// The reasons.
const (
	ByChannel Reason = "channel" // of the same channel
	ByTags    Reason = "tags"    // shares tags
	ByTrend   Reason = "trend"   // popular here now
)

// Other is a video beside another one, and why it is there.
type Other struct {
	Video  *video.Video
	Reason Reason
	Tags   int // shared ones, with ByTags
}

// Near is a video that shares tags with another.
type Near struct {
	ID   video.ID
	Tags int
}

// RelatedStore finds what belongs beside a video.
type RelatedStore interface {
	// Near returns at most limit listed videos that share tags with one, those
	// with most of them first; of each tag the newest videos are looked at.
	Near(ctx context.Context, id video.ID, limit int) ([]Near, error)
}

// How long what belongs beside a video is remembered, and how much is looked
// at for it: somebody may have watched much of it.
const (
	relatedLife = 20 * time.Second
	relatedPool = 40
)

// Related finds what belongs beside videos.
type Related struct {
	Store  RelatedStore
	Videos Videos
	// Watched may be nil: then nothing is known to be watched.
	Watched Watched
	Now     func() time.Time

	found answers[[]Other]
}

// Beside returns at most count videos to stand beside one that w watches:
// those that share tags, those of the channel, what is popular now. What w has
// watched to its end is not among them. What is remembered for others is the
// same list, which must not be changed.
func (s *Related) Beside(ctx context.Context, w video.Viewer, v *video.Video, scope Scope, count int) ([]Other, error) {
	key := fmt.Sprint(v.ID, scope, user.IDOf(w))
	pool, ok := s.found.get(key, s.Now())
	if !ok {
		var err error
		if pool, err = s.gather(ctx, w, v, scope); err != nil {
			return nil, err
		}
		s.found.putFor(key, pool, s.Now(), relatedLife)
	}
	pool, err := s.unwatched(ctx, w, pool)
	return pool[:min(len(pool), max(count, 0))], err
}

func (s *Related) unwatched(ctx context.Context, w video.Viewer, pool []Other) ([]Other, error) {
	if w == nil || s.Watched == nil || len(pool) == 0 {
		return pool, nil
	}
	ids := make([]video.ID, len(pool))
	for i, o := range pool {
		ids[i] = o.Video.ID
	}
	done, err := s.Watched(ctx, w.ID, ids)
	if err != nil || len(done) == 0 {
		return pool, err
	}
	var rest []Other
	for _, o := range pool {
		if !done[o.Video.ID] {
			rest = append(rest, o)
		}
	}
	return rest, nil
}

// gather reads what may stand beside a video. What w may see is decided by the
// list of videos, for each part of it.
func (s *Related) gather(ctx context.Context, w video.Viewer, v *video.Video, scope Scope) ([]Other, error) {
	of := &pool{seen: map[video.ID]bool{v.ID: true}}
	filter := video.Filter{}
	if scope == ThisSite {
		local := true
		filter.IsLocal = &local
	}
	if scope == SameChannel {
		filter.Channel = v.ChannelID
		err := s.add(ctx, w, of, filter, "-publishedAt", relatedPool+1, ByChannel)
		return of.list, err
	}
	near, err := s.Store.Near(ctx, v.ID, relatedPool/2)
	if err != nil {
		return nil, err
	}
	if err := s.addNear(ctx, w, of, filter, near); err != nil {
		return nil, err
	}
	channel := filter
	channel.Channel = v.ChannelID
	if err := s.add(ctx, w, of, channel, "-publishedAt", relatedPool/4+1, ByChannel); err != nil {
		return nil, err
	}
	err = s.add(ctx, w, of, filter, "-trending", relatedPool/2, ByTrend)
	of.sort(v)
	return of.list, err
}

func (s *Related) list(ctx context.Context, w video.Viewer, f video.Filter, sort video.Sort, count int) ([]*video.Video, error) {
	list, _, err := s.Videos.List(ctx, w, video.ListParams{Filter: f, Sort: sort, Count: count, SkipCount: true})
	return list, err
}

// add puts a list into the pool, for a reason.
func (s *Related) add(ctx context.Context, w video.Viewer, of *pool, f video.Filter, sort video.Sort, count int, why Reason) error {
	list, err := s.list(ctx, w, f, sort, count)
	for _, v := range list {
		of.put(Other{Video: v, Reason: why})
	}
	return err
}

func (s *Related) addNear(ctx context.Context, w video.Viewer, of *pool, f video.Filter, near []Near) error {
	if len(near) == 0 {
		return nil
	}
	tags := make(map[video.ID]int, len(near))
	for _, n := range near {
		f.IDs = append(f.IDs, n.ID)
		tags[n.ID] = n.Tags
	}
	list, err := s.list(ctx, w, f, "-views", len(near))
	for _, v := range list {
		of.put(Other{Video: v, Reason: ByTags, Tags: tags[v.ID]})
	}
	return err
}

// pool gathers videos, each once.
type pool struct {
	seen map[video.ID]bool
	list []Other
}

func (p *pool) put(o Other) {
	if !p.seen[o.Video.ID] {
		p.seen[o.Video.ID] = true
		p.list = append(p.list, o)
	}
}

// sort puts first what shares several tags, or a tag and the channel; then the
// newest of the channel, what shares one tag, and what is popular.
func (p *pool) sort(v *video.Video) {
	weight := func(o Other) int {
		n := 0
		if o.Reason == ByTags {
			n = 2 * o.Tags
		}
		if o.Video.ChannelID == v.ChannelID {
			n += 3
		}
		return n
	}
	slices.SortStableFunc(p.list, func(a, b Other) int { return cmp.Compare(weight(b), weight(a)) })
	for i, o := range p.list { // the plainer reason
		if o.Reason == ByTags && o.Tags < 2 && o.Video.ChannelID == v.ChannelID {
			p.list[i].Reason = ByChannel
		}
	}
}
