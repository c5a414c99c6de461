package markdown

import "sepiola/internal/server/kept"

// rendered remembers what texts became: a page that many watch is rendered once.
type rendered struct{ kept.Map[job, string] }

// job is a text and what is made of it.
type job struct {
	text     string
	seek     bool
	duration int
	most     int  // of a plain text; 0 for HTML
	raw      bool // what other results are made of
}

// maxKept bounds what is remembered, in bytes.
const maxKept = 4 << 20

func (k *rendered) get(j job, render func() string) string {
	s, ok := k.Get(j)
	if !ok {
		s = render()
		k.Put(maxKept, j, s, len(j.text)+len(s))
	}
	return s
}
