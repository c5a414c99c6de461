package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Comments is the comment.Store. Use it by pointer: it remembers for a second
// or two what is asked for often.
type Comments struct {
	DB *sqldb.DB
	// Videos fills the videos of lists, and forgets what it knew of those
	// whose counters change.
	Videos *Videos

	accounts shownAccounts
	pages    videoAnswers[comment.ThreadPage]
	totals   videoTotals
}

var _ comment.Store = (*Comments)(nil)

// commentColumns are scanned by scanComment.
const commentColumns = `c.id, c.video_id, c.owner_id, COALESCE(c.account_id, 0), c.url, c.remote, c.text, COALESCE(c.thread_id, c.id),
	COALESCE(c.reply_to_id, 0), c.depth, c.held_for_review, c.vanished, c.replies, c.total_replies, c.author_replies,
	c.deleted_at, COALESCE(c.created_at, NULL), COALESCE(c.updated_at, NULL)` // see sqldb.Stamp

func scanComment(r sqldb.Row) (*comment.Comment, error) {
	c := new(comment.Comment)
	return c, r.Scan(commentFields(c)...)
}

func commentFields(c *comment.Comment) []any {
	return []any{
		&c.ID, &c.VideoID, &c.OwnerID, &c.AccountID, &c.URL, &c.Remote, &c.Text, &c.ThreadID,
		&c.ReplyTo, &c.Depth, &c.HeldForReview, &c.Vanished, &c.Replies, &c.TotalReplies, &c.AuthorReplies,
		&c.DeletedAt, (*sqldb.Stamp)(&c.CreatedAt), (*sqldb.Stamp)(&c.UpdatedAt),
	}
}

// ByID is part of comment.Store.
func (s *Comments) ByID(ctx context.Context, id comment.ID) (*comment.Comment, error) {
	c, err := s.row(ctx, id)
	if err != nil {
		return nil, err
	}
	return c, s.fillAccounts(ctx, []*comment.Comment{c})
}

func (s *Comments) row(ctx context.Context, id comment.ID) (*comment.Comment, error) {
	c, err := sqldb.One(ctx, s.DB, scanComment, `SELECT `+commentColumns+` FROM comments c WHERE c.id = $1`, id)
	if errs.Is(err, errs.NotFound) {
		return nil, comment.NotFound()
	}
	return c, err
}

// shown are the conditions of what a sight shows. Held comments are few among
// those of a video, and the indexes of threads hold the column.
func shown(q *sqldb.Query, s comment.Sight) *sqldb.Query {
	q.Where(`c.vanished = FALSE`)
	switch {
	case s.Manages:
	case s.Viewer != 0:
		q.Where(`c.held_for_review = FALSE OR c.account_id = ?`, s.Viewer)
	default:
		q.Where(`c.held_for_review = FALSE`)
	}
	return notMuted(q, s.Blockers)
}

// notMuted hides the comments of accounts and servers that any of the blockers
// mutes. The site's mutes have no account: their place in the index is 0.
func notMuted(q *sqldb.Query, blockers []actor.AccountID) *sqldb.Query {
	if len(blockers) == 0 {
		return q
	}
	marks, args := blockerArgs(blockers)
	q.Where(`NOT EXISTS (SELECT 1 FROM account_blocks b WHERE COALESCE(b.account_id, 0) IN (`+marks+`) AND b.target_account_id = c.account_id)`, args...)
	return q.Where(`NOT EXISTS (SELECT 1 FROM accounts a JOIN actors x ON x.id = a.actor_id
		JOIN server_blocks b ON COALESCE(b.account_id, 0) IN (`+marks+`) AND b.target_server_id = x.server_id WHERE a.id = c.account_id)`, args...)
}

func blockerArgs(blockers []actor.AccountID) (marks string, args []any) {
	args = make([]any, len(blockers))
	for i, b := range blockers {
		args[i] = b
	}
	return strings.TrimSuffix(strings.Repeat("?,", len(blockers)), ","), args
}

// threadOrders are the orders of threads; each has an index.
var threadOrders = map[string]string{
	"-createdAt":    `c.created_at DESC, c.id DESC`,
	"createdAt":     `c.created_at, c.id`,
	"-totalReplies": `c.total_replies DESC, c.id DESC`,
	"totalReplies":  `c.total_replies, c.id`,
}

// threadsQuery is what Threads reads.
func threadsQuery(p comment.ThreadList) (*sqldb.Query, error) {
	order, err := orderOf(threadOrders, p.Sort)
	if err != nil {
		return nil, err
	}
	q := sqldb.From(`comments c`).Where(`c.video_id = ?`, p.VideoID).Where(`c.thread_id IS NULL`)
	return shown(q, p.Sight).OrderBy(order), nil
}

