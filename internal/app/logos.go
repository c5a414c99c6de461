package app

import (
	"context"
	"io"
	"os"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/media/image"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// newLogos are the logos of the site.
func newLogos(db *sqldb.DB, files blob.Store, limits image.Limits) *instance.Logos {
	return &instance.Logos{
		Store: store.Logos{DB: db}, Pictures: logoPictures{files: files, limits: limits}, Files: logoFiles{files},
		Now: sqldb.Now, NewName: video.NewUUID,
	}
}

// logoPictures makes logos. It is an instance.LogoPictures.
type logoPictures struct {
	files  blob.Store
	limits image.Limits
}

// The sizes of logos, in pixels; PeerTube's.
const (
	wideLogoHeight = 48
	widestLogo     = 960
)

// MakeLogo implements instance.LogoPictures.
func (p logoPictures) MakeLogo(ctx context.Context, t instance.LogoType, r io.Reader) (list []instance.LogoPicture, done func(), err error) {
	img, err := image.Decode(r, p.limits)
	if err != nil {
		return nil, nil, err
	}
	dir, err := p.files.TempDir(ctx, "logo-*")
	if err != nil {
		return nil, nil, err
	}
	made, err := image.Resize(img, []image.Size{logoSize(t, img.Bounds().Dx(), img.Bounds().Dy())}, dir)
	if err != nil {
		_ = os.RemoveAll(dir) // a sweep finds it otherwise
		return nil, nil, err
	}
	for _, m := range made {
		list = append(list, instance.LogoPicture{Path: m.Path, Ext: m.Ext, Width: m.Width, Height: m.Height})
	}
	return list, func() { _ = os.RemoveAll(dir) }, nil
}

// logoSize is the size of a logo made of a picture: wide ones keep its shape.
func logoSize(t instance.LogoType, width, height int) image.Size {
	switch t {
	case instance.HeaderWide:
		wide := (width*wideLogoHeight + height/2) / max(height, 1)
		return image.Size{Width: min(max(wide, wideLogoHeight/2), widestLogo), Height: wideLogoHeight}
	case instance.HeaderSquare:
		return image.Size{Width: 48, Height: 48}
	case instance.OpenGraph:
		return image.Size{Width: 1200, Height: 650}
	}
	return image.Size{Width: 32, Height: 32}
}

// logoFiles keeps the files of logos. It is an instance.LogoFiles.
type logoFiles struct{ files blob.Store }

// Adopt implements instance.LogoFiles.
func (f logoFiles) Adopt(ctx context.Context, path, filename string) error {
	return f.files.Adopt(ctx, path, blob.Key{Section: blob.Logos, Name: filename})
}

// Delete implements instance.LogoFiles.
func (f logoFiles) Delete(ctx context.Context, filename string) error {
	return f.files.Delete(ctx, blob.Key{Section: blob.Logos, Name: filename})
}
