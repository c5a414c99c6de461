package store

import (
	"context"
	"strconv"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Follows is the follow.Store. The numbers of followers are kept by triggers
// of the table.
type Follows struct {
	DB *sqldb.DB
	// Videos forgets whom somebody follows when that changes here; it may be
	// nil.
	Videos *Videos
}

var _ follow.Store = Follows{}

const followColumns = `f.id, f.url, f.state, f.score, f.created_at, f.updated_at, f.actor_id, f.target_actor_id`

func followFields(f *follow.Follow) []any {
	return []any{&f.ID, &f.URL, &f.State, &f.Score, &f.CreatedAt, &f.UpdatedAt, &f.FollowerID, &f.FollowingID}
}

func scanFollow(r sqldb.Row) (*follow.Follow, error) {
	f := new(follow.Follow)
	return f, r.Scan(followFields(f)...)
}

func (s Follows) changed(ctx context.Context) {
	if s.Videos == nil {
		return
	}
	s.DB.AfterCommit(ctx, func(context.Context) {
		s.Videos.feeds.forget()
		s.Videos.pages.forget()
	})
}

// Create is part of follow.Store.
func (s Follows) Create(ctx context.Context, f *follow.Follow) (bool, error) {
	id, err := sqldb.Returning(ctx, s.DB, sqldb.Value[follow.ID], `
		INSERT INTO actor_follows (actor_id, target_actor_id, state, score, url, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (actor_id, target_actor_id) DO NOTHING
		RETURNING id`, f.FollowerID, f.FollowingID, f.State, f.Score, f.URL, f.CreatedAt, f.UpdatedAt)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	f.ID = id
	s.changed(ctx)
	return true, nil
}

// Between is part of follow.Store.
func (s Follows) Between(ctx context.Context, follower, following actor.ID) (*follow.Follow, error) {
	return sqldb.One(ctx, s.DB, scanFollow, `SELECT `+followColumns+` FROM actor_follows f
		WHERE f.actor_id = $1 AND f.target_actor_id = $2`, follower, following)
}

const followByURL = `SELECT ` + followColumns + ` FROM actor_follows f WHERE f.url = $1 AND f.actor_id = $2`

// ByURL is part of inbox.Follows.
func (s Follows) ByURL(ctx context.Context, follower actor.ID, url string) (*follow.Follow, error) {
	return sqldb.One(ctx, s.DB, scanFollow, followByURL, url, follower)
}

// Delete is part of follow.Store.
func (s Follows) Delete(ctx context.Context, id follow.ID) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM actor_follows WHERE id = $1`, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.NotFound, "Follow not found")
	}
	s.changed(ctx)
	return nil
}

// States is part of follow.Store.
func (s Follows) States(ctx context.Context, follower actor.ID, following []actor.ID) (map[actor.ID]follow.State, error) {
	states := make(map[actor.ID]follow.State, len(following))
	if len(following) == 0 {
		return states, nil
	}
	text, args := sqldb.In(sqldb.From(`actor_follows f`).Where(`f.actor_id = ?`, follower), `f.target_actor_id`, padded(following)).Select(followColumns)
	list, err := sqldb.All(ctx, s.DB, scanFollow, text, args...)
	for _, f := range list {
		states[f.FollowingID] = f.State
	}
	return states, err
}

// StateOf is part of follow.Store.
func (s Follows) StateOf(ctx context.Context, follower actor.AccountID, following actor.ID) (follow.State, error) {
	return none(sqldb.One(ctx, s.DB, sqldb.Value[follow.State], `SELECT f.state FROM accounts a JOIN actor_follows f ON f.actor_id = a.actor_id
		WHERE a.id = $1 AND f.target_actor_id = $2`, follower, following))
}

var subscriptionOrders = map[string]string{
	"id":                `f.id`,
	"-id":               `f.id DESC`,
	"createdAt":         `f.created_at, f.id`,
	"-createdAt":        `f.created_at DESC, f.id DESC`,
	"channelUpdatedAt":  `c.updated_at, f.id`,
	"-channelUpdatedAt": `c.updated_at DESC, f.id DESC`,
}

// Channels is part of follow.Store.
func (s Follows) Channels(ctx context.Context, p follow.SubscriptionList) ([]*actor.Channel, int, error) {
	order, err := orderOf(subscriptionOrders, p.Sort)
	if err != nil {
		return nil, 0, err
	}
	like := containing(strings.ToLower(p.Search))
	q := sqldb.From(`actor_follows f JOIN `+strings.Replace(channelTables, `JOIN`, `ON c.actor_id = f.target_actor_id JOIN`, 1)).
		Where(`f.actor_id = ?`, p.Follower).Where(`f.state = 'accepted'`).
		If(p.Search != "", `lower(x.preferred_username) LIKE ? ESCAPE '\' OR lower(c.name) LIKE ? ESCAPE '\'`, like, like).
		OrderBy(order).Page(p.Start, p.Count)
	list, total, err := page(ctx, s.DB, q, channelColumns, scanChannel)
	if err != nil {
		return nil, 0, err
	}
	return list, total, Actors{DB: s.DB}.complete(ctx, list)
}

