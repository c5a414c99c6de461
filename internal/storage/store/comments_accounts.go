package store

import (
	"context"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
)

// shownAccounts keeps the accounts that comments are shown with, as
// videoChannels keeps channels: a new name or avatar shows after channelLife at
// most. What it gives out is shared and must not be changed.
type shownAccounts struct {
	mu       sync.RWMutex
	m        map[actor.AccountID]shownAccount
	sweeping bool // once more after channelLife
}

type shownAccount struct {
	a     *actor.Account
	until time.Time
}

// of returns accounts by id; inside a transaction they are read.
func (k *shownAccounts) of(ctx context.Context, s *Videos, ids []actor.AccountID) (map[actor.AccountID]*actor.Account, error) {
	now, inTx := time.Now(), s.DB.Tx(ctx) != nil
	m := make(map[actor.AccountID]*actor.Account, len(ids))
	var missing []actor.AccountID
	k.mu.RLock()
	for _, id := range ids {
		if _, have := m[id]; have {
			continue
		}
		m[id] = nil
		if kept, ok := k.m[id]; ok && !inTx && now.Before(kept.until) {
			m[id] = kept.a
		} else {
			missing = append(missing, id)
		}
	}
	k.mu.RUnlock()
	if len(missing) == 0 {
		return m, nil
	}
	loaded, err := s.readAccounts(ctx, missing)
	if err != nil {
		return nil, err
	}
	for id, a := range loaded {
		m[id] = a
	}
	if !inTx {
		k.put(loaded, now)
	}
	return m, nil
}

func (k *shownAccounts) put(list map[actor.AccountID]*actor.Account, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.m == nil || len(k.m)+len(list) > maxChannels {
		k.m = make(map[actor.AccountID]shownAccount)
	}
	for id, a := range list {
		k.m[id] = shownAccount{a, now.Add(channelLife)}
	}
	if !k.sweeping {
		k.sweeping = true
		time.AfterFunc(channelLife, k.sweep)
	}
}

// sweep lets go of what is not good any more; see answers.
func (k *shownAccounts) sweep() {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	k.m = swept(k.m, func(kept shownAccount) bool { return now.Before(kept.until) })
	if k.sweeping = k.m != nil; k.sweeping {
		time.AfterFunc(channelLife, k.sweep)
	}
}
