package store

import (
	"context"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// The channels of videos are read on every page, and change seldom: each node
// keeps those it has read for channelLife, so a new name or avatar shows on
// videos after that time at most. Inside a transaction they are always read.
const (
	channelLife = 2 * time.Second
	maxChannels = 20_000
)

// videoChannels keeps channels with their owners and images. What it gives
// out is shared and must not be changed.
type videoChannels struct {
	mu sync.RWMutex
	m  map[actor.ChannelID]keptChannel
}

type keptChannel struct {
	ch    *actor.Channel
	until time.Time
}

func (c *videoChannels) get(id actor.ChannelID, now time.Time) *actor.Channel {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if k, ok := c.m[id]; ok && now.Before(k.until) {
		return k.ch
	}
	return nil
}

func (c *videoChannels) put(list []*actor.Channel, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m)+len(list) > maxChannels {
		c.m = make(map[actor.ChannelID]keptChannel)
	}
	for _, ch := range list {
		c.m[ch.ChannelID] = keptChannel{ch, now.Add(channelLife)}
	}
}

func (c *videoChannels) forget(id actor.ChannelID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, id)
}

// Channel returns a local channel with its owner.
func (s *Videos) Channel(ctx context.Context, id actor.ChannelID) (*actor.Channel, error) {
	m, err := s.channelsByID(ctx, []actor.ChannelID{id})
	if err != nil {
		return nil, err
	}
	if ch := m[id]; ch != nil && ch.Local() {
		return ch, nil
	}
	return nil, errs.New(errs.NotFound, "Video channel not found")
}

// fillChannels gives each video its channel with owner and images.
func (s *Videos) fillChannels(ctx context.Context, list []*video.Video) error {
	ids := make([]actor.ChannelID, len(list))
	for i, v := range list {
		ids[i] = v.ChannelID
	}
	m, err := s.channelsByID(ctx, ids)
	if err != nil {
		return err
	}
	for _, v := range list {
		v.Channel = m[v.ChannelID]
	}
	return nil
}

func (s *Videos) channelsByID(ctx context.Context, ids []actor.ChannelID) (map[actor.ChannelID]*actor.Channel, error) {
	now, inTx := time.Now(), s.DB.Tx(ctx) != nil
	m := make(map[actor.ChannelID]*actor.Channel, len(ids))
	var missing []actor.ChannelID
	for _, id := range ids {
		if _, have := m[id]; have {
			continue
		}
		m[id] = nil
		if !inTx {
			m[id] = s.channels.get(id, now)
		}
		if m[id] == nil {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return m, nil
	}
	list, err := s.loadChannels(ctx, missing)
	if err != nil {
		return nil, err
	}
	for _, ch := range list {
		m[ch.ChannelID] = ch
	}
	if !inTx {
		s.channels.put(list, now)
	}
	return m, nil
}

func (s *Videos) loadChannels(ctx context.Context, ids []actor.ChannelID) ([]*actor.Channel, error) {
	q := sqldb.In(sqldb.From(`video_channels c
		JOIN actors ca ON ca.id = c.actor_id LEFT JOIN servers cs ON cs.id = ca.server_id
		JOIN accounts a ON a.id = c.account_id
		JOIN actors aa ON aa.id = a.actor_id LEFT JOIN servers ss ON ss.id = aa.server_id`), `c.id`, padded(ids))
	text, args := q.Select(`c.id, c.name, c.description, c.support, c.videos_count, c.account_id, c.created_at, c.updated_at,
		ca.id, ca.type, ca.preferred_username, COALESCE(cs.host, ''), ca.url, ca.followers_count, ca.following_count,
		a.id, COALESCE(a.user_id, 0), a.name, a.description, a.created_at, a.updated_at,
		aa.id, aa.type, aa.preferred_username, COALESCE(ss.host, ''), aa.url, aa.followers_count, aa.following_count`)
	list, err := sqldb.All(ctx, s.DB, scanVideoChannel, text, args...)
	if err != nil {
		return nil, err
	}
	return list, s.fillImages(ctx, list)
}

func scanVideoChannel(r sqldb.Row) (*actor.Channel, error) {
	c, a := new(actor.Channel), new(actor.Account)
	c.Owner = a
	err := r.Scan(&c.ChannelID, &c.DisplayName, &c.Description, &c.Support, &c.VideosCount, &c.OwnerID, &c.CreatedAt, &c.UpdatedAt,
		&c.ID, &c.Type, &c.Username, &c.Host, &c.URL, &c.FollowersCount, &c.FollowingCount,
		&a.AccountID, &a.UserID, &a.DisplayName, &a.Description, &a.CreatedAt, &a.UpdatedAt,
		&a.ID, &a.Type, &a.Username, &a.Host, &a.URL, &a.FollowersCount, &a.FollowingCount)
	return c, err
}

type actorImage struct {
	actor actor.ID
	actor.Image
}

func scanActorImage(r sqldb.Row) (i actorImage, err error) {
	err = r.Scan(&i.actor, &i.ID, &i.Type, &i.Filename, &i.Width, &i.Height, &i.CreatedAt, &i.UpdatedAt)
	return i, err
}

// fillImages reads the avatars and banners of channels and their owners.
func (s *Videos) fillImages(ctx context.Context, list []*actor.Channel) error {
	actors := make(map[actor.ID][]*actor.Actor, 2*len(list))
	for _, ch := range list {
		actors[ch.ID] = append(actors[ch.ID], &ch.Actor)
		actors[ch.Owner.ID] = append(actors[ch.Owner.ID], &ch.Owner.Actor)
	}
	if len(actors) == 0 {
		return nil
	}
	ids := make([]actor.ID, 0, len(actors))
	for id := range actors {
		ids = append(ids, id)
	}
	text, args := sqldb.In(sqldb.From(`actor_images i`), `i.actor_id`, padded(ids)).OrderBy(`i.actor_id, i.width DESC, i.id`).
		Select(`i.actor_id, i.id, i.type, i.filename, i.width, i.height, i.created_at, i.updated_at`)
	images, err := sqldb.All(ctx, s.DB, scanActorImage, text, args...)
	for _, i := range images {
		for _, a := range actors[i.actor] {
			if i.Type == actor.Avatar {
				a.Avatars = append(a.Avatars, i.Image)
			} else {
				a.Banners = append(a.Banners, i.Image)
			}
		}
	}
	return err
}

// padded repeats the last of some ids up to one of few lengths, so that the
// texts of queries with IN are few and stay prepared.
func padded[T any](ids []T) []T {
	size := len(ids)
	for _, n := range []int{1, 4, 16, 32, 64, 128, 256} {
		if size <= n {
			size = n
			break
		}
	}
	for len(ids) > 0 && len(ids) < size {
		ids = append(ids[:len(ids):len(ids)], ids[len(ids)-1])
	}
	return ids
}
