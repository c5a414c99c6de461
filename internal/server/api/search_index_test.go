package api

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/user"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/federation/searchindex"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// far is a video of an index.
func far(host, uuid, name string) string {
	return fmt.Sprintf(`{"uuid":%q,"name":%q,"url":"http://%[3]s/videos/watch/%[1]s","publishedAt":"2026-01-02T03:04:05.000Z",
		"thumbnailUrl":"http://%[3]s/1.jpg","embedUrl":"http://%[3]s/videos/embed/1","tags":["x"],"secret":"s","nsfw":%[4]v,
		"account":{"name":"eve","url":"http://%[3]s/accounts/eve"},"channel":{"name":"eves","url":"http://%[3]s/video-channels/eves"}}`,
		uuid, name, host, strings.Contains(name, "naked"))
}

// indexSite is a site that searches through an index, which answers what the
// test says.
type indexSite struct {
	*videoSite
	set    search.IndexSettings
	answer string
	status int
	asked  atomic.Pointer[string]
}

func newIndexSite(t *testing.T) *indexSite {
	t.Helper()
	s := &indexSite{videoSite: newVideoSite(t), status: http.StatusOK}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked := r.Method + " " + r.URL.Path + " " + string(body)
		s.asked.Store(&asked)
		if s.status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, s.answer)
	}))
	t.Cleanup(srv.Close)
	s.set.URL = srv.URL
	site := instance.Site{Scheme: "http", Host: "localhost:9000"}
	index, actors, lists := store.Search{DB: s.db}, store.Actors{DB: s.db}, store.Playlists{DB: s.db, Videos: s.store}
	blocks := &user.Blocks{Store: store.Blocks{DB: s.db}, Now: sqldb.Now}
	s.svc.Mutes = blocks
	way := &fetch.Client{Plain: true, UserAgent: "test", Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&Search{
		Site: site, Log: slog.New(slog.DiscardHandler),
		Search: &search.Service{Store: index, Videos: s.svc, Channels: actors, Playlists: lists, Site: site, Now: sqldb.Now},
		Elsewhere: &search.Elsewhere{
			Outside: &searchindex.Client{Fetch: way, Plain: true}, Store: index, Videos: s.svc, Channels: actors, Playlists: lists,
			Mutes: blocks, Settings: func() search.IndexSettings { return s.set }, NSFWPolicy: func() string { return "do_not_list" }, Site: site,
		},
	}).Mount(rt)
	s.router = rt
	return s
}

