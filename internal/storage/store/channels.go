package store

import (
	"context"
	"regexp"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

const (
	channelColumns = `c.id, c.name, c.description, c.support, c.videos_count, c.account_id, c.p2p_disabled, c.player_theme, ` + actorColumns + `, COALESCE(c.updated_at, NULL)`
	channelTables  = `video_channels c JOIN actors x ON x.id = c.actor_id LEFT JOIN servers s ON s.id = x.server_id`
)

func channelFields(c *actor.Channel) []any {
	fields := append([]any{&c.ChannelID, &c.DisplayName, &c.Description, &c.Support, &c.VideosCount, &c.OwnerID, &c.P2PDisabled, &c.PlayerTheme},
		actorFields(&c.Actor)...)
	return append(fields, (*sqldb.Stamp)(&c.UpdatedAt)) // the channel's, over the actor's
}

func scanChannel(r sqldb.Row) (*actor.Channel, error) {
	c := new(actor.Channel)
	return c, r.Scan(channelFields(c)...)
}

// A channel is hardly ever shown without its owner, so both are read at once:
// ownedColumns of ownedTables. The actor and server of the owner are ox and os
// there.
var (
	ownedColumns = imageTexts + `, ` + ofOwner(imageTexts+`, `+accountColumns) + `, ` + channelColumns
	ownedTables  = channelTables + ` JOIN accounts a ON a.id = c.account_id ` + ofOwner(`JOIN actors x ON x.id = a.actor_id LEFT JOIN servers s ON s.id = x.server_id`)
)

// ofOwner gives the actor x and server s of a text the names that those of an
// owner have.
func ofOwner(text string) string {
	text = regexp.MustCompile(`\b([xs])\.`).ReplaceAllString(text, `o$1.`)
	return strings.NewReplacer(`actors x `, `actors ox `, `servers s `, `servers os `).Replace(text)
}

// scanOwned scans ownedColumns.
func scanOwned(r sqldb.Row) (*actor.Channel, error) {
	c, owner := new(actor.Channel), new(actor.Account)
	var images, ownerImages ownImages
	fields := append([]any{&images, &ownerImages}, accountFields(owner)...)
	if err := r.Scan(append(fields, channelFields(c)...)...); err != nil {
		return nil, err
	}
	c.Avatars, c.Banners = images.avatars, images.banners
	owner.Avatars, owner.Banners = ownerImages.avatars, ownerImages.banners
	c.Owner = owner
	return c, nil
}

// CreateChannel is part of actor.Store.
func (s Actors) CreateChannel(ctx context.Context, c *actor.Channel) error {
	return s.DB.InTx(ctx, func(ctx context.Context) (err error) {
		if err := s.createActor(ctx, &c.Actor); err != nil {
			return err
		}
		c.ChannelID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[actor.ChannelID], `
			INSERT INTO video_channels (actor_id, account_id, name, description, support, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $6)
			RETURNING id`,
			c.ID, c.OwnerID, c.DisplayName, c.Description, c.Support, c.CreatedAt)
		if err != nil {
			return err
		}
		return Search{DB: s.DB}.IndexChannels(ctx, c.ChannelID)
	})
}

// Channel is part of actor.Store.
func (s Actors) Channel(ctx context.Context, id actor.ChannelID) (*actor.Channel, error) {
	return s.channel(ctx, `c.id = $1`, id)
}

// ChannelByName is part of actor.Store.
func (s Actors) ChannelByName(ctx context.Context, name, host string) (*actor.Channel, error) {
	if host == "" {
		return s.channel(ctx, `x.preferred_username = $1 AND x.server_id IS NULL`, name)
	}
	return s.channel(ctx, `x.preferred_username = $1 AND s.host = $2`, name, host)
}

func (s Actors) channel(ctx context.Context, cond string, args ...any) (*actor.Channel, error) {
	c, err := sqldb.One(ctx, s.DB, scanOwned, `SELECT `+ownedColumns+` FROM `+ownedTables+` WHERE `+cond, args...)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "Video channel not found")
	}
	return c, err
}

// Channels returns channels by id, with their owners and all images, in one
// query. Ids of none are left out.
func (s Actors) Channels(ctx context.Context, ids []actor.ChannelID) (map[actor.ChannelID]*actor.Channel, error) {
	byID := make(map[actor.ChannelID]*actor.Channel, len(ids))
	if len(ids) == 0 {
		return byID, nil
	}
	text, args := sqldb.In(sqldb.From(ownedTables), `c.id`, ids).Select(ownedColumns)
	list, err := sqldb.All(ctx, s.DB, scanOwned, text, args...)
	for _, c := range list {
		byID[c.ChannelID] = c
	}
	return byID, err
}

// complete adds owners and images to channels of a list, which is counted
// without them.
func (s Actors) complete(ctx context.Context, list []*actor.Channel) error {
	actors := make([]*actor.Actor, len(list))
	for i, c := range list {
		actors[i] = &c.Actor
	}
	if err := s.addImages(ctx, actors); err != nil {
		return err
	}
	return s.addOwners(ctx, list)
}

