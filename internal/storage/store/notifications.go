package store

import (
	"context"
	"strconv"
	"strings"
	"time"

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

// Notifications is the notification.Store. How many notifications somebody has
// is kept by triggers of the table.
type Notifications struct {
	DB     *sqldb.DB
	Videos *Videos
}

var _ notification.Store = Notifications{}

// notificationLine is what is shown of notifications n, each with the video v
// that it names, as nearly all do; see lines.
const (
	notificationLine = `concat_ws('` + betweenFields + `', n.id, n.type, n.web, n.read, COALESCE(n.comment_id, 0), COALESCE(n.account_id, 0),
	COALESCE(n.follow_id, 0), COALESCE(n.registration_id, 0), COALESCE(n.abuse_id, 0), n.created_at, n.updated_at,
	COALESCE(v.id, 0), COALESCE(v.channel_id, 0), COALESCE(v.privacy, 0), COALESCE(v.state, 0), COALESCE(v.remote, FALSE),
	COALESCE(v.uuid, ''), COALESCE(octet_length(v.name), 0), '') || COALESCE(v.name, '')`
	notificationTables = `notifications n LEFT JOIN videos v ON v.id = n.video_id`
)

// notificationsOf reads lines of somebody's notifications.
func notificationsOf(id user.ID, text string) ([]*notification.Notification, error) {
	list := []*notification.Notification{}
	from := lines{rest: text}
	for from.more() {
		list = append(list, notificationOf(id, &from))
	}
	return list, from.err
}

func notificationOf(id user.ID, from *lines) *notification.Notification {
	n := &notification.Notification{
		UserID: id, ID: notification.ID(from.number()), Type: notification.Type(from.number()), Web: from.flag(), Read: from.flag(),
		CommentID: comment.ID(from.number()), AccountID: actor.AccountID(from.number()), FollowID: follow.ID(from.number()),
		RegistrationID: user.RegistrationID(from.number()), AbuseID: abuse.ID(from.number()), CreatedAt: from.time(), UpdatedAt: from.time(),
	}
	v := video.Video{
		ID: video.ID(from.number()), ChannelID: actor.ChannelID(from.number()), Privacy: video.Privacy(from.number()),
		State: video.State(from.number()), Remote: from.flag(), UUID: from.field(),
	}
	v.Name = from.text(int(from.number()))
	if v.ID != 0 {
		n.Video, n.VideoID = &v, v.ID
	}
	return n
}

// Announce is part of notification.Store.
func (s Notifications) Announce(ctx context.Context, id video.ID, at time.Time) (bool, error) {
	n, err := s.DB.Exec(ctx, `INSERT INTO video_announcements (video_id, created_at) VALUES ($1, $2) ON CONFLICT (video_id) DO NOTHING`, id, at)
	return n > 0, err
}

// AnnounceFollow is part of notification.Store.
func (s Notifications) AnnounceFollow(ctx context.Context, follower, following actor.ID, at time.Time) (bool, error) {
	n, err := s.DB.Exec(ctx, `INSERT INTO follow_announcements (actor_id, target_actor_id, created_at) VALUES ($1, $2, $3)
		ON CONFLICT (actor_id, target_actor_id) DO NOTHING`, follower, following, at)
	return n > 0, err
}

// Scheduled is part of notification.Store.
func (s Notifications) Scheduled(ctx context.Context, id video.ID) (bool, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[bool], `SELECT EXISTS (SELECT 1 FROM video_schedule_updates WHERE video_id = $1)`, id)
}

// addRows is how many notifications one statement inserts: SQLite's driver
// looks each argument up among all of them.
const addRows = 8

// Add is part of notification.Store.
func (s Notifications) Add(ctx context.Context, list []*notification.Notification) ([]*notification.Notification, error) {
	var added []*notification.Notification
	for len(list) > 0 {
		n := min(addRows, len(list))
		part, err := s.add(ctx, list[:n])
		if err != nil {
			return nil, err
		}
		added, list = append(added, part...), list[n:]
	}
	return added, nil
}

