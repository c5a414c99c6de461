package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
)

// channelAction is where a playlist is moved, and its name.
var channelAction = regexp.MustCompile(`(?s)data-action="([^"]+)".*?class="strong"[^>]*>([^<]+)<`)

func TestPlaylistsOfAChannelArePutInOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	page := channels + "/playlists/root_channel"
	s.get(channels).has(t, "the way there", 200, `href="`+page+`"`)
	s.get(page).has(t, "none", 200, "no public playlists")
	for _, name := range []string{"Three", "Two", "One"} { // a new one comes first
		s.postParts(myPlaylists+"/create", map[string]string{"displayName": name, "privacy": "1", "videoChannelId": "1"})
	}
	s.postParts(myPlaylists+"/create", map[string]string{"displayName": "Hidden", "privacy": "2", "videoChannelId": "1"})
	action := map[string]string{}
	body := s.get(page).body
	for _, m := range channelAction.FindAllStringSubmatch(body, -1) {
		action[m[2]] = m[1]
	}
	if len(action) != 3 || strings.Contains(body, "Hidden") {
		t.Fatalf("actions: %v", action)
	}
	order := func(want ...string) {
		t.Helper()
		for _, path := range []string{page, "/c/root_channel/video-playlists"} {
			at, body := 0, s.get(path).body
			for _, name := range want {
				next := strings.Index(body, ">"+name+"<")
				if next < at {
					t.Errorf("%s: %s is not where it should be of %v", path, name, want)
				}
				at = next
			}
		}
	}
	id := func(name string) string { return action[name][strings.LastIndex(action[name], "/")+1:] }
	order("One", "Two", "Three")
	s.post(page, action["Three"], url.Values{"do": {"up"}}).has(t, "up", 200)
	order("One", "Three", "Two")
	s.post(page, action["One"], url.Values{"do": {"down"}}).has(t, "down", 200)
	order("Three", "One", "Two")
	s.post(page, action["Two"], url.Values{"do": {"after"}, "after": {"0"}}).has(t, "first", 200)
	order("Two", "Three", "One")
	s.post(page, action["Two"], url.Values{"do": {"after"}, "after": {id("One")}}).has(t, "last", 200)
	order("Three", "One", "Two")
	s.post(page, action["Three"], url.Values{"do": {"up"}}).has(t, "the first stays", 200)
	order("Three", "One", "Two")
	for _, v := range []url.Values{{}, {"do": {"after"}, "after": {"x"}}, {"do": {"nonsense"}}} {
		s.post(page, action["Two"], v).has(t, "nonsense", 400)
	}
	s.post(page, page+"/999", url.Values{"do": {"up"}}).has(t, "no playlist of it", 200, "not in this channel any more", `class="notice bad"`)
	s.post(page, page+"/999", url.Values{"do": {"after"}, "after": {"0"}}).has(t, "a script moves it", 404)
	s.post(page, action["Two"], url.Values{"do": {"after"}, "after": {"999"}}).has(t, "behind it", 404)

	s.addUser("other", user.Member)
	s.loginAs("other")
	s.get(page).has(t, "another's channel", 403)
	s.post("/about", action["Two"], url.Values{"do": {"up"}}).has(t, "another's order", 403)
}
