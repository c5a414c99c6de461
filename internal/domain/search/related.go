package search

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/lately"
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
	weight int
}

// RelatedStore finds what may stand beside a video, at most limit of them.
// Whether somebody sees it, and wants to, is decided when it is read for them.
type RelatedStore interface {
	// NewestOfTag returns the videos of a tag, each once, the highest number
	// first. The tag is folded by video.Fold and means all its spellings.
	NewestOfTag(ctx context.Context, tag string, limit int) ([]video.ID, error)
	// NewestOfChannel returns the listed videos of a channel, newest first: all,
	// or what comes after one of them.
	NewestOfChannel(ctx context.Context, id actor.ChannelID, after video.ID, limit int) ([]video.ID, error)
	// Popular returns what is watched most now, of this site alone if local.
	Popular(ctx context.Context, local bool, limit int) ([]video.ID, error)
}

// Much of what belongs beside one video belongs beside others too: the videos
// of a tag, those of a channel, what is popular. So these lists are remembered
// for all of them, as numbers, and the list beside a video is put together
// from them without asking the database again.
const (
	relatedLife = 30 * time.Second
	relatedPool = 40   // looked at beside one video: somebody may have watched much of it
	nearEach    = 200  // looked at of each tag
	maxRelated  = 2000 // lists, of at most 1.6 kB each

	// There is more to read where the first were watched: of the channel alone,
	// and of a wider pool.
	furtherEach  = 200
	furtherParts = 5
	widePopular  = 400
	wideStep     = 100 // looked at together
)

// Related finds what belongs beside videos.
type Related struct {
	Store  RelatedStore
	Videos Videos
	// Watched may be nil: then nothing is known to be watched.
	Watched Watched
	Now     func() time.Time

	tags     answersBy[string, []video.ID] // by the folded name
	channels answersBy[part, []video.ID]
	popular  answersBy[trend, []video.ID]
	cards    cards
	shown    lately.Keys // of cards: only what is shown again is remembered
}

// part is a list of videos of a channel: the newest, or those after one.
type part struct {
	channel actor.ChannelID
	after   video.ID
}

// trend is a list of what is popular, of so many.
type trend struct {
	local bool
	limit int
}

// Beside returns at most count videos to stand beside one that w watches:
// those that share tags, those of the channel, what is popular now. What w has
// watched to its end is not among them. The videos are remembered for others
// and must not be changed; they may lack their long texts.
func (s *Related) Beside(ctx context.Context, w video.Viewer, v *video.Video, scope Scope, count int) ([]Other, error) {
	if count <= 0 {
		return nil, nil
	}
	to := &beside{w: w, channel: v.ChannelID, local: scope == ThisSite, count: count, list: make([]Other, 0, count)}
	if scope == SameChannel {
		err := s.ofChannel(ctx, to, v)
		return to.list, err
	}
	near, err := s.gather(ctx, v, to.local, false)
	if err != nil {
		return nil, err
	}
	if err := s.fill(ctx, to, near); err != nil {
		return nil, err
	}
	if err := s.widen(ctx, to, v, near); err != nil {
		return nil, err
	}
	// Only now is known of all whether they are of the channel.
	slices.SortStableFunc(to.list, func(a, b Other) int { return cmp.Compare(b.weight, a.weight) })
	return to.list, nil
}

// beside is what is put together for somebody.
type beside struct {
	w       video.Viewer
	channel actor.ChannelID // of the video that it is beside
	local   bool
	count   int
	list    []Other
}

// widen fills from further away where there was too little: who has watched most
// of what is near gets a list as long as others do.
func (s *Related) widen(ctx context.Context, to *beside, v *video.Video, near []neighbour) error {
	if len(to.list) >= to.count {
		return nil
	}
	known := make(map[video.ID]bool, len(near))
	for _, c := range near {
		known[c.id] = true
	}
	wide, err := s.gather(ctx, v, to.local, true)
	if err != nil {
		return err
	}
	wide = slices.DeleteFunc(wide, func(c neighbour) bool { return known[c.id] })
	for part := range slices.Chunk(wide, wideStep) {
		if err := s.fill(ctx, to, part); err != nil || len(to.list) >= to.count {
			return err
		}
	}
	return nil
}

// fill adds what w sees of a pool and has not watched, until there is enough.
func (s *Related) fill(ctx context.Context, to *beside, pool []neighbour) error {
	pool, err := s.unwatched(ctx, to.w, pool)
	if err != nil {
		return err
	}
	// Most are seen by everybody, so that the first few are mostly enough.
	for n := to.count; len(to.list) < to.count && len(pool) > 0; n = relatedPool {
		n = min(n, len(pool))
		seen, err := s.seen(ctx, to.w, pool[:n], to.local)
		if err != nil {
			return err
		}
		for i, c := range pool[:n] {
			if it := seen[i]; it != nil && len(to.list) < to.count {
				c.channel = it.ChannelID == to.channel // also of those that are not of its newest
				to.list = append(to.list, Other{Video: it, Reason: c.reason(), Tags: int(c.tags), weight: c.weight()})
			}
		}
		pool = pool[n:]
	}
	return nil
}