// Threads is part of comment.Store. What everybody sees is kept for a second.
func (s *Comments) Threads(ctx context.Context, p comment.ThreadList) (comment.ThreadPage, error) {
	if !p.Plain() || s.DB.Tx(ctx) != nil {
		return s.readThreads(ctx, p)
	}
	key := string(appendNumbers(nil, int64(p.VideoID), int64(p.Start), int64(p.Count))) + p.Sort
	page, ok, gen := s.pages.get(key)
	if ok {
		return page, nil
	}
	page, err := s.readThreads(ctx, p)
	if err == nil {
		s.pages.put(key, page, gen)
	}
	return page, err
}

func appendNumbers(b []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		b = append(strconv.AppendInt(b, n, 10), ' ')
	}
	return b
}

func (s *Comments) readThreads(ctx context.Context, p comment.ThreadList) (page comment.ThreadPage, err error) {
	q, err := threadsQuery(p)
	if err != nil {
		return page, err
	}
	if err := s.pageOfThreads(ctx, q, p, &page); err != nil || p.Plain() {
		return page, err
	}
	return page, s.countOthers(ctx, p, &page)
}

// pageOfThreads reads a page with the counters of the video, as everybody sees
// them: they come with each row, so that mostly one query is enough.
func (s *Comments) pageOfThreads(ctx context.Context, q *sqldb.Query, p comment.ThreadList, page *comment.ThreadPage) (err error) {
	page.List = []*comment.Comment{}
	if p.Count > 0 {
		scan := func(r sqldb.Row) (*comment.Comment, error) {
			c := new(comment.Comment)
			return c, r.Scan(append(commentFields(c), &page.NotDeleted, &page.Total)...)
		}
		text, args := pageIn(q, commentColumns+threadCounters, p.Start, p.Count) // $1 is the video
		if page.List, err = sqldb.All(ctx, s.DB, scan, text, args...); err != nil {
			return err
		}
	}
	if len(page.List) > 0 {
		return s.fillAccounts(ctx, page.List)
	}
	counts, err := sqldb.One(ctx, s.DB, scanPair, `SELECT v.comments, v.comment_threads FROM videos v WHERE v.id = $1`, p.VideoID)
	page.NotDeleted, page.Total = counts[0], counts[1]
	return noVideo(err)
}

// threadCounters are those of the video that is the first argument; each is
// read once for all rows.
const threadCounters = `, (SELECT v.comments FROM videos v WHERE v.id = $1), (SELECT v.comment_threads FROM videos v WHERE v.id = $1)`

// pageIn is a page with its limit as a number in the text: SQLite plans by it,
// and would plan anew for each argument.
func pageIn(q *sqldb.Query, columns string, start, count int) (string, []any) {
	text, args := q.Select(columns)
	text += ` LIMIT ` + strconv.Itoa(max(0, count))
	if start > 0 {
		args = append(args[:len(args):len(args)], start)
		text += ` OFFSET $` + strconv.Itoa(len(args))
	}
	return text, args
}

// countOthers adds to the counters what this sight sees more or less than
// everybody: held comments and those of muted people, which are few and counted
// by index.
func (s *Comments) countOthers(ctx context.Context, p comment.ThreadList, page *comment.ThreadPage) error {
	if p.Viewer != 0 || p.Manages {
		held := sqldb.From(`comments c`).Where(`c.video_id = ?`, p.VideoID).Where(`c.held_for_review = TRUE`).
			If(!p.Manages, `c.account_id = ?`, p.Viewer)
		if err := s.countPair(ctx, notMuted(held, p.Blockers), page, 1); err != nil {
			return err
		}
	}
	if len(p.Blockers) == 0 {
		return nil
	}
	muted := sqldb.From(`comments c`).Where(`c.video_id = ?`, p.VideoID).Where(`c.held_for_review = FALSE`).Where(`c.deleted_at IS NULL`)
	marks, args := blockerArgs(p.Blockers)
	muted.Where(`c.account_id IN (
		SELECT b.target_account_id FROM account_blocks b WHERE COALESCE(b.account_id, 0) IN (`+marks+`)
		UNION SELECT a.id FROM server_blocks b JOIN actors x ON x.server_id = b.target_server_id JOIN accounts a ON a.actor_id = x.id
			WHERE COALESCE(b.account_id, 0) IN (`+marks+`))`, append(args, args...)...)
	return s.countPair(ctx, muted, page, -1)
}

