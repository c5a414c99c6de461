package store

import (
	"context"
	"time"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Abuses is the abuse.Store.
type Abuses struct {
	DB *sqldb.DB
	// Videos fills the videos of reports.
	Videos *Videos
}

var _ abuse.Store = Abuses{}

// abuseColumns are scanned by scanAbuse.
const abuseColumns = `b.id, b.kind, b.state, b.reason, b.reasons, b.moderation_comment, COALESCE(b.reporter_account_id, 0), b.reporter_host,
	COALESCE(b.reportee_account_id, 0), COALESCE(b.video_id, 0), b.video_uuid, b.video_name, b.video_nsfw, b.channel_name, b.start_at, b.end_at,
	COALESCE(b.comment_id, 0), COALESCE(b.comment_thread_id, 0), b.comment_text, b.comment_remote, b.messages, b.processed_at, b.created_at, b.updated_at`

func scanAbuse(r sqldb.Row) (*abuse.Abuse, error) {
	a, v, c := new(abuse.Abuse), new(abuse.Video), new(abuse.Comment)
	var reasons int64
	err := r.Scan(&a.ID, &a.Kind, &a.State, &a.Reason, &reasons, &a.ModerationComment, &a.ReporterID, &a.ReporterHost,
		&a.ReporteeID, &v.ID, &v.UUID, &v.Name, &v.NSFW, &v.ChannelName, &v.StartAt, &v.EndAt,
		&c.ID, &c.ThreadID, &c.Text, &c.Remote, &a.Messages, &a.ProcessedAt, &a.CreatedAt, &a.UpdatedAt)
	switch a.Kind {
	case abuse.OfVideo:
		a.Video = v
	case abuse.OfComment:
		c.Video = *v
		a.Comment = c
	}
	for _, reason := range abuse.Reasons() {
		if reasons&reasonBit(reason) != 0 {
			a.Reasons = append(a.Reasons, reason)
		}
	}
	return a, err
}

// reasonBit is the bit of a reason in a column.
func reasonBit(r abuse.Reason) int64 { return 1 << (r - 1) }

// Add is part of abuse.Store.
func (s Abuses) Add(ctx context.Context, a *abuse.Abuse, key string) (bool, error) {
	var reasons int64
	for _, r := range a.Reasons {
		reasons |= reasonBit(r)
	}
	var v abuse.Video
	var c abuse.Comment
	if a.Video != nil {
		v = *a.Video
	}
	if a.Comment != nil {
		c, v = *a.Comment, a.Comment.Video
	}
	videoWords, channelWords := abuse.Fold(v.Name), abuse.Fold(v.ChannelName)
	ids, err := sqldb.ReturningAll(ctx, s.DB, sqldb.Value[abuse.ID], `
		INSERT INTO abuses (remote_key, kind, state, reason, reasons, reporter_account_id, reporter_host, reportee_account_id,
			video_id, video_uuid, video_name, video_nsfw, channel_name, start_at, end_at,
			comment_id, comment_thread_id, comment_text, comment_remote, video_words, channel_words, words, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		ON CONFLICT (remote_key) DO NOTHING RETURNING id`,
		nullText(key), a.Kind, a.State, a.Reason, reasons, nullID(a.ReporterID), a.ReporterHost, nullID(a.ReporteeID),
		nullID(v.ID), v.UUID, v.Name, v.NSFW, v.ChannelName, v.StartAt, v.EndAt,
		nullID(c.ID), nullID(c.ThreadID), c.Text, c.Remote, videoWords, channelWords,
		abuse.Fold(a.Reason+"\n"+v.Name+"\n"+v.ChannelName+"\n"+c.Text), a.CreatedAt, a.UpdatedAt)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	a.ID = ids[0]
	return true, nil
}

// ByID is part of abuse.Store.
func (s Abuses) ByID(ctx context.Context, id abuse.ID) (*abuse.Abuse, error) {
	a, err := sqldb.One(ctx, s.DB, scanAbuse, `SELECT `+abuseColumns+` FROM abuses b WHERE b.id = $1`, id)
	if err != nil {
		return nil, noAbuse(err)
	}
	return a, s.fill(ctx, []*abuse.Abuse{a})
}

// byIDs returns reports by id, filled; there may be none.
func (s Abuses) byIDs(ctx context.Context, ids []abuse.ID) (map[abuse.ID]*abuse.Abuse, error) {
	m := make(map[abuse.ID]*abuse.Abuse, len(ids))
	if len(ids) == 0 {
		return m, nil
	}
	text, args := sqldb.In(sqldb.From(`abuses b`), `b.id`, padded(ids)).Select(abuseColumns)
	list, err := sqldb.All(ctx, s.DB, scanAbuse, text, args...)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		m[a.ID] = a
	}
	return m, s.fill(ctx, list)
}

func noAbuse(err error) error {
	if errs.Is(err, errs.NotFound) {
		return abuse.NotFound()
	}
	return err
}

