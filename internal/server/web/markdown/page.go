package markdown

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	htmlrender "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"sepiola/internal/markup"
)

// Element is one of PeerTube's elements ("custom markup") in a page that
// administrators wrote, such as peertube-videos-list.
type Element struct {
	Name  string            // "videos-list"
	Data  map[string]string // its data-* attributes, without "data-"
	Inner templ.Component   // what stands in it
}

// Elements are the names that are known, without "peertube-".
var Elements = []string{
	"button", "container", "video-embed", "playlist-embed", "video-miniature", "playlist-miniature", "channel-miniature",
	"videos-list", "instance-banner", "instance-avatar",
}

// maxElements bounds how many elements one page draws, since each of them may
// ask the database: of the others only what stands in them is shown.
const maxElements = 50

const elementPrefix = "peertube-"

// Page is a page that administrators wrote, as a component: markdown that may
// hold HTML. What could run or look like another page is left out; of elements
// that are not known only what stands in them is shown. PeerTube's are made by
// draw, whose error is the page's.
// headed says that the page has a heading of its own.
func (r *Renderer) Page(text string, draw func(Element) (templ.Component, error)) (made templ.Component, headed bool, err error) {
	p, read := drawing{draw: draw}, r.tree(text)
	if err := p.children(read.root); err != nil {
		return nil, false, err
	}
	return p.component(), read.headed, nil
}

// Part is Page as a part of another page, which has a heading of its own.
func (r *Renderer) Part(text string, draw func(Element) (templ.Component, error)) (templ.Component, error) {
	p := drawing{draw: draw, part: true}
	if err := p.children(r.tree(text).root); err != nil {
		return nil, err
	}
	return p.component(), nil
}

// page is a written page that was read, which many are shown.
type page struct {
	text   string
	root   *html.Node
	headed bool
}

// tree reads a page. What cannot be read, since it is nested too deep, is shown
// as it was typed.
func (r *Renderer) tree(text string) *page {
	if kept := r.page.Load(); kept != nil && kept.text == text {
		return kept
	}
	root := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	var b bytes.Buffer
	err := r.written.Convert([]byte(text), &b)
	if err == nil {
		var nodes []*html.Node
		nodes, err = html.ParseFragment(strings.NewReader(string(emojis(r.pages.SanitizeBytes(b.Bytes())))), root)
		for _, n := range nodes {
			root.AppendChild(n)
		}
	}
	if err != nil {
		root.FirstChild, root.LastChild = nil, nil
		root.AppendChild(&html.Node{Type: html.TextNode, Data: text})
	}
	read := &page{text: text, root: root}
	for n := range root.Descendants() { // a page has one heading of the first order
		if n.DataAtom == atom.H1 && read.headed {
			n.Data, n.DataAtom = "h2", atom.H2
		}
		read.headed = read.headed || n.DataAtom == atom.H1
	}
	r.page.Store(read)
	return read
}

// drawing writes a tree as HTML with components between.
type drawing struct {
	draw  func(Element) (templ.Component, error)
	drawn int
	part  bool
	parts []templ.Component
	html  strings.Builder // what follows the last part
}

func (d *drawing) flush() {
	if d.html.Len() > 0 {
		d.parts = append(d.parts, templ.Raw(d.html.String()))
		d.html.Reset()
	}
}

func (d *drawing) component() templ.Component {
	d.flush()
	parts := d.parts
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, p := range parts {
			if err := p.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *drawing) children(n *html.Node) error {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if err := d.node(c); err != nil {
			return err
		}
	}
	return nil
}