// countPair adds the comments that match, and the threads among them, to a
// page's totals, or takes them off.
func (s *Comments) countPair(ctx context.Context, q *sqldb.Query, page *comment.ThreadPage, sign int) error {
	text, args := q.Select(`count(*), count(*) - count(c.thread_id)`)
	n, err := sqldb.One(ctx, s.DB, scanPair, text, args...)
	page.NotDeleted += sign * n[0]
	page.Total += sign * n[1]
	return err
}

func scanPair(r sqldb.Row) (p [2]int, err error) { return p, r.Scan(&p[0], &p[1]) }

// OfThread is part of comment.Store.
func (s *Comments) OfThread(ctx context.Context, thread comment.ID, sight comment.Sight, most int) ([]*comment.Comment, error) {
	q := shown(sqldb.From(`comments c`).Where(`c.thread_id = ?`, thread), sight).OrderBy(`c.created_at, c.id`)
	return s.all(ctx, q, 0, most)
}

// Replies is part of comment.Store.
func (s *Comments) Replies(ctx context.Context, parent comment.ID, sight comment.Sight, start, count int) ([]*comment.Comment, error) {
	return s.all(ctx, repliesQuery(parent, sight), start, count)
}

func repliesQuery(parent comment.ID, sight comment.Sight) *sqldb.Query {
	return shown(sqldb.From(`comments c`).Where(`c.reply_to_id = ?`, parent), sight).OrderBy(`c.created_at, c.id`)
}

// all reads comments with their accounts.
func (s *Comments) all(ctx context.Context, q *sqldb.Query, start, count int) ([]*comment.Comment, error) {
	text, args := pageIn(q, commentColumns, start, count)
	list, err := sqldb.All(ctx, s.DB, scanComment, text, args...)
	if err != nil {
		return nil, err
	}
	return list, s.fillAccounts(ctx, list)
}

// FirstReplies is part of comment.Store. Each comment's replies are a query of
// their own by index, several in one statement.
func (s *Comments) FirstReplies(ctx context.Context, parents []comment.ID, sight comment.Sight, each int) ([]*comment.Comment, error) {
	const atOnce = 16
	var list []*comment.Comment
	for len(parents) > 0 {
		some := parents[:min(atOnce, len(parents))]
		parents = parents[len(some):]
		text, args := firstReplies(some, sight, each)
		part, err := sqldb.All(ctx, s.DB, scanComment, text, args...)
		if err != nil {
			return nil, err
		}
		list = append(list, part...)
	}
	return list, s.fillAccounts(ctx, list)
}

// firstReplies joins the queries of several parents, which differ in their
// last condition.
func firstReplies(parents []comment.ID, sight comment.Sight, each int) (string, []any) {
	base, args := shown(sqldb.From(`comments c`), sight).Select(commentColumns)
	var b strings.Builder
	for i, parent := range parents {
		if i > 0 {
			b.WriteString(` UNION ALL `)
		}
		args = append(args, parent)
		b.WriteString(`SELECT * FROM (` + base + ` AND c.reply_to_id = $` + strconv.Itoa(len(args)) +
			` ORDER BY c.created_at, c.id LIMIT ` + strconv.Itoa(each) + `) r` + strconv.Itoa(i))
	}
	return b.String(), args
}

// Since is part of comment.Store.
func (s *Comments) Since(ctx context.Context, id video.ID, sight comment.Sight, after time.Time, count int) ([]*comment.Comment, error) {
	q := sqldb.From(`comments c`).Where(`c.video_id = ?`, id).Where(`c.created_at > ?`, after).Where(`c.deleted_at IS NULL`)
	return s.all(ctx, shown(q, sight).OrderBy(`c.created_at, c.id`), 0, count)
}

// fillAccounts gives each comment its author.
func (s *Comments) fillAccounts(ctx context.Context, list []*comment.Comment) error {
	ids := make([]actor.AccountID, 0, len(list))
	for _, c := range list {
		if c.AccountID != 0 {
			ids = append(ids, c.AccountID)
		}
	}
	accounts, err := s.accounts.of(ctx, s.Videos, ids)
	for _, c := range list {
		c.Account = accounts[c.AccountID]
	}
	return err
}

// count counts what q matches, or remembers it; see videoTotals.
func (s *Comments) count(ctx context.Context, q *sqldb.Query) (int, error) {
	text, args := q.Count()
	return s.totals.of(ctx, s.DB, text, args)
}
