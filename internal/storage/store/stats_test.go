package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// statsSite makes an administrator with a channel and two videos: one public,
// one private.
func statsSite(t *testing.T, db *sqldb.DB, now time.Time) (*actor.Channel, []*video.Video) {
	t.Helper()
	site := instance.Site{Scheme: "http", Host: "localhost:9000"}
	u := &user.User{
		Username: "root", Email: "root@example.com", Role: user.Administrator, VideoQuota: -1, VideoQuotaDaily: -1,
		CreatedAt: now, UpdatedAt: now,
	}
	actors := store.Actors{DB: db}
	if err := (store.Users{DB: db}).Create(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `UPDATE users SET last_login_at = $1`, now); err != nil {
		t.Fatal(err)
	}
	a := actor.NewAccount(site, int64(u.ID), "root", "root", actor.Keys{}, now)
	if err := actors.CreateAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	c := actor.NewChannel(site, a.AccountID, "root_channel", "Root", actor.Keys{}, now)
	if err := actors.CreateChannel(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	var videos []*video.Video
	for n, privacy := range []video.Privacy{video.Public, video.Private} {
		v := &video.Video{
			UUID: video.NewUUID(), URL: "http://localhost:9000/videos/" + string(rune('a'+n)), ChannelID: c.ChannelID, Name: "video",
			Privacy: privacy, State: video.Published, Views: int64(10 * (n + 1)), FilesSize: 100, PublishedAt: now, CreatedAt: now, UpdatedAt: now,
		}
		if err := (&store.Videos{DB: db}).Create(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), `UPDATE videos SET views = $2, files_size = $3 WHERE id = $1`, v.ID, v.Views, v.FilesSize); err != nil {
			t.Fatal(err)
		}
		videos = append(videos, v)
	}
	return c, videos
}

func TestStatsCount(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := sqldb.Now()
		c, _ := statsSite(t, db, now.Add(-48*time.Hour))
		got, err := store.Stats{DB: db}.Count(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		want := instance.Stats{
			Users: 1, Admins: 1, WeeklyUsers: 1, MonthlyUsers: 1, HalfYearUsers: 1, LocalVideos: 1, Videos: 1, LocalViews: 30, LocalBytes: 200,
			LocalChannels: 1, WeeklyChannels: 1, MonthlyChannels: 1, RegistrationResponse: -1, AbuseResponse: -1, Activities: []instance.ActivityCount{},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		views, err := store.Actors{DB: db}.ChannelViews(t.Context(), []actor.ChannelID{c.ChannelID})
		if err != nil || views[c.ChannelID] != 30 {
			t.Errorf("views of the channel: got %v, %v; want 30", views, err)
		}
	})
}

func TestVideosOfDownloads(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		_, videos := statsSite(t, db, sqldb.Now())
		s, id := &store.Videos{DB: db}, videos[0].ID
		for _, statement := range []string{
			`INSERT INTO video_files (video_id, resolution, fps, size, extname, filename, torrent_filename, has_audio, has_video, created_at, updated_at)
			VALUES ($1, 360, 25, 1, '.mp4', 'f-360.mp4', 'f-360.torrent', TRUE, TRUE, $2, $2)`,
			`INSERT INTO video_sources (video_id, input_filename, kept_filename, created_at) VALUES ($1, 'mine.mov', 'kept.mov', $2)`,
		} {
			if _, err := db.Exec(t.Context(), statement, id, sqldb.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.OfTorrent(t.Context(), "f-360.torrent"); err != nil || got != id {
			t.Errorf("OfTorrent: got %d, %v; want %d", got, err, id)
		}
		if got, err := s.OfOriginal(t.Context(), "kept.mov"); err != nil || got != id {
			t.Errorf("OfOriginal: got %d, %v; want %d", got, err, id)
		}
		for _, name := range []string{"", "other"} {
			_, err1 := s.OfTorrent(t.Context(), name)
			_, err2 := s.OfOriginal(t.Context(), name)
			if !errs.Is(err1, errs.NotFound) || !errs.Is(err2, errs.NotFound) {
				t.Errorf("%q: got %v and %v, want NotFound", name, err1, err2)
			}
		}
	})
}
