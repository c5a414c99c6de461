package api

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/store"
)

// newSearchSite is a videoSite that searches. Its index is filled as on a site
// that is older than search.
func newSearchSite(t testing.TB) *videoSite {
	t.Helper()
	s := newVideoSite(t)
	index, actors := store.Search{DB: s.db}, store.Actors{DB: s.db}
	for _, id := range []actor.ChannelID{101, 102, 103} {
		if err := index.IndexChannels(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	site := instance.Site{Scheme: "http", Host: "localhost:9000"}
	now := s.now
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&Search{Site: site, Search: &search.Service{
		Store: index, Videos: s.svc, Channels: actors, Playlists: store.Playlists{DB: s.db, Videos: s.store}, Site: site,
		Now: func() time.Time { now = now.Add(time.Minute); return now },
	}}).Mount(rt)
	(&Overviews{Site: site, Overview: &search.Overview{Store: index, Videos: s.svc, Now: func() time.Time { return s.now }}}).Mount(rt)
	s.router = rt
	return s
}

func TestSearchAnswersAsPeerTubes(t *testing.T) {
	t.Parallel()
	s := newSearchSite(t)
	for name, path := range map[string]string{
		"search_videos":    "/search/videos?search=first&count=1",
		"search_channels":  "/search/video-channels?search=alice",
		"search_playlists": "/search/video-playlists?search=list",
		"search_bad_sort":  "/search/videos?search=a&sort=foo",
		"overviews":        "/overviews/videos?page=1",
		"overviews_zero":   "/overviews/videos?page=0",
	} {
		w := s.call("", "GET", path, "")
		want := http.StatusOK
		if name == "search_bad_sort" || name == "overviews_zero" {
			want = http.StatusBadRequest
		}
		if w.Code != want {
			t.Errorf("%s: status %d, want %d: %s", path, w.Code, want, w.Body)
		}
		videoGolden(t, name, w.Body.Bytes())
	}
}

// found asks and returns the names of what comes.
func (s *videoSite) found(who, path string) (names []string, total int) {
	s.t.Helper()
	w := s.call(who, "GET", path, "")
	var list struct {
		Total int
		Data  []struct{ Name string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != http.StatusOK {
		s.t.Fatalf("%s: status %d %s", path, w.Code, w.Body)
	}
	for _, d := range list.Data {
		names = append(names, d.Name)
	}
	return names, list.Total
}

func TestSearchShowsEachPrivacyToWhomItMay(t *testing.T) {
	t.Parallel()
	s := newSearchSite(t)
	for _, text := range []string{
		"video", "vidoe", "prvate", "Private video", privateUUID, unlistedUUID, protectedUUID, internalUUID, unfinished,
		"http://localhost:9000/videos/watch/" + unlistedUUID, "http://localhost:9000/w/" + video.ShortUUID(privateUUID),
	} {
		for who, may := range map[string]string{"": "First video", "bob": "First video Internal video", "alice": "First video Internal video"} {
			for _, more := range []string{"", "&sort=-publishedAt", "&nsfw=both", "&uuids=" + privateUUID + "&uuids=" + unlistedUUID} {
				names, total := s.found(who, "/search/videos?search="+url.QueryEscape(text)+more)
				if total != len(names) {
					t.Errorf("%q as %q%s: a total of %d with %d", text, who, more, total, len(names))
				}
				for _, name := range names {
					if !strings.Contains(may, name) {
						t.Errorf("%q as %q%s finds %q", text, who, more, name)
					}
				}
			}
		}
	}
	if names, total := s.found("bob", "/search/videos?search=internal"); total != 1 || names[0] != "Internal video" {
		t.Errorf("people do not find internal videos: %v", names)
	}
}

// What moderators ask for is told of what was found by words or by an address
// as of what is listed, and hides nothing that was found.
func TestSearchTellsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	s := newSearchSite(t)
	s.exec(`INSERT INTO account_blocks (target_account_id, created_at) VALUES (1, $1)`, s.now) // alice, by the site
	for _, path := range []string{"/search/videos?search=first", "/search/videos?search=" + publicUUID, "/search/videos?sort=name"} {
		if found, _ := s.found("root", path); len(found) > 0 {
			t.Errorf("%s finds who is muted: %v", path, found)
		}
		more := s.withMore("root", path+"&include=172") // all that is read for it
		if string(more["tags"]) != `["peertube","sample"]` || !strings.Contains(string(more["videoSource"]), "clip.mp4") || len(more["files"]) < 20 || more["blockedOwner"] == nil {
			t.Errorf("%s: %s", path, more)
		}
	}
}

func TestSearchKnowsAddressesAndHandles(t *testing.T) {
	t.Parallel()
	s := newSearchSite(t)
	short := video.ShortUUID(publicUUID)
	for path, want := range map[string]int{
		"/search/videos?search=" + publicUUID:                                                             1,
		"/search/videos?search=" + short:                                                                  1,
		"/search/videos?search=" + url.QueryEscape("http://localhost:9000/w/"+short):                      1,
		"/search/videos?search=" + url.QueryEscape("http://localhost:9000/videos/watch/"+publicUUID+"?a"): 1,
		"/search/videos?search=" + url.QueryEscape("https://other.example/w/"+short):                      0,
		"/search/videos?search=http://":                                                                   0,
		"/search/videos?uuids[]=" + short + "&uuids[]=" + internalUUID:                                    1,
		"/search/videos?search=first&durationMin=12&durationMax=12":                                       1,
		"/search/videos?search=first&durationMin=13":                                                      0,
		"/search/videos?search=first&startDate=2026-11-20T00:00:00.000Z&endDate=2026-11-22":               1,
		"/search/videos?search=first&startDate=2027-01-01":                                                0,
		"/search/videos?search=first&originallyPublishedStartDate=2000":                                   1,
		"/search/videos?search=first&host=localhost:9000":                                                 1,
		"/search/videos?search=first&host=other.example":                                                  0,
		"/search/videos?search=first&tagsAllOf=peertube&tagsAllOf=sample":                                 1,
		"/search/videos?search=first&tagsOneOf=nothing":                                                   0,
		"/search/videos?search=first&categoryOneOf=15&languageOneOf=en&licenceOneOf=1":                    1,
		"/search/videos?search=first&start=1":                                                             0,
		"/search/video-channels?search=alice_channel_main@localhost:9000":                                 1,
		"/search/video-channels?search=@alice_channel_main":                                               1,
		"/search/video-channels?search=nope@localhost:9000":                                               0,
		"/search/video-channels?handles=alice_channel_main&handles=bob_channel_main@localhost:9000":       2,
		"/search/video-channels?search=" + url.QueryEscape("http://localhost:9000/c/bob_channel_main"):    1,
		"/search/video-channels?sort=-displayName":                                                        3,
		"/search/video-channels?host=other.example":                                                       0,
		"/search/video-playlists?search=" + url.QueryEscape("http://localhost:9000/w/p/"+short):           0,
	} {
		if names, _ := s.found("", path); len(names) != want {
			t.Errorf("%s: %v, want %d", path, names, want)
		}
	}
}

func TestSearchRefusesWhatPeerTubeRefuses(t *testing.T) {
	t.Parallel()
	s := newSearchSite(t)
	many := strings.Repeat("&uuids="+publicUUID, 101)
	for path, want := range map[string]int{
		"/search/videos?count=101":                            400,
		"/search/videos?start=-1":                             400,
		"/search/videos?sort=trending":                        400,
		"/search/videos?startDate=yesterday":                  400,
		"/search/videos?startDate=9999-12-31T23:59:59-12:00":  400,
		"/search/videos?durationMin=x":                        400,
		"/search/videos?uuids=x":                              400,
		"/search/videos?host=not+a+host":                      400,
		"/search/videos?searchTarget=x":                       400,
		"/search/videos?searchTarget=search-index":            400,
		"/search/videos?excludeAlreadyWatched=true":           400,
		"/search/videos?filter=local":                         400,
		"/search/videos?include=1":                            401,
		"/search/videos?a=b" + many:                           400,
		"/search/video-channels?sort=views":                   400,
		"/search/video-playlists?uuids=1":                     400,
		"/overviews/videos?page=21":                           400,
		"/overviews/videos?page=x":                            400,
		"/overviews/videos":                                   200,
		"/search/videos?sort=hot":                             200,
		"/search/videos?search=" + strings.Repeat("a+", 5000): 200,
		"/search/videos?search=%22%27%28*":                    200,
		"/search/videos?search=a%00":                          400,
		"/search/videos?search=a%FF":                          400,
	} {
		if w := s.call("", "GET", path, ""); w.Code != want {
			t.Errorf("%.60s: status %d, want %d: %.200s", path, w.Code, want, w.Body)
		}
	}
}

func TestOverviewsHoldWhatIsPublic(t *testing.T) {
	t.Parallel()
	s := newSearchSite(t)
	for i := range 7 {
		for j, privacy := range []video.Privacy{video.Public, video.Private} {
			v := &video.Video{
				UUID: video.NewUUID(), ChannelID: 101, Name: fmt.Sprintf("Number %d of %d", i, privacy), Privacy: privacy, State: video.Published,
				Category: j + 1, Tags: []string{fmt.Sprintf("tag%d", privacy)},
			}
			v.URL = v.UUID
			if err := s.store.Create(t.Context(), v); err != nil {
				t.Fatal(err)
			}
		}
	}
	w := s.call("", "GET", "/overviews/videos?page=1", "")
	var raw struct {
		Categories []struct {
			Category struct{ ID int }
			Videos   []struct{ Name string }
		}
		Channels []struct{ Channel struct{ Name string } }
		Tags     []struct{ Tag string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &raw); err != nil {
		t.Fatal(err)
	}
	if len(raw.Categories) != 1 || raw.Categories[0].Category.ID != 1 || len(raw.Categories[0].Videos) != 7 ||
		len(raw.Channels) != 1 || raw.Channels[0].Channel.Name != "alice_channel_main" || len(raw.Tags) != 1 || raw.Tags[0].Tag != "tag1" {
		t.Errorf("%+v", raw)
	}
	if strings.Contains(w.Body.String(), "of 3") {
		t.Error("a private video is shown")
	}
}

// Search finds what is not followed for those who may watch it, by its words
// and by its address; for others it is not there.
func TestSearchFindsWhatMayBeWatched(t *testing.T) {
	t.Parallel()
	s := newSearchSite(t)
	const far = "https://far.example/videos/watch/1"
	s.svc.Followed = store.RemoteVideos{DB: s.db}.Followed
	s.svc.Anywhere = func(signedIn bool) bool { return signedIn }
	s.exec(`UPDATE videos SET remote = TRUE, url = $1 WHERE id = 1`, far)
	find := func(who, path string) string {
		t.Helper()
		var found struct {
			Total int
			Data  []struct{ Name string }
		}
		if err := json.Unmarshal(s.call(who, "GET", path, "").Body.Bytes(), &found); err != nil {
			t.Fatal(err)
		}
		if len(found.Data) != found.Total {
			t.Errorf("%s: %d of %d", path, len(found.Data), found.Total)
		}
		for _, v := range found.Data {
			if v.Name == "First video" {
				return v.Name
			}
		}
		return ""
	}
	for _, path := range []string{"/search/videos?search=first", "/search/videos?search=" + url.QueryEscape(far), "/search/videos"} {
		if find("alice", path) == "" || find("", path) != "" {
			t.Errorf("%s: alice finds %q, a visitor %q", path, find("alice", path), find("", path))
		}
	}
}
