package store

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Playlists is the playlist.Store.
type Playlists struct {
	DB *sqldb.DB
	// Videos fills the elements.
	Videos *Videos
}

var _ playlist.Store = Playlists{}

const playlistFields = `p.id, p.uuid, p.url, p.remote, p.type, p.privacy, p.name, p.description, COALESCE(p.channel_position, 0),
	p.videos_count, p.created_at, p.updated_at, p.account_id, COALESCE(p.channel_id, 0)`

func scanPlaylistRow(r sqldb.Row) (*playlist.Playlist, error) {
	p := new(playlist.Playlist)
	return p, r.Scan(&p.ID, &p.UUID, &p.URL, &p.Remote, &p.Type, &p.Privacy, &p.Name, &p.Description, &p.ChannelPosition,
		&p.VideosCount, &p.CreatedAt, &p.UpdatedAt, &p.OwnerID, &p.ChannelID)
}

func noPlaylist(err error) error {
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "Video playlist not found")
	}
	return err
}

// ByRef is part of playlist.Store.
func (s Playlists) ByRef(ctx context.Context, ref playlist.Ref) (*playlist.Playlist, error) {
	if ref.UUID != "" {
		return s.one(ctx, `p.uuid = $1`, ref.UUID)
	}
	return s.one(ctx, `p.id = $1`, ref.ID)
}

// WatchLater is part of playlist.Store.
func (s Playlists) WatchLater(ctx context.Context, id actor.AccountID) (*playlist.Playlist, error) {
	return s.one(ctx, `p.account_id = $1 AND p.type = 2`, id)
}

func (s Playlists) one(ctx context.Context, cond string, arg any) (*playlist.Playlist, error) {
	p, err := sqldb.One(ctx, s.DB, scanPlaylistRow, `SELECT `+playlistFields+` FROM playlists p WHERE `+cond, arg)
	if err != nil {
		return nil, noPlaylist(err)
	}
	return p, s.complete(ctx, []*playlist.Playlist{p})
}

// playlistOrders are the columns of each sort.
var playlistOrders = map[string]string{
	"createdAt":             `p.created_at, p.id`,
	"-createdAt":            `p.created_at DESC, p.id DESC`,
	"updatedAt":             `p.updated_at, p.id`,
	"-updatedAt":            `p.updated_at DESC, p.id DESC`,
	"name":                  `p.folded, p.id`,
	"-name":                 `p.folded DESC, p.id DESC`,
	"displayName":           `p.folded, p.id`,
	"-displayName":          `p.folded DESC, p.id DESC`,
	"-videosCount":          `p.videos_count DESC, p.id DESC`,
	"videoChannelPosition":  `p.channel_position, p.id`,
	"-videoChannelPosition": `p.channel_position DESC, p.id DESC`,
}

// List is part of playlist.Store.
func (s Playlists) List(ctx context.Context, p playlist.ListParams) ([]*playlist.Playlist, int, error) {
	q := playlistQuery(p)
	text, args := q.Count()
	total, err := sqldb.One(ctx, s.DB, sqldb.Value[int], text, args...)
	if err != nil || p.Count <= 0 || p.Start >= total {
		return []*playlist.Playlist{}, total, err
	}
	text, args = q.Page(p.Start, p.Count).Select(playlistFields)
	list, err := sqldb.All(ctx, s.DB, scanPlaylistRow, text, args...)
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.complete(ctx, list)
}

func playlistQuery(p playlist.ListParams) *sqldb.Query {
	q := sqldb.From(`playlists p`).
		If(!p.AllPrivacies, `p.privacy = 1`).
		If(p.Account != 0, `p.account_id = ?`, p.Account).
		If(p.Channel != 0, `p.channel_id = ?`, p.Channel).
		If(p.Type != 0, `p.type = ?`, p.Type).
		If(p.Search != "", `p.folded LIKE ? ESCAPE '\'`, containing(video.Searchable(p.Search)))
	if len(p.ChannelNames) > 0 {
		q = whereIn(q, `p.channel_id IN (SELECT c.id FROM video_channels c JOIN actors a ON a.id = c.actor_id
			WHERE a.server_id IS NULL AND a.preferred_username IN (`, p.ChannelNames, `))`)
	}
	order, ok := playlistOrders[p.Sort]
	if !ok {
		order = playlistOrders["-createdAt"]
	}
	return q.OrderBy(order)
}

