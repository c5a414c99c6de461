// Package markup mends pieces of HTML that stand in pages of other people's
// writing.
package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxOpen bounds the elements in one another: the parser of HTML gives up at
// some more, and browsers draw no more either.
const maxOpen = 200

// Closed is a piece of HTML in which every element ends that begins. Without
// that, what follows it would belong to it: an <a> of a comment that nobody
// closed makes a link of the rest of the page, since parsers open such elements
// anew after each end (HTML, section 13.2.4.3, "The list of active formatting
// elements"). What is nested too deep loses its marks.
func Closed(piece string) string {
	if !strings.Contains(piece, "<") || balanced(piece) {
		return piece
	}
	around := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(strings.NewReader(piece), around)
	if err != nil {
		return words(piece)
	}
	var b strings.Builder
	for _, n := range nodes {
		if err := html.Render(&b, n); err != nil {
			return words(piece)
		}
	}
	return b.String()
}

// balanced reports whether the elements of a piece end in the order in which
// they began. Nearly all pieces are such.
func balanced(piece string) bool {
	var open []string
	z := html.NewTokenizer(strings.NewReader(piece))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return len(open) == 0
		case html.StartTagToken:
			name, _ := z.TagName()
			if empty(name) {
				continue
			}
			if len(open) == maxOpen {
				return false
			}
			open = append(open, string(name))
		case html.SelfClosingTagToken:
			if name, _ := z.TagName(); !empty(name) {
				return false // it ends nothing: <b/> is <b>
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			last := len(open) - 1
			if last < 0 || open[last] != string(name) {
				return false
			}
			open = open[:last]
		}
	}
}

// empty reports whether an element has no end of its own.
func empty(name []byte) bool {
	switch atom.Lookup(name) {
	case atom.Br, atom.Hr, atom.Img, atom.Wbr:
		return true
	}
	return false
}

// words are the texts of a piece.
func words(piece string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(piece))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			b.Write(z.Raw())
		}
	}
}
