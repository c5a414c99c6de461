package app

import (
	"context"
	"io"
	"os"

	"sepiola/internal/domain/actor"
	"sepiola/internal/media/image"
	"sepiola/internal/storage/blob"
)

// actorPictures makes avatars and banners. It is an actor.Pictures.
type actorPictures struct {
	files  blob.Store
	limits image.Limits
}

// Make implements actor.Pictures.
func (p actorPictures) Make(ctx context.Context, t actor.ImageType, r io.Reader) (list []actor.Picture, done func(), err error) {
	img, err := image.Decode(r, p.limits)
	if err != nil {
		return nil, nil, err
	}
	dir, err := p.files.TempDir(ctx, "picture-*")
	if err != nil {
		return nil, nil, err
	}
	sizes := image.AvatarSizes
	if t == actor.Banner {
		sizes = image.BannerSizes
	}
	made, err := image.Resize(img, sizes, dir)
	if err != nil {
		_ = os.RemoveAll(dir) // a sweep finds it otherwise
		return nil, nil, err
	}
	for _, m := range made {
		list = append(list, actor.Picture{Path: m.Path, Width: m.Width, Height: m.Height, Ext: m.Ext})
	}
	return list, func() { _ = os.RemoveAll(dir) }, nil
}
