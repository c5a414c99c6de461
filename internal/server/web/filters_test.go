package web_test

import (
	"strings"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web"
	"sepiola/internal/storage/sqldb"
)

func (s *site) channel() actor.ChannelID {
	s.t.Helper()
	id, err := sqldb.One(s.t.Context(), s.db, sqldb.Value[actor.ChannelID], `SELECT min(id) FROM video_channels`)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// The list of all videos is filtered by several categories and languages, a
// site and what is sensitive; what means nothing is left out.
func TestAllVideosAreFiltered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addVideo(s.channel(), 1, &video.Video{UUID: "66666666-6666-4666-8666-666666666666", Name: "Music in German", Privacy: video.Public, Category: 1, Language: "de"})
	for path, c := range map[string]struct{ has, lacks []string }{
		"/videos/browse?category=15&category=1":                              {[]string{"First &lt;video&gt;", "Music in German", `value="15" checked`, `value="1" checked`, `<details class="filters" open`, ">Music, Science"}, []string{"Sensitive video</a>"}},
		"/videos/browse?categoryOneOf=1&languageOneOf=de":                    {[]string{"Music in German", `value="de" checked`}, []string{"First &lt;video&gt;"}},
		"/videos/browse?language=de&language=fr&sort=name":                   {[]string{"First &lt;video&gt;", "Music in German", ">German, French<", "language=de&amp;language=fr&amp;sort=-views"}, []string{"Sensitive video</a>"}},
		"/videos/browse?category=1&category=1&category=999":                  {[]string{"Music in German", "category=1&amp;sort=-views"}, []string{"First &lt;video&gt;", "category=999&amp;sort"}},
		"/videos/browse?category=x&language=%3Cx%3E":                         {[]string{"First &lt;video&gt;", "Sensitive video</a>"}, []string{`<details class="filters" open`}},
		"/videos/browse?sensitive=only":                                      {[]string{"Sensitive video</a>", `<option value="only" selected`}, []string{"First &lt;video&gt;"}},
		"/videos/browse?nsfw=false":                                          {[]string{"First &lt;video&gt;", `<option value="hide" selected`}, []string{"Sensitive video</a>"}},
		"/videos/browse?host=far.example":                                    {[]string{"No video matches", `value="far.example"`}, []string{"First &lt;video&gt;"}},
		"/videos/browse?host=" + strings.TrimPrefix(s.server.URL, "http://"): {[]string{"First &lt;video&gt;"}, nil},
		"/videos/browse?host=a+b":                                            {[]string{"First &lt;video&gt;", `aria-invalid="true"`, `id="error-host"`, "not the address of a site"}, nil},
		"/videos/browse?scope=local&sort=-views":                             {[]string{`aria-current="true">This site only</a>`, `href="/videos/browse?sort=-views">Everywhere`, `name="scope" value="local"`}, []string{`<details class="filters" open`}},
		"/videos/browse?tagsOneOf=two":                                       {[]string{`name="tagsOneOf" value="two"`, "scope=local&amp;tagsOneOf=two"}, nil},
		"/search?search=video&language=de&language=fr":                       {[]string{"First &lt;video&gt;", `value="fr" checked`, "language=de&amp;language=fr"}, []string{"Sensitive video</a>"}},
		"/search?category=15&category=1":                                     {[]string{"First &lt;video&gt;", "Music in German"}, []string{"Sensitive video</a>"}},
		"/search?host=a+b":                                                   {[]string{`id="error-host"`}, nil},
	} {
		a := s.get(path)
		a.has(t, path, 200, c.has...)
		for _, bad := range c.lacks {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s has %s", path, bad)
			}
		}
		for _, bad := range mistakes(t, a.body) {
			t.Errorf("%s: %s", path, bad)
		}
	}
}

// What a search is filtered by stays from tab to tab, and the site holds for
// channels and playlists, too.
func TestFiltersStayFromTabToTab(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/search?search=root&host=far.example&category=15&category=1&page=2").has(t, "videos", 200,
		`href="/search?category=15&amp;category=1&amp;host=far.example&amp;search=root&amp;type=channels"`)
	a := s.get("/search?search=root&host=far.example&category=15&type=channels")
	a.has(t, "channels of another site", 200, `name="category" value="15"`, `name="type" value="channels"`, `value="far.example"`, `<details class="filters" open`,
		`href="/search?category=15&amp;host=far.example&amp;search=root"`, `href="/search?search=root&amp;type=channels">`)
	if strings.Contains(a.body, "/c/root_channel/videos") {
		t.Error("a channel of this site is among those of another")
	}
	s.get("/search?search=root&scope=local&type=channels").has(t, "channels of this site", 200, "/c/root_channel/videos", `<option value="local" selected`)
	a = s.get("/search?search=root&category=15&type=channels")
	if a.has(t, "what videos are filtered by", 200, "/c/root_channel/videos"); strings.Contains(a.body, `<details class="filters" open`) {
		t.Error("the channels are not filtered, and the form says so")
	}
	s.get("/search?search=root&host=far.example&type=playlists").has(t, "playlists", 200, `value="far.example"`)
}

// Orders that administrators disabled are not offered, and their default is
// what /videos/trending shows.
func TestTrendingIsAsAdministratorsChose(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	leads := func(path, want string) {
		t.Helper()
		if a := s.get(path); a.url.RequestURI() != want {
			t.Errorf("%s leads to %s, want %s", path, a.url.RequestURI(), want)
		}
	}
	leads("/videos/trending", "/videos/browse?sort=-trending")
	for alg, sort := range map[string]string{"best": "-best", "hot": "-hot", "most-viewed": "-trending", "most-liked": "-likes", "nonsense": "-trending"} {
		leads("/videos/trending?alg="+alg, "/videos/browse?sort="+sort)
	}
	s.login()
	s.get("/").has(t, "all", 200, "sort=-best", "sort=-hot", "sort=-likes", "sort=-trending")

	s.set(func(set *web.Settings) {
		set.Trending, set.TrendingBy = []string{"hot", "most-liked", "nonsense"}, "hot"
	})
	leads("/videos/trending", "/videos/browse?sort=-hot")
	leads("/videos/trending?alg=most-liked", "/videos/browse?sort=-likes")
	leads("/videos/trending?alg=best", "/videos/browse?sort=-hot")
	a := s.get("/videos/browse?sort=-best")
	a.has(t, "some", 200, `sort=-publishedAt" aria-current`, "sort=-hot", "sort=-likes", "sort=-views", "sort=name")
	for _, bad := range []string{`href="/videos/browse?sort=-best"`, `href="/videos/browse?sort=-trending"`} {
		if strings.Contains(a.body, bad) {
			t.Errorf("%s is offered", bad)
		}
	}
	s.set(func(set *web.Settings) {
		set.Trending, set.TrendingBy, set.BrowseSort = []string{"most-liked"}, "hot", "-trending"
	})
	leads("/videos/trending", "/videos/browse?sort=-likes")
	s.get("/videos/browse").has(t, "the site's own order", 200, `sort=-trending" aria-current`)
	s.set(func(set *web.Settings) { set.Trending, set.TrendingBy, set.BrowseSort = []string{}, "hot", "" })
	leads("/videos/trending", "/videos/browse")
}
