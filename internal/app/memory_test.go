package app

import (
	"math"
	"runtime/metrics"
	"testing"
)

func TestTheLimitOfMemoryFollowsWhatIsInUse(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, tt := range []struct {
		live uint64
		want int64
	}{
		{0, 64 * mib}, {10 * mib, 64 * mib}, {32 * mib, 64 * mib}, {40 * mib, 76 * mib}, {1000 * mib, 1516 * mib}, {math.MaxUint64, math.MaxInt64},
	} {
		if got := memoryLimit(tt.live); got != tt.want {
			t.Errorf("%d bytes in use: got %d, want %d", tt.live, got, tt.want)
		}
	}
}

// The name is one that the runtime knows: another would have no number.
func TestTheRuntimeTellsWhatIsInUse(t *testing.T) {
	t.Parallel()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	if metrics.Read(live); live[0].Value.Kind() != metrics.KindUint64 {
		t.Errorf("got a %v", live[0].Value.Kind())
	}
}
