package outbox_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"sepiola/internal/federation/activity"
)

// What its author did not sign is passed on to those who ask the author's site
// for it; communities hear of it from the channel, as of everything.
func TestWhatIsNotSignedIsPassedOnToThoseWhoAsk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		asker := w.remote("q", "asker.example")
		for _, host := range []string{"sepiola.example", "akkoma.example", "peertube.example", "mastodon.example", "lemmy.example", "asker.example"} {
			w.remote("fan", host, channelActor, ownerActor)
			name := host[:len(host)-len(".example")]
			w.exec(`UPDATE servers SET software = $1 WHERE host = $2`, name, host)
		}
		w.must(w.out.Shares.Share(t.Context(), channelActor, 1, "https://bench.example/share", w.now))
		url := asker.URL + "/n/1"
		for kind, object := range map[string]any{"Create": map[string]any{"type": "Note", "id": url}, "Delete": url} {
			body, err := json.Marshal(map[string]any{"type": kind, "id": url + "/" + kind, "actor": asker.URL, "object": object})
			w.must(err)
			w.tx(func(ctx context.Context) error {
				return w.out.Forward(ctx, 1, url+"/"+kind, kind, body, "asker.example")
			})
			var forwarded, announced []string
			for _, m := range w.messages() {
				switch {
				case m.Type == kind && m.ID == url+"/"+kind:
					forwarded = m.To
				case m.Type == "Announce" && activity.Doc(m.Body).Object("object").Type() == kind:
					announced = m.To
				default:
					t.Errorf("%s: said %+v", kind, m)
				}
			}
			if !slices.Equal(forwarded, []string{"akkoma.example", "sepiola.example"}) || !slices.Equal(announced, []string{"lemmy.example"}) {
				t.Errorf("%s: passed on to %v, announced to %v", kind, forwarded, announced)
			}
		}
	})
}
