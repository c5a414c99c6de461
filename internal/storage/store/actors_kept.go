package store

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"sepiola/internal/domain/actor"
	"sepiola/internal/storage/sqldb"
)

// Bounds of what is kept of accounts and of channels with their owners until
// they change, in bytes: some 11,000 and 4,000 of usual ones.
const (
	maxKeptAccounts = 5 << 20
	maxKeptChannels = 3 << 20
)

// actorTables are those that accounts and channels are read from, with the
// column that says of which actor a row is.
var actorTables = map[string]string{
	"actors": "id", "accounts": "actor_id", "video_channels": "actor_id", "actor_images": "actor_id",
}

var (
	accountPacker = newPacker(reflect.TypeFor[actor.Account]())
	channelPacker = newPacker(reflect.TypeFor[actor.Channel]())
)

// keptActors keeps accounts or channels, packed, until an actor changes that
// they are made of. As keptVideos it is only used where each change is heard
// of, and when it is full others give way, no matter which.
type keptActors[K comparable, T any] struct {
	most atomic.Int64 // bytes; 0 where changes are not heard of

	mu      sync.RWMutex
	m       map[K]keptActor
	by      map[actor.ID][]K // what is made of an actor
	bytes   int
	changes int
}

// keptActor is one with the actors that it is made of; the second may be 0.
type keptActor struct {
	packed string
	of     [2]actor.ID
}

// size is what it takes with its place in the maps.
func (k keptActor) size() int { return len(k.packed) + 128 }

// get returns those of keys that are kept, and which are missing; changes is
// for put.
func (k *keptActors[K, T]) get(p packer, keys []K) (found map[K]*T, missing []K, changes int) {
	found = make(map[K]*T, len(keys))
	packed := make([]string, len(keys))
	k.mu.RLock()
	for i, key := range keys {
		packed[i] = k.m[key].packed
	}
	changes = k.changes
	k.mu.RUnlock()
	for i, key := range keys {
		v := new(T)
		if packed[i] == "" || p.unpack(packed[i], v) != nil {
			missing = append(missing, key)
			continue
		}
		found[key] = v
	}
	return found, missing, changes
}

// put keeps what was read after there had been so many changes; of tells the
// actors that one is made of.
func (k *keptActors[K, T]) put(p packer, read map[K]*T, of func(*T) [2]actor.ID, changes int) {
	list := make(map[K]keptActor, len(read))
	for key, v := range read {
		list[key] = keptActor{p.pack(v), of(v)}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	most := int(k.most.Load())
	if changes != k.changes {
		return
	}
	if k.m == nil {
		k.m, k.by = map[K]keptActor{}, map[actor.ID][]K{}
	}
	for key, it := range list {
		if it.size() > most/100 {
			continue
		}
		k.remove(key)
		for other := range k.m { // in no order
			if k.bytes+it.size() <= most {
				break
			}
			k.remove(other)
		}
		k.m[key] = it
		k.bytes += it.size()
		for _, id := range it.of {
			if id != 0 {
				k.by[id] = append(k.by[id], key)
			}
		}
	}
}

func (k *keptActors[K, T]) remove(key K) {
	it, ok := k.m[key]
	if !ok {
		return
	}
	delete(k.m, key)
	k.bytes -= it.size()
	for _, id := range it.of {
		if left := slices.DeleteFunc(k.by[id], func(other K) bool { return other == key }); len(left) > 0 {
			k.by[id] = left
		} else {
			delete(k.by, id)
		}
	}
}

// forget lets go of what is made of actors that have changed; see sqldb.Watch.
func (k *keptActors[K, T]) forget(actors []int64, all bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes++
	if all {
		k.m, k.by, k.bytes = nil, nil, 0
		return
	}
	for _, id := range actors {
		for _, key := range slices.Clone(k.by[actor.ID(id)]) {
			k.remove(key)
		}
	}
}

// keepActors keeps accounts and channels for longer than channelLife; see
// KeepDetails.
func (s *Videos) keepActors(ctx context.Context) error {
	on, err := s.DB.Watch(ctx, sqldb.Watch{Keys: actorTables, Changed: func(actors []int64, all bool) {
		s.keptAccounts.forget(actors, all)
		s.keptChannels.forget(actors, all)
	}})
	if on && err == nil {
		s.keptAccounts.most.Store(maxKeptAccounts)
		s.keptChannels.most.Store(maxKeptChannels)
	}
	return err
}

// readAccounts returns accounts by id, from what is kept or the database.
func (s *Videos) readAccounts(ctx context.Context, ids []actor.AccountID) (map[actor.AccountID]*actor.Account, error) {
	return keptOrReadActors(ctx, s.DB, &s.keptAccounts, accountPacker, ids, Actors{DB: s.DB}.Accounts,
		func(a *actor.Account) [2]actor.ID { return [2]actor.ID{a.ID} })
}

// readChannels returns channels with their owners by id, from what is kept or
// the database.
func (s *Videos) readChannels(ctx context.Context, ids []actor.ChannelID) (map[actor.ChannelID]*actor.Channel, error) {
	return keptOrReadActors(ctx, s.DB, &s.keptChannels, channelPacker, ids, Actors{DB: s.DB}.Channels,
		func(c *actor.Channel) [2]actor.ID {
			if c.Owner == nil {
				return [2]actor.ID{c.ID}
			}
			return [2]actor.ID{c.ID, c.Owner.ID}
		})
}

func keptOrReadActors[K comparable, T any](ctx context.Context, db *sqldb.DB, k *keptActors[K, T], p packer, ids []K,
	read func(context.Context, []K) (map[K]*T, error), of func(*T) [2]actor.ID,
) (map[K]*T, error) {
	if !certain(ctx, db, &k.most) {
		return read(ctx, padded(ids))
	}
	found, missing, changes := k.get(p, ids)
	if len(missing) == 0 {
		return found, nil
	}
	list, err := read(ctx, padded(missing))
	if err != nil {
		return nil, err
	}
	k.put(p, list, of, changes)
	for key, v := range list {
		found[key] = v
	}
	return found, nil
}

// packActor packs an actor with its addresses as what follows its id, with
// which nearly all begin: they are half of what an account takes otherwise.
func packActor(whole packer) packer {
	const same = "\x00" // which begins no address
	addresses := func(a *actor.Actor) []*string {
		return []*string{&a.InboxURL, &a.OutboxURL, &a.SharedInboxURL, &a.FollowersURL, &a.FollowingURL}
	}
	return packer{
		put: func(b []byte, v reflect.Value) []byte {
			a := v.Interface().(actor.Actor) //nolint:forcetypeassert // newPacker asks for no other
			for _, s := range addresses(&a) {
				if rest, ok := strings.CutPrefix(*s, a.URL); ok {
					*s = same + rest
				}
			}
			return whole.put(b, reflect.ValueOf(a))
		},
		take: func(r *unpacking, v reflect.Value) {
			whole.take(r, v)
			a := v.Addr().Interface().(*actor.Actor) //nolint:forcetypeassert // newPacker asks for no other
			for _, s := range addresses(a) {
				if rest, ok := strings.CutPrefix(*s, same); ok {
					*s = a.URL + rest
				}
			}
		},
	}
}
