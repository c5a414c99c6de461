package sqldb

import "testing"

func TestReadersAreAsManyAsTheMachineCanUse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ most, cores, want int }{
		{10, 1, 3}, {10, 2, 4}, {10, 8, 10}, {10, 64, 10}, {4, 8, 4}, {1, 2, 1},
	} {
		if got := readers(tt.most, tt.cores); got != tt.want {
			t.Errorf("at most %d on %d cores: got %d, want %d", tt.most, tt.cores, got, tt.want)
		}
	}
}
