package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// workVideo makes a video to work on.
func workVideo(t *testing.T, db *sqldb.DB) *video.Video {
	t.Helper()
	_, channel := uploader(t, db, "worker", -1, -1)
	now := sqldb.Now()
	v := &video.Video{
		UUID: "9c9de5e8-0a1e-484a-b099-e80766180a6d", URL: "https://x/v", ChannelID: channel, Name: "Clip", Privacy: video.Private,
		State: video.ToTranscode, WaitTranscoding: true, PublishedAt: now, CreatedAt: now, UpdatedAt: now,
	}
	if err := (&store.Videos{DB: db}).Create(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	return v
}

func check(t *testing.T, errors ...error) {
	t.Helper()
	for _, err := range errors {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestVideoFiles(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, s, v := t.Context(), &store.VideoFiles{DB: db}, workVideo(t, db)
		_, err := s.ForWork(ctx, v.ID+1)
		wantKind(t, "ForWork of no video", err, errs.NotFound)

		p, err := s.EnsurePlaylist(ctx, video.StreamingPlaylist{VideoID: v.ID, PlaylistFilename: "m.m3u8", SegmentsFilename: "s.json"})
		check(t, err)
		again, err := s.EnsurePlaylist(ctx, video.StreamingPlaylist{VideoID: v.ID, PlaylistFilename: "other.m3u8"})
		check(t, err)
		if diff := cmp.Diff(p, again); diff != "" || p.PlaylistFilename != "m.m3u8" {
			t.Errorf("EnsurePlaylist again (-first +second):\n%s", diff)
		}
		file := video.File{
			VideoID: v.ID, PlaylistID: p.ID, Resolution: 240, Width: 426, Height: 240, FPS: 25, Size: 1000, Extname: ".mp4",
			Filename: "a-240-fragmented.mp4", TorrentFilename: "a.torrent", InfoHash: "abc", HasAudio: true, HasVideo: true, Metadata: []byte(`{"a":1}`),
		}
		old, err := s.PutFile(ctx, &file)
		check(t, err)
		web := file
		web.PlaylistID, web.Filename, web.TorrentFilename, web.Size = 0, "w-240.mp4", "", 500
		_, err = s.PutFile(ctx, &web)
		check(t, err)
		if len(old) != 0 || file.ID == 0 || web.ID == file.ID {
			t.Errorf("PutFile replaced %v, ids %d and %d", old, file.ID, web.ID)
		}
		next := file
		next.Filename, next.FPS, next.Size, next.TorrentFilename = "b-240-fragmented.mp4", 30, 2000, "b.torrent"
		old, err = s.PutFile(ctx, &next)
		check(t, err)
		if len(old) != 1 || old[0].Filename != file.Filename || old[0].TorrentFilename != "a.torrent" {
			t.Errorf("PutFile replaced %+v, want the first file", old)
		}
		check(t, s.SetSwarms(ctx, p.ID, []string{"x", "y"}, -2), s.SetTorrent(ctx, next.ID, "c.torrent", "def"), s.SetMedia(ctx, v.ID, 60, 1.7778))
		got, err := s.ForWork(ctx, v.ID)
		check(t, err)
		next.TorrentFilename, next.InfoHash = "c.torrent", "def"
		want := &video.Video{
			ID: v.ID, UUID: v.UUID, ChannelID: v.ChannelID, Name: "Clip", Privacy: video.Private, State: video.ToTranscode, WaitTranscoding: true, Duration: 60,
			Files:    []video.File{next, web},
			Playlist: &video.StreamingPlaylist{ID: p.ID, VideoID: v.ID, PlaylistFilename: "m.m3u8", SegmentsFilename: "s.json", P2PInfoHashes: []string{"x", "y"}},
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(video.File{}, "CreatedAt", "Metadata")); diff != "" {
			t.Errorf("ForWork (-want +got):\n%s", diff)
		}
		size := func() int64 {
			n, err := sqldb.One(ctx, db, sqldb.Value[int64], `SELECT files_size FROM videos WHERE id = $1`, v.ID)
			check(t, err)
			return n
		}
		if n := size(); n != 2500 {
			t.Errorf("the video's files have %d bytes, want 2500", n)
		}
		check(t, s.DropFiles(ctx, v.ID, []video.FileID{next.ID}))
		if got, err = s.ForWork(ctx, v.ID); err != nil || got.Playlist != nil || len(got.Files) != 1 || size() != 500 {
			t.Errorf("after DropFiles: %+v, %v, size %d", got, err, size())
		}
	})
}

func TestStoryboardAndSource(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, s, v := t.Context(), &store.VideoFiles{DB: db}, workVideo(t, db)
		board := video.Storyboard{VideoID: v.ID, Filename: "1.jpg", TotalWidth: 1920, TotalHeight: 1080, SpriteWidth: 192, SpriteHeight: 108, SpriteDuration: 1}
		for i, want := range []string{"", "1.jpg"} {
			old, err := s.PutStoryboard(ctx, board)
			if err != nil || old != want {
				t.Errorf("PutStoryboard %d replaced %q, %v; want %q", i, old, err, want)
			}
			board.Filename = "2.jpg"
		}
		if name, err := s.KeptSource(ctx, v.ID); err != nil || name != "" {
			t.Errorf("KeptSource of none: %q, %v", name, err)
		}
		for range 2 {
			_, err := db.Exec(ctx, `INSERT INTO video_sources (video_id, input_filename, created_at) VALUES ($1, 'x', $2)`, v.ID, sqldb.Now())
			check(t, err)
		}
		check(t, s.KeepSource(ctx, v.ID, "kept.mp4"))
		if name, err := s.KeptSource(ctx, v.ID); err != nil || name != "kept.mp4" {
			t.Errorf("KeptSource: %q, %v", name, err)
		}
		if none, err := s.WithoutPictures(ctx, v.ID); err != nil || !none {
			t.Errorf("WithoutPictures: %v, %v", none, err)
		}
	})
}

