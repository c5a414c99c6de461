package web_test

import (
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/server/web"
	"sepiola/internal/storage/store"
)

// edits remembers what was changed of the settings.
type edits struct{ in map[string]any }

func (e *edits) Change(_ context.Context, in map[string]any) error {
	if sharing, _ := in["sharing"].(map[string]any); sharing["minViewers"] == "-4" || sharing["maxUpload"] == "much" {
		return errs.Fields(errs.Param{Name: "sharing.minViewers"}, errs.Param{Name: "sharing.maxUpload"})
	}
	if defaults, _ := in["defaults"].(map[string]any); defaults["player"] != nil {
		if theme := defaults["player"].(map[string]any)["theme"]; theme != "galaxy" && theme != "lucide" {
			return errs.Fields(errs.Param{Name: "defaults.player.theme"})
		}
	}
	e.in = in
	return nil
}

// play keeps figures of two videos, one of them today.
func (s *site) play() {
	s.t.Helper()
	today := s.now.Unix() / 86400
	popular := view.PlaybackSums{BytesSite: 1 << 20, BytesPeers: 3 << 20, Sessions: 4, Shared: 3, Stalls: 2, Starts: [7]int64{1: 4}}
	if err := (store.Playback{DB: s.db}).AddPlayback(s.t.Context(), []view.PlaybackDay{
		{Video: 1, Day: today, PlaybackSums: popular},
		{Video: 3, Day: today - 3, PlaybackSums: view.PlaybackSums{BytesSite: 2048, Sessions: 1}},
		{Video: 1, Day: today - 60, PlaybackSums: view.PlaybackSums{BytesSite: 7 << 30, Sessions: 1}},
	}); err != nil {
		s.t.Fatal(err)
	}
}

