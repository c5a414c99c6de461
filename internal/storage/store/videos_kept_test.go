package store

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// keeping returns videos whose details are kept for as long as they do not
// change; on PostgreSQL they are not.
func keeping(t *testing.T, db *sqldb.DB) *Videos {
	t.Helper()
	s := &Videos{DB: db}
	if err := s.KeepDetails(t.Context()); err != nil {
		t.Fatal(err)
	}
	untilAlone(t, db)
	return s
}

// untilAlone waits until it is certain, on SQLite, that what is kept is what is.
func untilAlone(t *testing.T, db *sqldb.DB) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); db.Dialect == sqldb.SQLite && !db.Alone(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited 10 s for being alone")
		}
	}
}

// TestKeptDetailsAreThoseThatAre changes each table that details are read
// from, by statements that no store knows of, and compares with somebody who
// keeps nothing.
func TestKeptDetailsAreThoseThatAre(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		if err := filltest.Fill(ctx, db, 3); err != nil {
			t.Fatal(err)
		}
		s, refs := keeping(t, db), []video.Ref{video.ByID(1), video.ByUUID(filltest.UUID(1)), video.ByID(2)}
		for _, change := range []string{
			`UPDATE videos SET views = views + 1, privacy = 3 WHERE id = 1`,
			`UPDATE video_files SET size = size + 1 WHERE video_id = 1`,
			`DELETE FROM video_files WHERE id = (SELECT max(id) FROM video_files WHERE video_id = 1)`,
			`UPDATE video_files SET video_id = 2 WHERE id = (SELECT max(id) FROM video_files WHERE video_id = 1)`,
			`DELETE FROM streaming_playlists WHERE video_id = 1`, // and its files
			`INSERT INTO streaming_playlists (video_id, type, playlist_filename, created_at, updated_at) VALUES (1, 1, 'm', '2026-01-01', '2026-01-01')`,
			`DELETE FROM video_tags WHERE video_id = 1`,
			`INSERT INTO video_tags (video_id, tag_id, position) SELECT 1, min(id), 1 FROM tags`,
			`INSERT INTO video_schedule_updates (video_id, update_at, privacy) VALUES (1, '2026-01-01', 1)`,
			`DELETE FROM video_schedule_updates WHERE video_id = 1`,
			`INSERT INTO video_chapters (video_id, timecode, title) VALUES (1, 3, 'x')`,
			`DELETE FROM video_chapters`,
			`INSERT INTO video_captions (video_id, language, filename, created_at, updated_at) VALUES (1, 'fr', 'c', '2026-01-01', '2026-01-01')`,
			`INSERT INTO storyboards (video_id, filename, total_width, total_height, sprite_width, sprite_height, sprite_duration, created_at) VALUES (1, 's', 1, 2, 3, 4, 5, '2026-01-01')`,
			`UPDATE storyboards SET total_width = 7`,
			`INSERT INTO video_transcodes (video_id, kind, resolution, fps, required, state, created_at, updated_at) VALUES (1, 'hls', 240, 25, TRUE, 'queued', '2026-01-01', '2026-01-01')`,
			`DELETE FROM video_transcodes`,
			`DELETE FROM videos WHERE id = 1`,
		} {
			for _, ref := range refs { // that they are kept
				_, _ = s.Details(ctx, ref)
			}
			if n := len(s.kept.byID); db.Dialect == sqldb.SQLite && n != 2 {
				t.Errorf("before %q: %d are kept, want 2", change, n)
			}
			if _, err := db.Exec(ctx, change); err != nil {
				t.Fatalf("%s: %v", change, err)
			}
			if db.Dialect == sqldb.Postgres {
				s.details.forget() // as after a second
			}
			for _, ref := range refs {
				fresh := &Videos{DB: db}
				want, wantErr := fresh.Details(ctx, ref)
				got, err := s.Details(ctx, ref)
				again, _ := s.Details(ctx, ref)
				bare, bareErr := fresh.ByRef(ctx, ref)
				gotBare, gotBareErr := s.ByRef(ctx, ref)
				if fmt.Sprint(err) != fmt.Sprint(wantErr) || fmt.Sprint(gotBareErr) != fmt.Sprint(bareErr) {
					t.Fatalf("after %q: got %v and %v, want %v and %v", change, err, gotBareErr, wantErr, bareErr)
				}
				readAt := cmpopts.IgnoreFields(video.Details{}, "ReadAt")
				for _, pair := range [][2]*video.Video{{want, got}, {want, again}, {bare, gotBare}} {
					if diff := cmp.Diff(pair[0], pair[1], readAt); diff != "" {
						t.Errorf("after %q (-want +got):\n%s", change, diff)
					}
				}
			}
		}
	})
}

// TestDetailsReadWatchedTablesOnly: what details are read from is heard of.
func TestDetailsReadWatchedTablesOnly(t *testing.T) {
	t.Parallel()
	for _, found := range regexp.MustCompile(`(?:FROM|JOIN) (\w+)`).FindAllStringSubmatch(detailsText+` FROM video_files f`, -1) {
		if table := found[1]; keptTables[table] == "" && table != "tags" {
			t.Errorf("details are read from %s, of whose changes nobody is told", table)
		}
	}
}

// TestWhatIsReadOnceIsNotKept: it would take the place of what is read often.
func TestWhatIsReadOnceIsNotKept(t *testing.T) {
	t.Parallel()
	var k keptVideos
	k.most.Store(maxKeptDetails)
	for times := range 2 {
		k.again(&video.Video{ID: 1, UUID: filltest.UUID(1)}, 0)
		if v, _ := k.get(video.ByID(1)); (v != nil) != (times > 0) {
			t.Errorf("read %d times: kept %v", times+1, v != nil)
		}
	}
}

func TestKeptDetailsTakeNoMoreThanTheyMay(t *testing.T) {
	t.Parallel()
	var k keptVideos
	k.most.Store(maxKeptDetails)
	long := make([]byte, 10_000)
	sum := 0
	for i := range 2000 {
		v := &video.Video{ID: video.ID(i), UUID: filltest.UUID(i), Description: string(long)}
		k.put(v, 0)
		if got, _ := k.get(video.ByUUID(v.UUID)); got == nil || got.ID != v.ID {
			t.Fatalf("video %d is not kept", i)
		}
	}
	for _, it := range k.byID {
		sum += it.size()
	}
	if sum != k.bytes || sum > maxKeptDetails || sum < maxKeptDetails*9/10 || len(k.byID) != len(k.byUUID) {
		t.Errorf("%d videos (%d by their UUID) take %d bytes, counted %d, of %d", len(k.byID), len(k.byUUID), sum, k.bytes, maxKeptDetails)
	}
	k.put(&video.Video{ID: -1, Description: string(make([]byte, maxKeptDetails/50))}, 0)
	if v, changes := k.get(video.ByID(-1)); v != nil {
		t.Error("what is too long is kept")
	} else if k.forget([]int64{5}, false); changes != 0 {
		t.Errorf("%d changes before the first", changes)
	}
	k.put(&video.Video{ID: -2}, 0)
	if v, _ := k.get(video.ByID(-2)); v != nil {
		t.Error("what was read before a change is kept after it")
	}
	k.forget(nil, true)
	if len(k.byID) > 0 || k.bytes != 0 {
		t.Errorf("after anything may have changed, %d are kept", len(k.byID))
	}
}
