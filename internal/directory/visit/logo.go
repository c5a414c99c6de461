package visit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	stdimage "image"
	"image/png"

	"golang.org/x/image/draw"

	"sepiola/internal/directory"
	pictures "sepiola/internal/media/image"
)

const (
	// logoSize is width and height of the copy that is kept, in pixels.
	logoSize = 96
	// maxLogoPixels bounds what is decoded of an avatar.
	maxLogoPixels = 4096 * 4096
	hashBytes     = 8
)

// logo makes a small copy of the site's avatar, so that who reads the list
// tells nothing to the sites on it. A picture that cannot be had is none.
func (v *Visitor) logo(ctx context.Context, found *directory.Found, known *directory.Facts) {
	best := ""
	width := 0
	for _, a := range found.Avatars { // the smallest that is large enough
		if best == "" || width < logoSize && a.Width > width || a.Width >= logoSize && a.Width < width {
			best, width = a.URL, a.Width
		}
	}
	if best == "" {
		return
	}
	if known != nil && known.LogoURL == best {
		found.LogoURL, found.LogoHash = best, known.LogoHash
		return
	}
	b, err := v.Get.Get(ctx, best, maxPicture)
	if err != nil {
		return // the next visit tries again
	}
	found.LogoURL = best
	src, err := pictures.Decode(bytes.NewReader(b), pictures.Limits{Bytes: maxPicture, Pixels: maxLogoPixels})
	if err != nil {
		return
	}
	if found.Logo, err = small(src); err != nil {
		found.Logo = nil
		return
	}
	sum := sha256.Sum256(found.Logo)
	found.LogoHash = hex.EncodeToString(sum[:hashBytes])
}

// small scales the middle of a picture into a square PNG.
func small(src stdimage.Image) ([]byte, error) {
	b := src.Bounds()
	side := min(b.Dx(), b.Dy())
	square := stdimage.Rect(0, 0, side, side).Add(b.Min).Add(stdimage.Pt((b.Dx()-side)/2, (b.Dy()-side)/2))
	dst := stdimage.NewNRGBA(stdimage.Rect(0, 0, logoSize, logoSize))
	draw.CatmullRom.Scale(dst, dst.Rect, src, square, draw.Src, nil)
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, dst)
	return out.Bytes(), err
}
