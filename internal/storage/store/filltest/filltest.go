// Package filltest fills a database with videos, as many as a benchmark or a
// test of query plans wants, in seconds: with owners, channels, tags,
// thumbnails, HLS playlists and files, spread as on a real site. The files
// themselves do not exist.
//
// The same number gives the same videos. It is for empty databases only.
package filltest

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

const (
	videosPerChannel = 200
	tagCount         = 500
	tagsPerVideo     = 3
	host             = "https://bench.example"
	far, farServer   = "https://far.example", 1
)

// rungs are the files of each video; thumbnails its pictures.
var (
	rungs      = []struct{ w, h int }{{1920, 1080}, {1280, 720}, {854, 480}, {640, 360}}
	thumbnails = []struct{ w, h int }{{280, 157}, {850, 480}, {1280, 720}, {1920, 1080}}
)

// Fill inserts n videos in one transaction.
func Fill(ctx context.Context, db *sqldb.DB, n int) error { return FillBeside(ctx, db, n, n) }

// FillBeside inserts n videos in one transaction, of which the first are local
// and the others copies of one other site's. A channel has videos of one kind.
func FillBeside(ctx context.Context, db *sqldb.DB, n, local int) error {
	f := &filler{db: db, rand: rand.New(rand.NewPCG(1, 2)), now: sqldb.Now(), local: channels(local)} //nolint:gosec // the same each time
	if local < n {
		if _, err := db.Exec(ctx, `INSERT INTO servers (id, host, created_at, updated_at) VALUES ($1, $2, $3, $3)`, farServer, strings.TrimPrefix(far, "https://"), f.now); err != nil {
			return err
		}
	}
	err := db.InTx(ctx, func(ctx context.Context) error {
		for _, step := range []func(context.Context, int) error{f.owners, f.tags, f.videos} {
			if err := step(ctx, n); err != nil {
				return err
			}
		}
		return f.finish(ctx)
	})
	if err != nil || db.Dialect != sqldb.Postgres {
		return err
	}
	_, err = db.Exec(ctx, `ANALYZE`) // what autovacuum does in its own time
	return err
}

