package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/store"
)

// viewSite is a videoSite that takes views.
type viewSite struct {
	*videoSite
	keeper *view.Keeper
}

func newViewSite(t testing.TB) *viewSite {
	t.Helper()
	s := newVideoSite(t)
	rows, now := store.Views{DB: s.db}, func() time.Time { return s.now }
	rules := func() view.Rules {
		return view.Rules{CountAfter: 10 * time.Second, Expiration: time.Hour, TrustSessionID: true}
	}
	views := &view.Service{Store: rows, Videos: s.svc, Anyhow: s.store, Rules: rules, InTx: s.db.InTx, Now: now}
	s.svc.Viewing = views
	keeper := &view.Keeper{Store: rows, Rules: rules, InTx: s.db.InTx, Now: now, Window: func() time.Duration { return 7 * 24 * time.Hour }}
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	site := instance.Site{Scheme: "http", Host: "localhost:9000"}
	for _, resource := range []interface{ Mount(*rest.Router) }{
		&Videos{Videos: s.svc, Actors: store.Actors{DB: s.db}, Site: site},
		&Views{Views: views, ClientIP: func(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.1") }},
		&History{History: &view.History{Store: store.History{Videos: s.store}, Viewers: views.Viewers, Now: now}, Videos: &Videos{Site: site}},
		&VideoStats{Stats: &view.Stats{Store: rows, Videos: s.svc, Now: now}},
	} {
		resource.Mount(rt)
	}
	s.router = rt
	return &viewSite{s, keeper}
}

// watch says that somebody is at a second of a video.
func (s *viewSite) watch(who, uuid string, at int, header ...string) int {
	s.t.Helper()
	return s.call(who, "POST", "/videos/"+uuid+"/views", fmt.Sprintf(`{"currentTime":%d}`, at), header...).Code
}

func TestViewsAnswerAsPeerTubes(t *testing.T) {
	t.Parallel()
	s := newViewSite(t)
	path := "/videos/" + publicUUID
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/views", `{"currentTime":3}`},
		{"POST", "/views", `{"currentTime":11,"viewEvent":"seek"}`},
		{"PUT", "/watching", `{"currentTime":6}`},
		{"PUT", "/views", `{"currentTime":"6.9"}`},
		{"POST", "/watching", `{"currentTime":6,"sessionId":"abc-9","client":"Mine","device":"xr","operatingSystem":"Own"}`},
	} {
		if w := s.call("", c.method, path+c.path, c.body); w.Code != 204 || w.Body.Len() != 0 || w.Header().Get("Content-Type") != "" {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, w.Code, w.Body)
		}
	}
	var problem struct {
		Type, Title, Detail, Docs, Error, Instance string
		Status                                     int
		Invalid                                    map[string]map[string]any `json:"invalid-params"`
	}
	w := s.call("", "POST", path+"/views", `{"currentTime":5000}`)
	decodeJSON(t, w.Body.Bytes(), &problem)
	want := "Current time 5000 is invalid (video " + publicUUID + " duration: 12)"
	if w.Code != 400 || problem.Detail != want || problem.Error != want || problem.Title != "Bad Request" || !strings.HasSuffix(problem.Docs, "#operation/addView") {
		t.Errorf("beyond the end: %d %s", w.Code, w.Body)
	}
	w = s.call("", "POST", path+"/views", `{}`)
	decodeJSON(t, w.Body.Bytes(), &problem)
	field := map[string]any{"type": "field", "msg": "Invalid value", "path": "currentTime", "location": "body"}
	if diff := cmp.Diff(field, problem.Invalid["currentTime"]); w.Code != 400 || diff != "" {
		t.Errorf("no time: %d %s", w.Code, w.Body)
	}
	for body, name := range map[string]string{
		`{"currentTime":-1}`:                                            "",
		`{"currentTime":1e300}`:                                         "",
		`{"currentTime":"x"}`:                                           "currentTime",
		`{"currentTime":1,"viewEvent":"play"}`:                          "viewEvent",
		`{"currentTime":1,"sessionId":"a b"}`:                           "sessionId",
		`{"currentTime":1,"device":"fridge"}`:                           "device",
		`{"currentTime":1,"client":"` + strings.Repeat("x", 201) + `"}`: "client",
		`{"currentTime":1,"client":"a\u0000b"}`:                         "client",
		`{"currentTime":1,"operatingSystem":""}`:                        "operatingSystem",
		`{"currentTime":{"a":1}}`:                                       "currentTime",
	} {
		if w := s.call("", "POST", path+"/views", body); w.Code != 400 || !strings.Contains(w.Body.String(), name) {
			t.Errorf("%.60s: %d %s", body, w.Code, w.Body)
		}
	}
	if w := s.call("", "POST", "/videos/"+video.NewUUID()+"/views", `{"currentTime":1}`); w.Code != 404 {
		t.Errorf("a video that does not exist: %d", w.Code)
	}
}

