package activity

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	htmlrender "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"sepiola/internal/domain/video"
)

// looksLikeHTML tells texts of servers that send HTML without saying so from
// markdown.
func looksLikeHTML(s string) bool {
	for _, mark := range []string{"<p>", "<p ", "<br", "</a>", "</p>", "</span>", "</div>"} {
		if strings.Contains(s, mark) {
			return true
		}
	}
	return false
}

// plain is what HTML says, without its elements: paragraphs become lines.
func plain(s string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	skip := ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(b.String())
		case html.TextToken:
			if skip == "" {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch n := string(name); n {
			case "br", "li", "tr":
				b.WriteByte('\n')
			case "script", "style", "template", "title":
				skip = n
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch n := string(name); n {
			case "p", "div", "blockquote", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6":
				b.WriteString("\n\n")
			case skip:
				skip = ""
			}
		}
	}
}

// markdownOf is a text of a document as markdown, at most so many characters.
func (d Doc) markdownOf(key string, most int) string {
	s := clean(d.Text(key))
	if s == "" {
		return ""
	}
	kind := strings.ToLower(d.Text("mediaType"))
	if strings.HasPrefix(kind, "text/html") || !strings.HasPrefix(kind, "text/") && looksLikeHTML(s) {
		s = html.UnescapeString(plain(s))
	}
	return cut(strings.TrimSpace(s), most)
}

// clean drops what no database keeps and no page shows.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// line is a text of one line.
func line(s string, most int) string { return cut(video.CleanName(s), most) }

var noteMarkdown = goldmark.New(
	goldmark.WithExtensions(extension.Linkify, extension.Strikethrough),
	goldmark.WithRendererOptions(htmlrender.WithHardWraps()),
)

// htmlOf is the content of a note as HTML, which is not sanitized.
func (d Doc) htmlOf(most int) string {
	s := cut(clean(d.Text("content")), most)
	if strings.TrimSpace(s) == "" {
		return ""
	}
	if !strings.HasPrefix(strings.ToLower(d.Text("mediaType")), "text/markdown") {
		return s
	}
	var b bytes.Buffer
	if err := noteMarkdown.Convert([]byte(s), &b); err != nil {
		return html.EscapeString(s)
	}
	return strings.TrimSpace(b.String())
}
