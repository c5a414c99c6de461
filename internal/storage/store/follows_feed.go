package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// The feed of somebody's subscriptions is a list of videos with one condition
// more. Which way to it is short depends on how much of the site somebody
// follows:
//
//   - much: walk along the list of all videos and take what is of a channel
//     that is followed;
//   - little: take the newest of each channel, and of those the newest;
//   - in an order that channels have no index for, or with filters that leave
//     little: read all videos of the channels and sort.
//
// What is followed, and how many videos that is, a node keeps for feedLife. It
// forgets it when it changes a follow itself; another node's change shows
// after that time at most.
const (
	feedLife = 10 * time.Second
	maxFeeds = 5000
)

// feedSet is what an account follows.
type feedSet struct {
	// channels are their ids as one argument of SQL; n is how many.
	channels string
	n        int
	ids      []actor.ChannelID // the same, ascending
	// listed are their videos that people who are logged in find in lists,
	// sensitive those of them that are.
	listed, sensitive int
	// site is the number of all listed videos.
	site  int
	until time.Time
}

// feedSets keeps feedSets by account.
type feedSets struct {
	mu sync.Mutex
	m  map[actor.AccountID]*feedSet
}

func (f *feedSets) get(id actor.AccountID) *feedSet {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.m[id]; s != nil && time.Now().Before(s.until) {
		return s
	}
	return nil
}

func (f *feedSets) put(id actor.AccountID, s *feedSet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.m == nil || len(f.m) >= maxFeeds {
		f.m = make(map[actor.AccountID]*feedSet)
	}
	f.m[id] = s
}

func (f *feedSets) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.m = nil
}

// feedChannels adds up the channels that account $1 follows, itself or through
// their owner, without those of people it has muted. A second text is needed
// for the second way, since neither database joins over OR by index.
// feedChannelsPlain is for those who have muted nobody, on a site that has not
// either: most.
const (
	feedChannels      = feedSums + feedFollowed + feedNotMuted + ` UNION ` + feedOwned + feedNotMuted + `) all_of`
	feedChannelsPlain = feedSums + feedFollowed + ` UNION ` + feedOwned + `) all_of`

	feedSums = `SELECT count(*), COALESCE(string_agg(CAST(all_of.id AS TEXT), ','), ''),
		CAST(COALESCE(sum(all_of.listed_count), 0) AS BIGINT), CAST(COALESCE(sum(all_of.listed_nsfw), 0) AS BIGINT) FROM (`
	feedFollowed = `SELECT c.id, c.listed_count, c.listed_nsfw FROM accounts me
		JOIN actor_follows f ON f.actor_id = me.actor_id AND f.state = 'accepted'
		JOIN video_channels c ON c.actor_id = f.target_actor_id
		WHERE me.id = $1`
	feedOwned = `SELECT c.id, c.listed_count, c.listed_nsfw FROM accounts me
		JOIN actor_follows f ON f.actor_id = me.actor_id AND f.state = 'accepted'
		JOIN accounts a ON a.actor_id = f.target_actor_id
		JOIN video_channels c ON c.account_id = a.id
		WHERE me.id = $1`
	feedNotMuted = ` AND NOT EXISTS (SELECT 1 FROM account_blocks b WHERE b.target_account_id = c.account_id
			AND COALESCE(b.account_id, 0) IN (0, $1))
		AND NOT EXISTS (SELECT 1 FROM server_blocks b JOIN actors x ON x.server_id = b.target_server_id
			WHERE x.id = c.actor_id AND COALESCE(b.account_id, 0) IN (0, $1))`
)

func scanFeedSet(r sqldb.Row) (*feedSet, error) {
	s := new(feedSet)
	return s, r.Scan(&s.n, &s.channels, &s.listed, &s.sensitive)
}

