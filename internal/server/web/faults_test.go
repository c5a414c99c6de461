package web_test

import (
	"strings"
	"testing"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// Whoever published a video reads why the work on it waits or failed, and what
// is remarkable of what was made; others do not.
func TestCreatorsReadWhyTheWorkStopped(t *testing.T) {
	t.Parallel()
	for _, state := range []video.TranscodeState{video.TranscodePending, video.TranscodeFailed, video.TranscodeDone} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			const reason = "disk full: there is no space left for the converted files"
			_, err := s.db.Exec(t.Context(), `
				INSERT INTO video_transcodes (video_id, kind, resolution, fps, required, state, error, created_at, updated_at)
				VALUES ((SELECT id FROM videos WHERE uuid = $1), 'hls', 240, 25, TRUE, $2, $3, $4, $4)`, publicUUID, state, reason, sqldb.Now())
			if err != nil {
				t.Fatal(err)
			}
			watch := "/w/" + video.ShortUUID(publicUUID)
			if a := s.get(watch); strings.Contains(a.body, reason) {
				t.Error("everybody reads the reason")
			}
			s.login()
			for _, path := range []string{watch, "/my-library/videos"} {
				if path == watch && state == video.TranscodeDone {
					continue // a page that many ask for does not look
				}
				if a := s.get(path); a.status != 200 || !strings.Contains(a.body, reason) {
					t.Errorf("%s: %d, without the reason", path, a.status)
				}
			}
		})
	}
}

// A field without a hint is described by nothing, and not by nothing's name.
func TestFieldsNameNoEmptyDescription(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/", "/search?search=a", "/preferences", "/login"} {
		s.get(path).lacks(t, `aria-describedby=""`)
	}
}
