package store

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// RemoteActors is the origin.Actors.
type RemoteActors struct {
	DB *sqldb.DB
	// Comments and Rates take back what an account said when it goes, Videos
	// forgets what it knew.
	Comments *Comments
	Rates    Rates
	Videos   *Videos
}

var _ origin.Actors = RemoteActors{}

const (
	knownColumns = `x.id, x.type, x.url, COALESCE(s.host, ''), x.preferred_username, x.inbox_url, x.outbox_url, x.shared_inbox_url,
		x.key_id, x.public_key, x.playlists_url, COALESCE(a.id, 0), COALESCE(c.id, 0), x.refreshed_at`
	knownTables = `actors x LEFT JOIN servers s ON s.id = x.server_id LEFT JOIN accounts a ON a.actor_id = x.id
		LEFT JOIN video_channels c ON c.actor_id = x.id`
)

func scanKnown(r sqldb.Row) (*origin.Known, error) {
	k := new(origin.Known)
	return k, r.Scan(&k.ID, &k.Type, &k.URL, &k.Host, &k.Username, &k.InboxURL, &k.OutboxURL, &k.SharedInboxURL,
		&k.KeyID, &k.PublicKey, &k.PlaylistsURL, &k.AccountID, &k.ChannelID, &k.RefreshedAt)
}

func (s RemoteActors) one(ctx context.Context, cond string, args ...any) (*origin.Known, error) {
	k, err := sqldb.One(ctx, s.DB, scanKnown, `SELECT `+knownColumns+` FROM `+knownTables+` WHERE `+cond, args...)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "actor not found")
	}
	return k, err
}

// ByURL is part of origin.Actors.
func (s RemoteActors) ByURL(ctx context.Context, url string) (*origin.Known, error) {
	return s.one(ctx, `x.url = $1`, url)
}

// ByID is part of origin.Actors.
func (s RemoteActors) ByID(ctx context.Context, id actor.ID) (*origin.Known, error) {
	return s.one(ctx, `x.id = $1`, id)
}

// ByKey is part of origin.Actors.
func (s RemoteActors) ByKey(ctx context.Context, keyID string) (*origin.Known, error) {
	return s.one(ctx, `x.key_id = $1 AND x.key_id <> '' ORDER BY x.id LIMIT 1`, keyID)
}

// ByHandle is part of origin.Actors.
func (s RemoteActors) ByHandle(ctx context.Context, name, host string) (*origin.Known, error) {
	return s.one(ctx, `x.preferred_username = $1 AND x.server_id = (SELECT id FROM servers WHERE host = $2)`, name, host)
}

// Put is part of origin.Actors.
func (s RemoteActors) Put(ctx context.Context, a *origin.Actor, now time.Time) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		was, err := s.ByURL(ctx, a.URL)
		switch {
		case errs.Is(err, errs.NotFound):
			err = s.create(ctx, a, now)
		case err != nil:
		case was.Local():
			err = errs.New(errs.Forbidden, "this actor is of this site")
		case was.Type != a.Type || was.Host != a.Host:
			err = errs.New(errs.Conflict, "an actor cannot become another kind of actor")
		default:
			err = s.update(ctx, was, a, now)
		}
		if err != nil {
			return err
		}
		return s.putPictures(ctx, a, now)
	})
}

func (s RemoteActors) create(ctx context.Context, a *origin.Actor, now time.Time) (err error) {
	created := a.CreatedAt
	if created.IsZero() || created.After(now) {
		created = now
	}
	a.CreatedAt, a.UpdatedAt = now, now
	actors := Actors{DB: s.DB}
	switch {
	case a.Type == actor.Group && a.Owner != 0:
		c := &actor.Channel{Actor: a.Actor, DisplayName: a.DisplayName, Description: a.Description, Support: a.Support, OwnerID: a.Owner}
		err = actors.CreateChannel(ctx, c)
		a.ID = c.ID
	case a.Type == actor.Person:
		c := &actor.Account{Actor: a.Actor, DisplayName: a.DisplayName, Description: a.Description}
		err = actors.CreateAccount(ctx, c)
		a.ID = c.ID
	default: // sites, and groups without an owner
		err = actors.createActor(ctx, &a.Actor)
	}
	if err != nil {
		return err
	}
	_, err = s.DB.Exec(ctx, `
		UPDATE actors SET display_name = $2, key_id = $3, playlists_url = $4, web_url = $5, refreshed_at = $6, remote_created_at = $7 WHERE id = $1`,
		a.ID, a.DisplayName, a.KeyID, a.PlaylistsURL, a.WebURL, now, created)
	return err
}