func (s Notifications) add(ctx context.Context, list []*notification.Notification) ([]*notification.Notification, error) {
	const width = 12
	var rows []string
	var args []any
	byUser := make(map[user.ID]*notification.Notification, len(list))
	for _, n := range list {
		byUser[n.UserID] = n
		marks := make([]string, width)
		for i := range marks {
			marks[i] = `$` + strconv.Itoa(len(args)+i+1)
		}
		rows = append(rows, `(`+strings.Join(marks, `, `)+`, $`+strconv.Itoa(len(args)+width)+`)`)
		args = append(args, n.UserID, n.Type, n.Cause, n.Web, n.MailAt, nullID(int64(n.VideoID)), nullID(int64(n.CommentID)), nullID(int64(n.AccountID)),
			nullID(int64(n.FollowID)), nullID(int64(n.RegistrationID)), nullID(n.AbuseID), n.CreatedAt)
	}
	ids, err := sqldb.ReturningAll(ctx, s.DB, func(r sqldb.Row) (row [2]int64, err error) {
		return row, r.Scan(&row[0], &row[1])
	}, `INSERT INTO notifications (user_id, type, cause, web, mail_at, video_id, comment_id, account_id, follow_id, registration_id, abuse_id, created_at, updated_at)
		VALUES `+strings.Join(rows, `, `)+`
		ON CONFLICT (user_id, cause) DO NOTHING
		RETURNING id, user_id`, args...)
	if err != nil {
		return nil, err
	}
	added := make([]*notification.Notification, 0, len(ids))
	for _, row := range ids {
		n := byUser[user.ID(row[1])]
		n.ID = notification.ID(row[0])
		added = append(added, n)
	}
	return added, nil
}

var notificationOrders = map[string]string{
	"createdAt":  `n.created_at, n.id`,
	"-createdAt": `n.created_at DESC, n.id DESC`,
	"read":       `n.read, n.created_at DESC, n.id DESC`,
	"-read":      `n.read DESC, n.created_at, n.id`,
}

// notificationPage is the text and arguments of a page: its lines, and how many
// match in all when pageTells, else -1. Its limit is a number in the text:
// SQLite would plan anew for each argument.
func notificationPage(id user.ID, p notification.ListParams) (string, []any, error) {
	order, err := orderOf(notificationOrders, p.Sort)
	if err != nil {
		return "", nil, err
	}
	q := sqldb.From(notificationTables).Where(`n.user_id = ?`, id).Where(`n.web = TRUE`).
		If(p.Unread != nil && *p.Unread, `n.read = FALSE`).
		If(p.Unread != nil && !*p.Unread, `n.read = TRUE`).
		// All have a cause. SQLite would rather go through all that somebody has,
		// in the index that holds all but this, than through the few asked for.
		If(p.Unread != nil || len(p.Types) > 0, `n.cause <> ''`)
	if len(p.Types) == 1 {
		q.Where(`n.type = ?`, p.Types[0])
	} else {
		sqldb.In(q, `n.type`, padded(p.Types))
	}
	text, args := q.OrderBy(order).Select(notificationLine + ` AS line`)
	text += ` LIMIT ` + strconv.Itoa(p.Count)
	if p.Start > 0 {
		args = append(args[:len(args):len(args)], p.Start)
		text += ` OFFSET $` + strconv.Itoa(len(args))
	}
	total := `-1`
	if pageTells(p) {
		total = `(SELECT ` + notificationSum(p) + ` FROM notification_counts c WHERE c.user_id = $1)`
	}
	return linesOf(text, total), args, nil
}

// pageTells reports whether a page tells the total: of all types, as nearly
// everybody asks.
func pageTells(p notification.ListParams) bool { return !p.SkipCount && len(p.Types) == 0 }

// notificationSum adds the counters c of each type up.
func notificationSum(p notification.ListParams) string {
	column := `c.total`
	if p.Unread != nil {
		if column = `c.unread`; !*p.Unread {
			column = `c.total - c.unread`
		}
	}
	return `CAST(COALESCE(sum(` + column + `), 0) AS BIGINT)`
}

// List is part of notification.Store.
func (s Notifications) List(ctx context.Context, id user.ID, p notification.ListParams) ([]*notification.Notification, int, error) {
	text, args, err := notificationPage(id, p)
	if err != nil {
		return nil, 0, err
	}
	total, list := -1, []*notification.Notification{}
	if p.Count > 0 {
		var page string
		if page, total, err = readLines(ctx, s.DB, text, args...); err != nil {
			return nil, 0, err
		}
		if list, err = notificationsOf(id, page); err != nil {
			return nil, 0, err
		}
	}
	if total < 0 && !p.SkipCount {
		if total, err = s.total(ctx, id, p); err != nil {
			return nil, 0, err
		}
	}
	return list, total, s.fill(ctx, list)
}

func (s Notifications) total(ctx context.Context, id user.ID, p notification.ListParams) (int, error) {
	q := sqldb.From(`notification_counts c`).Where(`c.user_id = ?`, id)
	text, args := sqldb.In(q, `c.type`, padded(p.Types)).Select(notificationSum(p))
	return sqldb.One(ctx, s.DB, sqldb.Value[int], text, args...)
}

// ByIDs is part of notification.Store.
func (s Notifications) ByIDs(ctx context.Context, id user.ID, ids []notification.ID) ([]*notification.Notification, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	q := sqldb.From(notificationTables).Where(`n.user_id = ?`, id)
	text, args := sqldb.In(q, `n.id`, padded(ids)).OrderBy(`n.created_at DESC, n.id DESC`).Select(notificationLine + ` AS line`)
	page, _, err := readLines(ctx, s.DB, linesOf(text, `-1`), args...)
	if err != nil {
		return nil, err
	}
	list, err := notificationsOf(id, page)
	if err != nil {
		return nil, err
	}
	return list, s.fill(ctx, list)
}

