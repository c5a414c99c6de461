package markdown

import (
	"bytes"
	"regexp"

	"sepiola/internal/markup"
)

// Clean makes HTML of another site harmless before it is kept: what is left is
// what Comment shows of it. Clean HTML stays as it is.
func (r *Renderer) Clean(html string) string { return markup.Closed(r.policy.Sanitize(html)) }

// safe is HTML made harmless, in which nothing that leads somewhere is unseen.
// People may have typed marks of it, which need not end: what markdown made
// alone ends by itself, and most texts are such.
func (r *Renderer) safe(html []byte, typed bool) []byte {
	doc := r.policy.SanitizeBytes(html)
	if typed {
		doc = []byte(markup.Closed(string(doc)))
	}
	return withWords(doc)
}

var wordless = regexp.MustCompile(`(<a href="([^"]*)"[^>]*>)\s*</a>`)

// withWords gives links of sanitized HTML that have none their address for
// words: what somebody said must not vanish.
func withWords(doc []byte) []byte {
	if !bytes.Contains(doc, []byte("</a>")) {
		return doc
	}
	return wordless.ReplaceAll(doc, []byte("$1$2</a>"))
}
