package sites

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"sepiola/internal/directory"
	"sepiola/internal/storage/sqldb"
)

// BenchmarkList reads pages of a directory of 20,000 sites, some ten times as
// many as there are PeerTubes.
func BenchmarkList(b *testing.B) {
	db, err := sqldb.Open(b.Context(), sqldb.Options{DSN: filepath.Join(b.TempDir(), "index.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := Migrate(b.Context(), db); err != nil {
		b.Fatal(err)
	}
	s := Sites{DB: db}
	err = db.InTx(b.Context(), func(ctx context.Context) error {
		for i := range 20_000 {
			site := tube(fmt.Sprintf("h%05d.example.org", i), func(s *directory.Site) {
				s.CreatedAt = day.Add(time.Duration(i) * time.Minute)
				s.Languages, s.Categories, s.TotalLocalVideos = []string{[]string{"en", "fr", "de", "ja"}[i%4]}, []int{i%18 + 1}, int64(i*7919%5000)
				s.ShortDescription = "A place for films of all kinds, and for the people who make them."
			})
			if err := s.Add(ctx, site, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	yes := true
	for name, f := range map[string]directory.Filter{
		"page":     {Count: 24, Sort: "-totalLocalVideos"},
		"language": {Count: 24, Sort: "-totalLocalVideos", Languages: []string{"fr"}},
		"search":   {Count: 24, Sort: "-totalLocalVideos", Search: "h0001"},
		"all":      {Count: 24, Languages: []string{"fr"}, Categories: []int{2}, Signup: &yes, Search: "films"},
		"since":    {Count: 1000, Since: day.Add(19_900 * time.Minute)},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.List(b.Context(), f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("choices", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Choices(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
