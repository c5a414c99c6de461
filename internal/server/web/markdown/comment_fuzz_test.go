package markdown

import (
	"strings"
	"testing"
)

// The short way for plain texts says the same as the long one, and neither
// anything that runs.
func FuzzComment(f *testing.F) {
	for _, s := range []string{"hello", "a - b", "1. x", "Setext\n===", "a  b", "&amp;", "it's", "# no", "www.x.example", "é", "@a <b>", "x\u00a0y"} {
		f.Add(s)
	}
	r := New()
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")) // as comments are kept
		var b strings.Builder
		if err := r.Comment(text, false, 100).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		got, long := strings.TrimSpace(b.String()), strings.TrimSpace(r.comment(text, false, 100))
		if got != long {
			t.Errorf("%q became %q, the long way %q", text, got, long)
		}
		for _, html := range []string{long, r.comment(text, true, 100)} {
			if low := strings.ToLower(html); strings.Contains(low, "<script") || strings.Contains(low, `href="javascript:`) || strings.Contains(low, "<img") {
				t.Errorf("%q became %q", text, html)
			}
		}
	})
}
