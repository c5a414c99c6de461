package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// Clients show what the public configuration says is on. What this version does
// not do stays off there, though the setting is kept for a version that does.
func TestConfigOffersOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	s := newSiteAPI(t)
	custom := s.do("", "root", "GET", "/config/custom", "").Body.String()
	wanted := strings.NewReplacer(
		`"live":{"enabled":false`, `"live":{"enabled":true`,
		`"videoStudio":{"enabled":false`, `"videoStudio":{"enabled":true`,
		`"transcoding":{"enabled":false`, `"transcoding":{"enabled":true`,
		`"http":{"enabled":false`, `"http":{"enabled":true`,
	).Replace(custom)
	if w := s.do("", "root", "PUT", "/config/custom", wanted); w.Code != http.StatusOK ||
		!strings.Contains(w.Body.String(), `"live":{"enabled":true`) || !strings.Contains(w.Body.String(), `"videoStudio":{"enabled":true`) {
		t.Fatalf("the settings are not kept: %d %s", w.Code, w.Body)
	}
	var public map[string]any
	if err := json.Unmarshal(s.do("", "", "GET", "/config", "").Body.Bytes(), &public); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"live.enabled", "videoStudio.enabled", "videoTranscription.enabled", "import.videos.http.enabled", "import.videos.torrent.enabled",
		"import.videoChannelSynchronization.enabled", "import.users.enabled", "export.users.enabled", "autoBlacklist.videos.ofUsers.enabled",
		"transcoding.remoteRunners.enabled", "live.transcoding.remoteRunners.enabled", "storyboards.remoteRunners.enabled",
		"videoStudio.remoteRunners.enabled", "videoTranscription.remoteRunners.enabled",
	} {
		var at any = public
		for name := range strings.SplitSeq(path, ".") {
			m, _ := at.(map[string]any)
			at = m[name]
		}
		if at != false {
			t.Errorf("%s: got %v, want false", path, at)
		}
	}
}
