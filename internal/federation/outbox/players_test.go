package outbox_test

import (
	"testing"

	"sepiola/internal/domain/video"
)

// Others hear how players look: of a video by its owner, of a channel by itself,
// and of what they may not know nothing.
func TestLooksOfPlayersAreTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		w.remote("a", "account.example", ownerActor)
		w.remote("c", "channel.example", channelActor)
		w.exec(`UPDATE videos SET player_theme = 'galaxy' WHERE id = 1`)
		w.must(w.out.VideoPlayerSet(ctx, w.video(1)))
		w.must(w.out.ChannelPlayerSet(ctx, 1))
		w.run()
		list := w.messages()
		if len(list) != 2 {
			t.Fatalf("said %q", w.said())
		}
		of, channel := w.video(1), w.video(1).Channel
		for i, want := range []struct{ actor, object, theme, to string }{
			{channel.Owner.URL, of.URL, "galaxy", "account.example"},
			{channel.URL, channel.URL, "instance-default", "channel.example"},
		} {
			m, o := list[i], list[i].Body["object"].(map[string]any)
			if m.Type != "Update" || m.Actor != want.actor || len(m.To) != 1 || m.To[0] != want.to || m.Body["to"] == nil || m.Body["signature"] == nil ||
				o["id"] != want.object+"/player-settings" || o["type"] != "PlayerSettings" || o["object"] != want.object || o["theme"] != want.theme {
				t.Errorf("got %s by %s to %v: %v, want %+v", m.Type, m.Actor, m.To, o, want)
			}
		}
		for _, p := range []video.Privacy{video.Private, video.InternalOnly, video.PasswordProtected, video.Unlisted} {
			w.exec(`UPDATE videos SET privacy = $1 WHERE id = 1`, p)
			w.must(w.out.VideoPlayerSet(ctx, w.video(1)))
		}
		if len(w.intents) > 0 {
			t.Errorf("of videos that are not public: %v", w.intents)
		}
	})
}
