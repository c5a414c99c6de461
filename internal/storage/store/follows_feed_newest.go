package store

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// When many people look at their feeds at once, most of what they are shown is
// among the newest videos of the whole site. So a node that reads feeds often
// keeps a list of those, and what lists show of them, for answerLife, as it
// does with pages that many ask for: a page of somebody's feed is then taken
// from memory. Who follows little that is new is served by a query as before.
const (
	// maxNewest is how far back the list goes: far enough for a first page of
	// who follows one channel in two hundred.
	maxNewest = 4096
	// oftenFeeds is how many feeds must be read within answerLife before the
	// list is worth what it costs to read.
	oftenFeeds = 4
	// maxCards bounds the memory, at about 2 KB each: some more than maxNewest,
	// since it begins anew when it is full.
	maxCards = 4608
)

// newestVideo is what has to be known of a video to choose it for a feed.
type newestVideo struct {
	id        video.ID
	channel   actor.ChannelID
	sensitive bool
}

func scanNewest(r sqldb.Row) (n newestVideo, err error) {
	err = r.Scan(&n.id, &n.channel, &n.sensitive)
	return n, err
}

const newestText = `SELECT v.id, v.channel_id, v.nsfw FROM videos v WHERE (v.privacy IN (1, 4)) AND (v.state = 1)
	ORDER BY v.published_at DESC, v.id DESC LIMIT `

// newestVideos keeps the newest listed videos of the site.
type newestVideos struct {
	mu    sync.Mutex // held while reading: one reads, the others wait
	list  *newestList
	until time.Time

	asked int // for feeds since
	since time.Time
}

func (n *newestVideos) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = nil
}

// often reports whether feeds are read often enough, this time included.
func (n *newestVideos) often(now time.Time) bool {
	if now.Sub(n.since) > answerLife {
		n.asked, n.since = 0, now
	}
	n.asked++
	return n.list != nil && now.Before(n.until) || n.asked >= oftenFeeds
}

// newest returns the newest listed videos, or nil when that is not worth it.
func (s *Videos) newest(ctx context.Context) (*newestList, error) {
	n := &s.newestListed
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	if !n.often(now) {
		return nil, nil //nolint:nilnil // most sites are not worth it
	}
	if n.list != nil && now.Before(n.until) {
		return n.list, nil
	}
	list, err := sqldb.All(context.WithoutCancel(ctx), s.DB, scanNewest, newestText+strconv.Itoa(maxNewest)) // others wait for it
	if err != nil {
		return nil, err
	}
	n.list, n.until = newNewestList(list), time.Now().Add(answerLife)
	return n.list, nil
}

// newestList is the newest videos, newest first, and where in it the videos of
// each channel are: the first, and after each the next.
type newestList struct {
	list  []newestVideo
	first map[actor.ChannelID]int32
	next  []int32 // 0 after the last
}

func newNewestList(list []newestVideo) *newestList {
	l := &newestList{list: list, first: make(map[actor.ChannelID]int32), next: make([]int32, len(list))}
	for i, n := range slices.Backward(list) {
		if later, ok := l.first[n.channel]; ok {
			l.next[i] = later
		}
		l.first[n.channel] = int32(i) // maxNewest at most
	}
	return l
}

// of returns the newest videos of a set of channels, so many at most.
func (l *newestList) of(set *feedSet, hidden bool, wanted int) []video.ID {
	// Who follows much finds enough at the front; for others the places of what
	// they follow are fewer than what lies between.
	const much = 8 // one channel in so many
	if len(set.ids)*much >= len(l.first) {
		return l.along(set, hidden, wanted)
	}
	var places []int32
	for _, id := range set.ids {
		at, ok := l.first[id]
		for ; ok; at, ok = l.next[at], l.next[at] != 0 {
			if !hidden || !l.list[at].sensitive {
				places = append(places, at)
			}
		}
	}
	slices.Sort(places)
	ids := make([]video.ID, min(wanted, len(places)))
	for i := range ids {
		ids[i] = l.list[places[i]].id
	}
	return ids
}

