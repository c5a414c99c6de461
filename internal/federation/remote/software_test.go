package remote_test

import (
	"slices"
	"testing"
	"time"

	"sepiola/internal/errs"
	"sepiola/internal/federation/remote"
)

// What a site runs decides what it is told: views, and what happens in
// communities.
func TestSitesAreAskedWhatTheyRun(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		find := func() []string {
			t.Helper()
			w.wondered = nil
			if _, err := w.actors.Refresh(t.Context(), alice); err != nil {
				t.Fatal(err)
			}
			return w.wondered
		}
		if _, err := w.actors.ByURL(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(w.wondered, "far.test") {
			t.Fatalf("a new site: wondered about %q", w.wondered)
		}
		if err := w.refresher.Do(t.Context(), remote.SiteKind, "far.test", false); err != nil {
			t.Fatal(err)
		}
		v, err := w.source.Servers.ByHost(t.Context(), "far.test")
		if err != nil || v.Software != "peertube" || v.SoftwareVersion != "8.2.0" {
			t.Errorf("learnt %+v, %v", v, err)
		}
		if got := find(); len(got) != 0 {
			t.Errorf("at once again: %q", got)
		}
		w.now = w.now.Add(8 * 24 * time.Hour)
		if got := find(); !slices.Equal(got, []string{"far.test"}) {
			t.Errorf("a week later: %q", got)
		}
		w.nodeInfo = errs.New(errs.Unavailable, "it is down")
		if err := w.refresher.Do(t.Context(), remote.SiteKind, "far.test", false); err != nil {
			t.Errorf("down: %v", err)
		}
		if v, err = w.source.Servers.ByHost(t.Context(), "far.test"); err != nil || v.Software != "peertube" {
			t.Errorf("down, and forgotten: %+v, %v", v, err)
		}
		w.nodeInfo = errs.New(errs.NotFound, "it has none")
		if err := w.refresher.Do(t.Context(), remote.SiteKind, "far.test", false); err != nil {
			t.Errorf("without NodeInfo: %v", err)
		}
		if got := find(); len(got) != 0 {
			t.Errorf("without NodeInfo, at once again: %q", got)
		}
	})
}
