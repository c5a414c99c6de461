package web_test

import (
	"net/url"
	"testing"
)

// What a channel says of how to help is read where the channel is, as markdown,
// and without it there is no button that opens nothing.
func TestChannelsSayHowToSupportThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/c/root_channel").lacks(t, `popovertarget="support"`)
	s.login()
	const edit = "/my-library/video-channels/update/root_channel"
	s.post(edit, edit, url.Values{"displayName": {"root’s channel"}, "support": {"Send *money* to <b>me</b>"}})
	for _, path := range []string{"/c/root_channel", "/c/root_channel/video-playlists"} {
		s.get(path).wants(t, 200, `popovertarget="support"`, `id="support" role="dialog"`, `Send <em>money</em> to`)
		s.get(path).lacks(t, `<b>me</b>`)
	}
	s.get("/a/root").lacks(t, `popovertarget="support"`)
}