// complete adds owners, channels and pictures.
func (s Playlists) complete(ctx context.Context, list []*playlist.Playlist) error {
	if len(list) == 0 {
		return nil
	}
	var owners []actor.AccountID
	var channels []actor.ChannelID
	for _, p := range list {
		owners = append(owners, p.OwnerID)
		if p.ChannelID != 0 {
			channels = append(channels, p.ChannelID)
		}
	}
	accounts, err := Actors{DB: s.DB}.Accounts(ctx, padded(owners))
	if err != nil {
		return err
	}
	byID, err := s.Videos.channelsByID(ctx, channels)
	if err != nil {
		return err
	}
	for _, p := range list {
		p.Owner, p.Channel = accounts[p.OwnerID], byID[p.ChannelID]
	}
	return s.fillPictures(ctx, list)
}

// fillPictures adds the pictures that were chosen, and to the others those of
// their first public video.
func (s Playlists) fillPictures(ctx context.Context, list []*playlist.Playlist) error {
	byID := make(map[playlist.ID]*playlist.Playlist, len(list))
	ids := make([]playlist.ID, len(list))
	for i, p := range list {
		ids[i], byID[p.ID] = p.ID, p
		p.Thumbnails = nil
	}
	type picture struct {
		of playlist.ID
		it video.Thumbnail
	}
	scan := func(r sqldb.Row) (o picture, err error) {
		err = r.Scan(&o.of, &o.it.Filename, &o.it.Width, &o.it.Height, &o.it.AspectRatio, &o.it.FileURL)
		return o, err
	}
	text, args := sqldb.In(sqldb.From(`playlist_thumbnails t`), `t.playlist_id`, padded(ids)).
		OrderBy(`t.playlist_id, t.aspect_ratio, t.width, t.id`).Select(`t.playlist_id, t.filename, t.width, t.height, t.aspect_ratio, t.file_url`)
	own, err := sqldb.All(ctx, s.DB, scan, text, args...)
	if err != nil {
		return err
	}
	for _, o := range own {
		byID[o.of].Thumbnails = append(byID[o.of].Thumbnails, o.it)
	}
	var bare []playlist.ID
	for _, p := range list {
		if len(p.Thumbnails) == 0 && p.VideosCount > 0 {
			bare = append(bare, p.ID)
		}
	}
	if len(bare) == 0 {
		return nil
	}
	// One look into an index for each playlist, not one at all its elements.
	text, args = sqldb.In(sqldb.From(`playlists p JOIN thumbnails t ON t.video_id = (
			SELECT e.video_id FROM playlist_elements e JOIN videos v ON v.id = e.video_id
			WHERE e.playlist_id = p.id AND v.privacy = 1 AND v.state = 1 ORDER BY e.position, e.id LIMIT 1)`), `p.id`, padded(bare)).
		OrderBy(`p.id, t.aspect_ratio, t.width, t.id`).Select(`p.id, t.filename, t.width, t.height, t.aspect_ratio, t.file_url`)
	of, err := sqldb.All(ctx, s.DB, scan, text, args...)
	for _, o := range of {
		byID[o.of].Thumbnails = append(byID[o.of].Thumbnails, o.it)
	}
	return err
}

