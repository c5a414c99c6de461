package markdown

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"
)

// Descriptions may hold some HTML: what PeerTube's pages show of it, and what
// markdown makes of its own marks. All other HTML is shown as it was typed, so
// that nothing anybody said is lost.
var (
	typedLines  = "p ul ol li blockquote pre"
	typedInline = "a span br strong em b i u s del code sub sup"

	startsTyped     = regexp.MustCompile(`(?i)^</?(?:` + strings.ReplaceAll(typedLines+" "+typedInline, " ", "|") + `)[\s/>]`)
	startsTypedLine = regexp.MustCompile(`(?i)^ {0,3}</?(?:` + strings.ReplaceAll(typedLines, " ", "|") + `)[\s/>]`)
	typedElements   = func() map[string]bool {
		known := make(map[string]bool)
		for name := range strings.FieldsSeq(typedLines + " " + typedInline) {
			known[name] = true
		}
		return known
	}()
)

// typedHTML reads and writes the HTML that descriptions may hold.
type typedHTML struct{}

// Extend is part of goldmark.Extender.
func (typedHTML) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(
		parser.WithBlockParsers(util.Prioritized(typedBlocks{parser.NewHTMLBlockParser()}, 900)),
		parser.WithInlineParsers(util.Prioritized(typedMarks{parser.NewRawHTMLParser()}, 400)),
	)
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(typedHTML{}, 500)))
}

type typedBlocks struct{ parser.BlockParser }

func (p typedBlocks) Open(parent ast.Node, r text.Reader, pc parser.Context) (ast.Node, parser.State) {
	if line, _ := r.PeekLine(); !startsTypedLine.Match(line) {
		return nil, parser.NoChildren
	}
	return p.BlockParser.Open(parent, r, pc)
}

type typedMarks struct{ parser.InlineParser }

func (p typedMarks) Parse(parent ast.Node, r text.Reader, pc parser.Context) ast.Node {
	if line, _ := r.PeekLine(); !startsTyped.Match(line) {
		return nil
	}
	return p.InlineParser.Parse(parent, r, pc)
}

// RegisterFuncs is part of renderer.NodeRenderer.
func (typedHTML) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, func(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
		if n, ok := node.(*ast.RawHTML); ok && entering {
			writeTyped(w, n.Segments.Value(source))
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindHTMLBlock, func(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
		if n, ok := node.(*ast.HTMLBlock); ok && entering {
			writeTyped(w, n.Lines().Value(source))
			if n.HasClosure() {
				writeTyped(w, n.ClosureLine.Value(source))
			}
		}
		return ast.WalkSkipChildren, nil
	})
}

// writeTyped writes HTML with the marks that descriptions may hold, without
// their attributes but where links lead, and with all others as text.
func writeTyped(w util.BufWriter, typed []byte) {
	z := html.NewTokenizer(bytes.NewReader(typed))
	for z.Next() != html.ErrorToken {
		raw := string(z.Raw())
		switch t := z.Token(); {
		case t.Type == html.TextToken:
			_, _ = w.WriteString(html.EscapeString(t.Data))
		case t.Type == html.CommentToken || t.Type == html.DoctypeToken || !typedElements[t.Data] || saysNothing(t):
			_, _ = w.WriteString(html.EscapeString(raw))
		default:
			t.Attr = hrefOf(t)
			_, _ = w.WriteString(t.String())
		}
	}
}

// saysNothing reports whether an attribute has no value: "a<b and c>d" is no
// mark.
func saysNothing(t html.Token) bool {
	return slices.ContainsFunc(t.Attr, func(a html.Attribute) bool { return a.Val == "" })
}

func hrefOf(t html.Token) []html.Attribute {
	for _, a := range t.Attr {
		if t.Data == "a" && a.Namespace == "" && a.Key == "href" {
			return []html.Attribute{a}
		}
	}
	return nil
}
