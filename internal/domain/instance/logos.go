package instance

import (
	"context"
	"io"
	"sync"
	"time"

	"sepiola/internal/errs"
)

// LogoType is what a logo is for, in PeerTube's words.
type LogoType string

// The types.
const (
	Favicon      LogoType = "favicon"
	HeaderWide   LogoType = "header-wide"   // stands for the name of the site
	HeaderSquare LogoType = "header-square" // beside the name
	OpenGraph    LogoType = "opengraph"     // where pages of the site are shared
)

// LogoTypes lists the types, in the order in which they are shown.
func LogoTypes() []LogoType { return []LogoType{Favicon, HeaderWide, HeaderSquare, OpenGraph} }

// Valid reports whether t is one of the types.
func (t LogoType) Valid() bool {
	switch t {
	case Favicon, HeaderWide, HeaderSquare, OpenGraph:
		return true
	}
	return false
}

// MaxLogo is the largest logo that is taken, in bytes; PeerTube's.
const MaxLogo = 8 << 20

// Logo is one size of a logo that administrators chose.
type Logo struct {
	Type          LogoType
	Filename      string
	Width, Height int // pixels
	CreatedAt     time.Time
}

// Path is where a logo is served.
func (l Logo) Path() string { return "/static/uploads/images/" + l.Filename }

// LogoStore keeps which logos the site has.
type LogoStore interface {
	// All lists the logos by type, largest first.
	All(ctx context.Context) ([]Logo, error)
	// Replace gives the site other logos of a type, or none, and returns the
	// files of those it had.
	Replace(ctx context.Context, t LogoType, logos []Logo) (old []string, err error)
}

// LogoPicture is a file on this machine with one size of a logo. Ext is its
// extension with the dot.
type LogoPicture struct {
	Path, Ext     string
	Width, Height int
}

// LogoPictures makes a logo of what somebody sent, in every size that is kept.
// done removes the files. What is too large is errs.TooLarge, what is no
// picture errs.UnsupportedType or errs.Unprocessable.
type LogoPictures interface {
	MakeLogo(ctx context.Context, t LogoType, r io.Reader) (list []LogoPicture, done func(), err error)
}

// LogoFiles keeps the files of logos under their bare names.
type LogoFiles interface {
	// Adopt moves a file of this machine into the store.
	Adopt(ctx context.Context, path, filename string) error
	// Delete removes a file; one that is not there is fine.
	Delete(ctx context.Context, filename string) error
}

// Logos are the logos of the site.
type Logos struct {
	Store    LogoStore
	Pictures LogoPictures
	Files    LogoFiles
	Now      func() time.Time
	// NewName makes a random name for a file, without extension.
	NewName func() string

	mu    sync.Mutex
	read  time.Time // zero: not
	known []Logo
}

// logosAge is how long other nodes may show a logo that was replaced.
const logosAge = 5 * time.Second

// All lists the logos by type, largest first. Callers must not change the
// list. Every page asks for it, so it is kept for some seconds.
func (s *Logos) All(ctx context.Context) ([]Logo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if !s.read.IsZero() && now.Sub(s.read) < logosAge {
		return s.known, nil
	}
	list, err := s.Store.All(ctx)
	if err == nil {
		s.known, s.read = list, now
	}
	return list, err
}

func (s *Logos) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = time.Time{}
}

// Set gives the site a logo instead of the one it has. The new files are there
// before anything names them; the old ones go after.
func (s *Logos) Set(ctx context.Context, t LogoType, picture io.Reader) error {
	made, done, err := s.Pictures.MakeLogo(ctx, t, picture)
	if errs.Is(err, errs.UnsupportedType) || errs.Is(err, errs.Unprocessable) {
		return errs.Wrap(errs.Invalid, err,
			"This file is not supported or too large. Please, make sure it is of the following type : .png, .jpeg, .jpg, .gif, .webp")
	}
	if err != nil {
		return err
	}
	defer done()
	logos := make([]Logo, 0, len(made))
	for _, m := range made {
		l := Logo{Type: t, Filename: s.NewName() + m.Ext, Width: m.Width, Height: m.Height, CreatedAt: s.Now()}
		if err := s.Files.Adopt(ctx, m.Path, l.Filename); err != nil {
			s.drop(ctx, namesOfLogos(logos))
			return err
		}
		logos = append(logos, l)
	}
	old, err := s.Store.Replace(ctx, t, logos)
	if err != nil {
		s.drop(ctx, namesOfLogos(logos))
		return err
	}
	s.drop(ctx, old)
	s.forget()
	return nil
}

// Remove goes back to the logo that comes with the program.
func (s *Logos) Remove(ctx context.Context, t LogoType) error {
	old, err := s.Store.Replace(ctx, t, nil)
	if err != nil {
		return err
	}
	s.drop(ctx, old)
	s.forget()
	return nil
}

// drop removes files that nothing names. A file that cannot be removed costs
// its few bytes and nothing else.
func (s *Logos) drop(ctx context.Context, names []string) {
	ctx = context.WithoutCancel(ctx)
	for _, name := range names {
		_ = s.Files.Delete(ctx, name)
	}
}

func namesOfLogos(logos []Logo) []string {
	names := make([]string, len(logos))
	for i, l := range logos {
		names[i] = l.Filename
	}
	return names
}
