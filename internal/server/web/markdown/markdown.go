// Package markdown turns the texts that people write (descriptions, support)
// into HTML: links, lists, emphasis and line breaks, nothing that runs or
// loads. HTML for these does the same, any other is shown as it was typed.
// Times such as 1:23 become links to that place of the video.
//
// It is the only place of the pages that writes HTML which templ has not
// escaped.
package markdown

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/a-h/templ"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	htmlrender "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
)

// Renderer renders. It is safe for use by several goroutines.
type Renderer struct {
	markdown goldmark.Markdown
	said     goldmark.Markdown // of comments
	policy   *bluemonday.Policy
	kept     rendered
	raw      rendered // what others are made of, not safe yet
	pages    *bluemonday.Policy
	written  goldmark.Markdown    // of pages of administrators
	page     atomic.Pointer[page] // the last of them
	notices  goldmark.Markdown    // of messages of administrators
	comments rendered             // apart: they are many, and would push the others out
}

// New returns a Renderer.
func New() *Renderer {
	policy := bluemonday.NewPolicy()
	policy.AllowElements("p", "br", "strong", "b", "em", "i", "u", "s", "del", "sub", "sup", "ul", "ol", "li", "blockquote", "code", "pre", "hr", "h3")
	policy.AllowAttrs("href").OnElements("a")
	policy.AllowURLSchemes("http", "https", "mailto")
	policy.RequireParseableURLs(true)
	policy.RequireNoFollowOnLinks(true)
	policy.RequireNoReferrerOnLinks(true)
	policy.AllowRelativeURLs(false)
	return &Renderer{
		markdown: newText(),
		said:     newSaid(),
		policy:   policy,
		pages:    pagePolicy(),
		written:  newWritten(),
		notices:  newWritten(htmlrender.WithHardWraps()),
	}
}

// HTML is text as a component. Seek makes links of times, for videos that are
// duration seconds long.
func (r *Renderer) HTML(text string, seek bool, duration int) templ.Component {
	return templ.Raw(r.kept.get(maxKept, job{text: text, seek: seek, duration: duration}, func() string {
		return r.html(text, seek, duration)
	}))
}

// Text is text as safe HTML, for what is no page: feeds and mails.
func (r *Renderer) Text(text string) string {
	return r.kept.get(maxKept, job{text: text}, func() string { return r.html(text, false, 0) })
}

func (r *Renderer) html(text string, seek bool, duration int) string {
	safe := emojis(r.safe([]byte(r.converted(text)), strings.Contains(text, "<")))
	if seek && hasTime(safe) {
		safe = linkTimes(safe, duration)
	}
	return string(safe)
}

// converted is what goldmark makes of text, which is not safe yet. Pages need
// it twice, for what they show and for search engines.
func (r *Renderer) converted(text string) string {
	return r.raw.get(maxConverted, job{text: text}, func() string {
		var b unbuffered
		if err := r.markdown.Convert([]byte(text), &b); err != nil {
			return html.EscapeString(text)
		}
		return b.String()
	})
}

// unbuffered is a buffer as goldmark wants to write to: it would put one of its
// own before any other.
type unbuffered struct{ bytes.Buffer }

// Buffered and Flush are util.BufWriter's: nothing waits to be written.
func (*unbuffered) Buffered() int { return 0 }
func (*unbuffered) Flush() error  { return nil }

// Plain is the first characters of text without its marks, for descriptions in
// search engines and cards.
func (r *Renderer) Plain(text string, most int) string {
	return r.kept.get(maxKept, job{text: text, most: most}, func() string { return r.plain(text, most) })
}

func (r *Renderer) plain(text string, most int) string {
	doc := r.converted(text)
	if mayNameEmoji(doc) { // shorter when it is shown
		return cutText(emojisIn(strings.Join(linesOf([]byte(doc)), " ")), most)
	}
	return cutText(beginning(doc, most), most)
}

var times = regexp.MustCompile(`(?:\b(\d{1,2}):)?\b(\d{1,2}):([0-5]\d)\b`)

// hasTime reports whether linkTimes may find something: most texts name no
// time, and need not be read again by a tokenizer.
func hasTime(doc []byte) bool {
	for i := 1; i+1 < len(doc); i++ {
		if doc[i] == ':' && digit(doc[i-1]) && digit(doc[i+1]) {
			return true
		}
	}
	return false
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// linkTimes links the times in the texts of sanitized HTML that are not in a
// link or in code.
func linkTimes(doc []byte, duration int) []byte {
	return inTexts(doc, func(text []byte) []byte { return linkTimesIn(text, duration) })
}

// inTexts changes the texts of sanitized HTML that are not in a link or in
// code.
func inTexts(doc []byte, change func([]byte) []byte) []byte {
	var out bytes.Buffer
	z := html.NewTokenizer(bytes.NewReader(doc))
	inside := 0
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.Bytes()
		}
		raw := bytes.Clone(z.Raw())
		name, _ := z.TagName()
		switch tag := string(name); {
		case kind == html.StartTagToken && (tag == "a" || tag == "code" || tag == "pre"):
			inside++
		case kind == html.EndTagToken && (tag == "a" || tag == "code" || tag == "pre"):
			inside--
		case kind == html.TextToken && inside == 0:
			raw = change(raw)
		}
		out.Write(raw)
	}
}

func linkTimesIn(text []byte, duration int) []byte {
	return times.ReplaceAllFunc(text, func(m []byte) []byte {
		parts := times.FindSubmatch(m)
		h, _ := strconv.Atoi(string(parts[1])) // empty is 0
		minutes, _ := strconv.Atoi(string(parts[2]))
		s, _ := strconv.Atoi(string(parts[3]))
		at := h*3600 + minutes*60 + s
		if at > duration || len(parts[1]) > 0 && minutes > 59 {
			return m
		}
		return fmt.Appendf(nil, `<a href="?start=%ds" data-seek="%d">%s</a>`, at, at, m)
	})
}
