package web_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
)

const historyPath = "/my-library/history/videos"

// watch lets somebody watch a video, of 100 seconds, to a second of it.
func (s *site) watch(u *user.User, uuid string, to int) {
	s.t.Helper()
	if _, err := s.db.Exec(s.t.Context(), `UPDATE videos SET duration = 100`); err != nil {
		s.t.Fatal(err)
	}
	for at := 0; at <= to; at += 5 {
		in := view.Report{Time: at, Session: "s", Client: "Firefox", Device: "mobile", OS: "<b>", Addr: netip.MustParseAddr("192.0.2.1")}
		if err := s.views.Report(s.t.Context(), video.As(u), video.ByUUID(uuid), in); err != nil {
			s.t.Fatal(err)
		}
		s.now = s.now.Add(5 * time.Second)
	}
}

func TestHistoryIsShownAndForgotten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.policy.History = true
	alice := s.addUser("alice", user.Member)
	s.loginAs("alice")
	s.get(historyPath).has(t, "nothing yet", 200, "You have not watched anything yet.")
	s.watch(alice, publicUUID, 30)
	s.watch(alice, sensitiveUUID, 5)
	a := s.get(historyPath)
	a.has(t, "two", 200, "First &lt;video&gt;", "Sensitive video", "Watched to 0:30 of", `<progress class="watched"`)
	if strings.Index(a.body, "Sensitive video") > strings.Index(a.body, "First &lt;video&gt;") {
		t.Error("what was watched last comes first")
	}
	if a := s.get(historyPath + "?search=FIRST"); !strings.Contains(a.body, "First &lt;video&gt;") || strings.Contains(a.body, "Sensitive video") {
		t.Error("the search does not search")
	}
	s.get("/").has(t, "home page", 200, "Watched to 0:30 of")

	s.post(historyPath, historyPath+"/remove/1", url.Values{"to": {historyPath + "?page=1"}}).has(t, "one less", 200, "Sensitive video")
	if a := s.get(historyPath); strings.Contains(a.body, "First &lt;video&gt;") {
		t.Error("what was removed is still there")
	}
	s.post(historyPath, historyPath+"/remove/nonsense", url.Values{}).has(t, "remove nothing", 404)
	s.post(historyPath, historyPath+"/pause", url.Values{"pause": {"true"}}).has(t, "pause", 200, "The history is paused")
	s.watch(s.user(alice.ID), publicUUID, 10)
	if a := s.get(historyPath); strings.Contains(a.body, "First &lt;video&gt;") {
		t.Error("a paused history grew")
	}
	s.post(historyPath, historyPath+"/pause", url.Values{"pause": {"false"}}).has(t, "go on", 200, "Pause the history")
	s.post(historyPath, historyPath+"/clear", url.Values{"before": {"2000-01-01"}}).has(t, "clear what is old", 200, "Sensitive video")
	s.post(historyPath, historyPath+"/clear", url.Values{"before": {"nonsense"}}).has(t, "clear before no day", 400)
	s.post(historyPath, historyPath+"/clear", url.Values{}).has(t, "clear", 200, "You have not watched anything yet.")
}

func TestHistoryNeedsALogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if a := s.get(historyPath); !strings.Contains(a.body, `action="/login"`) {
		t.Errorf("nobody's history: %d", a.status)
	}
}

