package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Views is the view.Store, view.KeeperStore and view.StatsStore.
type Views struct{ DB *sqldb.DB }

var _ view.Store = Views{}

// Salt is part of view.SaltStore.
func (s Views) Salt(ctx context.Context, day, proposed string) (string, error) {
	if proposed != "" {
		if _, err := s.DB.Exec(ctx, `INSERT INTO view_salts (day, salt) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING`, day, proposed); err != nil {
			return "", err
		}
	}
	salt, err := sqldb.One(ctx, s.DB, sqldb.Value[string], `SELECT salt FROM view_salts WHERE day = $1`, day)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return salt, err
}

// ForgetSalts is part of view.KeeperStore.
func (s Views) ForgetSalts(ctx context.Context, day string) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM view_salts WHERE day < $1`, day)
	return err
}

const viewingColumns = `s.id, s.video_id, COALESCE(s.session_key, ''), s.started_at, s.seen_at, s.counted_at, s.counted_watch, s.watch_time, s.sections, s.country, s.subdivision`

func scanViewing(r sqldb.Row) (*view.Session, error) { return scanViewingWith(r, new(view.Session)) }

// scanViewingWith reads a viewing, and what more a query has.
func scanViewingWith(r sqldb.Row, s *view.Session, more ...any) (*view.Session, error) {
	var started, seen, counted int64
	var sections string
	if err := r.Scan(append([]any{
		&s.ID, &s.Video, &s.Key, &started, &seen, &counted, &s.CountedWatchTime, &s.WatchTime, &sections, &s.Place.Country, &s.Place.Subdivision,
	}, more...)...); err != nil {
		return nil, err
	}
	s.Started, s.Seen = time.Unix(started, 0).UTC(), time.Unix(seen, 0).UTC()
	if counted != 0 {
		s.Counted = time.Unix(counted, 0).UTC()
	}
	var err error
	s.Sections, err = parseSections(sections)
	return s, err
}

func formatSections(list []view.Section) string {
	b := make([]byte, 0, 16*len(list)+2)
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendInt(append(b, '['), int64(s.Start), 10), ',')
		b = append(strconv.AppendInt(b, int64(s.End), 10), ']')
	}
	return string(append(b, ']'))
}

func parseSections(text string) ([]view.Section, error) {
	if text == "" {
		return nil, nil
	}
	var pairs [][2]int
	if err := json.Unmarshal([]byte(text), &pairs); err != nil {
		return nil, fmt.Errorf("sections %q: %w", text, err)
	}
	list := make([]view.Section, len(pairs))
	for i, p := range pairs {
		list[i] = view.Section{Start: p[0], End: p[1]}
	}
	return list, nil
}

// held makes a query hold the rows it reads until the transaction ends. On
// SQLite a transaction holds everything from its beginning.
func (s Views) held(text string) string {
	if s.DB.Dialect == sqldb.Postgres {
		return text + ` FOR UPDATE`
	}
	return text
}

// Sessions is part of view.Store.
func (s Views) Sessions(ctx context.Context, keys []string) ([]*view.Session, error) {
	var list []*view.Session
	for len(keys) > 0 {
		some := keys[:min(len(keys), 100)]
		keys = keys[len(some):]
		text, args := sqldb.In(sqldb.From(`video_sessions s`), `s.session_key`, padded(some)).OrderBy(`s.session_key`).Select(viewingColumns)
		part, err := sqldb.All(ctx, s.DB, scanViewing, s.held(text), args...)
		if err != nil {
			return nil, err
		}
		list = append(list, part...)
	}
	return list, nil
}

// rowsAtOnce is how many rows one statement writes: few enough for SQLite's
// driver, which looks each argument up among all of them, many enough for
// PostgreSQL, where each statement is a way there and back.
const rowsAtOnce = 8

// values calls exec with the placeholders and arguments of rows, rowsAtOnce at
// a time.
func values(rows [][]any, exec func(placeholders string, args []any) error) error {
	for len(rows) > 0 {
		some := rows[:min(len(rows), rowsAtOnce)]
		rows = rows[len(some):]
		var b strings.Builder
		var args []any
		for i, row := range some {
			if i > 0 {
				b.WriteByte(',')
			}
			for j := range row {
				b.WriteString([]string{"($", ",$"}[min(j, 1)])
				b.WriteString(strconv.Itoa(len(args) + j + 1))
			}
			b.WriteByte(')')
			args = append(args, row...)
		}
		if err := exec(b.String(), args); err != nil {
			return err
		}
	}
	return nil
}

const viewingInsert = `INSERT INTO video_sessions (session_key, video_id, started_at, seen_at, counted_at, counted_watch, watch_time, sections,
	country, subdivision, client, device, os) VALUES `

// sectionsOfRow is where the sections are in viewingInsert.
const sectionsOfRow = 7

func viewingRows(list []*view.Session) [][]any {
	rows := make([][]any, len(list))
	for i, s := range list {
		counted := int64(0)
		if !s.Counted.IsZero() {
			counted = s.Counted.Unix()
		}
		rows[i] = []any{
			nullText(s.Key), s.Video, s.Started.Unix(), s.Seen.Unix(), counted, s.CountedWatchTime, s.WatchTime, formatSections(s.Sections),
			s.Place.Country, s.Place.Subdivision, s.Agent.Client, s.Agent.Device, s.Agent.OS,
		}
	}
	return rows
}

// Insert is part of view.Store.
func (s Views) Insert(ctx context.Context, list []*view.Session) (taken []*view.Session, err error) {
	done := make(map[string]bool, len(list))
	err = values(viewingRows(list), func(placeholders string, args []any) error {
		keys, err := sqldb.ReturningAll(ctx, s.DB, sqldb.Value[string],
			viewingInsert+placeholders+` ON CONFLICT (session_key) DO NOTHING RETURNING session_key`, args...)
		for _, key := range keys {
			done[key] = true
		}
		return err
	})
	for _, it := range list {
		if !done[it.Key] {
			taken = append(taken, it)
		}
	}
	return taken, err
}

// Update is part of view.Store.
func (s Views) Update(ctx context.Context, list []*view.Session) error {
	return values(viewingRows(list), func(placeholders string, args []any) error {
		_, err := s.DB.Exec(ctx, viewingInsert+placeholders+` ON CONFLICT (session_key) DO UPDATE SET seen_at = excluded.seen_at,
			counted_at = excluded.counted_at, counted_watch = excluded.counted_watch, watch_time = excluded.watch_time,
			sections = excluded.sections`, args...)
		return err
	})
}

// Finish is part of view.Store.
func (s Views) Finish(ctx context.Context, list []*view.Session) error {
	ids := make([]int64, len(list))
	for i, it := range list {
		ids[i] = it.ID
	}
	for len(ids) > 0 {
		some := ids[:min(len(ids), 100)]
		ids = ids[len(some):]
		text, args := sqldb.In(sqldb.From(``), `id`, padded(some)).Select(``)
		if _, err := s.DB.Exec(ctx, `UPDATE video_sessions SET session_key = NULL, sections = ''`+afterFrom(text), args...); err != nil {
			return err
		}
	}
	return s.addRetention(ctx, list)
}

// Record is part of view.Store.
func (s Views) Record(ctx context.Context, list []*view.Session) error {
	rows := viewingRows(list)
	for _, row := range rows {
		row[sectionsOfRow] = `` // which are of viewings that go on
	}
	if err := values(rows, func(placeholders string, args []any) error {
		_, err := s.DB.Exec(ctx, viewingInsert+placeholders, args...)
		return err
	}); err != nil {
		return err
	}
	return s.addRetention(ctx, list)
}

// afterFrom is the conditions of a query, for statements that are none.
func afterFrom(text string) string { return text[strings.Index(text, ` WHERE `):] }

type retentionKey struct {
	video  video.ID
	second int
}

// addRetention adds what was watched of videos to their retention.
func (s Views) addRetention(ctx context.Context, list []*view.Session) error {
	changes := map[retentionKey]int64{}
	for _, it := range list {
		changes[retentionKey{it.Video, -1}]++
		for _, section := range view.Union(it.Sections) {
			changes[retentionKey{it.Video, section.Start}]++
			changes[retentionKey{it.Video, section.End}]--
		}
	}
	var rows [][]any
	for _, key := range sortedRetention(changes) { // nodes do not lock crosswise
		rows = append(rows, []any{key.video, key.second, changes[key]})
	}
	return values(rows, func(placeholders string, args []any) error {
		_, err := s.DB.Exec(ctx, `INSERT INTO video_retention AS r (video_id, second, change) VALUES `+placeholders+`
			ON CONFLICT (video_id, second) DO UPDATE SET change = r.change + excluded.change`, args...)
		return err
	})
}

// Buffer is part of view.Store.
func (s Views) Buffer(ctx context.Context, list []view.Count) error {
	rows := make([][]any, len(list))
	for i, c := range list {
		rows[i] = []any{c.Video, c.At.Unix() / 60, c.Views, c.Downloads}
	}
	return values(rows, func(placeholders string, args []any) error {
		_, err := s.DB.Exec(ctx, `INSERT INTO view_buffer (video_id, minute, views, downloads) VALUES `+placeholders, args...)
		return err
	})
}

// Remember is part of view.Store.
func (s Views) Remember(ctx context.Context, list []view.Position) error {
	rows := make([][]any, len(list))
	for i, p := range list {
		rows[i] = []any{p.User, p.Video, p.Time, p.At, p.At}
	}
	return values(rows, func(placeholders string, args []any) error {
		_, err := s.DB.Exec(ctx, `INSERT INTO user_video_history AS h (user_id, video_id, position, created_at, updated_at) VALUES `+placeholders+`
			ON CONFLICT (user_id, video_id) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at
			WHERE h.updated_at <= excluded.updated_at`, args...)
		return err
	})
}

// watchingQuery reads the few sessions of now first: SQLite would rather read
// all that ever were in the order of their videos.
const watchingQuery = `SELECT w.video_id, count(*) FROM (SELECT s.video_id FROM video_sessions s WHERE s.seen_at > $1 LIMIT 1000000) w GROUP BY w.video_id`

// Watching is part of view.Store.
func (s Views) Watching(ctx context.Context, since time.Time) (map[video.ID]int64, error) {
	return pairs[video.ID, int64](ctx, s.DB, watchingQuery, since.Unix())
}

const positionColumns = `h.video_id, h.position`

// positionsQuery finds each video by the key of its row: with a list of
// videos SQLite would rather go through all that somebody ever watched, in an
// index that holds the positions too.
func positionsQuery(dialect sqldb.Dialect, u user.ID, ids []video.ID) (string, []any) {
	if dialect == sqldb.SQLite {
		return `SELECT ` + positionColumns + ` FROM json_each($1) w CROSS JOIN user_video_history h
			WHERE h.user_id = $2 AND h.video_id = w.value`, []any{asJSON(ids), u}
	}
	return sqldb.In(sqldb.From(`user_video_history h`).Where(`h.user_id = ?`, u), `h.video_id`, padded(ids)).Select(positionColumns)
}

// Positions is part of view.Store.
func (s Views) Positions(ctx context.Context, u user.ID, ids []video.ID) (map[video.ID]int, error) {
	if len(ids) == 0 {
		return map[video.ID]int{}, nil
	}
	text, args := positionsQuery(s.DB.Dialect, u, ids)
	return pairs[video.ID, int](ctx, s.DB, text, args...)
}

// pairs reads rows of two columns.
func pairs[K comparable, V any](ctx context.Context, db *sqldb.DB, text string, args ...any) (map[K]V, error) {
	type pair struct {
		k K
		v V
	}
	list, err := sqldb.All(ctx, db, func(r sqldb.Row) (p pair, err error) { return p, r.Scan(&p.k, &p.v) }, text, args...)
	m := make(map[K]V, len(list))
	for _, p := range list {
		m[p.k] = p.v
	}
	return m, err
}