// addOwners adds owners with their images to channels.
func (s Actors) addOwners(ctx context.Context, list []*actor.Channel) error {
	seen := make(map[actor.AccountID]bool, len(list))
	ids := make([]actor.AccountID, 0, len(list))
	for _, c := range list {
		if !seen[c.OwnerID] {
			seen[c.OwnerID] = true
			ids = append(ids, c.OwnerID)
		}
	}
	owners, err := s.Accounts(ctx, padded(ids))
	for _, c := range list {
		c.Owner = owners[c.OwnerID]
	}
	return err
}

// ChannelsOf is part of actor.Store.
func (s Actors) ChannelsOf(ctx context.Context, id actor.AccountID) ([]*actor.Channel, error) {
	return sqldb.All(ctx, s.DB, scanOwned, `SELECT `+ownedColumns+` FROM `+ownedTables+` WHERE c.account_id = $1 ORDER BY c.id`, id)
}

// CountChannels is part of actor.Store. The account's row is locked by
// touching it, which both databases know.
func (s Actors) CountChannels(ctx context.Context, id actor.AccountID) (int, error) {
	if s.DB.Tx(ctx) != nil {
		if _, err := s.DB.Exec(ctx, `UPDATE accounts SET updated_at = updated_at WHERE id = $1`, id); err != nil {
			return 0, err
		}
	}
	return sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT count(*) FROM video_channels WHERE account_id = $1`, id)
}

// ChannelList says which channels are listed.
type ChannelList = actor.ChannelList

var channelOrders = map[string]string{
	"id":         `c.id`,
	"-id":        `c.id DESC`,
	"name":       `c.name, c.id`,
	"-name":      `c.name DESC, c.id DESC`,
	"createdAt":  `c.created_at, c.id`,
	"-createdAt": `c.created_at DESC, c.id DESC`,
	"updatedAt":  `c.updated_at, c.id`,
	"-updatedAt": `c.updated_at DESC, c.id DESC`,
}

// ListChannels returns one page of channels, with owners and images, and the
// number of all that match.
func (s Actors) ListChannels(ctx context.Context, p ChannelList) ([]*actor.Channel, int, error) {
	order, err := orderOf(channelOrders, p.Sort)
	if err != nil {
		return nil, 0, err
	}
	like := containing(strings.ToLower(p.Search))
	q := sqldb.From(channelTables).
		If(p.AccountID != 0, `c.account_id = ?`, p.AccountID).
		If(p.LocalOnly, `x.server_id IS NULL`).
		If(p.Search != "", `lower(x.preferred_username) LIKE ? ESCAPE '\' OR lower(c.name) LIKE ? ESCAPE '\'`, like, like).
		OrderBy(order).Page(p.Start, p.Count)
	list, total, err := page(ctx, s.DB, q, channelColumns, scanChannel)
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.complete(ctx, list)
}

// SetChannelTexts is part of actor.Store.
func (s Actors) SetChannelTexts(ctx context.Context, id actor.ChannelID, displayName, description, support string) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, `UPDATE video_channels SET name = $2, description = $3, support = $4, updated_at = $5 WHERE id = $1`,
			id, displayName, description, support, sqldb.Now())
		if err == nil && n == 0 {
			err = errs.New(errs.NotFound, "Video channel not found")
		}
		if err != nil {
			return err
		}
		if err := (Search{DB: s.DB}).IndexChannels(ctx, id); err != nil {
			return err
		}
		return Search{DB: s.DB}.staleOfChannel(ctx, id)
	})
}

// SetChannelSharing is part of actor.Store.
func (s Actors) SetChannelSharing(ctx context.Context, id actor.ChannelID, on bool) error {
	_, err := s.DB.Exec(ctx, `UPDATE video_channels SET p2p_disabled = $2, updated_at = $3 WHERE id = $1`, id, !on, sqldb.Now())
	return err
}

// SetChannelPlayerTheme is part of actor.Store. It is not a change of what the
// channel says.
func (s Actors) SetChannelPlayerTheme(ctx context.Context, id actor.ChannelID, t instance.PlayerTheme) error {
	_, err := s.DB.Exec(ctx, `UPDATE video_channels SET player_theme = $2 WHERE id = $1`, id, t)
	return err
}

// SetVideosSupport is part of actor.Store.
func (s Actors) SetVideosSupport(ctx context.Context, id actor.ChannelID, support string) error {
	_, err := s.DB.Exec(ctx, `UPDATE videos SET support = $2, updated_at = $3 WHERE channel_id = $1`, id, support, sqldb.Now())
	return err
}

// DeleteChannel is part of actor.Store: the channel goes with its actor, and
// its videos with the channel. Its owner gets their bytes back.
func (s Actors) DeleteChannel(ctx context.Context, id actor.ChannelID) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Exec(ctx, `
			UPDATE users SET video_quota_used = video_quota_used
				- (SELECT CAST(COALESCE(sum(quota_bytes), 0) AS BIGINT) FROM videos WHERE channel_id = $1)
			WHERE id = (SELECT a.user_id FROM accounts a JOIN video_channels c ON c.account_id = a.id WHERE c.id = $1)`, id)
		if err != nil {
			return err
		}
		n, err := s.DB.Exec(ctx, `DELETE FROM actors WHERE id = (SELECT actor_id FROM video_channels WHERE id = $1)`, id)
		if err == nil && n == 0 {
			err = errs.New(errs.NotFound, "Video channel not found")
		}
		return err
	})
}
