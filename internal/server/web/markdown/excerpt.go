package markdown

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == most {
			return strings.TrimSpace(s[:i]) + "…"
		}
	}
	return s
}

// inline are the elements that do not end a line.
var inline = []string{"a", "b", "code", "del", "em", "i", "img", "s", "span", "strong", "sub", "sup", "u"}

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

// beginning is what linesOf finds in what goldmark wrote, on one line, up to the
// first word that is no more among the first most letters. There every < begins
// a mark, which the next > ends, or a comment.
func beginning(doc string, most int) string {
	out := make([]byte, 0, 2*most)
	letters, apart := 0, true // whether a word ends where the next text begins
	for doc != "" && letters <= most {
		if doc[0] == '<' {
			mark, rest, _ := strings.Cut(doc[1:], ">")
			if strings.HasPrefix(mark, "!--") {
				_, rest, _ = strings.Cut(doc, "-->")
			} else {
				name, _, _ := strings.Cut(strings.TrimPrefix(mark, "/"), " ")
				apart = apart || !slices.Contains(inline, name)
			}
			doc = rest
			continue
		}
		end := strings.IndexByte(doc, '<')
		if end < 0 {
			end = len(doc)
		}
		text := html.UnescapeString(doc[:end])
		doc = doc[end:]
		for i, word := range strings.Fields(text) {
			if apart = apart || i > 0 || startsApart(text); apart && letters > 0 {
				out = append(out, ' ')
				letters++
			}
			out = append(out, word...)
			letters += utf8.RuneCountInString(word)
			apart = false
		}
		apart = apart || endsApart(text)
	}
	return string(out)
}

func startsApart(s string) bool {
	c, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(c)
}

func endsApart(s string) bool {
	c, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsSpace(c)
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
