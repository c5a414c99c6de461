package app

import (
	"strings"
	"testing"
)

// Without ffmpeg a site starts: what is there can be watched. It says so.
func TestMissingPrograms(t *testing.T) {
	t.Parallel()
	if got := missingPrograms(settings(t)); len(got) != 0 {
		t.Errorf("with ffmpeg: %q", got)
	}
	for _, env := range []string{"SEPIOLA_FFMPEG_PATH=/no/ffmpeg", "SEPIOLA_FFMPEG_PROBE_PATH=/no/ffmpeg"} {
		if got := missingPrograms(settings(t, env)); len(got) != 1 || !strings.Contains(got[0], "/no/ffmpeg cannot be found") {
			t.Errorf("with %s: %q", env, got)
		}
	}
}