// fill adds who reported whom, and what is reported as it is now, in three
// queries.
func (s Abuses) fill(ctx context.Context, list []*abuse.Abuse) error {
	if err := s.fillPeople(ctx, list); err != nil {
		return err
	}
	var about []*abuse.Video
	var comments []*abuse.Comment
	for _, a := range list {
		switch {
		case a.Video != nil:
			about = append(about, a.Video)
		case a.Comment != nil:
			about, comments = append(about, &a.Comment.Video), append(comments, a.Comment)
		}
	}
	if err := s.fillVideos(ctx, about); err != nil {
		return err
	}
	return s.fillComments(ctx, comments)
}

func (s Abuses) fillPeople(ctx context.Context, list []*abuse.Abuse) error {
	var ids []actor.AccountID
	for _, a := range list {
		for _, id := range []actor.AccountID{a.ReporterID, a.ReporteeID} {
			if id != 0 {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	people, err := Actors{DB: s.DB}.Accounts(ctx, padded(distinctIDs(ids)))
	for _, a := range list {
		a.Reporter, a.Reportee = people[a.ReporterID], people[a.ReporteeID]
	}
	return err
}

func (s Abuses) fillVideos(ctx context.Context, list []*abuse.Video) error {
	ids := make([]video.ID, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	now, err := s.Videos.ByIDs(ctx, distinctIDs(ids))
	for _, v := range list {
		v.Now = now[v.ID]
		v.Deleted = v.Now == nil
	}
	return err
}

// fillComments says which comments are gone.
func (s Abuses) fillComments(ctx context.Context, list []*abuse.Comment) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]comment.ID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	text, args := sqldb.In(sqldb.From(`comments c`), `c.id`, padded(distinctIDs(ids))).Where(`c.deleted_at IS NULL`).Select(`c.id`)
	there, err := sqldb.All(ctx, s.DB, sqldb.Value[comment.ID], text, args...)
	is := make(map[comment.ID]bool, len(there))
	for _, id := range there {
		is[id] = true
	}
	for _, c := range list {
		c.Deleted = !is[c.ID]
	}
	return err
}

// Update is part of abuse.Store. The row is held by its first statement, which
// tells what it was.
func (s Abuses) Update(ctx context.Context, id abuse.ID, c abuse.Change, at time.Time) (before abuse.State, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		was, err := sqldb.Returning(ctx, s.DB, func(r sqldb.Row) (w struct {
			state   abuse.State
			created time.Time
		}, err error,
		) {
			return w, r.Scan(&w.state, &w.created)
		}, `UPDATE abuses SET updated_at = $2 WHERE id = $1 RETURNING state, created_at`, id, at)
		if err != nil {
			return noAbuse(err)
		}
		before = was.state
		if c.ModerationComment != nil {
			if _, err := s.DB.Exec(ctx, `UPDATE abuses SET moderation_comment = $2 WHERE id = $1`, id, *c.ModerationComment); err != nil {
				return err
			}
		}
		switch {
		case c.State == nil || *c.State == before:
			return nil
		case *c.State == abuse.Pending:
			_, err = s.DB.Exec(ctx, `UPDATE abuses SET state = $2, processed_at = NULL, response_ms = NULL WHERE id = $1`, id, *c.State)
		default:
			_, err = s.DB.Exec(ctx, `UPDATE abuses SET state = $2, processed_at = $3, response_ms = $4 WHERE id = $1`,
				id, *c.State, at, max(0, at.Sub(was.created).Milliseconds()))
		}
		return err
	})
	return before, err
}

// Delete is part of abuse.Store.
func (s Abuses) Delete(ctx context.Context, id abuse.ID) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM abuses WHERE id = $1`, id)
	return noAbuse(noneIsNotFound(n, err))
}

// ReceivedSince is part of abuse.Store.
func (s Abuses) ReceivedSince(ctx context.Context, host string, reporter actor.AccountID, after time.Time) (ofHost, ofReporter int, err error) {
	p, err := sqldb.One(ctx, s.DB, scanPair, receivedSince, host, after, reporter)
	return p[0], p[1], err
}

const receivedSince = `SELECT count(*), count(CASE WHEN reporter_account_id = $3 THEN 1 END) FROM abuses
	WHERE reporter_host <> '' AND reporter_host = $1 AND created_at > $2`

// UserStats is part of abuse.Store.
func (s Abuses) UserStats(ctx context.Context, id actor.AccountID) (abuse.UserStats, error) {
	return sqldb.One(ctx, s.DB, func(r sqldb.Row) (u abuse.UserStats, err error) {
		return u, r.Scan(&u.Against, &u.Accepted, &u.Created)
	}, `SELECT (SELECT count(*) FROM abuses WHERE reportee_account_id = $1),
		(SELECT count(*) FROM abuses WHERE reportee_account_id = $1 AND state = $2),
		(SELECT count(*) FROM abuses WHERE reporter_account_id = $1)`, id, abuse.Accepted)
}
