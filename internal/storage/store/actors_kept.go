package store

import (
	"context"
	"reflect"
	"strings"

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
	return keptOrReadAll(ctx, s.DB, &s.keptAccounts, accountPacker, ids, Actors{DB: s.DB}.Accounts,
		func(a *actor.Account) [2]int64 { return [2]int64{int64(a.ID)} })
}

// readChannels returns channels with their owners by id, from what is kept or
// the database.
func (s *Videos) readChannels(ctx context.Context, ids []actor.ChannelID) (map[actor.ChannelID]*actor.Channel, error) {
	return keptOrReadAll(ctx, s.DB, &s.keptChannels, channelPacker, ids, Actors{DB: s.DB}.Channels,
		func(c *actor.Channel) [2]int64 {
			if c.Owner == nil {
				return [2]int64{int64(c.ID)}
			}
			return [2]int64{int64(c.ID), int64(c.Owner.ID)}
		})
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