func (s RemoteActors) update(ctx context.Context, was *origin.Known, a *origin.Actor, now time.Time) error {
	a.ID = was.ID
	if _, err := s.DB.Exec(ctx, `
		UPDATE actors SET preferred_username = $2, inbox_url = $3, outbox_url = $4, shared_inbox_url = $5, followers_url = $6,
			following_url = $7, public_key = $8, display_name = $9, key_id = $10, playlists_url = $11, web_url = $12,
			refreshed_at = $13, updated_at = $13
		WHERE id = $1`,
		a.ID, a.Username, a.InboxURL, a.OutboxURL, a.SharedInboxURL, a.FollowersURL,
		a.FollowingURL, a.PublicKey, a.DisplayName, a.KeyID, a.PlaylistsURL, a.WebURL, now); err != nil {
		return err
	}
	actors := Actors{DB: s.DB}
	switch {
	case was.ChannelID != 0:
		return s.updateChannel(ctx, was.ChannelID, a)
	case was.AccountID != 0:
		have, err := actors.Account(ctx, was.AccountID)
		if err != nil || have.DisplayName == a.DisplayName && have.Description == a.Description {
			return err
		}
		return actors.SetAccountTexts(ctx, was.AccountID, a.DisplayName, a.Description)
	}
	return nil
}

// updateChannel writes only what changed: each change is read into the index
// of search.
func (s RemoteActors) updateChannel(ctx context.Context, id actor.ChannelID, a *origin.Actor) error {
	actors := Actors{DB: s.DB}
	have, err := actors.Channel(ctx, id)
	if err != nil {
		return err
	}
	if a.Owner != 0 && have.OwnerID != a.Owner {
		if _, err := s.DB.Exec(ctx, `UPDATE video_channels SET account_id = $2 WHERE id = $1`, id, a.Owner); err != nil {
			return err
		}
		if _, err := s.DB.Exec(ctx, `UPDATE comments SET owner_id = $2 WHERE owner_id = $3 AND video_id IN (SELECT v.id FROM videos v WHERE v.channel_id = $1)`,
			id, a.Owner, have.OwnerID); err != nil {
			return err
		}
	} else if have.DisplayName == a.DisplayName && have.Description == a.Description && have.Support == a.Support {
		return nil
	}
	if s.Videos != nil {
		s.DB.AfterCommit(ctx, func(context.Context) { s.Videos.channels.forget(id) })
	}
	return actors.SetChannelTexts(ctx, id, a.DisplayName, a.Description, a.Support)
}

