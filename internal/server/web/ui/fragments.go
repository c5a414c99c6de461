package ui

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"

	"github.com/a-h/templ"

	"sepiola/internal/server/kept"
)

// Fragments keeps pieces of pages that many pages show, such as the cards of
// videos, as they were written. A piece is found by all that it is made of, so
// that what has changed is written anew; nothing is looked up by a number alone.
//
// Only what is shown again is kept.
type Fragments struct {
	kept kept.Map[FragmentKey, fragment]
}

// FragmentKey is what a piece is made of.
type FragmentKey struct {
	Kind, Locale string
	Content      uint64 // a kept.Content
}

type fragment struct {
	html  []byte
	until time.Time // from then on it says something else; zero is never
}

// maxFragments bounds the pieces, in bytes.
const maxFragments = 6 << 20

func (f *Fragments) get(key FragmentKey, now time.Time) []byte {
	it, ok := f.kept.Get(key)
	if !ok || !it.until.IsZero() && !now.Before(it.until) {
		return nil
	}
	return it.html
}

func (f *Fragments) put(key FragmentKey, it fragment) {
	f.kept.Put(maxFragments, key, it, len(it.html))
}

// pieces are what a piece is written in. They are as long as the longest piece.
var pieces = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Kept is a component that is written once for each key, in the locale of p
// and until a time (zero: for good). Its key must hold all that it shows.
// Without Fragments it is written each time.
func (p *Page) Kept(kind string, content uint64, until time.Time, c templ.Component) templ.Component {
	if p.Fragments == nil {
		return c
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		key := FragmentKey{kind, p.Tag, content}
		if html := p.Fragments.get(key, p.Now); html != nil {
			_, err := w.Write(html)
			return err
		}
		if !p.Fragments.kept.Again(content) {
			return c.Render(ctx, w)
		}
		b, _ := pieces.Get().(*bytes.Buffer)
		defer pieces.Put(b)
		b.Reset()
		if err := c.Render(ctx, b); err != nil {
			return err
		}
		p.Fragments.put(key, fragment{bytes.Clone(b.Bytes()), until})
		_, err := w.Write(b.Bytes())
		return err
	})
}