// feedSet returns what an account follows.
func (s *Videos) feedSet(ctx context.Context, id actor.AccountID) (*feedSet, error) {
	if kept := s.feeds.get(id); kept != nil && s.DB.Tx(ctx) == nil {
		return kept, nil
	}
	set, err := s.keptFeedSet(ctx, id)
	if err == nil && set == nil {
		set, err = s.readFeedSet(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	set.until = time.Now().Add(feedLife)
	// The same for everybody, and only there to choose the way.
	if set.site, err = s.totals.of(ctx, s.DB, `SELECT CAST(COALESCE(sum(listed_count), 0) AS BIGINT) FROM video_channels`, nil); err != nil {
		return nil, err
	}
	if s.DB.Dialect == sqldb.Postgres {
		set.channels = "{" + set.channels + "}"
	} else {
		set.channels = "[" + set.channels + "]"
	}
	if s.DB.Tx(ctx) == nil {
		s.feeds.put(id, set)
	}
	return set, nil
}

// readFeedSet asks the database for all of it.
func (s *Videos) readFeedSet(ctx context.Context, id actor.AccountID) (*feedSet, error) {
	text := feedChannelsPlain
	if muted, err := s.anyMuted(ctx, id); err != nil {
		return nil, err
	} else if muted {
		text = feedChannels
	}
	set, err := sqldb.One(ctx, s.DB, scanFeedSet, text, id)
	if err != nil {
		return nil, err
	}
	set.ids, err = idsIn[actor.ChannelID](set.channels)
	slices.Sort(set.ids)
	return set, err
}

// among is a condition that an expression is one of the numbers of an
// argument. It is written differently for each database: hundreds of
// arguments would cost more than the query.
func (s *Videos) among(expr string) string {
	if s.DB.Dialect == sqldb.Postgres {
		return expr + ` = ANY (CAST(? AS BIGINT[]))`
	}
	return expr + ` IN (SELECT value FROM json_each(?))`
}

// feed returns a page of the videos of what p.SubscribedBy follows.
func (s *Videos) feed(ctx context.Context, p video.ListParams) ([]*video.Video, int, error) {
	set, err := s.feedSet(ctx, p.SubscribedBy)
	if err != nil {
		return nil, 0, err
	}
	if set.n == 0 {
		return []*video.Video{}, 0, nil
	}
	p.HideMuted = false // they are not in the set
	if list, ok, err := s.feedOfNewest(ctx, set, p); err != nil {
		return nil, 0, err
	} else if ok {
		total := -1
		if !p.SkipCount {
			total, err = s.feedTotal(ctx, set, p)
		}
		return list, total, err
	}
	text, args, err := s.feedPage(ctx, set, p)
	if err != nil {
		return nil, 0, err
	}
	key := fmt.Sprintf("%d %s %v %d %#v", p.SubscribedBy, text, p.SkipCount, p.Include, args)
	kept, ok, gen := s.pages.get(key)
	if !ok || s.DB.Tx(ctx) != nil {
		if kept, err = s.readFeed(ctx, set, p, text, args); err != nil {
			return nil, 0, err
		}
		s.pages.put(key, kept, gen)
	}
	return copied(kept.list), kept.total, nil
}

func (s *Videos) readFeed(ctx context.Context, set *feedSet, p video.ListParams, text string, args []any) (a listAnswer, err error) {
	a = listAnswer{list: []*video.Video{}, total: -1}
	if !p.SkipCount {
		if a.total, err = s.feedTotal(ctx, set, p); err != nil {
			return a, err
		}
	}
	if p.Count <= 0 || a.total >= 0 && p.Start >= a.total {
		return a, nil
	}
	if a.list, err = sqldb.All(ctx, s.DB, scanVideo, text, args...); err != nil || len(a.list) == 0 {
		return a, err
	}
	return a, s.fillPage(context.WithoutCancel(ctx), a.list, p.Include)
}

// feedTotal is known beforehand for the feed as it usually is; filtered ones
// are counted.
func (s *Videos) feedTotal(ctx context.Context, set *feedSet, p video.ListParams) (int, error) {
	if hidden, ok := plainFeed(p); ok {
		if hidden {
			return set.listed - set.sensitive, nil
		}
		return set.listed, nil
	}
	q, err := s.query(ctx, p)
	if err != nil {
		return 0, err
	}
	return s.total(ctx, q.Where(s.among(`v.channel_id`), set.channels))
}

// feedPage is the text and arguments of a page, by the way that is shortest.
func (s *Videos) feedPage(ctx context.Context, set *feedSet, p video.ListParams) (string, []any, error) {
	wanted := p.Start + p.Count
	_, plain := plainFeed(p)
	walk := wanted * max(1, set.site) / max(1, set.listed)
	if !plain {
		walk *= 10 // filters leave few; how few is not known
	}
	each := set.n*3 + min(set.n*wanted, set.listed)
	order := videoOrder(p.Sort)
	byChannel := strings.HasPrefix(order, `v.published_at`) || strings.HasPrefix(order, `v.created_at`)
	q, err := s.query(ctx, p)
	if err != nil {
		return "", nil, err
	}
	switch {
	case byChannel && each < walk:
		text, args := s.feedOfEach(q, set, p, order)
		return text, args, nil
	case walk <= set.listed:
		q.Where(s.among(`+v.channel_id`), set.channels) // the plus keeps the channels' index out of it
	default:
		q.Where(s.among(`v.channel_id`), set.channels)
	}
	text, args := q.Select(listColumns)
	args = append(args[:len(args):len(args)], p.Start)
	return text + ` LIMIT ` + strconv.Itoa(max(0, p.Count)) + ` OFFSET $` + strconv.Itoa(len(args)), args, nil
}

// feedOfEach takes the newest of each channel, and of those a page.
func (s *Videos) feedOfEach(q *sqldb.Query, set *feedSet, p video.ListParams, order string) (string, []any) {
	q.Where(`v.channel_id = ch.value`)
	column, _, _ := strings.Cut(order, ` `)
	each, args := q.Select(`v.id, ` + strings.TrimSuffix(column, `,`))
	each += ` LIMIT ` + strconv.Itoa(enough(p.Start+p.Count))
	args = append(args[:len(args):len(args)], set.channels, p.Start)
	list, start := `$`+strconv.Itoa(len(args)-1), `$`+strconv.Itoa(len(args))
	from := `json_each(` + list + `) ch CROSS JOIN videos v ON v.id IN (SELECT id FROM (` + each + `))`
	if s.DB.Dialect == sqldb.Postgres {
		from = `unnest(CAST(` + list + ` AS BIGINT[])) AS ch (value) CROSS JOIN LATERAL (` + each + `) v`
	}
	return `SELECT ` + listColumns + ` FROM videos v WHERE v.id IN (SELECT v.id FROM ` + from + ` ORDER BY ` + order +
		` LIMIT ` + strconv.Itoa(max(0, p.Count)) + ` OFFSET ` + start + `) ORDER BY ` + order, args
}

// enough is a limit of at least n, one of few: texts of queries are kept.
func enough(n int) int {
	limit := 32
	for limit < n {
		limit *= 2
	}
	return limit
}
