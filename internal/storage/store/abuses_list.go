package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/storage/sqldb"
)

// abuseOrders are the orders of reports; each has an index.
var abuseOrders = map[string]string{
	"-createdAt": `b.created_at DESC, b.id DESC`,
	"createdAt":  `b.created_at, b.id`,
	"-id":        `b.id DESC`,
	"id":         `b.id`,
	"-state":     `b.state DESC, b.created_at, b.id`,
	"state":      `b.state, b.created_at DESC, b.id DESC`,
}

// abusesQuery is what List reads. People are joined only to be searched.
func abusesQuery(p abuse.ListParams) (*sqldb.Query, error) {
	order, err := orderOf(abuseOrders, p.Sort)
	if err != nil {
		return nil, err
	}
	people := p.Search != "" && !p.WithoutPeople
	from := `abuses b`
	if people || p.SearchReporter != "" {
		from += ` LEFT JOIN accounts ra ON ra.id = b.reporter_account_id LEFT JOIN actors rx ON rx.id = ra.actor_id`
	}
	if people || p.SearchReportee != "" {
		from += ` LEFT JOIN accounts ea ON ea.id = b.reportee_account_id LEFT JOIN actors ex ON ex.id = ea.actor_id`
	}
	words := func(s string) string { return containing(abuse.Fold(s)) }
	const reporter = `lower(rx.preferred_username) LIKE ? ESCAPE '\' OR lower(ra.name) LIKE ? ESCAPE '\'`
	const reportee = `lower(ex.preferred_username) LIKE ? ESCAPE '\' OR lower(ea.name) LIKE ? ESCAPE '\'`
	q := sqldb.From(from).OrderBy(order).
		If(p.ID != 0, `b.id = ?`, p.ID).
		If(p.Reporter != 0, `b.reporter_account_id = ?`, p.Reporter).
		If(p.LocalOnly, `b.reporter_host = ''`).
		If(p.Kind != "", `b.kind = ?`, p.Kind).
		If(p.State != 0, `b.state = ?`, p.State).
		If(p.Reason != 0, `(b.reasons & ?) <> 0`, reasonBit(max(1, p.Reason))).
		If(p.VideoIs == abuse.VideoDeleted, `b.kind = 'video' AND NOT EXISTS (SELECT 1 FROM videos v WHERE v.id = b.video_id)`).
		If(p.VideoIs == abuse.VideoBlacklisted, `1 = 0`).
		If(p.SearchVideo != "", `b.video_words LIKE ? ESCAPE '\'`, words(p.SearchVideo)).
		If(p.SearchChannel != "", `b.channel_words LIKE ? ESCAPE '\'`, words(p.SearchChannel))
	s := words(p.SearchReporter)
	q.If(p.SearchReporter != "", reporter, s, s)
	s = words(p.SearchReportee)
	q.If(p.SearchReportee != "", reportee, s, s)
	if s = words(p.Search); people {
		q.Where(`b.words LIKE ? ESCAPE '\' OR `+reporter+` OR `+reportee, s, s, s, s, s)
	} else {
		q.If(p.Search != "", `b.words LIKE ? ESCAPE '\'`, s)
	}
	return q, nil
}

// List is part of abuse.Store.
func (s Abuses) List(ctx context.Context, p abuse.ListParams) ([]*abuse.Abuse, int, error) {
	q, err := abusesQuery(p)
	if err != nil {
		return nil, 0, err
	}
	text, args := pageIn(q, `1`, 0, abuse.MostCounted)
	total, err := sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT count(*) FROM (`+text+`) r`, args...)
	if err != nil || p.Count <= 0 || total < abuse.MostCounted && p.Start >= total {
		return []*abuse.Abuse{}, total, err
	}
	text, args = pageIn(q, abuseColumns, p.Start, p.Count)
	list, err := sqldb.All(ctx, s.DB, scanAbuse, text, args...)
	if err != nil || len(list) == 0 {
		return []*abuse.Abuse{}, total, err
	}
	return list, total, s.fill(ctx, list)
}

// abuseCounts counts beside each of some reports others of its kind, by index.
const abuseCounts = `b.id,
	(SELECT count(*) FROM abuses o WHERE o.reporter_account_id = b.reporter_account_id),
	(SELECT count(*) FROM abuses o WHERE o.reportee_account_id = b.reportee_account_id),
	(SELECT count(*) FROM abuses o WHERE o.kind = 'video' AND o.video_id = b.video_id),
	(SELECT count(*) FROM abuses o WHERE o.kind = 'video' AND o.video_id = b.video_id AND o.id <= b.id)`

// openAbuses counts within abuses_state.
const openAbuses = `SELECT count(*) FROM (SELECT 1 FROM abuses WHERE state = $1 LIMIT $2) r`

// Open is part of abuse.Store.
func (s Abuses) Open(ctx context.Context, most int) (int, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[int], openAbuses, abuse.Pending, most)
}

// Count is part of abuse.Store.
func (s Abuses) Count(ctx context.Context, list []*abuse.Abuse) error {
	if len(list) == 0 {
		return nil
	}
	text, args := abuseCountsOf(list)
	byID := make(map[abuse.ID]abuse.Counts, len(list))
	_, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (struct{}, error) {
		var id abuse.ID
		var c abuse.Counts
		err := r.Scan(&id, &c.ByReporter, &c.OfReportee, &c.OfVideo, &c.Nth)
		byID[id] = c
		return struct{}{}, err
	}, text, args...)
	for _, a := range list {
		a.Counts = byID[a.ID]
		if a.Kind != abuse.OfVideo {
			a.Counts.OfVideo, a.Counts.Nth = 0, 0
		}
	}
	return err
}

func abuseCountsOf(list []*abuse.Abuse) (string, []any) {
	ids := make([]abuse.ID, len(list))
	for i, a := range list {
		ids[i] = a.ID
	}
	return sqldb.In(sqldb.From(`abuses b`), `b.id`, padded(ids)).Select(abuseCounts)
}

// distinctIDs are ids without those that come again.
func distinctIDs[ID cmp.Ordered](ids []ID) []ID {
	slices.Sort(ids)
	return slices.Compact(ids)
}

const abuseMessageColumns = `m.id, m.abuse_id, m.by_moderator, m.message, COALESCE(m.account_id, 0), m.created_at`

func scanAbuseMessage(r sqldb.Row) (*abuse.Message, error) {
	m := new(abuse.Message)
	return m, r.Scan(&m.ID, &m.AbuseID, &m.ByModerator, &m.Text, &m.AccountID, &m.CreatedAt)
}

// abuseMessages are those of a report, in order.
var abuseMessages = `SELECT ` + abuseMessageColumns + ` FROM abuse_messages m WHERE m.abuse_id = $1 ORDER BY m.id LIMIT ` +
	strconv.Itoa(abuse.MaxMessages)
