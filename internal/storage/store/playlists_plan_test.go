package store

import (
	"strings"
	"testing"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// Lists of playlists and of what is in them are read by an index in their
// order; only an account's few are sorted where it has no index for it.
func TestPlaylistsAreReadByIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 2000); err != nil {
			t.Fatal(err)
		}
		_, err := db.Exec(t.Context(), `
			INSERT INTO playlists (uuid, account_id, channel_id, url, name, folded, privacy, type, created_at, updated_at)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
			SELECT 'uuid-' || i, 1 + i % 10, 1 + i % 10, 'https://bench.example/video-playlists/' || i, 'List ' || i, 'list ' || i, 1, 1, $1, $1 FROM n`, sqldb.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), `ANALYZE`); err != nil {
			t.Fatal(err)
		}
		tables := []string{"p", "playlists", "e", "playlist_elements"}
		for _, tt := range []struct {
			name, index string
			p           playlist.ListParams
		}{
			{"newest", "playlists_public_created", playlist.ListParams{Sort: "-createdAt"}},
			{"last changed", "playlists_public_updated", playlist.ListParams{Sort: "-updatedAt"}},
			{"by name", "playlists_public_name", playlist.ListParams{Sort: "name"}},
			{"of an account", "playlists_", playlist.ListParams{Sort: "-createdAt", Account: 3, AllPrivacies: true}},
			{"of a channel", "playlists_", playlist.ListParams{Sort: "videoChannelPosition", Channel: 3}},
		} {
			text, args := playlistQuery(tt.p).Page(0, 15).Select(playlistFields)
			noScan(t, db, tt.name, tt.index, tables, text, args)
			if tt.p.Account == 0 && tt.p.Channel == 0 {
				if got := indexPlan(t, db, text, args); strings.Contains(got, "TEMP B-TREE") || strings.Contains(got, "Sort") {
					t.Errorf("%s is sorted:\n%s", tt.name, got)
				}
			}
		}
		noScan(t, db, "elements", "playlist_elements_position", tables, elementPage, []any{7, 0, 15})
		text, args := elementsAt(7, []int{3, 900, 12})
		noScan(t, db, "elements at positions", "playlist_elements_position", tables, text, args)
	})
}
