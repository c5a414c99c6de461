// Package stats is the page of how a video does: figures, and charts that are
// drawn on the server, each with a table that says the same.
package stats

import (
	"math"
	"strconv"
)

// Chart is a drawing of values one after another. It is drawn without styles
// of its own, which the content policy refuses: sizes are attributes, colours
// come from the page's styles.
type Chart struct {
	Title string
	// Of and At name the two columns of the table that says the same.
	At, Of string
	Bars   []Bar
	// Line draws a line instead of bars.
	Line bool
	// Most is the top of the scale; 0 the largest value.
	Most int64
	// Show writes a value.
	Show func(int64) string
}

// Bar is one value.
type Bar struct {
	Label string
	Value int64
}

// The size of a drawing, in its own units: it is stretched to the place there
// is. Labels are text around it, which is not.
const (
	width, height = 720, 200
	above         = 2 // so that the upper line is whole
)

// top is the top of the scale: a round number not below any value.
func (c Chart) top() int64 {
	most := c.Most
	for _, b := range c.Bars {
		most = max(most, b.Value)
	}
	if most <= c.Most && c.Most > 0 {
		return c.Most
	}
	return round(most)
}

// round is the next of 1, 2, 4, 6, 8 and 10 times a power of ten, so that the
// half of it is a round number too.
func round(n int64) int64 {
	if n <= 2 {
		return 2
	}
	step := int64(math.Pow10(int(math.Log10(float64(n)))))
	for _, by := range []int64{1, 2, 4, 6, 8, 10} {
		if by*step >= n {
			return by * step
		}
	}
	return n
}

// y is the height of a value.
func (c Chart) y(v int64) float64 {
	return above + (height-2*above)*(1-float64(v)/float64(c.top()))
}

// x is where the i-th value begins.
func (c Chart) x(i int) float64 { return width * float64(i) / float64(max(1, len(c.Bars))) }

// barWidth leaves a gap between bars where there is room for one.
func (c Chart) barWidth() float64 {
	w := width / float64(max(1, len(c.Bars)))
	if w > 4 {
		return w - max(1, w*0.15)
	}
	return w
}

// points are the corners of the line.
func (c Chart) points() string {
	b := make([]byte, 0, 16*len(c.Bars))
	for i, bar := range c.Bars {
		b = append(b, px(width*float64(i)/float64(max(1, len(c.Bars)-1)))...)
		b = append(b, ',')
		b = append(b, px(c.y(bar.Value))...)
		b = append(b, ' ')
	}
	return string(b)
}

// area closes the line along the bottom.
func (c Chart) area() string {
	base := px(c.y(0))
	return "0," + base + " " + c.points() + px(width) + "," + base
}

// marks are the values that have a label below: the first, the last and the
// one in the middle.
func (c Chart) marks() []int {
	switch n := len(c.Bars); {
	case n == 0:
		return nil
	case n < 3:
		return []int{0}
	default:
		return []int{0, n / 2, n - 1}
	}
}

func px(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

// thin keeps at most n values, evenly, the first and the last among them: a
// table of each second of a film helps nobody.
func thin(bars []Bar, n int) []Bar {
	if len(bars) <= n {
		return bars
	}
	out := make([]Bar, n)
	for i := range out {
		out[i] = bars[i*(len(bars)-1)/(n-1)]
	}
	return out
}