func TestOnlyWhoSeesAVideoWatchesIt(t *testing.T) {
	t.Parallel()
	s := newViewSite(t)
	const header = "X-Peertube-Video-Password"
	token, _, err := s.svc.Token(t.Context(), video.Access{Password: "first-pw"}, video.ByUUID(protectedUUID))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who, what string
		header    []string
		want      int
	}{
		{"", publicUUID, nil, 204},
		{"", unlistedUUID, nil, 204},
		{"", "5", nil, 401}, // the unlisted one by its number
		{"bob", "5", nil, 403},
		{"", internalUUID, nil, 401},
		{"bob", internalUUID, nil, 204},
		{"", privateUUID, nil, 401},
		{"bob", privateUUID, nil, 403},
		{"alice", privateUUID, nil, 204},
		{"", protectedUUID, nil, 403},
		{"", protectedUUID, []string{header, "wrong"}, 403},
		{"", protectedUUID, []string{header, "first-pw"}, 204},
	} {
		if got := s.watch(c.who, c.what, 1, c.header...); got != c.want {
			t.Errorf("%q at %s %v: %d, want %d", c.who, c.what, c.header, got, c.want)
		}
	}
	for at, want := range map[string]int{"?videoFileToken=" + token: 204, "?videoFileToken=x": 403} {
		if w := s.call("", "POST", "/videos/"+protectedUUID+"/views"+at, `{"currentTime":1}`); w.Code != want {
			t.Errorf("%s: %d, want %d", at, w.Code, want)
		}
	}
	if w := s.call("", "POST", "/videos/"+privateUUID+"/views?videoFileToken="+token, `{"currentTime":1}`); w.Code != 401 {
		t.Errorf("the token of another video: %d", w.Code)
	}
}

func TestViewersAndPositionsAreInVideos(t *testing.T) {
	t.Parallel()
	s := newViewSite(t)
	type seen struct {
		Viewers     int64
		UserHistory *struct{ CurrentTime int }
	}
	get := func(who, path string) (one seen) {
		t.Helper()
		var list struct{ Data []seen }
		body := s.call(who, "GET", path, "").Body.Bytes()
		if strings.Contains(path, "?") {
			decodeJSON(t, body, &list)
			return list.Data[len(list.Data)-1]
		}
		decodeJSON(t, body, &one)
		return one
	}
	if s.watch("bob", publicUUID, 5) != 204 || s.watch("", publicUUID, 7) != 204 {
		t.Fatal("not taken")
	}
	s.now = s.now.Add(5 * time.Second)
	for _, path := range []string{"/videos/" + publicUUID, "/videos?search=first", "/videos?search=first&isLocal=true", "/accounts/alice/videos?search=first"} {
		if got := get("", path); got.Viewers != 1 || got.UserHistory != nil {
			t.Errorf("%s to nobody: %+v", path, got)
		}
		if got := get("bob", path); got.Viewers != 1 || got.UserHistory == nil || got.UserHistory.CurrentTime != 5 {
			t.Errorf("%s to bob: %+v", path, got)
		}
		if got := get("alice", path); got.UserHistory != nil {
			t.Errorf("%s to alice: %+v", path, got)
		}
	}
	if list, total := names(t, s.call("bob", "GET", "/videos?excludeAlreadyWatched=true", "")); total != 1 || list[0] != "Internal" {
		t.Errorf("without what bob has watched: %v", list)
	}
	s.people["bob"].Preferences.HistoryDisabled = true
	if s.watch("bob", internalUUID, 5) != 204 {
		t.Fatal("not taken")
	}
	if list, total := names(t, s.call("bob", "GET", "/users/me/history/videos", "")); total != 1 || list[0] != "First" {
		t.Errorf("a paused history grew: %v", list)
	}
}

