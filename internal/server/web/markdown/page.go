package markdown

import (
	"bytes"

	"github.com/a-h/templ"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	htmlrender "github.com/yuin/goldmark/renderer/html"
)

// Page is a page that administrators wrote, as a component: markdown that may
// hold HTML. What could run or look like another page is left out; of elements
// that are not known, PeerTube's too, only what stands in them is shown.
func (r *Renderer) Page(text string) templ.Component {
	var b bytes.Buffer
	if err := r.written.Convert([]byte(text), &b); err != nil {
		return templ.Raw(templ.EscapeString(text))
	}
	return templ.Raw(r.pages.Sanitize(b.String()))
}

func newWritten() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.Table),
		goldmark.WithRendererOptions(htmlrender.WithUnsafe()),
	)
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
	return p
}
