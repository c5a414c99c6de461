package store

import (
	"context"
	"strings"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// commentOrders are the orders of lists over several videos.
var commentOrders = map[string]string{
	"-createdAt": `c.created_at DESC, c.id DESC`,
	"createdAt":  `c.created_at, c.id`,
}

// commentsQuery is what List reads. Only what is searched in is joined.
func commentsQuery(p comment.ListParams) (*sqldb.Query, error) {
	order, err := orderOf(commentOrders, p.Sort)
	if err != nil {
		return nil, err
	}
	from, heldAnywhere := `comments c`, p.Held != nil && *p.Held && p.Owner == 0 && p.VideoID == 0
	if heldAnywhere {
		// What is held is little among all, and its indexes begin with a video
		// or an owner: it is read whole from one of them and then put in order,
		// which the order of this join makes sure of (SQLite keeps to it).
		from = `comments h CROSS JOIN comments c`
	}
	if p.Search != "" || p.SearchVideo != "" || p.OnLocalVideo != nil || p.Channel != 0 {
		from += ` JOIN videos v ON v.id = c.video_id`
	}
	if p.Search != "" || p.SearchAccount != "" || p.IsLocal != nil {
		from += ` JOIN accounts a ON a.id = c.account_id JOIN actors x ON x.id = a.actor_id`
	}
	q := sqldb.From(from).Where(`c.deleted_at IS NULL`).OrderBy(order).
		If(heldAnywhere, `h.held_for_review = TRUE AND c.id = h.id`).
		If(p.Owner != 0, `c.owner_id = ?`, p.Owner).
		If(p.VideoID != 0, `c.video_id = ?`, p.VideoID).
		If(p.Channel != 0, `v.channel_id = ?`, p.Channel)
	if p.Held != nil {
		q.If(*p.Held, `c.held_for_review = TRUE`).If(!*p.Held, `c.held_for_review = FALSE`)
	}
	if p.IsLocal != nil {
		q.If(*p.IsLocal, `x.server_id IS NULL`).If(!*p.IsLocal, `x.server_id IS NOT NULL`)
	}
	if p.OnLocalVideo != nil {
		q.Where(`v.remote = ?`, !*p.OnLocalVideo)
	}
	words := func(s string) string { return containing(strings.ToLower(s)) }
	if p.Search != "" {
		s := words(p.Search)
		q.Where(`lower(c.text) LIKE ? ESCAPE '\' OR lower(x.preferred_username) LIKE ? ESCAPE '\' OR lower(a.name) LIKE ? ESCAPE '\' OR lower(v.name) LIKE ? ESCAPE '\'`, s, s, s, s)
	}
	if p.SearchAccount != "" {
		s := words(p.SearchAccount)
		q.Where(`lower(x.preferred_username) LIKE ? ESCAPE '\' OR lower(a.name) LIKE ? ESCAPE '\'`, s, s)
	}
	q.If(p.SearchVideo != "", `lower(v.name) LIKE ? ESCAPE '\'`, words(p.SearchVideo))
	return notMuted(q, p.Blockers), nil
}

// List is part of comment.Store.
func (s *Comments) List(ctx context.Context, p comment.ListParams) ([]*comment.Comment, int, error) {
	q, err := commentsQuery(p)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.countList(ctx, p, q)
	if err != nil || p.Count <= 0 || p.Start >= total {
		return []*comment.Comment{}, total, err
	}
	list, err := s.all(ctx, q, p.Start, p.Count)
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.fillVideos(ctx, list)
}

// countList is the total of a list. What videos have is in their counters;
// searches are counted up to a bound, and other lists now and then.
func (s *Comments) countList(ctx context.Context, p comment.ListParams, q *sqldb.Query) (int, error) {
	if p.Search+p.SearchAccount+p.SearchVideo != "" {
		text, args := pageIn(q, `1`, 0, comment.MostCounted)
		return s.totals.of(ctx, s.DB, `SELECT count(*) FROM (`+text+`) r`, args)
	}
	if p.Owner == 0 || p.VideoID != 0 || p.Channel != 0 || p.IsLocal != nil || p.OnLocalVideo != nil || len(p.Blockers) > 0 {
		return s.count(ctx, q)
	}
	held, shown := 0, 0
	var err error
	if p.Held == nil || *p.Held {
		held, err = sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT count(*) FROM comments c WHERE c.owner_id = $1 AND c.held_for_review = TRUE`, p.Owner)
	}
	if err == nil && (p.Held == nil || !*p.Held) {
		shown, err = sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT CAST(COALESCE(SUM(v.comments), 0) AS BIGINT) FROM videos v
			JOIN video_channels ch ON ch.id = v.channel_id WHERE ch.account_id = $1`, p.Owner)
	}
	return held + shown, err
}

// fillVideos gives comments their videos, with channels, in two queries.
func (s *Comments) fillVideos(ctx context.Context, list []*comment.Comment) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]video.ID, 0, len(list))
	for _, c := range list {
		ids = append(ids, c.VideoID)
	}
	videos, err := s.Videos.ByIDs(ctx, ids)
	for _, c := range list {
		c.Video = videos[c.VideoID]
	}
	return err
}
