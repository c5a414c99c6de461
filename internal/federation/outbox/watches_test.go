package outbox_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/view"
	"sepiola/internal/federation/activity"
)

func TestViewingsAreToldToTheOwner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		v, owner := w.remoteVideo()
		w.exec(`UPDATE servers SET software = 'peertube'`)
		at := time.Date(2026, 11, 21, 12, 0, 42, 0, time.UTC)
		var list []*view.Session
		for range 45 {
			list = append(list, &view.Session{
				Video: v.ID, Remote: true, Started: at, Seen: at.Add(5 * time.Minute), WatchTime: 30,
				Sections: []view.Section{{Start: 40, End: 50}, {Start: 0, End: 20}, {Start: 50, End: 50}}, Place: view.Place{Country: "DE"},
			})
		}
		// Of one that goes meanwhile nothing is told, of the others all.
		gone := *list[0]
		gone.Video = 9999
		w.tx(func(ctx context.Context) error { return w.out.WatchesOver(ctx, append(slices.Clone(list), &gone)) })
		if len(w.intents) != 3 || len(w.intents[0].Watches) != 20 || len(w.intents[2].Watches) != 6 {
			t.Fatalf("46 viewings: got %d intents", len(w.intents))
		}
		w.run()
		ids := map[string]bool{}
		for _, m := range w.messages() {
			verify(t, m)
			if m.Type != "Create" || m.Actor != siteURL || m.Priority != peer.Droppable || !slices.Equal(m.To, []string{"origin.example"}) {
				t.Errorf("got %+v", m)
			}
			object, _ := m.Body["object"].(map[string]any)
			got, err := activity.ReadWatch(object)
			if err != nil {
				t.Fatal(err)
			}
			if got.VideoURL != v.URL || !got.Started.Equal(at.Truncate(time.Minute)) || !got.Ended.Equal(at.Truncate(time.Minute).Add(5*time.Minute)) ||
				got.Seconds != 30 || got.Country != "DE" || !slices.Equal(got.Sections, []activity.WatchSection{{Start: 0, End: 20}, {Start: 40, End: 50}}) {
				t.Errorf("got %+v", got)
			}
			if to, _ := m.Body["to"].([]any); len(to) != 1 || to[0] != owner.URL {
				t.Errorf("it is for %v", m.Body["to"])
			}
			ids[m.ID] = true
		}
		if len(ids) != 45 {
			t.Errorf("45 viewings: %d ids", len(ids))
		}
		w.exec(`UPDATE servers SET software = 'mastodon'`)
		w.must(w.out.WatchesOver(t.Context(), list[:1]))
		w.run()
		w.rules.Enabled = false
		w.must(w.out.WatchesOver(t.Context(), list[:1]))
		w.run()
		if got := w.said(); len(got) != 0 {
			t.Errorf("who does not want to know was told %q", got)
		}
	})
}
