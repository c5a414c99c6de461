package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

func TestEmbedDomainsOfSeveralVideos(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ctx := t.Context()
		if err := filltest.Fill(ctx, db, 500); err != nil {
			t.Fatal(err)
		}
		s := &Videos{DB: db}
		want := map[video.ID][]string{}
		for id := video.ID(1); id <= 200; id++ {
			domains := []string{"a.example", fmt.Sprintf("b%d.example", id)}
			if err := s.SetEmbedPrivacy(ctx, id, video.EmbedPrivacy{Policy: video.EmbedAllowList, Domains: domains}); err != nil {
				t.Fatal(err)
			}
			if id <= 2 {
				want[id] = domains
			}
		}
		got, err := s.EmbedDomainsOf(ctx, []video.ID{1, 2, 300})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if got, err := s.EmbedDomainsOf(ctx, nil); err != nil || len(got) != 0 {
			t.Errorf("of no videos: got %v, %v", got, err)
		}
		if db.Dialect == sqldb.Postgres {
			if _, err := db.Exec(ctx, `ANALYZE video_embed_domains`); err != nil {
				t.Fatal(err)
			}
		}
		text, args := embedDomainsQuery([]video.ID{1, 2, 300})
		if p := plan(t, db, text, args); db.Dialect == sqldb.SQLite && !strings.Contains(p, "SEARCH video_embed_domains USING") || strings.Contains(p, "SCAN video_embed_domains") {
			t.Errorf("plan:\n%s", p)
		}
	})
}
