package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web"
)

// The look of a player is the video's, its channel's or the site's choice, on
// the page and in embeds; owners choose it in the forms of both.
func TestOwnersChooseHowPlayersLook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const (
		edit    = "/videos/update/" + publicUUID
		channel = "/my-library/video-channels/update/root_channel"
	)
	look := func(want instance.PlayerTheme) {
		t.Helper()
		class := `class="player ` + string(want)
		for range 100 { // what was read of a channel is good for some seconds
			if strings.Contains(s.get("/w/"+video.ShortUUID(publicUUID)).body, class) {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if embed, _ := s.framed("/videos/embed/" + publicUUID); !strings.Contains(embed.body, class+" framed") {
			t.Errorf("the embed does not look like %s", want)
		}
		if !strings.Contains(s.get("/w/"+video.ShortUUID(publicUUID)).body, class) {
			t.Errorf("the page does not look like %s", want)
		}
	}
	look(instance.Lucide) // of a site without a choice
	s.login()
	s.set(func(w *web.Settings) { w.PlayerTheme = instance.Galaxy })
	look(instance.Galaxy)
	s.get(channel).wants(t, 200, `<option value="instance-default" selected>As the site’s (Galaxy)`)
	s.get(edit).wants(t, 200, `<option value="channel-default" selected>As its channel’s (Galaxy)`, `<option value="instance-default">As the site’s (Galaxy)`)

	texts := url.Values{"displayName": {"Main root channel"}, "playerTheme": {"lucide"}}
	s.post(channel, channel, texts).wants(t, 200)
	look(instance.Lucide)
	s.get(channel).wants(t, 200, `<option value="lucide" selected>`)
	s.get(edit).wants(t, 200, `As its channel’s (Lucide)`)
	form := url.Values{"name": {"First video"}, "privacy": {"1"}, "commentsPolicy": {"1"}, "playerTheme": {"instance-default"}}
	s.sendVideoForm(edit, form)
	look(instance.Galaxy)
	s.get(edit).wants(t, 200, `<option value="instance-default" selected>`)
	form.Del("playerTheme") // a form without the field changes nothing
	s.sendVideoForm(edit, form)
	look(instance.Galaxy)
	form.Set("playerTheme", "channel-default")
	s.sendVideoForm(edit, form)
	look(instance.Lucide)

	texts.Set("playerTheme", "channel-default") // a channel has none
	s.post(channel, channel, texts).wants(t, http.StatusBadRequest, `id="error-playerTheme"`)
	a := s.postParts(edit, map[string]string{"name": "First video", "privacy": "1", "commentsPolicy": "1", "playerTheme": `"><b>`})
	a.wants(t, http.StatusBadRequest, `id="error-playerTheme"`)
	a.lacks(t, `"><b>`)
	look(instance.Lucide)
}

func TestAdministratorsChooseHowPlayersLook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const at = "/admin/settings/config/player"
	s.addUser("carol", 2)
	s.loginAs("carol")
	if a := s.get(at); a.status != http.StatusForbidden {
		t.Errorf("to somebody else: %d", a.status)
	}
	s.login()
	s.set(func(w *web.Settings) { w.PlayerTheme = instance.Galaxy })
	s.get(at).wants(t, 200, `value="galaxy" checked`, "player-sample lucide", "player-sample galaxy")
	s.post(at, at, url.Values{"theme": {"lucide"}}).wants(t, 200)
	want := map[string]any{"defaults": map[string]any{"player": map[string]any{"theme": "lucide"}}}
	if diff := cmp.Diff(want, s.edited.in); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
	s.post(at, at, url.Values{"theme": {"andromeda"}}).wants(t, http.StatusBadRequest, `id="error-theme"`)
	s.post(at, at, url.Values{}).wants(t, http.StatusBadRequest, `id="error-theme"`)
}