// ofChannel fills from the channel of a video alone. It reads on only while
// there is too little: the newest are mostly enough.
func (s *Related) ofChannel(ctx context.Context, to *beside, v *video.Video) error {
	after, limit := video.ID(0), relatedPool+1
	for range 1 + furtherParts {
		list, err := s.newest(ctx, v.ChannelID, after, limit)
		if err != nil {
			return err
		}
		pool := make([]neighbour, 0, len(list))
		for _, id := range list {
			if id != v.ID {
				pool = append(pool, neighbour{id: id, channel: true})
			}
		}
		if err := s.fill(ctx, to, pool); err != nil || len(to.list) >= to.count || len(list) < limit {
			return err
		}
		after, limit = list[len(list)-1], furtherEach
	}
	return nil
}

// newest returns videos of a channel. The limit belongs to after.
func (s *Related) newest(ctx context.Context, id actor.ChannelID, after video.ID, limit int) ([]video.ID, error) {
	return remembered(s, &s.channels, part{id, after}, func() ([]video.ID, error) {
		return s.Store.NewestOfChannel(ctx, id, after, limit)
	})
}

// Forget lets go of a video whose privacy has changed.
func (s *Related) Forget(id video.ID) {
	s.cards.forget(card{id, false})
	s.cards.forget(card{id, true})
}

// neighbour is what may stand beside a video. There are many of them for each
// page, so they are small.
type neighbour struct {
	id      video.ID
	tags    uint16 // shared ones
	channel bool   // of the same
}

// reason is the plainest one.
func (c neighbour) reason() Reason {
	switch {
	case c.tags > 1, c.tags > 0 && !c.channel:
		return ByTags
	case c.channel:
		return ByChannel
	default:
		return ByTrend
	}
}

// weight puts first what shares several tags, the more the better, and of
// equals what is of the channel; then what shares one tag and the channel, the
// newest of the channel, what shares one tag, and what is popular. Whether an
// older one is of the channel is not known before it is read, so that this
// must not count more than a tag.
func (c neighbour) weight() int {
	switch {
	case c.channel && c.tags == 0:
		return 3 // between one tag, and one with the channel
	case c.channel:
		return 4 * int(c.tags)
	default:
		return 4*int(c.tags) - 2
	}
}

// unwatched leaves the pool itself as it is.
func (s *Related) unwatched(ctx context.Context, w video.Viewer, pool []neighbour) ([]neighbour, error) {
	if w == nil || s.Watched == nil || len(pool) == 0 {
		return pool, nil
	}
	done, err := s.Watched(ctx, w.ID, idsOf(pool))
	if err != nil || len(done) == 0 {
		return pool, err
	}
	left := make([]neighbour, 0, len(pool))
	for _, c := range pool {
		if !done[c.id] {
			left = append(left, c)
		}
	}
	return left, nil
}

func idsOf(list []neighbour) []video.ID {
	ids := make([]video.ID, len(list))
	for i, c := range list {
		ids[i] = c.id
	}
	return ids
}

// seen returns the videos of a list, each in its place, nil where w does not
// see it. The list of videos decides it.
func (s *Related) seen(ctx context.Context, w video.Viewer, list []neighbour, local bool) ([]*video.Video, error) {
	now, seen := s.Now(), make([]*video.Video, len(list))
	missing := make([]video.ID, 0, len(list))
	at := make([]int, 0, len(list)) // of the missing ones
	for i, c := range list {
		ok := false
		if w == nil {
			seen[i], ok = s.cards.get(card{c.id, local}, now)
		}
		if !ok {
			missing, at = append(missing, c.id), append(at, i)
		}
	}
	if len(missing) == 0 {
		return seen, nil
	}
	filter := video.Filter{IDs: missing}
	if local {
		filter.IsLocal = &local
	}
	found, _, err := s.Videos.List(ctx, w, video.ListParams{Filter: filter, Sort: video.InAnyOrder, Count: len(missing), SkipCount: true})
	if err != nil {
		return nil, err
	}
	for _, v := range found {
		if i := slices.Index(missing, v.ID); i >= 0 {
			seen[at[i]] = v
		}
	}
	if w == nil {
		for i, id := range missing {
			if c := (card{id, local}); s.shown.Again(c.key()) {
				s.cards.put(c, seen[at[i]], now)
			}
		}
	}
	return seen, nil
}

