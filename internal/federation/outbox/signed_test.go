package outbox_test

import (
	"encoding/json"
	"strings"
	"testing"

	"sepiola/internal/domain/comment"
)

// A tab is signed in one way by PeerTube and in another by Mastodon and Fedify:
// what is told has none, so that its signature is right for all.
func TestWhatIsSignedHasNoTabs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("a", "account.example", ownerActor)
		w.exec(`UPDATE videos SET description = $1, support = $1 WHERE id = 1`, "a\tb\n\tcode")
		w.must(w.out.VideoPublished(t.Context(), 1))
		w.must(w.out.CommentPublished(t.Context(), w.comment(&comment.Comment{VideoID: 1, AccountID: 1, Text: "1.\tfirst"}), w.video(1)))
		w.run()
		list := w.messages()
		if len(list) < 2 {
			t.Fatalf("told %d messages", len(list))
		}
		var texts strings.Builder
		for _, m := range list {
			verify(t, m)
			b, err := json.Marshal(m.Body)
			w.must(err)
			texts.Write(b)
		}
		if said := texts.String(); strings.Contains(said, `\t`) || !strings.Contains(said, `a   b\n    code`) || !strings.Contains(said, "1.  first") {
			t.Errorf("told %s", said)
		}
	})
}
