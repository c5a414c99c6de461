package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/instance"
	found "sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/store"
)

// withSearch gives the pages what search and discovery need.
func (s *site) withSearch(at instance.Site, videos *video.Service) {
	index := store.Search{DB: s.db}
	s.pages.Finding = &found.Service{
		Store: index, Videos: videos, Channels: store.Actors{DB: s.db}, Playlists: store.Playlists{DB: s.db, Videos: s.videos},
		Site: at, Now: time.Now, Changes: s.videos.Changes,
	}
	s.pages.Related = &found.Related{Store: index, Videos: videos, Watched: index.Watched, Now: time.Now}
	s.pages.Overview = &found.Overview{Store: index, Videos: videos, Now: time.Now}
}

func TestPeopleFindVideos(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, c := range map[string]struct{ has, lacks []string }{
		"/search?search=frist":                          {[]string{`First &lt;video&gt;`, "Showing results for “first”", "1 result"}, []string{"Sensitive video</a>"}},
		"/search?search=video":                          {[]string{`First &lt;video&gt;`, "Sensitive video", "2 results"}, []string{"Protected video", "being prepared"}},
		"/search?tagsOneOf=ONE+tag,+nope":               {[]string{`First &lt;video&gt;`, `value="ONE tag, nope"`}, []string{"Sensitive video</a>"}},
		"/search?tagsOneOf=one+tag,nope&tagsAll=true":   {[]string{"No video matches"}, nil},
		"/search?tagsOneOf=two,one+tag&tagsAll=true":    {[]string{`First &lt;video&gt;`}, nil},
		"/search?yearTo=2020":                           {[]string{"No video matches"}, nil},
		"/search?yearFrom=2026&yearTo=2026":             {[]string{`First &lt;video&gt;`}, nil},
		"/search?yearFrom=soon&yearTo=-1&host=a+b":      {[]string{`First &lt;video&gt;`}, nil},
		"/search?host=elsewhere.example":                {[]string{"No video matches"}, nil},
		"/search?search=protected":                      {[]string{"No video matches", "type=transcripts"}, []string{"Protected video"}},
		"/search?search=video&sensitive=hide":           {[]string{`First &lt;video&gt;`}, []string{"Sensitive video</a>"}},
		"/search?search=video&length=short&category=15": {[]string{`First &lt;video&gt;`}, []string{"Sensitive video</a>"}},
		"/search?search=video&date=nonsense&sort=x":     {[]string{"2 results"}, nil},
		"/search?search=root&type=channels":             {[]string{"/c/root_channel/videos", "1 result"}, nil},
		"/search?search=first&type=transcripts":         {[]string{"Nobody says that"}, nil},
		"/search?search=first&type=playlists":           {[]string{"No playlist matches"}, nil},
		"/search?search=%22%27%3Czzzz%3E":               {[]string{"No video matches"}, []string{"'<zzzz>"}},
		"/search":                                       {[]string{`First &lt;video&gt;`, "Sensitive video"}, []string{"Protected video"}},
		"/videos/browse?tagsOneOf=one+tag":              {[]string{`First &lt;video&gt;`, "#one tag"}, []string{"Sensitive video</a>"}},
	} {
		a := s.get(path)
		if a.status != http.StatusOK {
			t.Errorf("%s: status %d", path, a.status)
		}
		for _, want := range c.has {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s: no %q", path, want)
			}
		}
		for _, bad := range c.lacks {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s: has %q", path, bad)
			}
		}
	}
}

func TestWhatIsSaidIsFilteredByTheVideo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := video.ID(s.number(`SELECT id FROM videos WHERE uuid = '` + publicUUID + `'`))
	passages := found.Passages("en", "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nthe lighthouse keeper\n")
	if err := (store.Search{DB: s.db}).PutCues(t.Context(), id, nil, passages); err != nil {
		t.Fatal(err)
	}
	const said = "/search?search=lighthouse&type=transcripts"
	for filter, finds := range map[string]bool{
		"": true, "&category=15": true, "&category=1": false, "&language=fr": true, "&language=en": false, "&length=short": true, "&length=long": false, "&scope=local": true,
		"&host=elsewhere.example": false, "&tagsOneOf=one+tag": true, "&tagsOneOf=nope": false, "&yearTo=1999": false, "&yearFrom=2000": true, "&date=365": true,
		"&licence=1": true, "&licence=2": false, "&sensitive=only": false, "&category=x&length=&date=soon": true,
	} {
		a := s.get(said + filter)
		want := "Nobody says that"
		if finds {
			want = "1 result"
		}
		a.wants(t, 200, want, `<input type="hidden" name="type" value="transcripts">`, `name="category"`)
		a.lacks(t, `id="f-sort"`)
	}
	s.get(said+"&category=15&sort=-likes").wants(t, 200, `<details class="filters" open`, `<input type="hidden" name="sort" value="-likes">`, `type=channels`)
}

func TestSuggestionsComeWhileTyping(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for text, want := range map[string]string{
		"fir": "/w/" + video.ShortUUID(publicUUID), "prot": "", "root": "/c/root_channel/videos", "#one": "/videos/browse?tagsOneOf=one+tag",
		"": "", "\x00\"": "", strings.Repeat("x", 9000): "",
	} {
		a := s.get("/search/suggest?q=" + url.QueryEscape(text))
		var got struct {
			Suggestions []struct{ Text, Kind, URL string }
		}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != http.StatusOK {
			t.Fatalf("%.20q: status %d, %v", text, a.status, err)
		}
		first := ""
		if len(got.Suggestions) > 0 {
			first = got.Suggestions[0].URL
		}
		if first != want {
			t.Errorf("%.20q suggests %+v, want %s first", text, got.Suggestions, want)
		}
	}
}

func TestOtherVideosAreExplained(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	watch := "/w/" + video.ShortUUID(publicUUID)
	for path, has := range map[string][]string{
		watch:                           {"Other videos", "Sensitive video", "Same channel", "?others=channel", "?others=local"},
		watch + "?others=channel":       {"Sensitive video", `aria-current="true">This channel`, `href="` + watch + `"`},
		watch + "?others=local&start=5": {"others=channel&amp;start=5"},
		watch + "?others=nonsense":      {"Sensitive video", `aria-current="true">All`},
	} {
		a := s.get(path)
		_, body, _ := strings.Cut(a.body, `class="watch-others`)
		for _, want := range has {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %q", path, want)
			}
		}
		if strings.Contains(body, "Protected video") || strings.Contains(body, "being prepared") {
			t.Errorf("%s shows what is not listed", path)
		}
	}
}

func TestOldListsLeadToTheNew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/videos/trending", "/videos/most-liked", "/videos/recently-added", "/videos/local"} {
		if a := s.get(path); a.status != http.StatusOK || !strings.Contains(a.body, "First &lt;video&gt;") {
			t.Errorf("%s: status %d", path, a.status)
		}
	}
}
