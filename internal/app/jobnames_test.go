package app

import (
	"testing"

	"sepiola/internal/i18n"
	"sepiola/internal/worker"
)

// Administrators read what a job does, and not what PeerTube calls it.
func TestJobsHaveNames(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range (&worker.Admin{}).Types() {
		if key := "web.jobs.type." + kind; words.Locale("en").T(key) == key {
			t.Errorf("jobs of the kind %s have no name", kind)
		}
	}
}
