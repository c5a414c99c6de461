package video

import (
	"math/rand/v2"
	"testing"
)

// TestUploadCoverageKeepsTheTruth sends random chunks and holds what is
// counted as stored against a map of every byte.
func TestUploadCoverageKeepsTheTruth(t *testing.T) {
	t.Parallel()
	const size = 40
	random := rand.New(rand.NewPCG(1, 2))
	completed := 0
	for range 2000 {
		up := &Upload{Size: size}
		var have [size]bool
		for range 30 {
			first := random.Int64N(size)
			end := first + random.Int64N(size-first+1)
			up.cover(Span{first, end})
			for n := range have {
				at := int64(n)
				have[n] = have[n] && at < first || at >= first && at < end
			}
			checkCoverage(t, up, have[:])
			if up.complete() {
				completed++
			}
		}
	}
	if completed == 0 {
		t.Error("no upload was ever complete: the test is of no use")
	}
}

func checkCoverage(t *testing.T, up *Upload, have []bool) {
	t.Helper()
	all, prefix, last := true, int64(0), int64(0)
	for n, ok := range have {
		all = all && ok
		if ok {
			last = int64(n) + 1
		}
		if all {
			prefix++
		}
	}
	if up.Received != prefix || up.complete() != all {
		t.Fatalf("%+v: received %d of %d, complete %v", up, up.Received, prefix, up.complete())
	}
	if all && up.stored() != last || len(up.Ahead) > 0 && up.Ahead[0].First <= up.Received {
		t.Fatalf("%+v: stored %d of %d", up, up.stored(), last)
	}
	for n, s := range up.Ahead {
		for at := s.First; at < s.End; at++ {
			if !have[at] {
				t.Fatalf("%+v: byte %d counts as stored and is not", up, at)
			}
		}
		if s.End <= s.First || n > 0 && up.Ahead[n-1].End >= s.First {
			t.Fatalf("%+v: spans are empty or touch", up)
		}
	}
}
