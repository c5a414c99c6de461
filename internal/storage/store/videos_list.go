package store

import (
	"context"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// videoOrders are the columns of each sort; each public one has an index, see
// TestEachPublicSortHasItsIndex. "match" is a matter of search.
var videoOrders = map[string]string{
	"publishedAt":           `v.published_at`,
	"createdAt":             `v.created_at`,
	"originallyPublishedAt": `COALESCE(v.originally_published_at, v.published_at)`,
	"name":                  `v.name`,
	"duration":              `v.duration`,
	"views":                 `v.views`,
	"likes":                 `v.likes`,
	"comments":              `v.comments`,
	"trending":              `v.recent_views`,
	"hot":                   `v.hot_score`,
	"best":                  `v.hot_score`,
	"localVideoFilesSize":   `v.files_size`,
}

func videoOrder(sort video.Sort) string {
	key, desc := strings.CutPrefix(string(sort), "-")
	column, ok := videoOrders[key]
	if !ok {
		column, desc = `v.published_at`, true
	}
	if desc {
		return column + ` DESC, v.id DESC`
	}
	return column + `, v.id`
}

// listAnswer is a page and its total.
type listAnswer struct {
	list  []*video.Video
	total int
}

// List returns a page of videos; see video.Store.
func (s *Videos) List(ctx context.Context, p video.ListParams) ([]*video.Video, int, error) {
	if p.SubscribedBy != 0 {
		return s.feed(ctx, p)
	}
	if list, ok, err := s.byNumber(ctx, p); ok || err != nil {
		return list, -1, err
	}
	q, err := s.query(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	text, args := pageOf(q, p)
	if s.DB.Tx(ctx) != nil || atOnce(p) {
		a, err := s.readPage(ctx, q, p, text, args)
		return a.list, a.total, err
	}
	key := fmt.Sprintf("%s %v %d %#v", text, p.SkipCount, p.Include, args)
	kept, ok, gen := s.pages.get(key)
	if !ok {
		var err error
		if kept, err = s.readPage(ctx, q, p, text, args); err != nil {
			return nil, 0, err
		}
		full := maxAnswers
		if s.cards.certain(ctx, s.DB) {
			if full = maxHotPages; !s.listed.Again(maphash.String(pageSeed, key)) {
				return kept.list, kept.total, nil
			}
		}
		s.pages.putUpTo(full, key, kept, gen)
	}
	return copied(kept.list), kept.total, nil
}

// maxHotPages is how many pages are kept where videos are kept by themselves:
// only those that are asked for all the time are worth it.
const maxHotPages = 40

var pageSeed = maphash.MakeSeed()

// farPage is from where on a page is found by its ids first: the indexes of
// public lists hold all that their usual conditions ask, so that the rows of
// the pages before need not be read.
const farPage = 100

// pageOf is the text and arguments of a page. The limit is a number in the
// text: SQLite plans by it, and would plan anew for each argument.
func pageOf(q *sqldb.Query, p video.ListParams) (string, []any) {
	limit := ` LIMIT ` + strconv.Itoa(max(0, p.Count))
	if p.Start < farPage {
		text, args := q.Select(listColumns)
		if p.Start == 0 {
			return text + limit, args
		}
		args = append(args[:len(args):len(args)], p.Start)
		return text + limit + ` OFFSET $` + strconv.Itoa(len(args)), args
	}
	ids, args := idsOf(q, p)
	return `SELECT ` + listColumns + ` FROM videos v WHERE v.id IN (` + ids + `) ORDER BY ` + videoOrder(p.Sort), args
}

// atOnce reports whether a list has to show each change at once: owners look
// at lists of their own right after one. Lists without a total are only shown
// beside something else.
func atOnce(p video.ListParams) bool { return p.Account != 0 || p.Channel != 0 && !p.SkipCount }

func (s *Videos) readPage(ctx context.Context, q *sqldb.Query, p video.ListParams, text string, args []any) (a listAnswer, err error) {
	a = listAnswer{list: []*video.Video{}, total: -1}
	if !p.SkipCount {
		if a.total, err = s.listTotal(ctx, q, p); err != nil {
			return a, err
		}
	}
	if p.Count <= 0 || a.total >= 0 && p.Start >= a.total {
		return a, nil
	}
	if p.Channel == 0 && s.cards.certain(ctx, s.DB) { // one channel's videos are seldom kept: so many channels there are
		a.list, err = s.pageOfKept(context.WithoutCancel(ctx), q, p)
	} else {
		a.list, err = sqldb.All(ctx, s.DB, scanVideo, text, args...)
	}
	if err != nil || len(a.list) == 0 {
		return a, err
	}
	return a, s.fillPage(context.WithoutCancel(ctx), a.list, p.Include) // short reads by key
}

// listTotal counts live what belongs to one owner: it is little, and people
// look whether what they did has counted.
func (s *Videos) listTotal(ctx context.Context, q *sqldb.Query, p video.ListParams) (int, error) {
	if p.Account == 0 && p.Channel == 0 {
		return s.total(ctx, q)
	}
	text, args := q.Count()
	return sqldb.One(ctx, s.DB, sqldb.Value[int], text, args...)
}

// fillPage reads the relations of a page, each kind with one query.
func (s *Videos) fillPage(ctx context.Context, list []*video.Video, include video.Include) error {
	if err := s.fillChannels(ctx, list); err != nil {
		return err
	}
	page := newVideoPage(list)
	var fill []func(context.Context, *videoPage) error
	if include&video.WithFiles != 0 {
		fill = append(fill, s.fillPlaylists, s.fillFiles)
	}
	if include&video.WithTags != 0 {
		fill = append(fill, s.fillTags)
	}
	if include&video.NotPublishedState != 0 {
		fill = append(fill, s.fillSchedules)
	}
	if include&video.WithSource != 0 {
		fill = append(fill, s.fillSources)
	}
	for _, f := range fill {
		if err := f(ctx, page); err != nil {
			return err
		}
	}
	return nil
}

func videoQuery(p video.ListParams) *sqldb.Query { return videoQueryFrom(`videos v`, p) }

func videoQueryFrom(tables string, p video.ListParams) *sqldb.Query {
	q := sqldb.From(tables).
		If(p.Channel != 0, `v.channel_id = ?`, p.Channel).
		If(p.Account != 0, `v.channel_id IN (SELECT c.id FROM video_channels c WHERE c.account_id = ?)`, p.Account)
	if len(p.ChannelNames) > 0 {
		q = whereIn(q, `v.channel_id IN (SELECT c.id FROM video_channels c JOIN actors a ON a.id = c.actor_id
			WHERE a.server_id IS NULL AND a.preferred_username IN (`, p.ChannelNames, `))`)
	}
	whereListed(q, p)
	whereSensitive(q, p)
	whereAbout(q, p)
	whereFiles(q, p)
	whereTimes(q, p)
	sqldb.In(q, `v.id`, p.IDs)
	sqldb.In(q, `v.uuid`, p.UUIDs)
	q.If(len(p.AutoTags) > 0, `1 = 0`) // no video has any
	q.If(p.Watcher != 0, `NOT EXISTS (SELECT 1 FROM user_video_history h WHERE h.user_id = ? AND h.video_id = v.id)`, p.Watcher)
	return q.OrderBy(videoOrder(p.Sort))
}

// whereListed writes the conditions of public lists as the indexes have them,
// as text: no database sees an index's condition in an argument.
func whereListed(q *sqldb.Query, p video.ListParams) {
	public, internal, other := false, false, false
	for _, privacy := range p.Privacies {
		public = public || privacy == video.Public
		internal = internal || privacy == video.InternalOnly
		other = other || privacy != video.Public && privacy != video.InternalOnly
	}
	if other || len(p.Privacies) == 0 || len(p.States) != 1 || p.States[0] != video.Published {
		sqldb.In(q, `v.privacy`, p.Privacies)
		sqldb.In(q, `v.state`, p.States)
		return
	}
	q.Where(`v.privacy IN (1, 4)`).Where(`v.state = 1`).
		If(!internal, `v.privacy = 1`).
		If(!public, `v.privacy = 4`)
}

func whereSensitive(q *sqldb.Query, p video.ListParams) {
	if p.NSFW != nil && *p.NSFW {
		q.Where(`v.nsfw = TRUE`)
	} else if p.NSFW != nil {
		q.If(p.NSFWFlagsIncluded == 0, `v.nsfw = FALSE`).
			If(p.NSFWFlagsIncluded != 0, `v.nsfw = FALSE OR (v.nsfw_flags & ?) <> 0`, p.NSFWFlagsIncluded)
	}
	q.If(p.NSFWFlagsExcluded != 0, `(v.nsfw_flags & ?) = 0`, p.NSFWFlagsExcluded)
}

func whereAbout(q *sqldb.Query, p video.ListParams) {
	sqldb.In(q, `v.category`, p.Categories)
	sqldb.In(q, `v.licence`, p.Licences)
	languages := make([]string, len(p.Languages))
	for i, l := range p.Languages {
		if l != video.UnknownLanguage {
			languages[i] = l
		}
	}
	sqldb.In(q, `v.language`, languages)
	if len(p.TagsOneOf) > 0 {
		whereIn(q, `v.id IN (SELECT vt.video_id FROM video_tags vt JOIN tags t ON t.id = vt.tag_id WHERE t.folded IN (`, folded(p.TagsOneOf), `))`)
	}
	for _, tag := range folded(p.TagsAllOf) {
		q.Where(`v.id IN (SELECT vt.video_id FROM video_tags vt JOIN tags t ON t.id = vt.tag_id WHERE t.folded = ?)`, tag)
	}
	for word := range strings.FieldsSeq(video.Searchable(p.Search)) {
		q.Where(`v.search LIKE ? ESCAPE '\'`, containing(word))
	}
}

func whereFiles(q *sqldb.Query, p video.ListParams) {
	const (
		hls = `EXISTS (SELECT 1 FROM streaming_playlists p WHERE p.video_id = v.id)`
		web = `EXISTS (SELECT 1 FROM video_files f WHERE f.video_id = v.id AND f.playlist_id IS NULL)`
	)
	for cond, on := range map[string]*bool{hls: p.HasHLS, web: p.HasWebVideos} {
		q.If(on != nil && *on, cond).If(on != nil && !*on, `NOT `+cond)
	}
	q.If(p.IsLocal != nil && *p.IsLocal, `v.remote = FALSE`).If(p.IsLocal != nil && !*p.IsLocal, `v.remote = TRUE`)
	q.If(p.IsLive != nil && *p.IsLive, `v.is_live = TRUE`).If(p.IsLive != nil && !*p.IsLive, `v.is_live = FALSE`)
	q.If(p.Host != "", `v.channel_id IN (SELECT c.id FROM video_channels c JOIN actors a ON a.id = c.actor_id
		JOIN servers s ON s.id = a.server_id WHERE s.host = ?)`, p.Host)
}

func whereTimes(q *sqldb.Query, p video.ListParams) {
	const original = `COALESCE(v.originally_published_at, v.published_at)`
	for _, bound := range []struct {
		cond string
		at   *time.Time
	}{
		{`v.published_at >= ?`, p.PublishedAfter},
		{`v.published_at <= ?`, p.PublishedBefore},
		{original + ` >= ?`, p.OriginallyAfter},
		{original + ` <= ?`, p.OriginallyBefore},
	} {
		if bound.at != nil {
			q.Where(bound.cond, *bound.at)
		}
	}
	if p.DurationMin != nil {
		q.Where(`v.duration >= ?`, *p.DurationMin)
	}
	if p.DurationMax != nil {
		q.Where(`v.duration <= ?`, *p.DurationMax)
	}
}

// whereIn adds a condition with a list of arguments between two texts.
func whereIn(q *sqldb.Query, before string, values []string, after string) *sqldb.Query {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return q.Where(before+strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")+after, args...)
}

func folded(tags []string) []string {
	list := make([]string, len(tags))
	for i, t := range tags {
		list[i] = video.Fold(t)
	}
	return list
}
