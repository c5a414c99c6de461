package lately_test

import (
	"sync"
	"testing"

	"sepiola/internal/lately"
)

func TestWhatIsAskedAgainIsKnown(t *testing.T) {
	t.Parallel()
	var k lately.Keys
	known := func(keys uint64) (n int) {
		for key := range keys {
			if k.Again(key) { // 0, too
				n++
			}
		}
		return n
	}
	if n := known(2000); n != 0 {
		t.Errorf("%d of keys that were never asked for are known", n)
	}
	if !k.Again(0) {
		t.Error("the first of them is not known")
	}
	if n := known(2000); n < 1990 {
		t.Errorf("%d of 2000 are known when they are asked for again", n)
	}
	known(200_000)
	if n := known(200_000); n > 20_000 {
		t.Errorf("%d of 200000 are known: few should be", n)
	}
}

func TestManyAskAtOnce(t *testing.T) {
	t.Parallel()
	var k lately.Keys
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for key := range uint64(10_000) {
				k.Again(key)
			}
		})
	}
	all.Wait()
	k.Again(1)
	if !k.Again(1) {
		t.Error("a key that was asked for is not known")
	}
}
