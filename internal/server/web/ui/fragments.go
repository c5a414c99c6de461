package ui

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/maphash"
	"io"
	"sync"
	"time"

	"github.com/a-h/templ"
)

// Fragments keeps pieces of pages that many pages show, such as the cards of
// videos, as they were written. A piece is found by all that it is made of, so
// that what has changed is written anew; nothing is looked up by a number alone.
// Several goroutines may use it.
type Fragments struct {
	mu sync.RWMutex
	// Pieces are forgotten in two steps: when young is full it becomes old,
	// and what was old is let go of. What is still asked for comes back.
	young, old map[FragmentKey]fragment
	size       int // of the young ones, in bytes
}

// FragmentKey is what a piece is made of.
type FragmentKey struct {
	Kind, Locale string
	Content      uint64 // see Content
}

type fragment struct {
	html  []byte
	until time.Time // from then on it says something else; zero is never
}

// maxFragments bounds the young pieces, in bytes: all of them take twice that
// at most.
const maxFragments = 2 << 20

func (f *Fragments) get(key FragmentKey, now time.Time) []byte {
	f.mu.RLock()
	it, young := f.young[key]
	if !young {
		it = f.old[key]
	}
	f.mu.RUnlock()
	if it.html == nil || !it.until.IsZero() && !now.Before(it.until) {
		return nil
	}
	if !young {
		f.put(key, it)
	}
	return it.html
}

func (f *Fragments) put(key FragmentKey, it fragment) {
	const overhead = 120 // of an entry of the map
	size := len(it.html) + overhead
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.young == nil || f.size+size > maxFragments {
		f.young, f.old, f.size = map[FragmentKey]fragment{}, f.young, 0
	}
	if _, have := f.young[key]; !have {
		f.size += size
	}
	f.young[key] = it
}

// Kept is a component that is written once for each key, in the locale of p
// and until a time (zero: for good). Its key must hold all that it shows.
// Without Fragments it is written each time.
func (p *Page) Kept(kind string, content uint64, until time.Time, c templ.Component) templ.Component {
	if p.Fragments == nil {
		return c
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		key := FragmentKey{kind, p.Tag, content}
		html := p.Fragments.get(key, p.Now)
		if html == nil {
			var b bytes.Buffer
			if err := c.Render(ctx, &b); err != nil {
				return err
			}
			html = bytes.Clone(b.Bytes())
			p.Fragments.put(key, fragment{html, until})
		}
		_, err := w.Write(html)
		return err
	})
}

// contentSeed is of this process: what is hashed with it is kept nowhere else.
var contentSeed = maphash.MakeSeed()

// Content gathers what a piece is made of. The zero value is empty.
type Content struct{ b []byte }

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

// Sum is a hash of all that was added.
func (c *Content) Sum() uint64 { return maphash.Bytes(contentSeed, c.b) }
