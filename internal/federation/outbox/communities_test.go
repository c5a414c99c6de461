package outbox_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"sepiola/internal/domain/comment"
	"sepiola/internal/federation/activity"
)

// Software that takes a channel for a community hears of what people do there
// from the channel.
func TestCommunitiesHearOfEverythingFromTheChannel(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		w.remote("l", "lemmy.example", channelActor)
		w.remote("m", "toot.example", channelActor)
		asker := w.remote("q", "asker.example")
		w.exec(`UPDATE servers SET software = CASE WHEN host = 'lemmy.example' THEN 'lemmy' ELSE 'mastodon' END`)
		announced := func(name, kind, object string) {
			t.Helper()
			var found int
			for _, m := range w.messages() {
				if m.Type != "Announce" {
					continue
				}
				found++
				what := activity.Doc(m.Body).Object("object")
				if m.Actor != channelURL || !activity.SameHost(m.ID, channelURL) || !slices.Equal(m.To, []string{"lemmy.example"}) ||
					what == nil || what.Type() != kind || what.Has("@context") || what.Has("signature") || what.Ref("object") != object {
					t.Errorf("%s: got %+v", name, m)
				}
			}
			if found != 1 {
				t.Errorf("%s: %d announcements", name, found)
			}
		}
		mine := w.comment(&comment.Comment{VideoID: 1, AccountID: 1, Text: "Welcome"})
		w.must(w.out.CommentPublished(ctx, mine, w.video(1)))
		w.run()
		announced("a comment of this site", "Create", mine.URL)
		w.tx(func(ctx context.Context) error { return w.out.CommentDeleted(ctx, mine, w.video(1)) })
		announced("its end", "Delete", mine.URL)

		url := asker.URL + "/n/1"
		body, err := json.Marshal(map[string]any{
			"@context": "https://www.w3.org/ns/activitystreams", "type": "Create", "id": url + "/activity", "actor": asker.URL,
			"object": map[string]any{"type": "Note", "id": url}, "signature": map[string]any{"type": "RsaSignature2017"},
		})
		w.must(err)
		w.tx(func(ctx context.Context) error {
			return w.out.Forward(ctx, 1, url+"/activity", "Create", body, "asker.example")
		})
		announced("a comment of another site", "Create", url)
	})
}
