// Package lately tells what is asked for again and again from what is asked for
// once. Keeping the latter is work for nothing: on a site with many videos most
// pages are such, and what they would push out is asked for often.
package lately

import "sync/atomic"

// size is how many keys are remembered at most, 64 KiB.
const size = 8 << 10

// Keys remembers keys that were asked for lately: each until another one comes
// in its place, so that of some thousands asked for in turn most are known, and
// of a hundred thousand few. The zero value is ready, and several goroutines may
// use it.
type Keys struct{ slots [size]atomic.Uint64 }

// Again reports whether a key was asked for lately, and remembers it. A key is
// a number or a hash; 0 is none, and never known.
func (k *Keys) Again(key uint64) bool {
	if key == 0 {
		return false
	}
	const golden = 0x9E3779B97F4A7C15 // 2^64 by the golden ratio: spreads numbers in a row (Knuth, TAOCP 6.4)
	slot := &k.slots[key*golden>>(64-13)]
	if slot.Load() == key {
		return true
	}
	slot.Store(key)
	return false
}
