package markdown

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Excerpt is the first characters of text without its marks, like Plain, but
// on lines as it is read: for letters and lists.
func (r *Renderer) Excerpt(text string, most int) string {
	return cutText(emojisIn(strings.Join(linesOf([]byte(r.converted(text))), "\n")), most)
}

// CommentExcerpt is the same of what somebody said, which knows less marks.
// Comments of other sites come as HTML, and harmful parts of it go.
func (r *Renderer) CommentExcerpt(text string, remote bool, most int) string {
	return cutText(strings.Join(linesOf([]byte(r.commentHTML(text, remote, 0))), "\n"), most)
}

func cutText(s string, most int) string {
	if letters := []rune(s); len(letters) > most {
		return strings.TrimSpace(string(letters[:most-1])) + "…"
	}
	return s
}

// inline are the elements that do not end a line.
var inline = []string{"a", "code", "del", "em", "img", "strong"}

// linesOf are the lines of the texts of HTML, without empty ones.
func linesOf(doc []byte) []string {
	var out strings.Builder
	z := html.NewTokenizer(bytes.NewReader(doc))
	typed := false // where ends of lines are some
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return fullLines(out.String())
		case html.TextToken:
			text := string(z.Text())
			if !typed {
				text = strings.ReplaceAll(text, "\n", " ")
			}
			out.WriteString(text)
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			if string(name) == "pre" {
				typed = kind == html.StartTagToken
			}
			if !slices.Contains(inline, string(name)) {
				out.WriteByte('\n')
			}
		}
	}
}

func fullLines(s string) []string {
	var list []string
	for line := range strings.SplitSeq(s, "\n") {
		if words := strings.Join(strings.Fields(line), " "); words != "" {
			list = append(list, words)
		}
	}
	return list
}
