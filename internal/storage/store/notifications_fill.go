package store

import (
	"cmp"
	"context"
	"slices"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// about is what notifications are about beside the videos that they name, by
// id. Each kind of things is read with one query, and not at all when none is
// asked for.
type about struct {
	videos        map[video.ID]*video.Video
	comments      map[comment.ID]*comment.Comment
	accounts      map[actor.AccountID]*actor.Account
	follows       map[follow.ID]*notification.Follow
	registrations map[user.RegistrationID]*user.Registration
	abuses        map[abuse.ID]*abuse.Abuse
}

// fill adds what notifications are about.
func (s Notifications) fill(ctx context.Context, list []*notification.Notification) error {
	var a about
	for _, load := range []func(context.Context, []*notification.Notification, *about) error{
		s.loadComments, s.loadFollows, s.loadAccounts, s.loadFollowers, s.loadVideos, s.loadRegistrations, s.loadAbuses,
	} {
		if err := load(ctx, list, &a); err != nil {
			return err
		}
	}
	for _, n := range list {
		n.Account, n.Registration = a.accounts[n.AccountID], a.registrations[n.RegistrationID]
		if c := a.comments[n.CommentID]; c != nil {
			c.Video, c.Account = a.videos[c.VideoID], a.accounts[c.AccountID]
			n.Comment = c
		}
		n.Follow, n.Abuse = a.follows[n.FollowID], a.abuses[n.AbuseID]
	}
	return nil
}

// needed are the distinct ids that some notifications name.
func needed[ID cmp.Ordered](list []*notification.Notification, of func(*notification.Notification) ID) []ID {
	var zero ID
	var ids []ID
	for _, n := range list {
		if id := of(n); id != zero {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

const notifiedCommentColumns = `c.id, c.video_id, COALESCE(c.account_id, 0), c.remote, c.text, COALESCE(c.thread_id, c.id), COALESCE(c.reply_to_id, 0),
	c.held_for_review, c.deleted_at, c.created_at`

func scanNotifiedComment(r sqldb.Row) (*comment.Comment, error) {
	c := new(comment.Comment)
	return c, r.Scan(&c.ID, &c.VideoID, &c.AccountID, &c.Remote, &c.Text, &c.ThreadID, &c.ReplyTo, &c.HeldForReview, &c.DeletedAt, &c.CreatedAt)
}

func (s Notifications) loadComments(ctx context.Context, list []*notification.Notification, a *about) error {
	ids := needed(list, func(n *notification.Notification) comment.ID { return n.CommentID })
	if len(ids) == 0 {
		return nil
	}
	text, args := sqldb.In(sqldb.From(`comments c`), `c.id`, padded(ids)).Select(notifiedCommentColumns)
	found, err := sqldb.All(ctx, s.DB, scanNotifiedComment, text, args...)
	a.comments = make(map[comment.ID]*comment.Comment, len(found))
	for _, c := range found {
		a.comments[c.ID] = c
	}
	return err
}

func (s Notifications) loadFollows(ctx context.Context, list []*notification.Notification, a *about) error {
	ids := needed(list, func(n *notification.Notification) follow.ID { return n.FollowID })
	if len(ids) == 0 {
		return nil
	}
	text, args := sqldb.In(sqldb.From(followedTables+` LEFT JOIN accounts fa ON fa.actor_id = f.actor_id LEFT JOIN video_channels fc ON fc.actor_id = x.id`),
		`f.id`, padded(ids)).Select(followEndColumns + `, COALESCE(fa.id, 0), COALESCE(fc.name, '')`)
	found, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (*notification.Follow, error) {
		n := &notification.Follow{Follow: &follow.Follow{Following: new(actor.Actor)}, Account: new(actor.Account)}
		fields := append(append(followFields(n.Follow), &n.FollowingName), actorFields(n.Following)...)
		return n, r.Scan(append(fields, &n.Account.AccountID, &n.ChannelName)...)
	}, text, args...)
	a.follows = make(map[follow.ID]*notification.Follow, len(found))
	for _, n := range found {
		a.follows[n.ID] = n
	}
	return err
}

// loadAccounts reads the accounts of notifications, comments and followers.
func (s Notifications) loadAccounts(ctx context.Context, list []*notification.Notification, a *about) error {
	ids := needed(list, func(n *notification.Notification) actor.AccountID { return n.AccountID })
	for _, c := range a.comments {
		if c.AccountID != 0 {
			ids = append(ids, c.AccountID)
		}
	}
	for _, f := range a.follows {
		if f.Account.AccountID != 0 {
			ids = append(ids, f.Account.AccountID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var err error
	if a.accounts, err = (Actors{DB: s.DB}).Accounts(ctx, padded(ids)); err != nil {
		return err
	}
	return nil
}

// loadFollowers adds who follows: accounts, which are read already, sites and
// channels.
func (s Notifications) loadFollowers(ctx context.Context, _ []*notification.Notification, a *about) error {
	var others []actor.ID
	for id, f := range a.follows {
		account := f.Account.AccountID
		if f.Account = a.accounts[account]; f.Account != nil {
			f.Follower, f.FollowerName = &f.Account.Actor, f.Account.DisplayName
		} else if account != 0 {
			delete(a.follows, id) // gone meanwhile
		} else {
			others = append(others, f.FollowerID)
		}
	}
	if len(others) == 0 {
		return nil
	}
	ends, err := Follows(s).ends(ctx, padded(distinctIDs(others)))
	if err != nil {
		return err
	}
	var followers, followed []*actor.Actor
	for id, f := range a.follows {
		if f.Account != nil {
			continue
		}
		end := ends[f.FollowerID]
		if end == nil {
			delete(a.follows, id)
			continue
		}
		f.Follower, f.FollowerName = end.Following, end.FollowingName
		followers = append(followers, f.Follower)
		if !f.Following.Local() {
			followed = append(followed, f.Following)
		}
	}
	// One site may be both, as two values.
	if err := (Actors{DB: s.DB}).addImages(ctx, followers); err != nil {
		return err
	}
	return Actors{DB: s.DB}.addImages(ctx, followed)
}

// loadVideos reads the videos of comments, and the channels of all.
func (s Notifications) loadVideos(ctx context.Context, list []*notification.Notification, a *about) error {
	var all []*video.Video
	for _, n := range list {
		if n.Video != nil {
			all = append(all, n.Video)
		}
	}
	if len(a.comments) > 0 {
		found, err := s.videosOf(ctx, a)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		return nil
	}
	return s.Videos.fillChannels(ctx, all)
}

// videosOf reads the videos of comments.
func (s Notifications) videosOf(ctx context.Context, a *about) ([]*video.Video, error) {
	ids := make([]video.ID, 0, len(a.comments))
	for _, c := range a.comments {
		ids = append(ids, c.VideoID)
	}
	text, args := sqldb.In(sqldb.From(`videos v`), `v.id`, padded(ids)).Select(notifiedVideoColumns)
	found, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (*video.Video, error) {
		v := new(video.Video)
		return v, r.Scan(notifiedVideoFields(v)...)
	}, text, args...)
	a.videos = make(map[video.ID]*video.Video, len(found))
	for _, v := range found {
		a.videos[v.ID] = v
	}
	return found, err
}

// notifiedVideoColumns are what notifications show of videos, and what says
// who may see them.
const notifiedVideoColumns = `v.id, v.uuid, v.channel_id, v.name, v.privacy, v.state, v.remote`

func notifiedVideoFields(v *video.Video) []any {
	return []any{&v.ID, &v.UUID, &v.ChannelID, &v.Name, &v.Privacy, &v.State, &v.Remote}
}

func (s Notifications) loadRegistrations(ctx context.Context, list []*notification.Notification, a *about) error {
	ids := needed(list, func(n *notification.Notification) user.RegistrationID { return n.RegistrationID })
	if len(ids) == 0 {
		return nil
	}
	text, args := sqldb.In(sqldb.From(`user_registrations r`), `r.id`, padded(ids)).Select(`r.id, r.username`)
	found, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (*user.Registration, error) {
		reg := new(user.Registration)
		return reg, r.Scan(&reg.ID, &reg.Username)
	}, text, args...)
	a.registrations = make(map[user.RegistrationID]*user.Registration, len(found))
	for _, r := range found {
		a.registrations[r.ID] = r
	}
	return err
}

func (s Notifications) loadAbuses(ctx context.Context, list []*notification.Notification, a *about) (err error) {
	ids := needed(list, func(n *notification.Notification) abuse.ID { return n.AbuseID })
	a.abuses, err = s.abuses().byIDs(ctx, ids)
	return err
}

func (s Notifications) abuses() Abuses { return Abuses(s) }

// AbuseOf is part of notification.Store.
func (s Notifications) AbuseOf(ctx context.Context, id abuse.ID) (*abuse.Abuse, error) {
	return s.abuses().ByID(ctx, id)
}

// AbuseMessageOf is part of notification.Store.
func (s Notifications) AbuseMessageOf(ctx context.Context, id abuse.ID, message abuse.MessageID) (*abuse.Message, error) {
	return s.abuses().Message(ctx, id, message)
}

// VideosOf is part of notification.Store.
func (s Notifications) VideosOf(ctx context.Context, ids []video.ID) (map[video.ID]*video.Video, error) {
	return s.Videos.ByIDs(ctx, distinctIDs(ids))
}

// VideoOf is part of notification.Store.
func (s Notifications) VideoOf(ctx context.Context, id video.ID) (*video.Video, error) {
	return s.Videos.ByRef(ctx, video.ByID(id))
}

// CommentOf is part of notification.Store.
func (s Notifications) CommentOf(ctx context.Context, id comment.ID) (*comment.Comment, error) {
	c, err := sqldb.One(ctx, s.DB, scanNotifiedComment, `SELECT `+notifiedCommentColumns+` FROM comments c WHERE c.id = $1`, id)
	if err != nil {
		return nil, err
	}
	if c.Video, err = s.VideoOf(ctx, c.VideoID); err != nil {
		return nil, err
	}
	if c.AccountID == 0 {
		return c, nil
	}
	c.Account, err = Actors{DB: s.DB}.Account(ctx, c.AccountID)
	if errs.Is(err, errs.NotFound) {
		return c, nil
	}
	return c, err
}

// FollowOf is part of notification.Store.
func (s Notifications) FollowOf(ctx context.Context, id follow.ID) (*follow.Follow, error) {
	return sqldb.One(ctx, s.DB, scanFollow, `SELECT `+followColumns+` FROM actor_follows f WHERE f.id = $1`, id)
}