func TestAnIndexIsSearched(t *testing.T) {
	t.Parallel()
	s := newIndexSite(t)
	alice := s.people["alice"].AccountID
	store := store.Blocks{DB: s.db}
	for by, host := range map[actor.AccountID]string{alice: "muted.example", user.SiteBlocks: "banned.example"} {
		if err := store.AddServer(t.Context(), by, host, s.now); err != nil {
			t.Fatal(err)
		}
	}
	const uuid = "9c9de5e8-0a1e-484a-b099-e80766180a6"
	s.answer = `{"total":40,"data":[` + strings.Join([]string{
		far("localhost:9000", publicUUID, "A lie about our video"), far("localhost:9000", uuid+"a", "A video that we never had"),
		far("far.example", uuid+"b", "From afar"), far("muted.example", uuid+"c", "From who is muted"), far("far.example", uuid+"d", "A naked man"),
		`{"name":"broken"}`,
	}, ",") + `]}`
	names, total := s.found("alice", "/search/videos?searchTarget=search-index&search=first&categoryOneOf=15&isLocal=false")
	if strings.Join(names, "|") != "First video|From afar" || total != 40 {
		t.Errorf("alice finds %v of %d", names, total)
	}
	asked := *s.asked.Load()
	for _, want := range []string{
		"POST /api/v1/search/videos ", `"search":"first"`, `"nsfw":"false"`, `"categoryOneOf":[15]`, `"blockedHosts":["banned.example"]`, `"blockedAccounts":[]`, `"sort":"-match"`,
	} {
		if !strings.Contains(asked, want) {
			t.Errorf("the index is not asked for %s: %s", want, asked)
		}
	}
	if names, _ = s.found("", "/search/videos?searchTarget=search-index&search=first&nsfw=both"); strings.Join(names, "|") != "First video|From afar|From who is muted|A naked man" {
		t.Errorf("others find %v", names)
	}
	var list struct{ Data []map[string]any }
	if err := json.Unmarshal(s.call("", "GET", "/search/videos?searchTarget=search-index&search=a&nsfw=both", "").Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	if own := list.Data[0]; own["isLocal"] != true || own["id"] == 0.0 {
		t.Errorf("our own video: %v", own)
	}
	v := list.Data[1]
	if v["isLocal"] != false || v["thumbnailUrl"] != "http://far.example/1.jpg" || v["thumbnailPath"] != "/1.jpg" || v["secret"] != nil || v["tags"] != nil ||
		v["url"] != "http://far.example/videos/watch/"+uuid+"b" || v["channel"].(map[string]any)["host"] != "far.example" || v["embedUrl"] == nil {
		t.Errorf("a video from afar: %v", v)
	}
}

func TestAnIndexIsSearchedForChannelsAndPlaylists(t *testing.T) {
	t.Parallel()
	s := newIndexSite(t)
	s.answer = `{"total":3,"data":[
		{"name":"eves","displayName":"Eve’s","url":"http://far.example/video-channels/eves","ownerAccount":{"name":"eve","url":"http://far.example/accounts/eve"}},
		{"name":"bob_channel_main","displayName":"Not Bob","url":"http://localhost:9000/video-channels/bob_channel_main","ownerAccount":{"name":"bob","url":"http://localhost:9000/accounts/bob"}},
		{"name":"none","url":"http://localhost:9000/video-channels/none","ownerAccount":{"name":"bob","url":"http://localhost:9000/accounts/bob"}}]}`
	body := s.call("", "GET", "/search/video-channels?searchTarget=search-index&search=@eve", "").Body.String()
	if !strings.Contains(body, `"displayName":"Eve’s"`) || !strings.Contains(body, `"displayName":"bob_channel_main"`) || strings.Contains(body, "Not Bob") || strings.Contains(body, `"none"`) {
		t.Errorf("channels: %s", body)
	}
	if asked := *s.asked.Load(); !strings.Contains(asked, "/api/v1/search/video-channels") || !strings.Contains(asked, `"search":"eve"`) || strings.Contains(asked, "nsfw") {
		t.Errorf("asked %s", asked)
	}
	s.answer = `{"total":1,"data":[{"uuid":"` + publicUUID + `","displayName":"A list","url":"http://far.example/w/p/x","videosLength":3,"ownerAccount":{"name":"eve","url":"http://far.example/accounts/eve"}}]}`
	body = s.call("", "GET", "/search/video-playlists?searchTarget=search-index&search=list", "").Body.String()
	if !strings.Contains(body, `"displayName":"A list"`) || !strings.Contains(body, `"videosLength":3`) {
		t.Errorf("playlists: %s", body)
	}
}

func TestWhereASearchGoes(t *testing.T) {
	t.Parallel()
	s := newIndexSite(t)
	s.answer = `{"total":0,"data":[]}`
	for _, c := range []struct {
		set   search.IndexSettings
		path  string
		index bool
	}{
		{search.IndexSettings{URL: s.set.URL}, "/search/videos?search=a", false},
		{search.IndexSettings{URL: s.set.URL, First: true}, "/search/videos?search=a", true},
		{search.IndexSettings{URL: s.set.URL, First: true}, "/search/videos?search=a&searchTarget=local", false},
		{search.IndexSettings{URL: s.set.URL, First: true}, "/search/videos?search=https://far.example/w/1", false},
		{search.IndexSettings{URL: s.set.URL, First: true}, "/search/video-channels?search=a@far.example", false},
		{search.IndexSettings{URL: s.set.URL, First: true}, "/search/video-playlists", true},
		{search.IndexSettings{First: true}, "/search/videos?search=a", false},
	} {
		s.set = c.set
		s.asked.Store(nil)
		if w := s.call("", "GET", c.path, ""); w.Code != http.StatusOK || (s.asked.Load() != nil) != c.index {
			t.Errorf("%s with %+v: status %d, the index was asked: %v", c.path, c.set, w.Code, s.asked.Load() != nil)
		}
	}
	if w := s.call("", "GET", "/search/videos?searchTarget=search-index", ""); w.Code != http.StatusBadRequest {
		t.Errorf("without an index: status %d, want 400", w.Code)
	}
}

func TestAnIndexThatFailsIsPeerTubesError(t *testing.T) {
	t.Parallel()
	s := newIndexSite(t)
	for path, what := range map[string]string{"videos": "video", "video-channels": "video channels", "video-playlists": "video playlists"} {
		for status, answer := range map[int]string{500: "", 400: "{}", 302: "", 200: "<html>"} {
			s.status, s.answer = status, answer
			w := s.call("", "GET", "/search/"+path+"?searchTarget=search-index&search=a", "")
			if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), `"detail":"Cannot use search index to make `+what+` search"`) {
				t.Errorf("%s after %d: %d %s", path, status, w.Code, w.Body)
			}
		}
	}
}
