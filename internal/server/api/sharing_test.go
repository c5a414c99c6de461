package api

import (
	"strings"
	"testing"
)

// Owners keep viewers from sharing a video; nobody else does. Then there is no
// tracker.
func TestOwnersSayWhetherViewersShare(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	var v struct {
		SharingEnabled *bool
		TrackerURLs    []string `json:"trackerUrls"`
	}
	look := func(want bool) {
		t.Helper()
		w := s.call("", "GET", "/videos/"+publicUUID, "")
		v.SharingEnabled, v.TrackerURLs = nil, nil
		decodeJSON(t, w.Body.Bytes(), &v)
		if v.SharingEnabled == nil || *v.SharingEnabled != want || v.TrackerURLs == nil || len(v.TrackerURLs) > 0 != want {
			t.Errorf("want sharing %v: %s", want, w.Body)
		}
	}
	look(true)
	for _, c := range []struct {
		who, body string
		code      int
		shared    bool
	}{
		{"bob", `{"sharingEnabled":false}`, 403, true},
		{"", `{"sharingEnabled":false}`, 401, true},
		{"alice", `{"sharingEnabled":"perhaps"}`, 400, true},
		{"alice", `{"sharingEnabled":false}`, 204, false},
		{"alice", `{"name":"First video, again"}`, 204, false},
		{"alice", `{"sharingEnabled":true}`, 204, true},
	} {
		if w := s.call(c.who, "PUT", "/videos/"+publicUUID, c.body); w.Code != c.code {
			t.Errorf("%s by %q: %d %s", c.body, c.who, w.Code, w.Body)
		}
		look(c.shared)
	}
	s.exec(`UPDATE video_channels SET p2p_disabled = TRUE WHERE id = 101`)
	s.call("alice", "PUT", "/videos/"+publicUUID, `{"name":"First video"}`) // what was read of it is forgotten
	w := s.call("", "GET", "/videos/"+unlistedUUID, "")
	if !strings.Contains(w.Body.String(), `"sharingEnabled":true`) || !strings.Contains(w.Body.String(), `"trackerUrls":[]`) {
		t.Errorf("a video of a channel that is not shared: %s", w.Body)
	}
}