// gather puts together what may stand beside a video, from anywhere or from
// this site, best first: of all that is there the first few, or far more.
func (s *Related) gather(ctx context.Context, v *video.Video, local, wide bool) ([]neighbour, error) {
	of := &pool{of: v, list: make([]neighbour, 0, 2*relatedPool)}
	channel, err := s.newest(ctx, v.ChannelID, 0, relatedPool+1)
	if err != nil {
		return nil, err
	}
	most := bounds{relatedPool / 4, relatedPool / 2, relatedPool / 2}
	trending := trend{local, relatedPool}
	if wide {
		most, trending.limit = bounds{furtherEach, nearEach, widePopular}, widePopular
		if len(channel) > relatedPool {
			more, err := s.newest(ctx, v.ChannelID, channel[relatedPool], furtherEach)
			if err != nil {
				return nil, err
			}
			channel = slices.Concat(channel, more)
		}
	}
	if err := s.addNear(ctx, of, most.tags); err != nil {
		return nil, err
	}
	of.add(channel, true, most.channel)
	popular, err := remembered(s, &s.popular, trending, func() ([]video.ID, error) {
		return s.Store.Popular(ctx, local, trending.limit)
	})
	of.add(popular, false, most.popular)
	of.sort()
	return of.list, err
}

// bounds are how many of each kind come into a pool.
type bounds struct{ channel, tags, popular int }

// addNear adds at most limit of what shares tags.
func (s *Related) addNear(ctx context.Context, of *pool, limit int) error {
	lists := make([][]video.ID, 0, len(of.of.Tags))
	tags := make([]string, 0, len(of.of.Tags))
	for _, name := range of.of.Tags {
		tag := video.Fold(name)
		if slices.Contains(tags, tag) {
			continue // it is there in two spellings
		}
		tags = append(tags, tag)
		list, err := remembered(s, &s.tags, tag, func() ([]video.ID, error) { return s.Store.NewestOfTag(ctx, tag, nearEach) })
		if err != nil {
			return err
		}
		lists = append(lists, list)
	}
	of.list = sharing(of.list, lists, of.of.ID, limit)
	return nil
}

// remembered returns a list that is kept, or reads it.
func remembered[K comparable](s *Related, kept *answersBy[K, []video.ID], key K, read func() ([]video.ID, error)) ([]video.ID, error) {
	if list, ok := kept.get(key, s.Now()); ok {
		return list, nil
	}
	list, err := read()
	if err == nil {
		kept.putFor(key, list, s.Now(), relatedLife, maxRelated)
	}
	return list, err
}

// sharing adds at most limit of what is in some lists, with the number of
// lists it is in: what is in most of them first, then by number, the highest
// first, as each of the lists is.
func sharing(to []neighbour, lists [][]video.ID, without video.ID, limit int) []neighbour {
	found := make([]video.ID, 0, (len(lists)+1)*limit)
	of := make([][]video.ID, len(lists)+1) // by number of lists
	for n := range of {
		of[n] = found[n*limit : n*limit : (n+1)*limit]
	}
	for {
		next := video.ID(0)
		for _, l := range lists {
			if len(l) > 0 {
				next = max(next, l[0])
			}
		}
		if next == 0 {
			break
		}
		n := 0
		for i, l := range lists {
			if len(l) > 0 && l[0] == next {
				lists[i] = l[1:]
				n++
			}
		}
		if next != without && len(of[n]) < limit {
			of[n] = append(of[n], next)
		}
	}
	for n := len(lists); n > 0; n-- {
		for _, id := range of[n] {
			if limit--; limit < 0 {
				return to
			}
			to = append(to, neighbour{id: id, tags: uint16(n)})
		}
	}
	return to
}

// pool gathers what may stand beside a video, each once: it is so little that
// looking through it is the shortest way.
type pool struct {
	of   *video.Video
	list []neighbour
}

func (p *pool) find(id video.ID) int {
	return slices.IndexFunc(p.list, func(have neighbour) bool { return have.id == id })
}

// add puts at most limit of a list into the pool, of the same channel or of
// what is popular.
func (p *pool) add(list []video.ID, channel bool, limit int) {
	for _, id := range list {
		at := p.find(id)
		switch {
		case at >= 0:
			p.list[at].channel = p.list[at].channel || channel
		case id != p.of.ID && limit > 0:
			p.list = append(p.list, neighbour{id: id, channel: channel})
			limit--
		}
	}
}

// sort puts the heaviest first.
func (p *pool) sort() {
	slices.SortStableFunc(p.list, func(a, b neighbour) int { return cmp.Compare(b.weight(), a.weight()) })
}