// Actors at both ends, with their names.
const (
	actorNames       = `COALESCE((SELECT a.name FROM accounts a WHERE a.actor_id = x.id), (SELECT c.name FROM video_channels c WHERE c.actor_id = x.id), x.preferred_username)`
	followedTables   = `actor_follows f JOIN actors x ON x.id = f.target_actor_id LEFT JOIN servers s ON s.id = x.server_id`
	followerTables   = `actor_follows f JOIN actors x ON x.id = f.actor_id LEFT JOIN servers s ON s.id = x.server_id`
	followEndColumns = followColumns + `, ` + actorNames + `, ` + actorColumns
)

func scanFollowed(r sqldb.Row) (*follow.Follow, error) {
	f := &follow.Follow{Following: new(actor.Actor)}
	return f, r.Scan(append(append(followFields(f), &f.FollowingName), actorFields(f.Following)...)...)
}

func scanFollower(r sqldb.Row) (*follow.Follow, error) {
	f := &follow.Follow{Follower: new(actor.Actor)}
	return f, r.Scan(append(append(followFields(f), &f.FollowerName), actorFields(f.Follower)...)...)
}

// Followed is part of follow.Store.
func (s Follows) Followed(ctx context.Context, p follow.SubscriptionList) ([]*follow.Follow, int, error) {
	like := containing(strings.ToLower(p.Search))
	q := sqldb.From(followedTables).Where(`f.actor_id = ?`, p.Follower).
		Where(`f.state IN ('accepted', 'pending')`).
		If(p.Search != "", `lower(x.preferred_username) LIKE ? ESCAPE '\' OR lower(`+actorNames+`) LIKE ? ESCAPE '\'`, like, like).
		OrderBy(`f.created_at DESC, f.id DESC`).Page(p.Start, p.Count)
	list, total, err := page(ctx, s.DB, q, followEndColumns, scanFollowed)
	if err != nil {
		return nil, 0, err
	}
	actors := make([]*actor.Actor, len(list))
	for i, f := range list {
		actors[i] = f.Following
	}
	return list, total, Actors{DB: s.DB}.addImages(ctx, actors)
}

var followerOrders = map[string]string{
	"createdAt":  `f.created_at, f.id`,
	"-createdAt": `f.created_at DESC, f.id DESC`,
}

