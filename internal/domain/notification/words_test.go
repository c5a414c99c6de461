package notification_test

import (
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/video"
)

func TestNamesInSentencesAreIsolated(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		`Carols "video"`:        "\u2068Carols \"video\"\u2069",
		"فيلم":                  "\u2068فيلم\u2069",
		"out \u2069of \u2067it": "\u2068out of it\u2069", // else it would end before its end, or behind
	} {
		n := &notification.Notification{Type: notification.NewVideo, Video: &video.Video{Name: name, Channel: &actor.Channel{DisplayName: name}}}
		if key, args := n.Words(); key != "notification.new_video" || len(args) != 4 || args[1] != want || args[3] != want {
			t.Errorf("%q: %s %q", name, key, args)
		}
	}
}
