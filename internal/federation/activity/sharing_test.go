package activity_test

import (
	"encoding/json"
	"strings"
	"testing"

	"sepiola/internal/federation/activity"
)

// Who does not want viewers to share says so to other sites: their viewers find
// neither a tracker nor a swarm.
func TestVideosThatAreNotSharedNameNoTracker(t *testing.T) {
	t.Parallel()
	v, parts := film()
	b, err := json.Marshal(activity.WriteVideo(v, parts, site))
	if err != nil {
		t.Fatal(err)
	}
	if d := string(b); !strings.Contains(d, "/tracker/socket") || !strings.Contains(d, `"type":"Infohash"`) || !strings.Contains(d, "tr=") {
		t.Fatalf("a shared video has no tracker: %s", d)
	}
	for name, of := range map[string]string{"its owner": "video", "the owner of its channel": "channel"} {
		v, parts := film()
		if of == "video" {
			v.P2PDisabled = true
		} else {
			c := *v.Channel
			c.P2PDisabled = true
			v.Channel = &c
		}
		d := activity.WriteVideo(v, parts, site)
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, unwanted := range []string{"/tracker/", "%2Ftracker%2F", `"type":"Infohash"`, "tracker-websocket"} {
			if strings.Contains(string(b), unwanted) {
				t.Errorf("%s is against it, and the document has %s", name, unwanted)
			}
		}
		got, err := activity.ReadVideo(travel(t, d))
		if err != nil || got.Playlist == nil || len(got.Playlist.P2PInfoHashes) != 0 || len(got.Trackers) != 0 {
			t.Errorf("%s is against it, and another site reads %+v, %v", name, got, err)
		}
	}
}
