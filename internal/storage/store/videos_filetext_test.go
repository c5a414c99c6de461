package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// TestFilesComeWithTheirVideo compares with the query for files: as they are,
// and with a name that does not fit between what stands between.
func TestFilesComeWithTheirVideo(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		if err := filltest.Fill(ctx, db, 2); err != nil {
			t.Fatal(err)
		}
		for _, change := range []string{
			`UPDATE video_files SET created_at = '2026-02-03 04:05:06.789' WHERE video_id = 1`,
			`UPDATE video_files SET playlist_id = NULL, has_audio = FALSE, has_video = TRUE, storage = 1, file_url = 'https://x.example/ä|' || id WHERE resolution = 720`,
			`UPDATE video_files SET has_audio = TRUE, has_video = FALSE, size = 5000000000, resolution = 0 WHERE resolution = 480`,
			`UPDATE video_files SET torrent_url = 'a` + betweenFields + `b' || id WHERE resolution = 1080`,
			`UPDATE video_files SET torrent_url = 'a` + betweenFiles + `b' || id WHERE resolution = 1080`,
			`DELETE FROM video_files`,
		} {
			if _, err := db.Exec(ctx, change); err != nil {
				t.Fatalf("%s: %v", change, err)
			}
			s := &Videos{DB: db}
			got, err := s.Details(ctx, video.ByID(1))
			if err != nil {
				t.Fatal(err)
			}
			want := &video.Video{ID: 1}
			if err := s.fillFiles(ctx, newVideoPage([]*video.Video{want})); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.Files, got.Files); diff != "" || strings.HasPrefix(change, "DELETE") != (len(got.Files) == 0) {
				t.Errorf("after %q (-want +got):\n%s", change, diff)
			}
		}
	})
}

func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	whole := strings.Join([]string{"1", "2", "720", "1280", "720", "25", "1000", "0", "1", "1", "2026-01-02 03:04:05", ".mp4", "n", "u", "t", "v", "h"}, betweenFields)
	if list, ok := filesOf(1, whole+betweenFiles+whole); !ok || len(list) != 2 {
		t.Fatalf("two files: got %v, %v", list, ok)
	}
	for _, text := range []string{betweenFiles, whole + betweenFiles, whole + betweenFields, whole[1:], strings.Replace(whole, "2026", "then", 1), whole[:len(whole)-2]} {
		if list, ok := filesOf(1, text); ok {
			t.Errorf("%q is %v", text, list)
		}
	}
}
