package app

import (
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// A command beside the site changes its key; the site signs with it at once.
func TestWhatTheSiteAsksIsSignedWithItsPresentKey(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, actors := t.Context(), store.Actors{DB: db}
		pairs := make([]actor.Keys, 2)
		for i := range pairs {
			var err error
			if pairs[i], err = actor.GenerateKeys(); err != nil {
				t.Fatal(err)
			}
		}
		site := actor.NewInstance(instance.Site{Scheme: "https", Host: "tube.example"}, pairs[0], sqldb.Now())
		if err := actors.CreateInstance(ctx, site); err != nil {
			t.Fatal(err)
		}
		k := &siteKey{actors: actors}
		for i, pair := range pairs {
			if i > 0 {
				if err := actors.SetKeys(ctx, site.ID, pair, sqldb.Now()); err != nil {
					t.Fatal(err)
				}
			}
			want, err := httpsig.ParsePrivateKey(pair.Private)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				got, err := k.signer(ctx)
				if err != nil || !got.Key.Equal(want) || got.KeyID != site.URL+"#main-key" {
					t.Fatalf("with key %d: got %s %v, %v", i, got.KeyID, got.Key.Equal(want), err)
				}
			}
		}
	})
}
