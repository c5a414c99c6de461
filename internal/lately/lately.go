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

// golden is 2^64 divided by the golden ratio: multiplied by it, numbers in a row
// are spread (Knuth, The Art of Computer Programming, 6.4).
const golden = 0x9E3779B97F4A7C15

// Again reports whether a key, a number or a hash, was asked for lately, and
// remembers it.
func (k *Keys) Again(key uint64) bool {
	slot := &k.slots[key*golden>>(64-13)]
	key ^= golden // an empty slot is no key, but for one number among all
	if slot.Load() == key {
		return true
	}
	slot.Store(key)
	return false
}