// CountOf is part of playlist.Store.
func (s Playlists) CountOf(ctx context.Context, id actor.AccountID) (int, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT count(*) FROM playlists WHERE account_id = $1`, id)
}

// Create is part of playlist.Store.
func (s Playlists) Create(ctx context.Context, p *playlist.Playlist) error {
	return s.DB.InTx(ctx, func(ctx context.Context) (err error) {
		p.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[playlist.ID], `
			INSERT INTO playlists (uuid, url, remote, account_id, type, privacy, name, folded, description, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			RETURNING id`,
			p.UUID, p.URL, p.Remote, p.OwnerID, p.Type, p.Privacy, p.Name, video.Searchable(p.Name), p.Description, p.CreatedAt, p.UpdatedAt)
		if err != nil {
			return err
		}
		if err := s.lockChannels(ctx, p.ID, p.ChannelID); err != nil {
			return err
		}
		return s.enter(ctx, p)
	})
}

// Update is part of playlist.Store. The channels are locked before the playlist:
// who moves the playlists of a channel does so, too, and neither waits for what
// the other has.
func (s Playlists) Update(ctx context.Context, p *playlist.Playlist) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockChannels(ctx, p.ID, p.ChannelID); err != nil {
			return err
		}
		n, err := s.DB.Exec(ctx, `UPDATE playlists SET privacy = $2, name = $3, folded = $4, description = $5, updated_at = $6 WHERE id = $1`,
			p.ID, p.Privacy, p.Name, video.Searchable(p.Name), p.Description, p.UpdatedAt)
		if err != nil {
			return err
		}
		if n == 0 {
			return noPlaylist(errs.New(errs.NotFound, ""))
		}
		return s.enter(ctx, p)
	})
}

// placed is where a playlist stands among those of a channel.
type placed struct {
	channel  actor.ChannelID
	position int
}

func scanPlaced(r sqldb.Row) (at placed, err error) {
	err = r.Scan(&at.channel, &at.position)
	return at, err
}

// LockChannel is part of playlist.Store. The write holds the row, though it
// changes nothing.
func (s Playlists) LockChannel(ctx context.Context, id actor.ChannelID) error {
	_, err := s.DB.Exec(ctx, `UPDATE video_channels SET updated_at = updated_at WHERE id = $1`, id)
	return err
}

// lockChannels locks the channel that a playlist is in and the one it comes
// into, in one order for all.
func (s Playlists) lockChannels(ctx context.Context, id playlist.ID, to actor.ChannelID) error {
	was, err := sqldb.One(ctx, s.DB, scanPlaced, placeOfPlaylist, id)
	if err != nil {
		return noPlaylist(err)
	}
	for _, channel := range []actor.ChannelID{min(was.channel, to), max(was.channel, to)} {
		if channel == 0 {
			continue
		}
		if err := s.LockChannel(ctx, channel); err != nil {
			return err
		}
		if was.channel == to {
			break
		}
	}
	return nil
}

const placeOfPlaylist = `SELECT COALESCE(channel_id, 0), COALESCE(channel_position, 0) FROM playlists WHERE id = $1`

// enter writes the channel of p, which is locked, as is the one it was in. A
// public playlist that is new in its channel comes first there; one that leaves
// makes room.
func (s Playlists) enter(ctx context.Context, p *playlist.Playlist) error {
	was, err := sqldb.One(ctx, s.DB, scanPlaced, placeOfPlaylist, p.ID)
	if err != nil {
		return noPlaylist(err)
	}
	stands := p.ChannelID != 0 && p.Privacy == playlist.Public
	if was.channel == p.ChannelID && stands == (was.position > 0) {
		p.ChannelPosition = was.position
		return nil
	}
	if err := s.leave(ctx, p.ID, was); err != nil {
		return err
	}
	p.ChannelPosition = 0
	if stands {
		p.ChannelPosition = 1
		if _, err := s.DB.Exec(ctx, `UPDATE playlists SET channel_position = channel_position + 1 WHERE channel_id = $1 AND channel_position > 0`,
			p.ChannelID); err != nil {
			return err
		}
	}
	_, err = s.DB.Exec(ctx, `UPDATE playlists SET channel_id = $2, channel_position = $3 WHERE id = $1`,
		p.ID, zeroNull(p.ChannelID), zeroNull(p.ChannelPosition))
	return err
}

func (s Playlists) leave(ctx context.Context, id playlist.ID, was placed) error {
	if was.position == 0 {
		return nil
	}
	_, err := s.DB.Exec(ctx, `
		UPDATE playlists SET channel_position = channel_position - 1 WHERE channel_id = $1 AND channel_position > $2 AND id <> $3`,
		was.channel, was.position, id)
	return err
}

// zeroNull is NULL for zero.
func zeroNull[T ~int | ~int64](n T) any {
	if n == 0 {
		return nil
	}
	return n
}

// Delete is part of playlist.Store.
func (s Playlists) Delete(ctx context.Context, id playlist.ID) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockChannels(ctx, id, 0); err != nil {
			return err
		}
		was, err := sqldb.One(ctx, s.DB, scanPlaced, placeOfPlaylist, id)
		if err != nil {
			return noPlaylist(err)
		}
		if _, err := s.DB.Exec(ctx, `DELETE FROM playlists WHERE id = $1`, id); err != nil {
			return err
		}
		return s.leave(ctx, id, was)
	})
}

// SetThumbnails is part of playlist.Store.
func (s Playlists) SetThumbnails(ctx context.Context, id playlist.ID, list []video.Thumbnail) (old []string, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		if old, err = sqldb.ReturningAll(ctx, s.DB, sqldb.Value[string],
			`DELETE FROM playlist_thumbnails WHERE playlist_id = $1 RETURNING filename`, id); err != nil {
			return err
		}
		for _, t := range list {
			if _, err := s.DB.Exec(ctx, `
				INSERT INTO playlist_thumbnails (playlist_id, filename, width, height, aspect_ratio, file_url, created_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				id, t.Filename, t.Width, t.Height, t.AspectRatio, t.FileURL, sqldb.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	return old, err
}

// LeaveChannel is part of playlist.Store.
func (s Playlists) LeaveChannel(ctx context.Context, id actor.ChannelID) error {
	_, err := s.DB.Exec(ctx, `UPDATE playlists SET channel_id = NULL, channel_position = NULL, privacy = 3, updated_at = $2 WHERE channel_id = $1`,
		id, sqldb.Now())
	return err
}

// CountInChannel is part of playlist.Store.
func (s Playlists) CountInChannel(ctx context.Context, id actor.ChannelID) (int, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT count(*) FROM playlists WHERE channel_id = $1 AND channel_position > 0`, id)
}
