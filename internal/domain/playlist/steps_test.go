package playlist

import "testing"

// The player mixes the lists that it has whole, the server the others: the
// numbers are those of player/playlist.ts.
func TestOrdersAreMixedAsThePlayerMixes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		seed     uint32
		position int
		want     uint32
	}{{7, 3, 1933950016}, {4294967295, 5, 2303572566}, {1, 450, 2193991807}} {
		if got := mixed(tt.seed, tt.position); got != tt.want {
			t.Errorf("%d at %d: got %d, want %d", tt.seed, tt.position, got, tt.want)
		}
	}
}