// Counts is part of notification.Store.
func (s Notifications) Counts(ctx context.Context, ids []user.ID) (map[user.ID]notification.Count, error) {
	m := make(map[user.ID]notification.Count, len(ids))
	if len(ids) == 0 {
		return m, nil
	}
	text, args := sqldb.In(sqldb.From(`notification_counts c`), `c.user_id`, padded(ids)).Select(`c.user_id, c.total, c.unread`)
	type row struct {
		id user.ID
		n  notification.Count
	}
	list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (x row, err error) {
		return x, r.Scan(&x.id, &x.n.Total, &x.n.Unread)
	}, text, args...)
	for _, x := range list {
		sum := m[x.id]
		m[x.id] = notification.Count{Total: sum.Total + x.n.Total, Unread: sum.Unread + x.n.Unread}
	}
	return m, err
}

// MarkRead is part of notification.Store.
func (s Notifications) MarkRead(ctx context.Context, id user.ID, ids []notification.ID, at time.Time) error {
	const text = `UPDATE notifications SET read = TRUE, updated_at = $2 WHERE user_id = $1 AND read = FALSE AND web = TRUE`
	args := []any{id, at}
	if len(ids) == 0 {
		_, err := s.DB.Exec(ctx, text, args...)
		return err
	}
	marks := make([]string, len(ids))
	for i, n := range ids {
		args = append(args, n)
		marks[i] = `$` + strconv.Itoa(len(args))
	}
	_, err := s.DB.Exec(ctx, text+` AND id IN (`+strings.Join(marks, `, `)+`)`, args...)
	return err
}

// cleanBatch is how many old rows go in one statement.
const cleanBatch = 1000

// DeleteBefore is part of notification.Store.
func (s Notifications) DeleteBefore(ctx context.Context, shown, sent time.Time) (n int64, err error) {
	for {
		gone, err := s.DB.Exec(ctx, `DELETE FROM notifications WHERE id IN (
			SELECT id FROM notifications WHERE created_at < $1 AND (web = FALSE OR created_at < $2) ORDER BY created_at LIMIT $3)`, sent, shown, cleanBatch)
		n += gone
		if err != nil || gone < cleanBatch {
			return n, err
		}
	}
}

// DueMail is part of notification.Store.
func (s Notifications) DueMail(ctx context.Context, due, quiet time.Time, limit int) ([]user.ID, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[user.ID], `
		SELECT DISTINCT n.user_id FROM notifications n
		WHERE n.mail_at IS NOT NULL AND n.mail_at <= $1
			AND NOT EXISTS (SELECT 1 FROM notification_mails m WHERE m.user_id = n.user_id AND m.sent_at > $2)
		ORDER BY n.user_id LIMIT $3`, due, quiet, limit)
}

// TakeMail is part of notification.Store.
func (s Notifications) TakeMail(ctx context.Context, id user.ID, at time.Time, limit int) ([]notification.ID, error) {
	if _, err := s.DB.Exec(ctx, `INSERT INTO notification_mails (user_id, sent_at) VALUES ($1, $2)
		ON CONFLICT (user_id) DO UPDATE SET sent_at = excluded.sent_at`, id, at); err != nil {
		return nil, err
	}
	return sqldb.ReturningAll(ctx, s.DB, sqldb.Value[notification.ID], `
		UPDATE notifications SET mail_at = NULL WHERE mail_at IS NOT NULL AND id IN (
			SELECT n.id FROM notifications n WHERE n.user_id = $1 AND n.mail_at IS NOT NULL ORDER BY n.mail_at, n.id LIMIT $2)
		RETURNING id`, id, limit)
}

// OwnerOf is part of notification.Store.
func (s Notifications) OwnerOf(ctx context.Context, id actor.ID) (actor.AccountID, error) {
	return none(sqldb.One(ctx, s.DB, sqldb.Value[actor.AccountID], `
		SELECT account_id FROM video_channels WHERE actor_id = $1 UNION ALL SELECT id FROM accounts WHERE actor_id = $1`, id))
}

// AccountOf is part of notification.Store.
func (s Notifications) AccountOf(ctx context.Context, id actor.ID) (actor.AccountID, error) {
	return none(sqldb.One(ctx, s.DB, sqldb.Value[actor.AccountID], `SELECT id FROM accounts WHERE actor_id = $1`, id))
}

// none turns what is not there into the zero value.
func none[T any](v T, err error) (T, error) {
	if errs.Is(err, errs.NotFound) {
		return v, nil
	}
	return v, err
}