func TestVideosGoOnWhereOneStopped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.watch(nil, publicUUID, 30)
	page := "/w/" + video.ShortUUID(publicUUID)
	config := func(path string) string {
		a := s.get(path)
		_, rest, _ := strings.Cut(a.body, `id="player-config"`)
		config, _, _ := strings.Cut(rest, "</script>")
		return config
	}
	if got := config(page); strings.Contains(got, `"start"`) || !strings.Contains(got, `"here":true`) || !strings.Contains(got, "/api/v1/videos/"+publicUUID+"/views") {
		t.Errorf("to nobody: %s", got)
	}
	s.policy.History = true
	alice := s.addUser("alice", user.Member)
	s.loginAs("alice")
	s.watch(alice, publicUUID, 30)
	for path, want := range map[string]string{
		page: `"start":30`, page + "?start=7": `"start":7`, page + "?stop=40": `"start":30,"stop":40`, page + "?start=7&stop=5": `"start":7,"icons"`,
		page + "?stop=5": `"stop":5`, // which lies before where it was watched to
	} {
		if got := config(path); !strings.Contains(got, want) || strings.Contains(got, `"here"`) || !strings.Contains(got, `"csrf"`) {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := config(page + "?start=0"); strings.Contains(got, `"start"`) {
		t.Errorf("from the beginning: %s", got)
	}
	if _, err := s.db.Exec(t.Context(), `UPDATE user_video_history SET position = (SELECT duration FROM videos v WHERE v.id = video_id)`); err != nil {
		t.Fatal(err)
	}
	if got := config(page); strings.Contains(got, `"start"`) {
		t.Errorf("watched to the end: %s", got)
	}
}

func TestStatsAreForOwners(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := "/videos/manage/" + video.ShortUUID(publicUUID) + "/stats"
	s.watch(nil, publicUUID, 30)
	if a := s.get(page); !strings.Contains(a.body, `action="/login"`) {
		t.Errorf("to nobody: %d", a.status)
	}
	s.addUser("alice", user.Member)
	s.loginAs("alice")
	if a := s.get(page); a.status != 403 || strings.Contains(a.body, "Retention") {
		t.Errorf("to a stranger: %d", a.status)
	}
	s.browser.Jar = newSite(t).browser.Jar // logged out
	s.login()
	s.get(page).has(t, "to its owner", 200, "Watch time", "0:30", "Retention", `<svg viewBox=`, "As a table", "Phone", "&lt;b&gt;", "does not record the countries")
	if a := s.get(page); strings.Contains(a.body, ">Countries</h2>") || strings.Contains(a.body, ">Regions</h2>") {
		t.Error("it waits for countries that are never recorded")
	}
	for _, q := range []string{"?range=7", "?range=all&metric=viewers", "?metric=aggregateWatchTime", "?from=2026-11-01&to=2026-11-21", "?from=2026-12-01&to=2026-11-21", "?from=x&to=y&metric=%3Cb%3E", "?from=1900-01-01"} {
		if a := s.get(page + q); a.status != 200 || strings.Contains(a.body, "style=") {
			t.Errorf("%s: %d", q, a.status)
		}
	}
	day := func(t time.Time) string { return `value="` + t.UTC().Format(time.DateOnly) + `"` }
	v, err := s.videos.ByRef(t.Context(), video.ByUUID(publicUUID))
	if err != nil {
		t.Fatal(err)
	}
	s.get(page+"?from=0001-01-01&to=9999-12-31").has(t, "all days there are", 200, `name="from" `+day(v.CreatedAt), `name="to" `+day(s.now), "0:30")
	s.get(page+"?from=9999-12-31").has(t, "the future", 200, `name="from" `+day(s.now), `name="to" `+day(s.now))
	s.get(page+"?to=0001-01-01").has(t, "before it was made", 200, `name="from" `+day(v.CreatedAt), `name="to" `+day(v.CreatedAt))
	if _, err := s.db.Exec(t.Context(), `UPDATE videos SET created_at = $1 WHERE uuid = $2`, s.now.AddDate(-30, 0, 0), publicUUID); err != nil {
		t.Fatal(err)
	}
	s.get(page+"?from=0001-01-01&to=9999-12-31").has(t, "an old video", 200, `name="from" `+day(s.now.AddDate(0, 0, 1-3650)), `name="to" `+day(s.now), "0:30")
	s.get("/stats/videos/"+publicUUID).has(t, "the old address", 200, "Retention")
	s.get("/videos/manage/nonsense/stats").has(t, "no video", 404)
}