func TestAdministratorsSeeWhatSharingSaves(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.play()
	if a := s.get("/admin/system/sharing"); a.url.Path != "/login" && a.status != http.StatusForbidden && a.status != http.StatusUnauthorized {
		t.Errorf("to nobody: %d at %s", a.status, a.url)
	}
	s.login()
	a := s.get("/admin/system/sharing")
	for _, want := range []string{"75 %", "3 MiB", "Sensitive video", "3 could share", "380 ms", `class="chart-bar other"`, `name="minViewers"`, `name="maxUpload"`} {
		if a.status != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("no %q on the page (%d)", want, a.status)
		}
	}
	if strings.Contains(a.body, "7 GiB") {
		t.Error("the last 28 days hold one before them")
	}
	if a := s.get("/admin/system/sharing?days=90"); !strings.Contains(a.body, "7 GiB") {
		t.Error("the last 90 days do not hold one 60 days ago")
	}
	a = s.post("/admin/system/sharing", "/admin/system/sharing", url.Values{"webapp": {"true"}, "minViewers": {" 5"}, "maxUpload": {"70 "}})
	on := func(b bool) map[string]any { return map[string]any{"enabled": b} }
	want := map[string]any{"defaults": map[string]any{"p2p": map[string]any{"webapp": on(true), "embed": on(false)}}, "sharing": map[string]any{"minViewers": "5", "maxUpload": "70"}}
	if diff := cmp.Diff(want, s.edited.in); diff != "" || a.status != http.StatusOK {
		t.Errorf("saved (-want +got): %d\n%s", a.status, diff)
	}
	a = s.post("/admin/system/sharing", "/admin/system/sharing", url.Values{"minViewers": {"-4"}, "maxUpload": {"much"}})
	if a.status != http.StatusBadRequest && a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="error-minViewers"`) || !strings.Contains(a.body, `id="error-maxUpload"`) {
		t.Errorf("a number that is none: %d", a.status)
	}
	for path, want := range map[string]string{"": "the last 28 days", "?range=7": "the last 7 days"} {
		a = s.get("/videos/manage/" + publicUUID + "/stats" + path)
		if a.status != http.StatusOK || !strings.Contains(a.body, want) || !strings.Contains(a.body, "75 %") {
			t.Errorf("statistics of the video %q: %d", path, a.status)
		}
	}
}

// Who may share what: see Pages.sharing.
func TestSharingIsForThoseWhoWant(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sharing, s.policy.P2P = web.Settings{Share: true, ReportEvery: 9 * time.Second}, true
	shares := func(with, query string) bool {
		t.Helper()
		if with != "" {
			if _, err := s.db.Exec(t.Context(), with); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.videos.Touch(t.Context(), 1); err != nil { // what it has read before is forgotten
			t.Fatal(err)
		}
		a := s.get("/w/" + video.ShortUUID(publicUUID) + query)
		shared := strings.Contains(a.body, "/tracker/socket")
		if shared && !strings.Contains(a.body, `"report":{"url":"/api/v1/metrics/playback","every":9000}`) {
			t.Error("the player does not know where to report")
		}
		return shared
	}
	if shares(`INSERT INTO streaming_playlists (video_id, type, playlist_filename, created_at, updated_at)
		SELECT id, 1, 'x-master.m3u8', created_at, updated_at FROM videos WHERE id = 1`, "?p2p=0") {
		t.Error("who does not want to shares")
	}
	if !shares("", "") {
		t.Fatal("nobody shares")
	}
	for _, privacy := range []video.Privacy{video.Private, video.InternalOnly, video.PasswordProtected} {
		if shares(fmt.Sprintf(`UPDATE videos SET privacy = %d WHERE id = 1`, privacy), "") {
			t.Errorf("a video of privacy %d is shared", privacy)
		}
		s.login() // its owner is who sees it
		s.post("/my-account/settings", "/my-account/playback", url.Values{"p2pEnabled": {"true"}})
		if a := s.get("/w/" + publicUUID); !strings.Contains(a.body, "master.m3u8") || shares("", "") {
			t.Errorf("a video of privacy %d is shared by its owner", privacy)
		}
		s.post("/about", "/logout", url.Values{})
	}
	if !shares(`UPDATE videos SET privacy = 2 WHERE id = 1`, "") {
		t.Error("an unlisted video is not shared")
	}

	s.login()
	form := func(on ...string) url.Values {
		v := url.Values{"name": {"First video"}, "privacy": {"1"}, "commentsPolicy": {"1"}, "sharingEnabled": on}
		return v
	}
	edit := "/videos/update/" + publicUUID
	if !strings.Contains(s.get(edit).body, `name="sharingEnabled" value="true" checked`) {
		t.Error("the video's form does not say that it is shared")
	}
	s.sendVideoForm(edit, form())
	if shares("", "") || strings.Contains(s.get(edit).body, `name="sharingEnabled" value="true" checked`) {
		t.Error("a video is shared against its owner's wish")
	}
	if !strings.Contains(s.get("/videos/manage/"+publicUUID+"/stats").body, "Viewers do not share this video") {
		t.Error("its statistics do not say so")
	}
	s.sendVideoForm(edit, form("true"))
	if !shares("", "") {
		t.Error("a video is not shared again")
	}
	const channel = "/my-library/video-channels/update/root_channel"
	texts := url.Values{"displayName": {"Main root channel"}}
	soon := func(want bool) bool { // what was read of a channel is good for a second
		for range 100 {
			if shares("", "") == want {
				return true
			}
			time.Sleep(50 * time.Millisecond)
		}
		return false
	}
	if a := s.post(channel, channel, texts); a.status != http.StatusOK || !soon(false) {
		t.Errorf("a video is shared against its channel's wish (%d)", a.status)
	}
	texts.Set("sharingEnabled", "true")
	if s.post(channel, channel, texts); !soon(true) {
		t.Error("a channel's videos are not shared again")
	}

	s.sharing.ShareFrom = 1
	if shares("", "") {
		t.Error("a video is shared that nobody watches")
	}
	if err := s.views.Report(t.Context(), video.Access{}, video.ByUUID(publicUUID), view.Report{Time: 1}); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(5 * time.Second)
	if !shares("", "") {
		t.Error("a video is not shared that somebody watches")
	}
	if s.sharing.Share = false; shares("", "") {
		t.Error("a video is shared against the site's wish")
	}
}

// sendVideoForm sends the form of a video, which may hold a picture.
func (s *site) sendVideoForm(path string, values url.Values) {
	s.t.Helper()
	var b strings.Builder
	w := multipart.NewWriter(&b)
	values.Set("csrf", csrfField.FindStringSubmatch(s.get(path).body)[1])
	for name, list := range values {
		for _, v := range list {
			if err := w.WriteField(name, v); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+path, strings.NewReader(b.String()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if a := s.do(r); a.status != http.StatusOK {
		s.t.Fatalf("%s: %d", path, a.status)
	}
}

// What the share dialog offers is what pages and embeds understand.
func TestLinksSayHowAVideoPlays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	watch := "/w/" + video.ShortUUID(publicUUID)
	s.get(watch).lacks(t, `"asked"`)
	s.get(watch+"?autoplay=1&muted=1&loop=1&subtitle=fr").wants(t, 200, `"asked":true`, `"muted":true`, `"loop":true`, `"subtitle":"fr"`)
	s.get(watch+"?autoplay=0").wants(t, 200, `"asked":false`)
	s.get(watch+"?autoplay=yes&muted=%22&subtitle=%3Cb%3E").lacks(t, `"asked"`)
	plain, chosen := s.get(watch+"/qr.svg").body, s.get(watch+"/qr.svg?autoplay=1&subtitle=fr").body
	if plain == chosen || s.get(watch+"/qr.svg?other=1&autoplay=0&subtitle=%3Cb%3E").body != plain {
		t.Error("the code for phones holds something else than what the dialog chose")
	}
}

func TestVideosFromElsewhereAreEmbeddedFromTheirOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, q := range []string{
		`UPDATE videos SET remote = TRUE, url = 'https://far.example/videos/watch/1' WHERE uuid = '` + publicUUID + `'`,
		`UPDATE video_files SET file_url = 'https://far.example/files/1.mp4'`,
	} {
		if _, err := s.db.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	a := s.get("/w/" + video.ShortUUID(publicUUID))
	a.wants(t, 200, `data-embed="`+s.server.URL+`/videos/embed/`+publicUUID+`"`, `id="share-code"`)
	a.lacks(t, `property="og:video"`)
	e := s.get("/videos/embed/" + publicUUID)
	e.wants(t, 200, `src="https://far.example/files/1.mp4"`, `id="player"`)
	if policy := e.header.Get("Content-Security-Policy"); !strings.Contains(policy, "media-src 'self' https: ") {
		t.Errorf("the policy of the embed lets nothing come from the origin: %s", policy)
	}
}