func (d *drawing) node(n *html.Node) error {
	switch n.Type {
	case html.TextNode:
		d.html.WriteString(html.EscapeString(n.Data))
	case html.ElementNode:
		if name, ok := strings.CutPrefix(n.Data, elementPrefix); ok {
			return d.element(name, n)
		}
		if n.DataAtom == atom.P {
			switch onlyElements(n) {
			case 0:
			case 1: // it is what stands there, not in a paragraph
				return d.children(n)
			default:
				d.html.WriteString(`<div class="written-row packed">`)
				err := d.children(n)
				d.html.WriteString("</div>")
				return err
			}
		}
		tag := n.Data
		switch {
		case n.DataAtom == atom.P && holdsElement(n):
			tag = "div" // a paragraph holds no lists
		case n.DataAtom == atom.H1 && d.part:
			tag = "h2"
		}
		d.html.WriteString("<" + tag)
		for _, a := range n.Attr {
			d.html.WriteString(" " + a.Key + `="` + html.EscapeString(a.Val) + `"`)
		}
		d.html.WriteByte('>')
		if n.DataAtom == atom.Br || n.DataAtom == atom.Hr || n.DataAtom == atom.Img {
			return nil
		}
		if err := d.children(n); err != nil {
			return err
		}
		d.html.WriteString("</" + tag + ">")
	}
	return nil
}

func (d *drawing) element(name string, n *html.Node) error {
	if d.drawn++; d.drawn > maxElements {
		return d.children(n)
	}
	e := Element{Name: name, Data: make(map[string]string, len(n.Attr))}
	for _, a := range n.Attr {
		if key, ok := strings.CutPrefix(a.Key, "data-"); ok {
			e.Data[key] = strings.TrimSpace(a.Val)
		}
	}
	inner := drawing{draw: d.draw, drawn: d.drawn, part: d.part}
	if err := inner.children(n); err != nil {
		return err
	}
	d.drawn = inner.drawn
	e.Inner = inner.component()
	c, err := d.draw(e)
	if err != nil {
		return err
	}
	d.flush()
	d.parts = append(d.parts, c)
	if name != "container" { // who forgot to close it wanted the rest to be seen
		d.parts = append(d.parts, e.Inner)
	}
	return nil
}

// onlyElements is how many elements there are where there is nothing else, or 0.
func onlyElements(n *html.Node) (count int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.ElementNode && strings.HasPrefix(c.Data, elementPrefix):
			count++
		case c.Type != html.TextNode || strings.TrimSpace(c.Data) != "":
			return 0
		}
	}
	return count
}

func holdsElement(n *html.Node) bool {
	for c := range n.Descendants() {
		if strings.HasPrefix(c.Data, elementPrefix) && c.Type == html.ElementNode {
			return true
		}
	}
	return false
}

func newWritten(more ...renderer.Option) goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.Table),
		goldmark.WithRendererOptions(append(more, htmlrender.WithUnsafe())...),
	)
}

// Notice is a message of administrators as a component: markdown that may hold
// HTML like their pages, without PeerTube's elements.
func (r *Renderer) Notice(text string) templ.Component {
	return templ.Raw(r.kept.get(maxKept, job{text: text, most: noticeOf}, func() string {
		var b bytes.Buffer
		if err := r.notices.Convert([]byte(text), &b); err != nil {
			return html.EscapeString(text)
		}
		return markup.Closed(string(emojis(r.pages.SanitizeBytes(b.Bytes()))))
	}))
}

// noticeOf is what is asked of a message, in the place of the length of plain
// texts.
const noticeOf = -1

// elementData are the attributes of elements, without "data-".
var elementData = []string{
	"uuid", "name", "href", "label", "theme", "blank-target", "title", "description", "layout", "justify-content", "width", "size",
	"only-display-title", "display-latest-video", "display-description", "sort", "count", "max-rows", "only-local", "is-live",
	"category-one-of", "language-one-of", "channel-handle", "account-handle", "host",
	"responsive", "start", "start-at", "stop", "stop-at", "subtitle", "autoplay", "muted", "loop", "p2p", "warning-title", "controls",
	"control-bar", "peertube-link", "playback-rate", "mode", "playlist-position",
}

func pagePolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("h1", "h2", "h3", "h4", "p", "br", "hr", "div", "span", "section", "strong", "b", "em", "i", "del", "ul", "ol", "li", "dl", "dt", "dd",
		"blockquote", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "figure", "figcaption")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src", "alt", "width", "height").OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
	p.AllowRelativeURLs(true)
	names, data := slices.Clone(Elements), slices.Clone(elementData)
	for i, n := range names {
		names[i] = elementPrefix + n
	}
	for i, n := range data {
		data[i] = "data-" + n
	}
	p.AllowNoAttrs().OnElements(names...)
	p.AllowAttrs(data...).OnElements(names...)
	return p
}