// putPictures replaces the images of an actor unless they are the same: those
// that are kept stay.
func (s RemoteActors) putPictures(ctx context.Context, a *origin.Actor, now time.Time) error {
	type image struct {
		t    actor.ImageType
		name string
		url  string
	}
	have, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (i image, err error) {
		return i, r.Scan(&i.t, &i.name, &i.url)
	}, `SELECT type, filename, file_url FROM actor_images WHERE actor_id = $1 ORDER BY id`, a.ID)
	if err != nil {
		return err
	}
	same := len(have) == len(a.Pictures)
	for i := 0; same && i < len(have); i++ {
		same = have[i].t == a.Pictures[i].Type && have[i].url == a.Pictures[i].URL
	}
	if same {
		return nil
	}
	if _, err := s.DB.Exec(ctx, `DELETE FROM actor_images WHERE actor_id = $1`, a.ID); err != nil {
		return err
	}
	for _, p := range a.Pictures {
		if _, err := s.DB.Exec(ctx, `
			INSERT INTO actor_images (actor_id, type, filename, width, height, file_url, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
			a.ID, p.Type, video.NewUUID()+p.Ext, p.Width, p.Height, p.URL, now); err != nil {
			return err
		}
	}
	return nil
}

// SetPlayerTheme is part of origin.Actors.
func (s RemoteActors) SetPlayerTheme(ctx context.Context, id actor.ChannelID, t instance.PlayerTheme) error {
	return Actors{DB: s.DB}.SetChannelPlayerTheme(ctx, id, t)
}

// Touch is part of origin.Actors.
func (s RemoteActors) Touch(ctx context.Context, id actor.ID, now time.Time) error {
	_, err := s.DB.Exec(ctx, `UPDATE actors SET refreshed_at = $2 WHERE id = $1 AND server_id IS NOT NULL`, id, now)
	return err
}

// Remove is part of origin.Actors: what an account said is taken back, what
// is in its channels goes with it.
func (s RemoteActors) Remove(ctx context.Context, id actor.ID) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		k, err := s.ByID(ctx, id)
		if err != nil {
			return err
		}
		if k.Local() {
			return errs.New(errs.Forbidden, "this actor is of this site")
		}
		channels := []actor.ChannelID{}
		if k.ChannelID != 0 {
			channels = append(channels, k.ChannelID)
		}
		if k.AccountID != 0 {
			if err := s.Comments.RemoveOfAccount(ctx, k.AccountID, sqldb.Now()); err != nil {
				return err
			}
			if err := s.Rates.RemoveOfAccount(ctx, k.AccountID); err != nil {
				return err
			}
			own, err := sqldb.All(ctx, s.DB, sqldb.Value[actor.ChannelID], `SELECT id FROM video_channels WHERE account_id = $1`, k.AccountID)
			if err != nil {
				return err
			}
			channels = append(channels, own...)
		}
		for _, c := range channels {
			if err := s.removeChannel(ctx, c); err != nil {
				return err
			}
		}
		_, err = s.DB.Exec(ctx, `DELETE FROM actors WHERE id = $1`, id)
		return err
	})
}

// removeChannel takes a channel and its videos out of search and deletes it.
func (s RemoteActors) removeChannel(ctx context.Context, id actor.ChannelID) error {
	find := Search{DB: s.DB}
	videos, err := sqldb.All(ctx, s.DB, sqldb.Value[int64], `SELECT id FROM videos WHERE channel_id = $1`, id)
	if err != nil {
		return err
	}
	for _, v := range videos {
		if err := find.Remove(ctx, search.VideoKind, v); err != nil {
			return err
		}
	}
	if err := find.Remove(ctx, search.ChannelKind, int64(id)); err != nil {
		return err
	}
	if s.Videos != nil {
		s.Videos.changed(ctx)
		s.DB.AfterCommit(ctx, func(context.Context) { s.Videos.channels.forget(id) })
	}
	_, err = s.DB.Exec(ctx, `DELETE FROM actors WHERE id = (SELECT actor_id FROM video_channels WHERE id = $1)`, id)
	return err
}

const staleActors = `SELECT ` + knownColumns + ` FROM ` + knownTables + `
	WHERE x.server_id IS NOT NULL AND x.refreshed_at < $1
		AND (EXISTS (SELECT 1 FROM actor_follows f WHERE f.target_actor_id = x.id) OR EXISTS (SELECT 1 FROM actor_follows f WHERE f.actor_id = x.id))
	ORDER BY x.refreshed_at LIMIT $2`

// Stale is part of origin.Actors.
func (s RemoteActors) Stale(ctx context.Context, before time.Time, limit int) ([]*origin.Known, error) {
	return sqldb.All(ctx, s.DB, scanKnown, staleActors, before, limit)
}