// Followers is part of follow.Store.
func (s Follows) Followers(ctx context.Context, p follow.FollowerList) ([]*follow.Follow, int, error) {
	text, args, err := followersPage(p)
	if err != nil || len(p.Of) == 0 {
		return []*follow.Follow{}, 0, err
	}
	total, err := s.countFollowers(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	list, err := sqldb.All(ctx, s.DB, scanFollower, text, args...)
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.fillFollowed(ctx, list)
}

// followersPage takes the first of each actor's followers, and of those a
// page: each actor has its own index range.
func followersPage(p follow.FollowerList) (string, []any, error) {
	order, err := orderOf(followerOrders, p.Sort)
	if err != nil {
		return "", nil, err
	}
	var parts []string
	args := []any{}
	cond := ``
	if p.Search != "" {
		args = append(args, containing(strings.ToLower(p.Search)))
		cond = ` AND (lower(x.preferred_username) LIKE $1 ESCAPE '\' OR lower(` + actorNames + `) LIKE $1 ESCAPE '\')`
	}
	for _, id := range p.Of {
		args = append(args, id)
		from := `actor_follows f`
		if p.Search != "" {
			from = followerTables
		}
		parts = append(parts, `SELECT id FROM (SELECT f.id FROM `+from+` WHERE f.target_actor_id = $`+strconv.Itoa(len(args))+
			` AND f.state = 'accepted'`+cond+` ORDER BY `+order+` LIMIT `+strconv.Itoa(enough(p.Start+p.Count))+`) t`)
	}
	args = append(args, p.Start)
	return `SELECT ` + followEndColumns + ` FROM ` + followerTables + ` WHERE f.id IN (` + strings.Join(parts, ` UNION ALL `) + `)
		ORDER BY ` + order + ` LIMIT ` + strconv.Itoa(p.Count) + ` OFFSET $` + strconv.Itoa(len(args)), args, nil
}

// countFollowers adds the counters up; who searches has them counted.
func (s Follows) countFollowers(ctx context.Context, p follow.FollowerList) (int, error) {
	if p.Search == "" {
		text, args := sqldb.In(sqldb.From(`actors`), `id`, p.Of).Select(`CAST(COALESCE(sum(followers_count), 0) AS BIGINT)`)
		return sqldb.One(ctx, s.DB, sqldb.Value[int], text, args...)
	}
	like := containing(strings.ToLower(p.Search))
	q := sqldb.In(sqldb.From(followerTables), `f.target_actor_id`, p.Of).Where(`f.state = 'accepted'`).
		Where(`lower(x.preferred_username) LIKE ? ESCAPE '\' OR lower(`+actorNames+`) LIKE ? ESCAPE '\'`, like, like)
	text, args := q.Count()
	return sqldb.One(ctx, s.DB, sqldb.Value[int], text, args...)
}

// fillFollowed adds whom the followers follow, and all images.
func (s Follows) fillFollowed(ctx context.Context, list []*follow.Follow) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]actor.ID, len(list))
	for i, f := range list {
		ids[i] = f.FollowingID
	}
	ends, err := s.ends(ctx, ids)
	if err != nil {
		return err
	}
	actors := make([]*actor.Actor, 0, 2*len(list))
	for _, e := range ends {
		actors = append(actors, e.Following)
	}
	followers := map[actor.ID]*actor.Actor{} // who follows several of them is there several times
	for _, f := range list {
		if e := ends[f.FollowingID]; e != nil {
			f.Following, f.FollowingName = e.Following, e.FollowingName
		}
		if followers[f.FollowerID] == nil {
			followers[f.FollowerID] = f.Follower
			actors = append(actors, f.Follower)
		}
		f.Follower = followers[f.FollowerID]
	}
	return Actors{DB: s.DB}.addImages(ctx, actors)
}

// ends returns actors with their names, as the ends of follows.
func (s Follows) ends(ctx context.Context, ids []actor.ID) (map[actor.ID]*follow.Follow, error) {
	text, args := sqldb.In(sqldb.From(`actors x LEFT JOIN servers s ON s.id = x.server_id`), `x.id`, padded(ids)).Select(actorNames + `, ` + actorColumns)
	list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (*follow.Follow, error) {
		f := &follow.Follow{Following: new(actor.Actor)}
		return f, r.Scan(append([]any{&f.FollowingName}, actorFields(f.Following)...)...)
	}, text, args...)
	m := make(map[actor.ID]*follow.Follow, len(list))
	for _, f := range list {
		m[f.Following.ID] = f
	}
	return m, err
}
