package outbox_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"sepiola/internal/domain/redundancy"
	"sepiola/internal/federation/activity"
)

func TestOwnMirrorsAreToldToTheOwner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		v, owner := w.remoteVideo()
		m := &redundancy.Mirror{
			URL: "https://bench.example/redundancy/streaming-playlists/hls/" + v.UUID, BaseURL: "https://bench.example/static/redundancy/hls/" + v.UUID + "/",
			VideoID: v.ID, CreatedAt: w.now, UpdatedAt: w.now, ExpiresAt: w.now.Add(48 * time.Hour),
		}
		w.tx(func(ctx context.Context) error { return w.out.MirrorMade(ctx, m, v) })
		made := w.messages()
		w.tx(func(ctx context.Context) error { return w.out.MirrorKept(ctx, m, v) })
		kept := w.messages()
		w.tx(func(ctx context.Context) error { return w.out.MirrorDropped(ctx, m, v) })
		dropped := w.messages()
		if len(made) != 1 || len(kept) != 1 || len(dropped) != 1 {
			t.Fatalf("told %d, %d, %d", len(made), len(kept), len(dropped))
		}
		for kind, got := range map[string]message{"Create": made[0], "Update": kept[0], "Undo": dropped[0]} {
			verify(t, got)
			if got.Type != kind || got.Actor != siteURL || !slices.Equal(got.To, []string{"origin.example"}) {
				t.Errorf("%s: got %+v", kind, got)
			}
			if to, _ := got.Body["to"].([]any); len(to) != 1 || to[0] != owner.URL {
				t.Errorf("%s is for %v", kind, got.Body["to"])
			}
		}
		object, _ := made[0].Body["object"].(map[string]any)
		if c, err := activity.ReadCacheFile(object); err != nil || c.URL != m.URL || c.VideoURL != v.URL || c.BaseURL != m.BaseURL || !c.Expires.Equal(m.ExpiresAt.Truncate(time.Millisecond)) {
			t.Errorf("the mirror: %+v %v", c, err)
		}
		if undone, _ := dropped[0].Body["object"].(map[string]any); undone["id"] != made[0].ID {
			t.Errorf("taken back was %v, said %s", undone["id"], made[0].ID)
		}
		// Made anew it is another activity: the first may have been seen.
		m.CreatedAt = m.CreatedAt.Add(time.Hour)
		w.tx(func(ctx context.Context) error { return w.out.MirrorMade(ctx, m, v) })
		if again := w.messages(); len(again) != 1 || again[0].ID == made[0].ID {
			t.Errorf("made anew: %+v", again)
		}
		w.rules.Enabled = false
		w.tx(func(ctx context.Context) error { return w.out.MirrorMade(ctx, m, v) })
		if got := w.said(); len(got) != 0 {
			t.Errorf("without federation: told %q", got)
		}
	})
}
