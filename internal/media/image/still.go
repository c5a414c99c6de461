package image

import (
	"hash/fnv"
	stdimage "image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// AudioStill draws the picture of a video that is only sound: a calm gradient
// with a note. The same seed gives the same colours.
func AudioStill(size Size, seed string) stdimage.Image {
	size = Size{max(16, min(size.Width, maxEdge)), max(16, min(size.Height, maxEdge))}
	h := fnv.New32a()
	h.Write([]byte(seed))
	hue := float64(h.Sum32()%360) / 360
	img := gradient(size, hsl(hue, .42, .34), hsl(hue+.11, .38, .16))
	drawNote(img)
	return img
}

// gradient runs from the top left to the bottom right corner.
func gradient(size Size, from, to [3]float64) *stdimage.RGBA {
	img := stdimage.NewRGBA(stdimage.Rect(0, 0, size.Width, size.Height))
	for y := range size.Height {
		for x := range size.Width {
			t := (float64(x)/float64(size.Width) + float64(y)/float64(size.Height)) / 2
			t = t * t * (3 - 2*t)
			p := img.Pix[img.PixOffset(x, y):]
			for i := range 3 {
				p[i] = uint8(math.Round(255 * (from[i] + (to[i]-from[i])*t)))
			}
			p[3] = 255
		}
	}
	return img
}

// hsl converts hue (turns), saturation and lightness to red, green and blue, 0 to 1.
func hsl(h, s, l float64) [3]float64 {
	a := s * min(l, 1-l)
	channel := func(n float64) float64 {
		k := math.Mod(n+h*12, 12)
		return l - a*max(-1, min(k-3, 9-k, 1))
	}
	return [3]float64{channel(0), channel(8), channel(4)}
}

// drawNote draws two joined quavers in the middle, a third of the height.
func drawNote(img *stdimage.RGBA) {
	w, h := float32(img.Rect.Dx()), float32(img.Rect.Dy())
	unit := min(w, h) / 3
	cx, cy := w/2, h/2
	at := func(x, y float32) (float32, float32) { return cx + x*unit, cy + y*unit }
	mask := vector.NewRasterizer(img.Rect.Dx(), img.Rect.Dy())
	polygon := func(points ...[2]float32) {
		mask.MoveTo(at(points[0][0], points[0][1]))
		for _, p := range points[1:] {
			mask.LineTo(at(p[0], p[1]))
		}
		mask.ClosePath()
	}
	polygon([2]float32{-.26, -.40}, [2]float32{.40, -.52}, [2]float32{.40, .28}, [2]float32{.33, .28},
		[2]float32{.33, -.30}, [2]float32{-.19, -.205}, [2]float32{-.19, .40}, [2]float32{-.26, .40})
	head := func(x, y float32) {
		const rx, ry, steps = .16, .12, 32
		var points [][2]float32
		for i := range steps {
			a := 2 * math.Pi * float64(i) / steps
			dx, dy := rx*math.Cos(a), ry*math.Sin(a)
			const tilt = -.35
			points = append(points, [2]float32{
				x + float32(dx*math.Cos(tilt)-dy*math.Sin(tilt)),
				y + float32(dx*math.Sin(tilt)+dy*math.Cos(tilt)),
			})
		}
		polygon(points...)
	}
	head(-.335, .40)
	head(.255, .28)
	mask.DrawOp = draw.Over
	mask.Draw(img, img.Rect, stdimage.NewUniform(color.NRGBA{255, 255, 255, 215}), stdimage.Point{})
}
