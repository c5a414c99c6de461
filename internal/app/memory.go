package app

import (
	"context"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// By itself Go lets the heap grow to twice of what is in use before it collects
// garbage, and keeps for a while what it had at its worst. Under load that was
// half of all memory. A limit makes it collect a little sooner and give back
// the rest. The limit follows what is in use, so that a large site, whose caches
// are full, does not spend its time on collecting.
const (
	leastMemory  = 64 << 20 // bytes of Go's memory that need no care
	memoryBeside = 16 << 20 // bytes of stacks and the runtime's own
	memoryEvery  = 2 * time.Second
)

// memoryLimit is the limit for live bytes of objects in use: there is always
// room for half as much garbage.
func memoryLimit(live uint64) int64 {
	if live > math.MaxInt64/2 {
		return math.MaxInt64
	}
	return max(leastMemory, int64(live)+int64(live)/2+memoryBeside)
}

// limitMemory keeps the limit until ctx is done. Whoever has set one (GOMEMLIMIT)
// knows better.
func limitMemory(ctx context.Context) {
	before := debug.SetMemoryLimit(-1)
	if before != math.MaxInt64 {
		return
	}
	defer debug.SetMemoryLimit(before)
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for last := int64(0); ; {
		metrics.Read(live)
		if limit := memoryLimit(live[0].Value.Uint64()); limit != last {
			debug.SetMemoryLimit(limit)
			last = limit
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
