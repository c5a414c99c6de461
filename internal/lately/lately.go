// Package lately tells what is asked for again and again from what is asked for
// once. Keeping the latter is work for nothing: on a site with many videos most
// pages are such, and what they would push out is asked for often.
package lately

import "sync/atomic"

// Keys are remembered in sets of few: of thousands that are asked for in turn,
// seldom more come into one set than there is room for.
const (
	sets = 2 << 10 // 64 KiB in all
	ways = 4
)

// Keys remembers keys that were asked for lately, some 8,000 of them: each until
// others come in its place. The zero value is ready, and several goroutines may
// use it: of what two remember at once, one may be forgotten.
type Keys struct {
	slots [sets][ways]atomic.Uint64 // of each set the latest first
}

// golden is 2^64 divided by the golden ratio: multiplied by it, numbers in a row
// are spread (Knuth, The Art of Computer Programming, 6.4).
const golden = 0x9E3779B97F4A7C15

// Again reports whether a key, a number or a hash, was asked for lately, and
// remembers it.
func (k *Keys) Again(key uint64) bool {
	set := &k.slots[key*golden>>(64-11)]
	key ^= golden // an empty slot is no key, but for one number among all
	for i := range set {
		if set[i].Load() == key {
			return true
		}
	}
	for i := ways - 1; i > 0; i-- {
		set[i].Store(set[i-1].Load())
	}
	set[0].Store(key)
	return false
}
