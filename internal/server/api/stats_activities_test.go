package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"testing"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/server/api"
	"sepiola/internal/server/rest"
)

func mirrorsNothing(context.Context) ([]redundancy.Usage, error) {
	return []redundancy.Usage{{Strategy: redundancy.Manual}}, nil
}

// What other sites sent is told by its types, and in all.
func TestStatsTellOfActivities(t *testing.T) {
	t.Parallel()
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&api.Stats{Stats: func(context.Context) (instance.Stats, error) {
		return instance.Stats{
			Activities:          []instance.ActivityCount{{Type: "Download", Successes: 1}, {Type: "Like", Successes: 5, Errors: 2}, {Type: "View", Successes: 7}},
			ActivitiesPerSecond: 0.5, ActivitiesWaiting: 3,
		}, nil
	}, Mirroring: mirrorsNothing}).Mount(r)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/server/stats", nil))
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"totalActivityPubMessagesProcessed": 15, "totalActivityPubMessagesSuccesses": 13, "totalActivityPubMessagesErrors": 2,
		"totalActivityPubLikeMessagesSuccesses": 5, "totalActivityPubLikeMessagesErrors": 2, "totalActivityPubViewMessagesSuccesses": 7,
		"totalActivityPubCreateMessagesSuccesses": 0, "activityPubMessagesProcessedPerSecond": 0.5, "totalActivityPubMessagesWaiting": 3,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if _, there := got["totalActivityPubDownloadMessagesSuccesses"]; there {
		t.Error("PeerTube does not tell of downloads")
	}
}
