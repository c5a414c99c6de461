package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

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
