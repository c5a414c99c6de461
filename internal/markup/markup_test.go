package markup_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"sepiola/internal/markup"
)

func TestClosed(t *testing.T) {
	t.Parallel()
	for piece, want := range map[string]string{
		"":                                   "",
		"a &amp; b":                          "a &amp; b",
		"<p>a<br>b <b>c</b></p>":             "<p>a<br>b <b>c</b></p>",
		"<P>a<BR/></P>":                      "<P>a<BR/></P>",
		"<p>a <strong>b":                     "<p>a <strong>b</strong></p>",
		`<a href="https://a.example">b`:      `<a href="https://a.example">b</a>`,
		"<b><i>a</b></i>":                    "<b><i>a</i></b>",
		"<b/>a":                              "<b>a</b>",
		"a</p></ul></div>b":                  "a<p></p>b",
		"<ul><li>a<li>b":                     "<ul><li>a</li><li>b</li></ul>",
		"<pre><code>a":                       "<pre><code>a</code></pre>",
		strings.Repeat("<b>", 2000) + "&lt;": "&lt;",
	} {
		if got := markup.Closed(piece); got != want {
			t.Errorf("%.60q: got %.200q, want %q", piece, got, want)
		}
	}
}

// What comes behind a piece is as it would be without it.
func FuzzClosed(f *testing.F) {
	for _, s := range []string{"<a href=x>b", "<b><i></b>", "<ul><li><p>", "<b/>", "</p>", "<a><a>", "<p><ul>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, piece string) {
		// Only what a policy lets through gets here.
		z := html.NewTokenizer(strings.NewReader(piece))
		var kept strings.Builder
		for z.Next() != html.ErrorToken {
			tok := z.Token()
			switch tok.DataAtom {
			case 0, atom.A, atom.P, atom.B, atom.I, atom.Em, atom.Ul, atom.Ol, atom.Li, atom.Code, atom.Pre, atom.Blockquote, atom.Br:
				if tok.Type == html.TextToken || tok.DataAtom != 0 {
					kept.WriteString(tok.String())
				}
			}
		}
		doc := "<div>" + markup.Closed(kept.String()) + "</div><q>behind</q>"
		body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
		nodes, err := html.ParseFragment(strings.NewReader(doc), body)
		if err != nil {
			t.Fatal(err)
		}
		last := nodes[len(nodes)-1]
		if len(nodes) != 2 || last.DataAtom != atom.Q || last.FirstChild.Data != "behind" {
			t.Errorf("%q became %q", kept.String(), doc)
		}
	})
}
