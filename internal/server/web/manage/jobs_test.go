package manage

import (
	"testing"

	"sepiola/internal/domain/instance"
)

func TestJobsTellTheSiteTheyAreAbout(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"host":"far.test"}`: "far.test", `{"lane":"?far.test"}`: "far.test", `{"type":"site","url":"far.test"}`: "far.test",
		`{"type":"video","url":"https://far.test:8443/v/1"}`: "far.test:8443", `{"uri":"https://far.test/outbox","of":"https://b.test/x"}`: "far.test",
		`{"type":"video-edited","videoId":1}`: "", `{"host":1}`: "", `nonsense`: "",
	} {
		if got := JobSite(instance.Job{Type: "activitypub-inbox", Data: []byte(data)}); got != want {
			t.Errorf("%s: %q, want %q", data, got, want)
		}
	}
	if got := JobSite(instance.Job{Type: "notify-push", Data: []byte(`{"url":"https://push.test/1"}`)}); got != "" {
		t.Errorf("a message to a browser is about %q", got)
	}
}