func TestUnnamedFiles(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, s, v := t.Context(), &store.VideoFiles{DB: db}, workVideo(t, db)
		p, err := s.EnsurePlaylist(ctx, video.StreamingPlaylist{VideoID: v.ID, PlaylistFilename: "m.m3u8", SegmentsFilename: "s.json"})
		check(t, err)
		for _, f := range []video.File{
			{VideoID: v.ID, PlaylistID: p.ID, Resolution: 240, Filename: "a-240-fragmented.mp4", TorrentFilename: "a.torrent"},
			{VideoID: v.ID, Resolution: 240, Filename: "w-240.mp4"},
		} {
			_, err := s.PutFile(ctx, &f)
			check(t, err)
		}
		const uploading = "0f4a5b4e-2f0c-4a55-9a05-7a0a5b6c7d8e"
		_, err = db.Exec(ctx, `
			INSERT INTO uploads (id, user_id, kind, filename, mime_type, size, received, metadata, state, created_at, updated_at, expires_at)
			VALUES ('u', (SELECT min(id) FROM users), 'video', 'f', 'video/mp4', 1, 1, $1, 'processing', $2, $2, $2)`, `{"UUID":"`+uploading+`"}`, sqldb.Now())
		check(t, err)
		for _, tt := range []struct {
			section     string
			names, want []string
		}{
			{"web-videos", []string{"w-240.mp4", "private/w-240.mp4", "w-144.mp4"}, []string{"w-144.mp4"}},
			{
				"streaming-playlists",
				[]string{"hls/u/m.m3u8", "hls/u/s.json", "hls/private/u/a-240.m3u8", "hls/u/a-240-fragmented.mp4", "hls/u/b-240.m3u8", "hls/u/b-240-fragmented.mp4"},
				[]string{"hls/u/b-240.m3u8", "hls/u/b-240-fragmented.mp4"},
			},
			{"original-video-files", []string{v.UUID + "-input.mp4", uploading + "-input.mp4", "other"}, []string{"other"}},
			{"torrents", []string{"a.torrent", "b.torrent"}, []string{"b.torrent"}},
			{"thumbnails", []string{"x.jpg"}, []string{"x.jpg"}},
			{"avatars", []string{"x.jpg"}, []string{"x.jpg"}},
			{"captions", []string{"x.vtt"}, []string{"x.vtt"}},
			{"storyboards", []string{"x.jpg"}, []string{"x.jpg"}},
			{"tmp", []string{"x"}, nil},
			{"web-videos", nil, nil},
		} {
			got, err := s.Unnamed(ctx, tt.section, tt.names)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("Unnamed of %s: got %v, %v; want %v", tt.section, got, err, tt.want)
			}
		}
		places, err := s.FilesAfter(ctx, 0, 10)
		if err != nil || len(places) != 2 || !places[0].HLS || places[1].HLS || places[0].Privacy != video.Private {
			t.Errorf("FilesAfter: %+v, %v", places, err)
		}
	})
}

