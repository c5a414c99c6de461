package markdown

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	htmlrender "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
)

// Comment is what somebody said as a component: as HTML with Seek, and the
// accounts that are named as @name or @name@host become links to their pages.
// Remote comments come as HTML, from which all goes that markdown would not
// have made.
func (r *Renderer) Comment(text string, remote bool, duration int) templ.Component {
	return templ.Raw(r.commentHTML(text, remote, duration))
}

// CommentOf is Comment below a video. Its times lead to the page of the video
// from wherever it is read.
func (r *Renderer) CommentOf(v *video.Video, text string, remote bool) templ.Component {
	out := r.commentHTML(text, remote, v.Duration)
	if strings.Contains(out, timeLink) {
		out = strings.ReplaceAll(out, timeLink, `href="/w/`+video.ShortUUID(v.UUID)+`?start=`)
	}
	return templ.Raw(out)
}

// timeLink is how the address of a time begins, on the page of its video.
const timeLink = `href="?start=`

func (r *Renderer) commentHTML(text string, remote bool, duration int) string {
	if !remote && plainText(text) {
		return "<p>" + html.EscapeString(text) + "</p>"
	}
	kind := mentionsOf
	if remote {
		kind = mentionsOfHTML
	}
	return r.comments.get(maxKept, job{text: text, seek: true, duration: duration, most: kind}, func() string {
		return r.comment(text, remote, duration)
	})
}

// What is asked of a comment, in the place of the length of plain texts.
const (
	mentionsOf     = -1
	mentionsOfHTML = -2
)

func (r *Renderer) comment(text string, remote bool, duration int) string {
	return string(linkMentions(linkTimes(r.saidHTML(text, remote), duration)))
}

// CommentText is a comment as safe HTML without links of this site's, for feeds.
func (r *Renderer) CommentText(text string, remote bool) string {
	kind := mentionsOf
	if remote {
		kind = mentionsOfHTML
	}
	return r.comments.get(maxKept, job{text: text, most: kind}, func() string { return string(r.saidHTML(text, remote)) })
}

func (r *Renderer) saidHTML(text string, remote bool) []byte {
	if remote {
		return emojis(r.safe([]byte(text), true))
	}
	var b bytes.Buffer
	if err := r.said.Convert([]byte(text), &b); err != nil {
		return []byte(html.EscapeString(text))
	}
	return emojis(r.safe(b.Bytes(), false))
}

// newSaid is markdown as comments have it: without headings, which nobody
// wants who begins with #1.
func newSaid() goldmark.Markdown { return newMarkdown() }

// newText is markdown as descriptions have it.
func newText() goldmark.Markdown {
	m := newMarkdown(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
		),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)
	typedHTML{}.Extend(m)
	return m
}

// newMarkdown is markdown without HTML, whose marks are shown as they were
// typed: what an HTML parser takes for a mark may be what somebody wanted to
// say, and would be lost when it is made harmless.
func newMarkdown(more ...parser.Option) goldmark.Markdown {
	p := parser.NewParser(append([]parser.Option{
		parser.WithBlockParsers(
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
		),
	}, more...)...)
	return goldmark.New(
		goldmark.WithParser(p),
		goldmark.WithExtensions(extension.Linkify, extension.Strikethrough),
		goldmark.WithRendererOptions(htmlrender.WithHardWraps(), renderer.WithNodeRenderers(util.Prioritized(pictures{}, 500))),
	)
}

// pictures renders the pictures of comments as links with their words: they
// are not loaded, but what somebody said must not vanish.
type pictures struct{}

// RegisterFuncs is part of renderer.NodeRenderer.
func (pictures) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindImage, pictureLink)
}

func pictureLink(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	n, ok := node.(*ast.Image)
	if !ok || !entering {
		return ast.WalkSkipChildren, nil
	}
	said := wordsOf(n, source)
	if len(bytes.TrimSpace(said)) == 0 {
		said = n.Destination
	}
	link := len(n.Destination) > 0
	for p := n.Parent(); p != nil; p = p.Parent() {
		link = link && p.Kind() != ast.KindLink // one link is not in another
	}
	if link {
		_, _ = w.WriteString(`<a href="` + string(util.EscapeHTML(util.URLEscape(n.Destination, true))) + `">`)
	}
	htmlrender.DefaultWriter.Write(w, said)
	if link {
		_, _ = w.WriteString("</a>")
	}
	return ast.WalkSkipChildren, nil
}

// wordsOf is the text in a node, without marks.
func wordsOf(n ast.Node, source []byte) []byte {
	var words []byte
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			words = append(words, c.Value(source)...)
			if c.SoftLineBreak() || c.HardLineBreak() {
				words = append(words, ' ')
			}
		case *ast.AutoLink:
			words = append(words, c.Label(source)...)
		default:
			words = append(words, wordsOf(c, source)...)
		}
	}
	return words
}

// plainText reports whether nothing in a text means anything to markdown, nor
// can become a link. Most comments are such, and need no parser.
func plainText(s string) bool {
	if s == "" || strings.ContainsAny(s, "\\*_`[]<&~@:|\n\t\r") || strings.Contains(s, "www.") || strings.Contains(s, "  ") {
		return false
	}
	first := s[0]
	return first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z' || first >= 0x80
}

// linkMentions links the accounts that the texts of sanitized HTML name, but
// not in a link or in code.
func linkMentions(doc []byte) []byte {
	if bytes.IndexByte(doc, '@') < 0 {
		return doc
	}
	return inTexts(doc, func(text []byte) []byte {
		s := string(text)
		var b strings.Builder
		from := 0
		for _, m := range comment.Mentions(s) {
			handle := m.Name
			if m.Host != "" {
				handle += "@" + m.Host
			}
			b.WriteString(s[from:m.Start])
			b.WriteString(`<a class="mention" href="/a/` + html.EscapeString(url.PathEscape(handle)) + `">` + s[m.Start:m.End] + `</a>`)
			from = m.End
		}
		b.WriteString(s[from:])
		return []byte(b.String())
	})
}
