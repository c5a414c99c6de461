package store

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"sepiola/internal/storage/sqldb"
)

// keptUntil keeps values, packed, until something changes that they are made of,
// such as an actor or a user. As keptVideos it is only used where each change is
// heard of, and when it is full others give way, no matter which.
type keptUntil[K comparable, T any] struct {
	most atomic.Int64 // bytes; 0 where changes are not heard of

	mu      sync.RWMutex
	m       map[K]keptValue
	by      map[int64][]K // what is made of the one with this number
	bytes   int
	changes int
}

// keptValue is one with what it is made of; the second may be 0.
type keptValue struct {
	packed string
	of     [2]int64
}

// size is what it takes with its place in the maps.
func (k keptValue) size() int { return len(k.packed) + 128 }

// get returns those of keys that are kept, and which are missing; changes is
// for put.
func (k *keptUntil[K, T]) get(p packer, keys []K) (found map[K]*T, missing []K, changes int) {
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

// put keeps what was read after there had been so many changes; of tells what
// one is made of.
func (k *keptUntil[K, T]) put(p packer, read map[K]*T, of func(*T) [2]int64, changes int) {
	list := make(map[K]keptValue, len(read))
	for key, v := range read {
		list[key] = keptValue{p.pack(v), of(v)}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	most := int(k.most.Load())
	if changes != k.changes {
		return
	}
	if k.m == nil {
		k.m, k.by = map[K]keptValue{}, map[int64][]K{}
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

func (k *keptUntil[K, T]) remove(key K) {
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

// forget lets go of what is made of those that have changed; see sqldb.Watch.
func (k *keptUntil[K, T]) forget(changed []int64, all bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes++
	if all {
		k.m, k.by, k.bytes = nil, nil, 0
		return
	}
	for _, id := range changed {
		for _, key := range slices.Clone(k.by[id]) {
			k.remove(key)
		}
	}
}

// keptOrReadAll returns values by their keys, those that are kept and the others
// as read reads them.
func keptOrReadAll[K comparable, T any](ctx context.Context, db *sqldb.DB, k *keptUntil[K, T], p packer, ids []K,
	read func(context.Context, []K) (map[K]*T, error), of func(*T) [2]int64,
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
