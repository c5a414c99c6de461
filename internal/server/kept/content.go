package kept

import (
	"encoding/binary"
	"hash/maphash"
	"sync"
	"time"
)

// seed is of this process: what is hashed with it is kept nowhere else.
var seed = maphash.MakeSeed()

// Content gathers all that something is made of. Of lists whose lengths differ
// the length has to be added, too.
type Content struct{ b []byte }

// maxPooled is what a content may hold for its memory to be used again, in bytes.
const maxPooled = 64 << 10

var contents = sync.Pool{New: func() any { return new(Content) }}

// Hash is a hash of what add adds to an empty content, which it must not keep.
func Hash(add func(c *Content)) uint64 {
	c, _ := contents.Get().(*Content)
	c.b = c.b[:0]
	add(c)
	sum := maphash.Bytes(seed, c.b)
	if cap(c.b) <= maxPooled {
		contents.Put(c)
	}
	return sum
}

// Texts adds texts, which are told apart by their lengths.
func (c *Content) Texts(list ...string) {
	for _, s := range list {
		c.b = append(binary.AppendUvarint(c.b, uint64(len(s))), s...)
	}
}

// Numbers adds numbers.
func (c *Content) Numbers(list ...int64) {
	for _, n := range list {
		c.b = binary.AppendVarint(c.b, n)
	}
}

// Times adds times, to the nanosecond.
func (c *Content) Times(list ...time.Time) {
	for _, t := range list {
		c.b = binary.AppendVarint(c.b, t.UnixNano())
	}
}

// Flags adds what is so or not.
func (c *Content) Flags(list ...bool) {
	for _, yes := range list {
		n := byte(0)
		if yes {
			n = 1
		}
		c.b = append(c.b, n)
	}
}
