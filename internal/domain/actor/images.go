package actor

import (
	"context"
	"io"
	"time"

	"sepiola/internal/errs"
)

// MaxImage is the largest avatar or banner, in bytes; PeerTube's.
const MaxImage = 8 << 20

// Picture is a file on this machine with one size of an image.
type Picture struct {
	Path          string
	Width, Height int
	// Ext is the extension with its dot.
	Ext string
}

// Pictures makes an avatar or a banner of what somebody sent, in every size
// that is kept, largest first. done removes the files. What is too large is
// errs.TooLarge, what is no image errs.UnsupportedType or errs.Unprocessable.
type Pictures interface {
	Make(ctx context.Context, t ImageType, r io.Reader) (list []Picture, done func(), err error)
}

// ImageFiles keeps the files of images under their bare names.
type ImageFiles interface {
	// Adopt moves a file of this machine into the store.
	Adopt(ctx context.Context, path, filename string) error
	// Drop queues the removal of files, in the transaction of ctx.
	Drop(ctx context.Context, filenames []string) error
}

// ImageStore keeps which images actors have.
type ImageStore interface {
	// ReplaceImages gives an actor other images of a type, or none, sets the
	// ids of the new ones and returns those it had.
	ReplaceImages(ctx context.Context, id ID, t ImageType, images []Image) (old []Image, err error)
}

// Images gives actors their avatars and banners.
type Images struct {
	Store    ImageStore
	Pictures Pictures
	Files    ImageFiles
	InTx     func(ctx context.Context, fn func(ctx context.Context) error) error
	Now      func() time.Time
	// NewName makes a random name for a file, without extension.
	NewName func() string
	// Edited is told of an actor whose images have changed, in the transaction
	// in which they do. It may be nil.
	Edited func(ctx context.Context, id ID) error
}

// Set gives an actor an image, in all sizes, instead of the one it has. The
// new files are there before anything names them; the old ones go after.
func (s *Images) Set(ctx context.Context, id ID, t ImageType, picture io.Reader) ([]Image, error) {
	made, done, err := s.Pictures.Make(ctx, t, picture)
	if errs.Is(err, errs.UnsupportedType) || errs.Is(err, errs.Unprocessable) {
		return nil, errs.Wrap(errs.Invalid, err,
			"This file is not supported or too large. Please, make sure it is of the following type : .png, .jpeg, .jpg, .gif, .webp")
	}
	if err != nil {
		return nil, err
	}
	defer done()
	images, err := s.adopt(ctx, t, made)
	if err == nil {
		err = s.replace(ctx, id, t, images)
	}
	if err != nil {
		// Best effort: what is left is found by the sweep of files.
		_ = s.Files.Drop(context.WithoutCancel(ctx), namesOf(images))
		return nil, err
	}
	return images, nil
}

func (s *Images) adopt(ctx context.Context, t ImageType, made []Picture) ([]Image, error) {
	var images []Image
	now := s.Now()
	for _, p := range made {
		img := Image{Type: t, Filename: s.NewName() + p.Ext, Width: p.Width, Height: p.Height, CreatedAt: now, UpdatedAt: now}
		if err := s.Files.Adopt(ctx, p.Path, img.Filename); err != nil {
			return images, err
		}
		images = append(images, img)
	}
	return images, nil
}

// Remove takes an actor's images of a type away.
func (s *Images) Remove(ctx context.Context, id ID, t ImageType) error {
	return s.replace(ctx, id, t, nil)
}

func (s *Images) replace(ctx context.Context, id ID, t ImageType, images []Image) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		old, err := s.Store.ReplaceImages(ctx, id, t, images)
		if err != nil {
			return err
		}
		if s.Edited != nil {
			if err := s.Edited(ctx, id); err != nil {
				return err
			}
		}
		if len(old) == 0 {
			return nil
		}
		return s.Files.Drop(ctx, namesOf(old))
	})
}

func namesOf(images []Image) []string {
	names := make([]string, len(images))
	for i, img := range images {
		names[i] = img.Filename
	}
	return names
}
