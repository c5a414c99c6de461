package blob

import (
	"context"
	"io"
	"time"
)

// Named is a Store for parts of the program that may not know this package:
// sections and names are plain strings.
type Named struct{ Store Store }

// Adopt is Store.Adopt.
func (n Named) Adopt(ctx context.Context, path, section, name string) error {
	return n.Store.Adopt(ctx, path, Key{Section(section), name})
}

// Put is Store.Put.
func (n Named) Put(ctx context.Context, section, name string, r io.Reader) error {
	return n.Store.Put(ctx, Key{Section(section), name}, r)
}

// Open is Store.Open.
func (n Named) Open(ctx context.Context, section, name string) (io.ReadSeekCloser, error) {
	o, err := n.Store.Open(ctx, Key{Section(section), name})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Move is Store.Move inside one section.
func (n Named) Move(ctx context.Context, section, from, to string) error {
	return n.Store.Move(ctx, Key{Section(section), from}, Key{Section(section), to})
}

// Delete is Store.Delete.
func (n Named) Delete(ctx context.Context, section, name string) error {
	return n.Store.Delete(ctx, Key{Section(section), name})
}

// List is Store.List.
func (n Named) List(ctx context.Context, section, prefix string, fn func(name string, size int64, modified time.Time) error) error {
	return n.Store.List(ctx, Section(section), prefix, func(i Info) error { return fn(i.Key.Name, i.Size, i.ModTime) })
}

// Local is Store.Local.
func (n Named) Local(ctx context.Context, section, name string) (string, func(), error) {
	return n.Store.Local(ctx, Key{Section(section), name})
}

// TempDir is Store.TempDir.
func (n Named) TempDir(ctx context.Context, pattern string) (string, error) {
	return n.Store.TempDir(ctx, pattern)
}