// UUID is the UUID of the i-th video, from 1.
func UUID(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", i*2654435761%(1<<32), i) }

type filler struct {
	db   *sqldb.DB
	rand *rand.Rand
	now  time.Time
	// local is the last channel of this site, 0 when all are.
	local int
}

// remote reports whether the i-th channel is of another site, and returns
// where it is.
func (f *filler) remote(i int) (is bool, at string, server any) {
	if f.local == 0 || i <= f.local { // crowd and comments know no other site
		return false, host, nil
	}
	return true, far, farServer
}

func channels(n int) int { return (n + videosPerChannel - 1) / videosPerChannel }

// owners makes one person with one channel for each videosPerChannel videos.
func (f *filler) owners(ctx context.Context, n int) error { return f.people(ctx, 1, channels(n)) }

// people makes the from-th to the last person, each with a channel.
func (f *filler) people(ctx context.Context, from, last int) error {
	users := f.table("users", "id, username, email, email_folded, password_hash, role, video_quota, video_quota_daily, feed_token, created_at, updated_at")
	actors := f.table("actors", "id, type, preferred_username, server_id, url, inbox_url, outbox_url, followers_url, following_url, created_at, updated_at")
	accounts := f.table("accounts", "id, actor_id, user_id, name, created_at, updated_at")
	chans := f.table("video_channels", "id, actor_id, account_id, name, created_at, updated_at")
	images := f.table("actor_images", "actor_id, type, filename, width, height, created_at, updated_at")
	for i := from; i <= last; i++ {
		name := "person" + strconv.Itoa(i)
		remote, host, server := f.remote(i)
		person := any(i)
		if remote {
			person = nil
		} else {
			users.row(i, name, name+"@bench.example", name+"@bench.example", "!", user.Member, user.Unlimited, user.Unlimited, name, f.now, f.now)
		}
		for j, a := range []struct {
			kind      actor.Type
			name, url string
		}{{actor.Person, name, host + "/accounts/" + name}, {actor.Group, name + "_channel", host + "/video-channels/" + name + "_channel"}} {
			id := 2*i - 1 + j
			actors.row(id, a.kind, a.name, server, a.url, a.url+"/inbox", a.url+"/outbox", a.url+"/followers", a.url+"/following", f.now, f.now)
			for _, size := range []int{1500, 600, 120, 48} {
				images.row(id, actor.Avatar, fmt.Sprintf("avatar-%d-%d.jpg", id, size), size, size, f.now, f.now)
			}
		}
		accounts.row(i, 2*i-1, person, "Person "+strconv.Itoa(i), f.now, f.now)
		chans.row(i, 2*i, i, "Channel "+strconv.Itoa(i), f.now, f.now)
	}
	return f.flush(ctx, users, actors, accounts, chans, images)
}

func (f *filler) tags(ctx context.Context, _ int) error {
	t := f.table("tags", "id, name, folded")
	for i := 1; i <= tagCount; i++ {
		name := "Tag " + strconv.Itoa(i)
		t.row(i, name, video.Fold(name))
	}
	return t.flush(ctx)
}

const description = "Some words about a video that nobody made, **bold** and with a link https://example.org/watch, long enough that lists have to cut it. "

func (f *filler) videos(ctx context.Context, n int) error {
	videos := f.table("videos", `id, uuid, channel_id, url, name, search, description, category, licence, language, privacy, state, nsfw,
		duration, aspect_ratio, views, recent_views, likes, dislikes, comments, hot_score, files_size, quota_bytes, published_at, created_at, updated_at, pictures, remote, refreshed_at`)
	tags := f.table("video_tags", "video_id, tag_id, position")
	pictures := f.table("thumbnails", "video_id, filename, width, height, aspect_ratio, auto_generated, created_at")
	playlists := f.table("streaming_playlists", "id, video_id, type, playlist_filename, segments_filename, created_at, updated_at")
	files := f.table("video_files", `video_id, playlist_id, resolution, width, height, fps, size, extname, filename, torrent_filename, info_hash,
		has_audio, has_video, created_at, updated_at`)
	all := []*table{videos, tags, pictures, playlists, files}
	for i := 1; i <= n; i++ {
		f.video(i, videos)
		for p := range tagsPerVideo {
			tags.row(i, 1+(i*7+p*131)%tagCount, p)
		}
		for _, t := range thumbnails {
			pictures.row(i, fmt.Sprintf("t-%d-%d.jpg", i, t.w), t.w, t.h, "16:9", true, f.now)
		}
		playlists.row(i, i, 1, fmt.Sprintf("p-%d-master.m3u8", i), fmt.Sprintf("p-%d-segments-sha256.json", i), f.now, f.now)
		for _, r := range rungs {
			files.row(i, i, r.h, r.w, r.h, 25, 1_000_000*r.h/360, ".mp4", fmt.Sprintf("f-%d-%d-fragmented.mp4", i, r.h),
				fmt.Sprintf("f-%d-%d-hls.torrent", i, r.h), fmt.Sprintf("%040x", i*10_000+r.h), true, true, f.now, f.now)
		}
		if i%500 == 0 || i == n {
			if err := f.flush(ctx, all...); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *filler) video(i int, videos *table) {
	uuid := UUID(i)
	published := f.now.Add(-time.Duration(f.rand.Int64N(int64(3 * 365 * 24 * time.Hour)))).Truncate(time.Microsecond)
	views := int64(10_000 / (1 + f.rand.IntN(1000)))
	likes, dislikes, comments := views/20, views/200, views/50
	privacy := video.Public
	if p := f.rand.IntN(100); p < 4 { // unlisted, private, internal now and then
		privacy = []video.Privacy{video.Unlisted, video.Unlisted, video.Private, video.InternalOnly}[p]
	}
	name := fmt.Sprintf("Video number %d about %s", i, []string{"boats", "the sea", "squid", "lighthouses", "weather"}[i%5])
	pictures := make([]string, len(thumbnails))
	for j, t := range thumbnails { // as store.Videos.SetThumbnails writes them
		pictures[j] = fmt.Sprintf("t-%d-%d.jpg\t%d\t%d\t16:9\t1\t", i, t.w, t.w, t.h)
	}
	remote, host, _ := f.remote(1 + (i-1)/videosPerChannel)
	var refreshed any
	if remote {
		refreshed = f.now
	}
	videos.row(i, uuid, 1+(i-1)/videosPerChannel, host+"/videos/watch/"+uuid, name, video.Fold(name), strings.Repeat(description, 3)+name,
		1+i%18, 1+i%7, []string{"en", "fr", "de", ""}[i%4], privacy, video.Published, i%50 == 0,
		10+f.rand.IntN(5000), 1.7778, views, views/30, likes, dislikes, comments, video.HotScore(views, likes, dislikes, comments, published),
		7_000_000, 5_000_000, published, published, published, strings.Join(pictures, "\n"), remote, refreshed)
}

// finish sets what narrow updates would have kept.
func (f *filler) finish(ctx context.Context) error {
	statements := []string{
		`UPDATE video_channels SET videos_count = (SELECT count(*) FROM videos v WHERE v.channel_id = video_channels.id AND v.privacy = 1 AND v.state = 1)`,
	}
	for _, s := range statements {
		if _, err := f.db.Exec(ctx, s); err != nil {
			return err
		}
	}
	return f.sequences(ctx, "users", "actors", "accounts", "video_channels", "tags", "videos", "streaming_playlists")
}

// sequences lets the next ids of tables follow those that were given.
func (f *filler) sequences(ctx context.Context, tables ...string) error {
	if f.db.Dialect != sqldb.Postgres {
		return nil
	}
	for _, t := range tables {
		if _, err := f.db.Exec(ctx, `SELECT setval(pg_get_serial_sequence('`+t+`', 'id'), (SELECT COALESCE(MAX(id), 1) FROM `+t+`))`); err != nil {
			return err
		}
	}
	return nil
}

// table gathers rows and inserts several with one statement, which is
// prepared for the whole transaction.
type table struct {
	db            *sqldb.DB
	name, columns string
	width         int
	args          []any
	several       *sql.Stmt // inserts maxArgs/width rows
}

func (f *filler) table(name, columns string) *table {
	return &table{db: f.db, name: name, columns: columns, width: strings.Count(columns, ",") + 1}
}

func (t *table) row(values ...any) { t.args = append(t.args, values...) }

// maxArgs bounds a statement: SQLite's driver looks each argument up among all
// of them, so that long statements cost more than many short ones.
const maxArgs = 60

func (f *filler) flush(ctx context.Context, tables ...*table) error {
	for _, t := range tables {
		if err := t.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) flush(ctx context.Context) error {
	tx, each := t.db.Tx(ctx), max(1, maxArgs/t.width)
	if t.several == nil {
		var err error
		if t.several, err = tx.PrepareContext(ctx, t.insert(each)); err != nil {
			return fmt.Errorf("fill %s: %w", t.name, err)
		}
	}
	for ; len(t.args) >= each*t.width; t.args = t.args[each*t.width:] {
		if _, err := t.several.ExecContext(ctx, t.args[:each*t.width]...); err != nil {
			return fmt.Errorf("fill %s: %w", t.name, err)
		}
	}
	if rest := len(t.args) / t.width; rest > 0 {
		if _, err := tx.ExecContext(ctx, t.insert(rest), t.args...); err != nil {
			return fmt.Errorf("fill %s: %w", t.name, err)
		}
	}
	t.args = t.args[:0]
	return nil
}

func (t *table) insert(rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + t.name + " (" + t.columns + ") VALUES ")
	for i := range rows * t.width {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%t.width == 0:
			b.WriteString("),(")
		default:
			b.WriteString(",")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	b.WriteString(")")
	return b.String()
}
