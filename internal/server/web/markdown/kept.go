package markdown

import "sepiola/internal/server/kept"

// rendered remembers what texts became: a page that many watch is rendered once.
type rendered struct{ kept.Map[jobKey, string] }

// job is a text and what is made of it.
type job struct {
	text     string
	seek     bool
	duration int
	most     int // of a plain text; 0 for HTML
}

// jobKey stands for a job without holding on to its text, which may be a piece
// of something much longer.
type jobKey struct {
	text     uint64 // a hash
	length   int    // of the text, in bytes
	seek     bool
	duration int
	most     int
}

func (j job) key() jobKey {
	return jobKey{
		text:   kept.Hash(func(c *kept.Content) { c.Texts(j.text) }),
		length: len(j.text), seek: j.seek, duration: j.duration, most: j.most,
	}
}

// Bounds of what is remembered, in bytes. What others are made of is only
// wanted for as long as a page is made.
const (
	maxKept      = 6 << 20
	maxConverted = 128 << 10
)

func (k *rendered) get(most int, j job, render func() string) string {
	key := j.key()
	s, ok := k.Get(key)
	if !ok {
		s = render()
		k.Put(most, key, s, len(s))
	}
	return s
}