// along goes through all, from the newest on.
func (l *newestList) along(set *feedSet, hidden bool, wanted int) []video.ID {
	ids := make([]video.ID, 0, wanted)
	for _, n := range l.list {
		if n.sensitive && hidden || !set.follows(n.channel) {
			continue
		}
		if ids = append(ids, n.id); len(ids) == wanted {
			break
		}
	}
	return ids
}

// feedOfNewest returns a page of a feed as it usually is from what is kept of
// the newest videos. It is not ok when there is less than the page among them.
func (s *Videos) feedOfNewest(ctx context.Context, set *feedSet, p video.ListParams) (list []*video.Video, ok bool, err error) {
	hidden, plain := plainFeed(p)
	wanted := p.Start + p.Count
	if !plain || s.DB.Tx(ctx) != nil || videoOrder(p.Sort) != videoOrder("-publishedAt") || p.Count <= 0 || wanted > maxNewest {
		return nil, false, nil
	}
	newest, err := s.newest(ctx)
	if err != nil || newest == nil {
		return nil, false, err
	}
	ids := newest.of(set, hidden, wanted)
	if len(ids) < wanted && len(newest.list) == maxNewest {
		return nil, false, nil
	}
	list, err = s.listedCards(ctx, ids[min(p.Start, len(ids)):])
	return list, err == nil, err
}

// follows reports whether a channel is in the set.
func (f *feedSet) follows(id actor.ChannelID) bool {
	_, found := slices.BinarySearch(f.ids, id)
	return found
}

// listedCards returns listed videos as lists show them, in the order of ids, from
// what is kept of them and else from the database. Those that
// are not listed any more are left out.
func (s *Videos) listedCards(ctx context.Context, ids []video.ID) ([]*video.Video, error) {
	if s.cards.certain(ctx, s.DB) {
		byID, err := s.ByIDs(context.WithoutCancel(ctx), ids)
		list := make([]*video.Video, len(ids))
		for i, id := range ids {
			list[i] = byID[id]
		}
		return slices.DeleteFunc(list, unlisted), err
	}
	kept, missing := make([]*video.Video, 0, len(ids)), []video.ID(nil)
	gen := 0
	for _, id := range ids {
		v, ok, now := s.videoCards.get(id)
		if gen = now; !ok {
			missing = append(missing, id)
			v = nil
		}
		kept = append(kept, v)
	}
	if len(missing) > 0 {
		read, err := s.ByIDs(context.WithoutCancel(ctx), missing)
		if err != nil {
			return nil, err
		}
		for i, id := range ids {
			if v := read[id]; kept[i] == nil && v != nil {
				kept[i] = v
				s.videoCards.putUpTo(maxCards, id, v, gen)
			}
		}
	}
	return copied(slices.DeleteFunc(kept, unlisted)), nil
}

// unlisted reports whether a video is not listed any more, or gone.
func unlisted(v *video.Video) bool {
	return v == nil || v.State != video.Published || v.Privacy != video.Public && v.Privacy != video.InternalOnly
}

// plainFeed reports whether a feed has no filter but perhaps the one that
// hides sensitive videos.
func plainFeed(p video.ListParams) (hidden, ok bool) {
	f := p.Filter
	if !slices.Equal(f.Privacies, []video.Privacy{video.Public, video.InternalOnly}) || !slices.Equal(f.States, []video.State{video.Published}) {
		return false, false
	}
	f.Privacies, f.States = nil, nil
	f.SubscribedBy, f.AnyNSFW, f.MutedBy = 0, false, 0
	if f.NSFW != nil {
		if *f.NSFW {
			return false, false
		}
		hidden, f.NSFW = true, nil
	}
	if !hidden && f.NSFWFlagsExcluded == 0 { // without hiding, what is to be shown all the same is shown anyway
		f.NSFWFlagsIncluded = 0
	}
	return hidden, reflect.ValueOf(f).IsZero()
}
