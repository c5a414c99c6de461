package video

import "testing"

// Clients of PeerTube make the player as high as this says before they have a
// picture: sound has one too.
func TestAspectRatio(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		width, height int
		want          float64
	}{
		{1920, 1080, 1.7778}, {432, 768, .5625}, {640, 480, 1.3333}, {0, 0, 1.7778},
	} {
		if got := aspectRatio(ProbeResult{Width: tt.width, Height: tt.height}); got != tt.want {
			t.Errorf("%dx%d: got %v, want %v", tt.width, tt.height, got, tt.want)
		}
	}
}
