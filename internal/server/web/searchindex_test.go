package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	found "sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// elsewhere is an index that knows one video.
type elsewhere struct {
	set found.IndexSettings
	err error
}

func (e *elsewhere) Index() found.IndexSettings { return e.set }

func farChannel() *actor.Channel {
	return &actor.Channel{
		Actor: actor.Actor{Username: "eves", Host: "far.example", URL: "https://far.example/c/eves"}, DisplayName: "Eve’s <b>",
		Owner: &actor.Account{},
	}
}

func (e *elsewhere) FindVideos(context.Context, video.Viewer, found.Params) (found.Page[found.IndexedVideo], error) {
	if e.err != nil {
		return found.Page[found.IndexedVideo]{}, e.err
	}
	v := &video.Video{Name: "From <afar>", URL: "https://far.example/w/1", Privacy: video.Public, Remote: true, Channel: farChannel(), PublishedAt: time.Unix(1e9, 0)}
	return found.Page[found.IndexedVideo]{List: []found.IndexedVideo{{Video: v, Picture: "https://far.example/1.jpg"}}, Total: 1}, nil
}

func (e *elsewhere) FindChannels(context.Context, video.Viewer, found.Params, found.ChannelFilter) (found.Page[found.IndexedChannel], error) {
	return found.Page[found.IndexedChannel]{List: []found.IndexedChannel{{Channel: farChannel()}}, Total: 1}, e.err
}

func (e *elsewhere) FindPlaylists(context.Context, video.Viewer, found.Params, found.PlaylistFilter) (found.Page[found.IndexedPlaylist], error) {
	return found.Page[found.IndexedPlaylist]{}, e.err
}

func TestThePageSearchesThroughAnIndex(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := &elsewhere{set: found.IndexSettings{URL: "https://index.example/"}}
	s.pages.Elsewhere = e
	const away, target, silent = `href="https://far.example/w/1"`, `searchTarget=search-index`, "index.example does not answer"
	first, only := found.IndexSettings{URL: e.set.URL, First: true}, found.IndexSettings{URL: e.set.URL, First: true, Only: true}
	down := errs.New(errs.Unavailable, "no")
	for _, c := range []struct {
		path       string
		set        found.IndexSettings
		err        error
		has, lacks []string
	}{
		{"/search?search=video", e.set, nil, []string{"First &lt;video&gt;", target, ">index.example</a>"}, []string{"From &lt;afar&gt;"}},
		{"/search?search=video&searchTarget=search-index", e.set, nil, []string{"From &lt;afar&gt;", away, "searchTarget=local"}, []string{"First &lt;video&gt;", "type=transcripts"}},
		{"/search?search=video", first, nil, []string{"From &lt;afar&gt;"}, []string{"First &lt;video&gt;"}},
		{"/search?search=video&searchTarget=local", first, nil, []string{"First &lt;video&gt;", `name="searchTarget" value="local"`}, []string{"From &lt;afar&gt;"}},
		{"/search?search=video&type=channels", first, nil, []string{"Eve’s &lt;b&gt;", "@eves@far.example"}, nil},
		{"/search?search=video&type=playlists", first, nil, []string{"No playlist matches"}, nil},
		{"/search?search=video&type=transcripts", first, nil, []string{"Nobody says that"}, nil},
		{"/search", first, nil, []string{"First &lt;video&gt;"}, []string{"From &lt;afar&gt;", target}},
		{"/search?search=video&searchTarget=local", only, nil, []string{"From &lt;afar&gt;"}, []string{"First &lt;video&gt;", "This site</a>"}},
		{"/search?search=video", first, down, []string{"First &lt;video&gt;", silent, "results of this site"}, []string{"From &lt;afar&gt;"}},
		{"/search?search=video", only, down, []string{silent, "try again later"}, []string{"First &lt;video&gt;", "From &lt;afar&gt;"}},
		{"/search?search=video&searchTarget=search-index", found.IndexSettings{}, nil, []string{"First &lt;video&gt;"}, []string{"From &lt;afar&gt;"}},
		{"/search?search=video&searchTarget=nonsense", e.set, nil, []string{"First &lt;video&gt;"}, nil},
	} {
		e.set, e.err = c.set, c.err
		a := s.get(c.path)
		if a.status != http.StatusOK {
			t.Errorf("%s: status %d", c.path, a.status)
		}
		for _, want := range c.has {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s with %+v: no %q", c.path, c.set, want)
			}
		}
		for _, bad := range c.lacks {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s with %+v: has %q", c.path, c.set, bad)
			}
		}
	}
	e.set, e.err = first, nil
	if a := s.get("/search?search=video"); !strings.Contains(a.header.Get("Content-Security-Policy"), "img-src 'self' https://far.example;") {
		t.Errorf("its pictures are not allowed: %s", a.header.Get("Content-Security-Policy"))
	}
}

func TestResultsOfAnIndexAreFetched(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	own := s.server.URL + "/w/" + video.ShortUUID(publicUUID)
	for path, want := range map[string]int{
		"/search/lazy-load-video?url=" + own:                                http.StatusFound,
		"/search/lazy-load-channel?url=" + s.server.URL + "/c/root_channel": http.StatusFound,
		"/search/lazy-load-video?url=https://far.example/w/1":               http.StatusNotFound,
		"/search/lazy-load-playlist?url=https://far.example/w/1":            http.StatusNotFound,
		"/search/lazy-load-video?url=first":                                 http.StatusNotFound,
		"/search/lazy-load-video":                                           http.StatusNotFound,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want || want == http.StatusFound && !strings.HasPrefix(res.Header.Get("Location"), "/") {
			t.Errorf("%s: %d to %q, want %d", path, res.StatusCode, res.Header.Get("Location"), want)
		}
	}
}
