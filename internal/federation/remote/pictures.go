package remote

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"sepiola/internal/domain/origin"
	"sepiola/internal/errs"
)

// Bounds of what is fetched, in bytes, and of how many at once.
const (
	maxPicture  = 8 << 20
	maxCaption  = 4 << 20
	atOnce      = 8
	pictureWait = 3 * time.Second
	missFor     = 5 * time.Minute
	maxMisses   = 10_000
	maxUsed     = 10_000
)

// Copier fetches files; see fetch.Client.
type Copier interface {
	Copy(ctx context.Context, w io.Writer, url string, size int64) (n int64, kind string, err error)
}

// PictureFiles keeps files; see blob.Named.
type PictureFiles interface {
	Adopt(ctx context.Context, path, section, name string) error
	Delete(ctx context.Context, section, name string) error
	TempDir(ctx context.Context, pattern string) (string, error)
}

// Pictures fetches the images (and captions) of other sites when somebody
// first looks at them, and keeps up to so many bytes of them.
type Pictures struct {
	Fetch Copier
	Store origin.Pictures
	Files PictureFiles
	// Check looks whether a file is what its section holds, before it is
	// kept.
	Check func(path string, s origin.PictureSection) error
	// MaxBytes is how much is kept (federation.pictures_cache).
	MaxBytes int64
	Now      func() time.Time
	Log      *slog.Logger

	once    sync.Once
	flights singleflight.Group
	slots   chan struct{}
	mu      sync.Mutex
	misses  map[string]time.Time // until when a file is not asked for again
	used    map[string]bool
}

func (p *Pictures) start() {
	p.once.Do(func() {
		p.slots = make(chan struct{}, atOnce)
		p.misses, p.used = map[string]time.Time{}, map[string]bool{}
	})
}

// Has reports whether a section may hold files of other sites.
func (p *Pictures) Has(section string) bool {
	switch origin.PictureSection(section) {
	case origin.Avatars, origin.Thumbnails, origin.Storyboards, origin.Captions:
		return true
	}
	return false
}

// Bring fetches a file that is not here. errs.NotFound is for one that no
// other site has, or cannot give now.
func (p *Pictures) Bring(ctx context.Context, section, name string) error {
	p.start()
	if p.missed(name) {
		return errs.New(errs.NotFound, "File not found")
	}
	answer := p.flights.DoChan(section+"/"+name, func() (any, error) {
		return nil, p.bring(context.WithoutCancel(ctx), origin.PictureSection(section), name)
	})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case a := <-answer:
		return a.Err
	}
}

func (p *Pictures) bring(ctx context.Context, section origin.PictureSection, name string) error {
	url, err := p.Store.Source(ctx, section, name)
	if err != nil {
		return err
	}
	timer := time.NewTimer(pictureWait)
	defer timer.Stop()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-timer.C:
		return errs.New(errs.Unavailable, "too many pictures are being fetched")
	}
	n, err := p.fetch(ctx, section, name, url)
	if err == nil {
		return p.Store.Kept(ctx, section, name, n, p.Now())
	}
	if errs.Is(err, errs.Internal) {
		return err
	}
	p.miss(name)
	p.Log.DebugContext(ctx, "a picture of another site was not to be had", "url", url, "err", err)
	return errs.Wrap(errs.NotFound, err, "File not found")
}

// fetch writes a file beside the others and then gives it its name.
func (p *Pictures) fetch(ctx context.Context, section origin.PictureSection, name, url string) (n int64, err error) {
	dir, err := p.Files.TempDir(ctx, "picture")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "file")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return 0, err
	}
	size := int64(maxPicture)
	if section == origin.Captions {
		size = maxCaption
	}
	n, _, err = p.Fetch.Copy(ctx, f, url, size)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return 0, err
	}
	if err := p.Check(path, section); err != nil {
		return 0, err
	}
	return n, p.Files.Adopt(ctx, path, string(section), name)
}

func (p *Pictures) missed(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	until, ok := p.misses[name]
	if ok && p.Now().After(until) {
		delete(p.misses, name)
		return false
	}
	return ok
}

func (p *Pictures) miss(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.misses) >= maxMisses {
		clear(p.misses)
	}
	p.misses[name] = p.Now().Add(missFor)
}

// Used is told of each file that is shown. It waits for nothing.
func (p *Pictures) Used(name string) {
	p.start()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.used) < maxUsed {
		p.used[name] = true
	}
}

// Sweep removes the files that nobody has looked at for the longest, until
// what is left is within bounds.
func (p *Pictures) Sweep(ctx context.Context) error {
	p.start()
	if err := p.tell(ctx); err != nil {
		return err
	}
	bytes, err := p.Store.Bytes(ctx)
	if err != nil {
		return err
	}
	const step = 200
	for bytes > p.MaxBytes {
		list, err := p.Store.Oldest(ctx, step)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, k := range list {
			if bytes <= p.MaxBytes {
				return nil
			}
			// The row last: cut off, the file is removed again.
			if err := p.Files.Delete(ctx, string(k.Section), k.Filename); err != nil {
				return err
			}
			if err := p.Store.Forget(ctx, k.Filename); err != nil {
				return err
			}
			bytes -= k.Bytes
		}
	}
	return nil
}

// tell writes down what was shown since the last time.
func (p *Pictures) tell(ctx context.Context) error {
	p.mu.Lock()
	names := make([]string, 0, len(p.used))
	for name := range p.used {
		names = append(names, name)
	}
	clear(p.used)
	p.mu.Unlock()
	if len(names) == 0 {
		return nil
	}
	return p.Store.Used(ctx, names, p.Now())
}
