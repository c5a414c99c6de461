package activity

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	htmlrender "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"sepiola/internal/domain/video"
	"sepiola/internal/markup"
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
		s = plain(s)
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

// wanted is the HTML of notes that is kept: what markdown would have made.
// Pages sanitize it again when they show it; what reads it otherwise (the API,
// feeds) gets nothing that runs either.
var wanted = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "b", "strong", "i", "em", "u", "del", "s", "code", "pre", "blockquote", "ul", "ol", "li", "sub", "sup")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
}()

// contentOf is the content of a note and its language, "" unknown. Some have
// it by languages only: then it is that of the note's own language, or else the
// first by the codes of languages, so that it is the same each time.
func (d Doc) contentOf() (text, language string) {
	byLanguage, _ := d["contentMap"].(map[string]any)
	text = d.Text("content")
	if text != "" {
		if len(byLanguage) == 1 {
			for k := range byLanguage {
				language = languageID(k)
			}
		}
		return text, language
	}
	for _, code := range append([]string{d.language()}, slices.Sorted(maps.Keys(byLanguage))...) {
		if text = firstText(byLanguage[code]); strings.TrimSpace(text) != "" {
			return text, languageID(code)
		}
	}
	return "", ""
}

// language is the language that a document says it is in, "" unknown.
func (d Doc) language() string {
	if o := d.Object("language"); o != nil {
		return languageID(o.Text("identifier"))
	}
	return languageID(d.Text("language"))
}

// htmlOf is the content of a note as HTML without what could do harm.
func (d Doc) htmlOf(content string, most int) string {
	s := cut(clean(content), most)
	if strings.HasPrefix(strings.ToLower(d.Text("mediaType")), "text/markdown") {
		var b bytes.Buffer
		if err := noteMarkdown.Convert([]byte(s), &b); err != nil {
			return html.EscapeString(s)
		}
		s = b.String()
	}
	return strings.TrimSpace(markup.Closed(wanted.Sanitize(s)))
}