func TestTranscodes(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, s, v := t.Context(), store.Transcodes{DB: db}, workVideo(t, db)
		step := func(kind video.TranscodeKind, r int, required bool) video.Transcode {
			return video.Transcode{VideoID: v.ID, Kind: kind, Resolution: r, FPS: 25, Required: required}
		}
		plan := []video.Transcode{step(video.HLS, 480, true), step(video.HLS, 240, false), step(video.WebVideo, 480, true)}
		check(t, s.Plan(ctx, v.ID, plan), s.Progress(ctx, v.ID, []int{240}, 42.5, 7), s.Done(ctx, v.ID, video.HLS, 480))
		want := func(what string, want ...string) {
			t.Helper()
			list, err := s.OfVideo(ctx, v.ID)
			check(t, err)
			var got []string
			for _, l := range list {
				got = append(got, string(l.Kind)+" "+string(l.State)+" "+l.Error)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", what, got, want)
			}
		}
		want("at first", "hls done ", "web pending ", "hls running ")
		if m, err := s.Overall(ctx, []video.ID{v.ID, 99}); err != nil || m[v.ID] != 47 {
			t.Errorf("Overall: %v, %v; want 47", m, err)
		}
		check(t, s.Hold(ctx, v.ID, video.Failure{Error: "disk full", Reason: errs.Reason{"tracks", "most", "3"}}))
		if steps, err := s.OfVideo(ctx, v.ID); err != nil || !slices.Equal(steps[1].Reason, errs.Reason{"tracks", "most", "3"}) || steps[0].Reason != nil {
			t.Errorf("reasons: %+v, %v", steps, err)
		}
		want("held", "hls done ", "web pending disk full", "hls pending disk full")
		check(t, s.Progress(ctx, v.ID, []int{240}, 43, 7))
		want("going on", "hls done ", "web pending disk full", "hls running ")
		check(t, s.Plan(ctx, v.ID, plan[:2]))
		want("planned again", "hls done ", "hls pending ")
		check(t, s.End(ctx, v.ID, video.TranscodeFailed, video.Failure{Error: "no luck"}))
		want("failed", "hls done ", "hls failed no luck")
		check(t, s.Forget(ctx, v.ID, []video.TranscodeKind{video.HLS}, sqldb.Now().Add(-time.Hour)))
		want("nothing is that old", "hls done ", "hls failed no luck")
		check(t, s.Forget(ctx, v.ID, []video.TranscodeKind{video.HLS}, sqldb.Now().Add(time.Hour)))
		want("forgotten")
	})
}

func TestExclusiveLetsOneIn(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		// Two stores are two processes, as far as PostgreSQL knows.
		nodes := []*store.VideoFiles{{DB: db}, {DB: db}}
		if db.Dialect == sqldb.SQLite {
			nodes[1] = nodes[0]
		}
		inside, entered, let := make(chan int, 2), make(chan struct{}), make(chan struct{})
		done := make(chan error, 2)
		go func() {
			done <- nodes[0].Exclusive(t.Context(), 7, func(context.Context) error {
				close(entered)
				<-let
				inside <- 1
				return nil
			})
		}()
		<-entered
		go func() {
			done <- nodes[1].Exclusive(t.Context(), 7, func(context.Context) error {
				inside <- 2
				return nil
			})
		}()
		check(t, nodes[1].Exclusive(t.Context(), 8, func(context.Context) error { return nil }))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := nodes[1].Exclusive(ctx, 7, func(context.Context) error { return nil }); err == nil {
			t.Error("a second one was let in")
		}
		close(let)
		check(t, <-done, <-done)
		if a, b := <-inside, <-inside; a != 1 || b != 2 {
			t.Errorf("they were in as %d, %d", a, b)
		}
	})
}

func TestDueUpdates(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, s, v := t.Context(), &store.VideoFiles{DB: db}, workVideo(t, db)
		for _, tt := range []struct {
			at   time.Duration
			want int
		}{{-time.Minute, 1}, {time.Hour, 0}} {
			_, err := db.Exec(ctx, `
				INSERT INTO video_schedule_updates (video_id, update_at, privacy) VALUES ($1, $2, 1)
				ON CONFLICT (video_id) DO UPDATE SET update_at = $2`, v.ID, sqldb.Now().Add(tt.at))
			check(t, err)
			due, err := s.DueUpdates(ctx, 10)
			if err != nil || len(due) != tt.want || tt.want == 1 && (due[0].VideoID != v.ID || due[0].Privacy != video.Public) {
				t.Errorf("due in %v: %+v, %v; want %d", tt.at, due, err, tt.want)
			}
		}
	})
}
