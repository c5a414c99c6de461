package remote_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/remote"
	"sepiola/internal/storage/store"
)

// gallery is another site's pictures and a directory of this one.
type gallery struct {
	dir   string
	asked atomic.Int32
	fail  error
	wait  chan struct{}
}

func (g *gallery) Copy(_ context.Context, w io.Writer, url string, _ int64) (int64, string, error) {
	g.asked.Add(1)
	if g.wait != nil {
		<-g.wait
	}
	if g.fail != nil {
		return 0, "", g.fail
	}
	n, err := io.WriteString(w, "picture of "+url)
	return int64(n), "image/jpeg", err
}

func (g *gallery) Adopt(_ context.Context, path, section, name string) error {
	return os.Rename(path, filepath.Join(g.dir, section+"-"+name))
}

func (g *gallery) Delete(_ context.Context, section, name string) error {
	err := os.Remove(filepath.Join(g.dir, section+"-"+name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (g *gallery) TempDir(_ context.Context, pattern string) (string, error) {
	return os.MkdirTemp(g.dir, pattern)
}

func (g *gallery) kept(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestPicturesAreFetchedWhenSomebodyLooks(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		if _, err := w.videos.ByURL(t.Context(), theFilm); err != nil {
			t.Fatal(err)
		}
		v, err := (&store.Videos{DB: w.db}).Details(t.Context(), video.ByUUID(uuid))
		if err != nil {
			t.Fatal(err)
		}
		name := v.Thumbnails[0].Filename
		g := &gallery{dir: t.TempDir(), wait: make(chan struct{})}
		bad := false
		p := &remote.Pictures{
			Fetch: g, Store: store.RemotePictures{DB: w.db}, Files: g, MaxBytes: 1 << 20, Now: func() time.Time { return w.now },
			Check: func(string, origin.PictureSection) error {
				if bad {
					return errs.New(errs.UnsupportedType, "no picture")
				}
				return nil
			},
			Log: slog.New(slog.DiscardHandler),
		}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if err := p.Bring(t.Context(), "thumbnails", name); err != nil {
					t.Error(err)
				}
			})
		}
		close(g.wait)
		all.Wait()
		if n := g.asked.Load(); n == 0 || n > 10 || g.kept(t) != 1 {
			t.Errorf("asked %d times, kept %d", n, g.kept(t))
		}
		text, err := os.ReadFile(filepath.Join(g.dir, "thumbnails-"+name))
		if err != nil || !strings.HasSuffix(string(text), "/small.jpg") {
			t.Errorf("got %q %v", text, err)
		}
		for _, other := range [][2]string{{"thumbnails", "none.jpg"}, {"torrents", name}, {"storyboards", name}} {
			if err := p.Bring(t.Context(), other[0], other[1]); !errs.Is(err, errs.NotFound) {
				t.Errorf("%v: got %v, want NotFound", other, err)
			}
		}

		// What is no picture is not kept, nor asked for again at once.
		caps, err := (&store.Videos{DB: w.db}).Captions(t.Context(), v.ID)
		if err != nil {
			t.Fatal(err)
		}
		bad = true
		g.asked.Store(0)
		for range 5 {
			if err := p.Bring(t.Context(), "captions", caps[0].Filename); !errs.Is(err, errs.NotFound) {
				t.Errorf("got %v, want NotFound", err)
			}
		}
		if g.asked.Load() != 1 || g.kept(t) != 1 {
			t.Errorf("asked %d times, kept %d", g.asked.Load(), g.kept(t))
		}
		bad, w.now = false, w.now.Add(10*time.Minute)
		if err := p.Bring(t.Context(), "captions", caps[0].Filename); err != nil {
			t.Error(err)
		}

		// Over the bound the one goes that was not looked at.
		w.now = w.now.Add(time.Minute)
		p.Used(name)
		p.MaxBytes = 100
		if err := p.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(g.dir, "thumbnails-"+name)); err != nil || g.kept(t) != 1 || w.count(t, "remote_pictures") != 1 {
			t.Errorf("after the sweep: %v, %d files, %d rows", err, g.kept(t), w.count(t, "remote_pictures"))
		}
	})
}
