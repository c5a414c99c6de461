package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sepiola/internal/domain/actor"
	"sepiola/internal/storage/sqldb"
)

// maxKeptSums bounds how many channels keptSums knows, at some 80 bytes each.
const maxKeptSums = 20_000

// maxMuters bounds how many of those who mute are remembered.
const maxMuters = 10_000

// channelSum is what a feed has to know of a channel; its id is 0 for an actor
// that is none.
type channelSum struct {
	id                actor.ChannelID
	listed, sensitive int
}

// keptSums keeps, until it changes, what adds up to a feedSet: the channels of
// actors, and who mutes anybody. It is used where each change is heard of (see
// keptVideos): then all that is read for somebody's feed is whom they follow.
type keptSums struct {
	mu      sync.RWMutex
	of      map[actor.ID]channelSum
	muters  map[actor.AccountID]bool // 0 is the site; nil: not read
	changes int
}

// watchSums has the store hear of what keptSums keeps.
func (s *Videos) watchSums(ctx context.Context) error {
	_, err := s.DB.Watch(ctx, sqldb.Watch{Keys: map[string]string{"video_channels": "actor_id"}, Changed: s.sums.forget})
	if err != nil {
		return err
	}
	_, err = s.DB.Watch(ctx, sqldb.Watch{Keys: map[string]string{"account_blocks": "id", "server_blocks": "id"}, Changed: func([]int64, bool) {
		s.sums.mu.Lock()
		defer s.sums.mu.Unlock()
		s.sums.muters = nil
		s.sums.changes++
	}})
	return err
}

func (k *keptSums) forget(actors []int64, all bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes++
	if all {
		k.of = nil
		return
	}
	for _, id := range actors {
		delete(k.of, actor.ID(id))
	}
}

// get returns what is kept of actors, and which are missing; changes is for
// put.
func (k *keptSums) get(ids []actor.ID) (sums []channelSum, missing []actor.ID, changes int) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	sums = make([]channelSum, 0, len(ids))
	for _, id := range ids {
		if c, ok := k.of[id]; ok {
			sums = append(sums, c)
		} else {
			missing = append(missing, id)
		}
	}
	return sums, missing, k.changes
}

// put keeps what was read after there had been so many changes.
func (k *keptSums) put(read map[actor.ID]channelSum, changes int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if changes != k.changes {
		return
	}
	if k.of == nil {
		k.of = make(map[actor.ID]channelSum, len(read))
	}
	for id, c := range read {
		for other := range k.of { // in no order
			if len(k.of) < maxKeptSums {
				break
			}
			delete(k.of, other)
		}
		k.of[id] = c
	}
}

// mutesNobody reports whether neither an account nor the site mutes anybody,
// for all that is known without asking for the account; at most so many who
// mute are remembered.
func (s *Videos) mutesNobody(ctx context.Context, id actor.AccountID, most int) (bool, error) {
	k := &s.sums
	k.mu.RLock()
	muters, changes := k.muters, k.changes
	k.mu.RUnlock()
	if muters == nil {
		list, err := sqldb.All(ctx, s.DB, sqldb.Value[actor.AccountID], `SELECT COALESCE(account_id, 0) FROM account_blocks
			UNION SELECT COALESCE(account_id, 0) FROM server_blocks LIMIT $1`, most)
		if err != nil {
			return false, err
		}
		muters = make(map[actor.AccountID]bool, len(list))
		for _, by := range list {
			muters[by] = true
		}
		if len(list) == most { // each is asked for then, as where the site mutes
			muters = map[actor.AccountID]bool{0: true}
		}
		k.mu.Lock()
		if changes == k.changes {
			k.muters = muters
		}
		k.mu.Unlock()
	}
	return !muters[0] && !muters[id], nil
}

// keptFeedSet returns what an account follows by what is kept, or nil where
// that is not enough: it, or the site, mutes somebody, or it follows accounts.
func (s *Videos) keptFeedSet(ctx context.Context, id actor.AccountID) (*feedSet, error) {
	if !s.cards.certain(ctx, s.DB) {
		return nil, nil //nolint:nilnil // it is asked in one query then
	}
	if nobody, err := s.mutesNobody(ctx, id, maxMuters); err != nil || !nobody {
		return nil, err
	}
	text, err := sqldb.One(ctx, s.DB, sqldb.Value[string], `
		SELECT COALESCE(string_agg(CAST(f.target_actor_id AS TEXT), ','), '') FROM accounts me
		JOIN actor_follows f ON f.actor_id = me.actor_id AND f.state = 'accepted' WHERE me.id = $1`, id)
	if err != nil {
		return nil, err
	}
	actors, err := idsIn[actor.ID](text)
	if err != nil {
		return nil, err
	}
	sums, missing, changes := s.sums.get(actors)
	if len(missing) > 0 {
		read, err := s.readSums(ctx, missing)
		if err != nil {
			return nil, err
		}
		s.sums.put(read, changes)
		for _, c := range read {
			sums = append(sums, c)
		}
	}
	return feedSetOf(sums), nil
}

// feedSetOf adds channels up; nil when one is none.
func feedSetOf(sums []channelSum) *feedSet {
	set := &feedSet{n: len(sums), ids: make([]actor.ChannelID, len(sums))}
	for i, c := range sums {
		if c.id == 0 {
			return nil
		}
		set.ids[i] = c.id
		set.listed += c.listed
		set.sensitive += c.sensitive
	}
	slices.Sort(set.ids)
	b := make([]byte, 0, 8*len(set.ids))
	for i, id := range set.ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(id), 10)
	}
	set.channels = string(b)
	return set
}

// readSums reads the channels of actors; an actor that is none has the zero
// value.
func (s *Videos) readSums(ctx context.Context, ids []actor.ID) (map[actor.ID]channelSum, error) {
	read := make(map[actor.ID]channelSum, len(ids))
	for _, id := range ids {
		read[id] = channelSum{}
	}
	for part := range slices.Chunk(ids, 500) {
		text, args := sqldb.In(sqldb.From(`video_channels c`), `c.actor_id`, padded(part)).Select(`c.actor_id, c.id, c.listed_count, c.listed_nsfw`)
		type row struct {
			of actor.ID
			c  channelSum
		}
		list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (v row, err error) {
			return v, r.Scan(&v.of, &v.c.id, &v.c.listed, &v.c.sensitive)
		}, text, args...)
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			read[v.of] = v.c
		}
	}
	return read, nil
}

// idsIn reads the numbers that string_agg has put together.
func idsIn[T ~int64](text string) ([]T, error) {
	if text == "" {
		return nil, nil
	}
	ids := make([]T, 0, strings.Count(text, ",")+1)
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return nil, err
		}
		ids = append(ids, T(n))
	}
	return ids, nil
}
