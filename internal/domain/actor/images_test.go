package actor_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
)

// gallery is everything Images needs, in memory.
type gallery struct {
	images  []actor.Image
	files   []string
	dropped []string
	broken  error // of the database
	badFile error // of the picture
	open    int   // pictures that were made and not given back
	names   int
}

func (g *gallery) Make(_ context.Context, _ actor.ImageType, _ io.Reader) ([]actor.Picture, func(), error) {
	if g.badFile != nil {
		return nil, nil, g.badFile
	}
	g.open++
	return []actor.Picture{{Path: "/tmp/1", Width: 120, Height: 120, Ext: ".png"}, {Path: "/tmp/2", Width: 48, Height: 48, Ext: ".png"}},
		func() { g.open-- }, nil
}

func (g *gallery) Adopt(_ context.Context, _, filename string) error {
	g.files = append(g.files, filename)
	return nil
}

func (g *gallery) Drop(_ context.Context, filenames []string) error {
	g.dropped = append(g.dropped, filenames...)
	return nil
}

func (g *gallery) ReplaceImages(_ context.Context, _ actor.ID, _ actor.ImageType, images []actor.Image) ([]actor.Image, error) {
	if g.broken != nil {
		return nil, g.broken
	}
	old := g.images
	g.images = images
	return old, nil
}

func newImages(g *gallery) *actor.Images {
	return &actor.Images{
		Store: g, Pictures: g, Files: g, Now: time.Now,
		InTx:    func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) },
		NewName: func() string { g.names++; return string(rune('a' - 1 + g.names)) },
	}
}

func TestImagesReplaceEachOther(t *testing.T) {
	t.Parallel()
	g := new(gallery)
	s := newImages(g)
	for range 2 {
		if _, err := s.Set(t.Context(), 1, actor.Avatar, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(g.files, []string{"a.png", "b.png", "c.png", "d.png"}) || !slices.Equal(g.dropped, []string{"a.png", "b.png"}) || g.open != 0 {
		t.Errorf("got files %v, dropped %v, %d left open", g.files, g.dropped, g.open)
	}
	if err := s.Remove(t.Context(), 1, actor.Avatar); err != nil || len(g.images) != 0 || len(g.dropped) != 4 {
		t.Errorf("removed: got %v, %v, dropped %v", err, g.images, g.dropped)
	}
}

func TestImagesThatFailLeaveNothing(t *testing.T) {
	t.Parallel()
	g := &gallery{broken: errors.New("database is gone")}
	if _, err := newImages(g).Set(t.Context(), 1, actor.Avatar, strings.NewReader("x")); !errors.Is(err, g.broken) {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(g.files, g.dropped) || g.open != 0 {
		t.Errorf("got files %v, dropped %v, %d left open", g.files, g.dropped, g.open)
	}
}

func TestWhatIsNoImageIsInvalid(t *testing.T) {
	t.Parallel()
	for kind, want := range map[errs.Kind]errs.Kind{
		errs.UnsupportedType: errs.Invalid, errs.Unprocessable: errs.Invalid, errs.TooLarge: errs.TooLarge,
	} {
		g := &gallery{badFile: errs.New(kind, "no")}
		if _, err := newImages(g).Set(t.Context(), 1, actor.Banner, strings.NewReader("x")); !errs.Is(err, want) {
			t.Errorf("%v: got %v, want %v", kind, errs.KindOf(err), want)
		}
	}
}
