package store_test

import (
	"strings"
	"testing"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

func TestOnlyOpenVideosAreShared(t *testing.T) {
	eachVideos(t, 6, func(t *testing.T, db *sqldb.DB, _ *store.Videos) {
		files, swarms := &store.VideoFiles{DB: db}, store.Swarms{DB: db}
		const hash, other = "00112233445566778899aabbccddeeff00112233", "ff112233445566778899aabbccddeeff00112233"
		if err := files.SetSwarms(t.Context(), 1, []string{other, hash, hash}, 2); err != nil {
			t.Fatal(err)
		}
		if err := files.SetSwarms(t.Context(), 1, []string{hash}, 2); err != nil {
			t.Fatal(err)
		}
		ofFile, err := sqldb.One(t.Context(), db, sqldb.Value[string], `SELECT info_hash FROM video_files WHERE video_id = 1 ORDER BY id LIMIT 1`)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			privacy video.Privacy
			state   video.State
			want    bool
		}{
			{video.Public, video.Published, true},
			{video.Unlisted, video.Published, true},
			{video.Private, video.Published, false},
			{video.InternalOnly, video.Published, false},
			{video.PasswordProtected, video.Published, false},
			{video.Public, video.ToTranscode, false},
		} {
			exec(t, db, `UPDATE videos SET privacy = $1, state = $2, p2p_disabled = FALSE WHERE id = 1`, tt.privacy, tt.state)
			for h, want := range map[string]bool{hash: tt.want, ofFile: tt.want, other: false, "": false} {
				if got, err := swarms.Shareable(t.Context(), h); err != nil || got != want {
					t.Errorf("privacy %d, state %d: %q is shared: %v %v", tt.privacy, tt.state, h, got, err)
				}
			}
		}
		for _, off := range []string{
			`UPDATE videos SET privacy = 1, state = 1, p2p_disabled = TRUE WHERE id = 1`,
			`UPDATE videos SET p2p_disabled = FALSE WHERE id = 1`,
			`UPDATE video_channels SET p2p_disabled = TRUE WHERE id = (SELECT channel_id FROM videos WHERE id = 1)`,
		} {
			exec(t, db, off)
			want := strings.HasPrefix(off, `UPDATE videos SET p2p_disabled = FALSE`)
			for _, h := range []string{hash, ofFile} {
				if got, err := swarms.Shareable(t.Context(), h); err != nil || got != want {
					t.Errorf("%s: %q is shared: %v %v", off, h, got, err)
				}
			}
		}
	})
}
