package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

var (
	copyBox = regexp.MustCompile(`name="keep" value="(\d+)"`)
	listBox = regexp.MustCompile(`name="in" value="(\d+)"`)
)

// boxes are the values of the boxes that a page has.
func boxes(re *regexp.Regexp, body string) (list []string) {
	for _, m := range re.FindAllStringSubmatch(body, -1) {
		list = append(list, m[1])
	}
	return list
}

func TestAVideoIsSavedAgainAndEachCopyByItself(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	save := "/w/" + video.ShortUUID(publicUUID) + "/save"
	id := boxes(listBox, s.get(save).body)[0] // watch later
	send := func(v url.Values) answer {
		v.Set("to", "/about")
		return s.post(save, save, v)
	}
	send(url.Values{"in": {id}, "shown": {id}}).has(t, "added", 200, "saved")
	first := boxes(copyBox, s.get(save).body)[0]
	send(url.Values{"copy": {first}, "keep": {first}, "shown": {id}, "in": {id}, "startTimestamp": {"0:02"}, "stopTimestamp": {"0:05"}}).has(t, "again", 200)
	// The same form once more, as after a double press, is the same wish.
	send(url.Values{"copy": {first}, "keep": {first}, "shown": {id}, "in": {id}, "startTimestamp": {"0:02"}, "stopTimestamp": {"0:05"}}).has(t, "resent", 200)
	send(url.Values{"in": {id}, "shown": {id}}).has(t, "the first form, resent", 200)
	a := s.get(save)
	a.has(t, "two copies", 200, "The whole video", "From 0:02 to 0:05", "Copy 2", "Add once more")
	copies := boxes(copyBox, a.body)
	if len(copies) != 2 || copies[0] != first {
		t.Fatalf("copies: %v, want two, %s first", copies, first)
	}
	send(url.Values{"copy": copies, "keep": copies, "start-" + first: {"0:01"}, "start-" + copies[1]: {"0:02"}, "stop-" + copies[1]: {"0:07"}}).has(t, "changed", 200)
	s.get(save).has(t, "both have other times", 200, "From 0:01 to the end", "From 0:02 to 0:07")

	a = send(url.Values{"copy": copies, "keep": copies, "start-" + first: {"0:09"}, "stop-" + first: {"0:03"}, "in": {id}, "shown": {id}})
	a.has(t, "stop before start", 400, "This is not after the start.", `value="0:09"`, `aria-invalid="true"`)
	a = send(url.Values{"copy": copies, "keep": copies, "start-" + first: {"200000:00:00"}})
	a.has(t, "no time of a video", 400, "Write a time as 1:23.")
	send(url.Values{"in": {id}, "shown": {id}, "copy": copies, "keep": copies, "startTimestamp": {"99:00"}}).has(t, "after the end", 400, "The video is over by then.")
	if n := len(boxes(copyBox, s.get(save).body)); n != 2 {
		t.Fatalf("what was wrong changed something: %d copies", n)
	}

	send(url.Values{"copy": {copies[0]}}).has(t, "the first is taken out", 200)
	a = s.get(save)
	if left := boxes(copyBox, a.body); len(left) != 1 || left[0] != copies[1] {
		t.Errorf("left: %v, want %s, which was not shown", left, copies[1])
	}
	a.has(t, "it keeps its times", 200, "From 0:02 to 0:07")
	send(url.Values{"copy": {first}}).has(t, "what another tab took out", 200)
}

func TestPlaylistsToSaveToAreSearched(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	save := "/w/" + video.ShortUUID(publicUUID) + "/save"
	if a := s.get(save); strings.Contains(a.body, "save-find") {
		t.Error("one playlist is searched")
	}
	for n := range 9 {
		s.postParts(myPlaylists+"/create", map[string]string{"displayName": fmt.Sprintf("Été %d", n), "privacy": "3"})
	}
	s.get(save).has(t, "many", 200, `id="save-find"`)
	for search, want := range map[string]int{"ete": 9, "té 3": 1, "LATER": 1, "nothing": 0, strings.Repeat("x", 500): 0} {
		a := s.get(save + "?search=" + url.QueryEscape(search))
		if got := len(boxes(listBox, a.body)); a.status != 200 || got != want {
			t.Errorf("%.20q finds %d (%d), want %d", search, got, a.status, want)
		}
	}
	s.get(save+"?search=nothing").has(t, "nothing", 200, "None of your playlists is called that.")
}

func TestMyPlaylistsAreSortedAndDeletedAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	for _, name := range []string{"Bees", "Ants", "Cats"} {
		s.postParts(myPlaylists+"/create", map[string]string{"displayName": name, "privacy": "3"})
	}
	box := func(name string) string {
		t.Helper()
		m := regexp.MustCompile(`name="playlist" value="(\d+)" aria-label="Select “` + name + `”`).FindStringSubmatch(s.get(myPlaylists).body)
		if m == nil {
			t.Fatalf("no box of %s", name)
		}
		return m[1]
	}
	save := "/w/" + video.ShortUUID(publicUUID) + "/save"
	s.post(save, save, url.Values{"in": {box("Ants")}, "shown": {box("Ants")}}).has(t, "filled", 200)
	s.post(save, save, url.Values{"newName": {"Dogs"}}).has(t, "filled", 200)
	for sort, want := range map[string]string{"name": "Ants Bees Cats Dogs", "-createdAt": "Dogs Cats Ants Bees", "-videosCount": "Dogs Ants Cats Bees", "nonsense": "Dogs Ants Cats Bees"} {
		a := s.get(myPlaylists + "?sort=" + sort)
		var got []string
		for _, m := range regexp.MustCompile(`<h3><a [^>]*>(\w+)</a>`).FindAllStringSubmatch(a.body, -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("sorted by %s: %v, want %s", sort, got, want)
		}
	}
	s.get(myPlaylists+"?sort=name").has(t, "the form", 200, `<option value="name" selected>`, "/update", `popovertarget="delete-picked"`)
	all := myPlaylists + "/delete"
	s.post(myPlaylists, all, url.Values{}).has(t, "none", 200, "No playlist was selected.")
	s.post(myPlaylists, all, url.Values{"playlist": {"x"}}).has(t, "nonsense", 400)
	later := boxes(listBox, s.get("/w/"+video.ShortUUID(sensitiveUUID)+"/save?search=later").body)[0]
	s.post(myPlaylists, all, url.Values{"playlist": {box("Ants"), later}}).has(t, "watch later stays, and all others then", 400)
	s.post(myPlaylists, all, url.Values{"playlist": {box("Ants"), box("Bees"), "9999"}, "to": {myPlaylists + "?sort=name"}}).
		has(t, "two of them", 200, "The selected playlists are deleted.", ">Cats<", ">Dogs<", `<option value="name" selected>`)
	if body := s.get(myPlaylists).body; strings.Contains(body, ">Ants<") || strings.Contains(body, ">Bees<") {
		t.Error("they are still there")
	}
	cats := box("Cats")
	s.addUser("other", user.Member)
	s.loginAs("other")
	s.post(myPlaylists, all, url.Values{"playlist": {cats}}).has(t, "another's", 403)
}
