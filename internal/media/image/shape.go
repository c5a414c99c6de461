package image

import (
	stdimage "image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// maxCrop is the part of a picture that a thumbnail may cut off.
const maxCrop = 0.3

// cover scales src so that it fills size, and cuts off what is over.
func cover(src stdimage.Image, size Size) *stdimage.RGBA {
	return scale(src, crop(src.Bounds(), size), size)
}

// thumbnail fills size where that cuts off little, else shows all of src on a
// blurred enlargement of itself.
func thumbnail(src stdimage.Image, size Size) *stdimage.RGBA {
	all := src.Bounds()
	part := crop(all, size)
	if kept := float64(part.Dx()*part.Dy()) / float64(all.Dx()*all.Dy()); kept >= 1-maxCrop {
		return scale(src, part, size)
	}
	out := blurred(src, part, size)
	draw.CatmullRom.Scale(out, inside(all, size), src, all, draw.Over, nil)
	return out
}

// crop is the largest part in the middle of r with the shape of size.
func crop(r stdimage.Rectangle, size Size) stdimage.Rectangle {
	w, h := r.Dx(), r.Dy()
	if w*size.Height > h*size.Width {
		w = max(1, int(math.Round(float64(h)*float64(size.Width)/float64(size.Height))))
	} else {
		h = max(1, int(math.Round(float64(w)*float64(size.Height)/float64(size.Width))))
	}
	w, h = min(w, r.Dx()), min(h, r.Dy())
	x, y := r.Min.X+(r.Dx()-w)/2, r.Min.Y+(r.Dy()-h)/2
	return stdimage.Rect(x, y, x+w, y+h)
}

// inside is the largest rectangle in the middle of size with the shape of r.
func inside(r stdimage.Rectangle, size Size) stdimage.Rectangle {
	factor := min(float64(size.Width)/float64(r.Dx()), float64(size.Height)/float64(r.Dy()))
	w := max(1, min(size.Width, int(math.Round(float64(r.Dx())*factor))))
	h := max(1, min(size.Height, int(math.Round(float64(r.Dy())*factor))))
	x, y := (size.Width-w)/2, (size.Height-h)/2
	return stdimage.Rect(x, y, x+w, y+h)
}

func scale(src stdimage.Image, part stdimage.Rectangle, size Size) *stdimage.RGBA {
	out := stdimage.NewRGBA(stdimage.Rect(0, 0, size.Width, size.Height))
	draw.CatmullRom.Scale(out, out.Rect, src, part, draw.Src, nil)
	return out
}

// blurred is the part, made tiny and large again, and darker.
func blurred(src stdimage.Image, part stdimage.Rectangle, size Size) *stdimage.RGBA {
	const tiny = 24 // pixels of the longer edge
	factor := tiny / float64(max(size.Width, size.Height))
	small := scale(src, part, Size{max(2, int(float64(size.Width)*factor)), max(2, int(float64(size.Height)*factor))})
	out := stdimage.NewRGBA(stdimage.Rect(0, 0, size.Width, size.Height))
	draw.CatmullRom.Scale(out, out.Rect, small, small.Rect, draw.Src, nil)
	draw.Draw(out, out.Rect, stdimage.NewUniform(color.RGBA{A: 110}), stdimage.Point{}, draw.Over)
	return out
}

// reduce makes a picture with edges far above what is needed smaller with a
// cheap method, so that the good one has less to do.
func reduce(src stdimage.Image, edge int) stdimage.Image {
	b := src.Bounds()
	factor := 2 * float64(edge) / float64(min(b.Dx(), b.Dy()))
	if factor >= 1 || edge == 0 {
		return src
	}
	w, h := int(float64(b.Dx())*factor), int(float64(b.Dy())*factor)
	out := stdimage.NewRGBA(stdimage.Rect(0, 0, max(1, w), max(1, h)))
	draw.ApproxBiLinear.Scale(out, out.Rect, src, b, draw.Src, nil)
	return out
}