func TestHistoryIsTheirsAlone(t *testing.T) {
	t.Parallel()
	s := newViewSite(t)
	for _, uuid := range []string{publicUUID, unlistedUUID, internalUUID} {
		s.now = s.now.Add(time.Minute)
		if s.watch("bob", uuid, 5) != 204 {
			t.Fatal("not taken")
		}
	}
	s.watch("bob", protectedUUID, 5, "X-Peertube-Video-Password", "first-pw")
	s.watch("alice", privateUUID, 3)
	history := func(who, query string, want ...string) {
		t.Helper()
		list, total := names(t, s.call(who, "GET", "/users/me/history/videos"+query, ""))
		if diff := cmp.Diff(append([]string{}, want...), append([]string{}, list...)); diff != "" || query == "" && total != len(want) {
			t.Errorf("%s%s: %d in all, -want +got:\n%s", who, query, total, diff)
		}
	}
	history("bob", "", "Internal", "Unlisted", "First") // a protected one may have another password by now
	history("alice", "", "Private")
	history("root", "")
	history("bob", "?search=UNLIST", "Unlisted")
	history("bob", "?start=1&count=1", "Unlisted")
	history("bob", "?count=0")
	if w := s.call("", "GET", "/users/me/history/videos", ""); w.Code != 401 {
		t.Errorf("nobody: %d", w.Code)
	}
	s.exec(`UPDATE videos SET privacy = 3 WHERE uuid = $1`, publicUUID)
	history("bob", "", "Internal", "Unlisted")
	s.exec(`UPDATE videos SET privacy = 1 WHERE uuid = $1`, publicUUID)

	for path, want := range map[string]int{"/5": 204, "/99999": 204, "/x": 400} {
		if w := s.call("bob", "DELETE", "/users/me/history/videos"+path, ""); w.Code != want {
			t.Errorf("DELETE %s: %d, want %d", path, w.Code, want)
		}
	}
	history("bob", "", "Internal", "First")
	history("alice", "", "Private")
	if w := s.call("bob", "POST", "/users/me/history/videos/remove", `{"beforeDate":"`+s.now.Add(-90*time.Second).Format(time.RFC3339)+`"}`); w.Code != 204 {
		t.Errorf("remove older: %d", w.Code)
	}
	history("bob", "", "Internal")
	if w := s.call("bob", "POST", "/users/me/history/videos/remove", `{"beforeDate":"yesterday"}`); w.Code != 400 {
		t.Errorf("remove before no date: %d", w.Code)
	}
	if w := s.call("bob", "POST", "/users/me/history/videos/remove", `{}`); w.Code != 204 {
		t.Errorf("remove all: %d", w.Code)
	}
	history("bob", "")
	history("alice", "", "Private")
}

func TestStatsAnswerAsPeerTubes(t *testing.T) {
	t.Parallel()
	s := newViewSite(t)
	s.exec(`UPDATE videos SET created_at = $1`, s.now.Add(-10*time.Second))
	path := "/videos/" + publicUUID + "/stats/"
	videoGolden(t, "stats-empty-overall", s.call("alice", "GET", path+"overall", "").Body.Bytes())
	videoGolden(t, "stats-empty-series", s.call("alice", "GET", path+"timeseries/viewers", "").Body.Bytes())
	videoGolden(t, "stats-empty-retention", s.call("alice", "GET", path+"retention", "").Body.Bytes())
	videoGolden(t, "stats-empty-agents", s.call("alice", "GET", path+"user-agent", "").Body.Bytes())
	for _, at := range []int{0, 5, 10} {
		body := fmt.Sprintf(`{"currentTime":%d,"sessionId":"s1","client":"Firefox","device":"mobile","operatingSystem":"Android"}`, at)
		if w := s.call("", "POST", "/videos/"+publicUUID+"/views", body); w.Code != 204 {
			t.Fatal(w.Code)
		}
		s.now = s.now.Add(5 * time.Second)
	}
	s.exec(`UPDATE video_sessions SET country = 'FR', subdivision = 'Brittany'`)
	if err := s.keeper.Counters(t.Context()); err != nil {
		t.Fatal(err)
	}
	videoGolden(t, "stats-overall", s.call("alice", "GET", path+"overall", "").Body.Bytes())
	videoGolden(t, "stats-series", s.call("alice", "GET", path+"timeseries/aggregateWatchTime", "").Body.Bytes())
	videoGolden(t, "stats-retention", s.call("alice", "GET", path+"retention", "").Body.Bytes())
	videoGolden(t, "stats-agents", s.call("alice", "GET", path+"user-agent", "").Body.Bytes())

	for who, want := range map[string]int{"": 401, "bob": 403, "root": 200, "alice": 200} {
		for _, what := range []string{"overall", "timeseries/downloads", "retention", "user-agent"} {
			if w := s.call(who, "GET", path+what, ""); w.Code != want {
				t.Errorf("%s to %q: %d, want %d: %s", what, who, w.Code, want, w.Body)
			}
		}
	}
	if w := s.call("bob", "GET", path+"overall", ""); !strings.Contains(w.Body.String(), `"Cannot manage a video of another user."`) {
		t.Errorf("to bob: %s", w.Body)
	}
	for _, bad := range []string{
		"timeseries/views", "timeseries/x", "overall?startDate=yesterday", "timeseries/viewers?startDate=2026-01-01", "timeseries/viewers?endDate=2026-01-01",
		"timeseries/viewers?startDate=2010-01-01&endDate=2026-01-01", "overall?startDate=2026-01-02&endDate=2026-01-01",
	} {
		if w := s.call("alice", "GET", path+bad, ""); w.Code != 400 {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
	s.exec(`UPDATE videos SET is_live = TRUE WHERE uuid = $1`, publicUUID)
	if w := s.call("alice", "GET", path+"retention", ""); w.Code != 400 {
		t.Errorf("retention of a live stream: %d", w.Code)
	}
	if !s.people["root"].Has(user.SeeAllVideos) {
		t.Error("root sees all videos")
	}
}
