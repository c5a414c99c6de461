package markdown_test

import (
	"strings"
	"testing"

	"sepiola/internal/server/web/markdown"
)

func render(t *testing.T, text string, duration int) string {
	t.Helper()
	var b strings.Builder
	if err := markdown.New().HTML(text, true, duration).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

func TestHTML(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"emphasis and lines", "a **b**\nc", "<p>a <strong>b</strong><br>\nc</p>"},
		{"a time becomes a link", "at 1:23.", `<p>at <a href="?start=83s" data-seek="83">1:23</a>.</p>`},
		{"hours too", "1:00:01", `<p><a href="?start=3601s" data-seek="3601">1:00:01</a></p>`},
		{"a time after the end does not", "9:00:00", "<p>9:00:00</p>"},
		{"nor one in code", "`1:23`", "<p><code>1:23</code></p>"},
		{"nor what is no time", "12:345 and 1:99", "<p>12:345 and 1:99</p>"},
		{"HTML is shown as it was typed", "x <script>alert(1)</script> <img src=x onerror=y>", "<p>x &lt;script&gt;alert(1)&lt;/script&gt; &lt;img src=x onerror=y&gt;</p>"},
		{"with what stands behind it", "<div>hello there</div> tail", "<p>&lt;div&gt;hello there&lt;/div&gt; tail</p>"},
		{"but not what markdown makes, too", `a <b class="x">b</b> <A HREF="https://a.example/?b&c>" onclick=x>c</A> <br> <i>d</i>`, `<p>a <b>b</b> <a href="https://a.example/?b&amp;c&gt;" rel="nofollow noreferrer">c</a> <br> <i>d</i></p>`},
		{"beside what is not", "<strong>a</strong> <img src=x> <p style=x>b", "<p><strong>a</strong> &lt;img src=x&gt; </p><p>b</p>"},
		{"in paragraphs and lists", "one\n<ul>\n<li>two <b>three</b></li>\n</ul>\n\n*four*", "<p>one</p>\n<ul>\n<li>two <b>three</b></li>\n</ul>\n<p><em>four</em></p>"},
		{"which hold no other", "<p>a <script>b</script> <!-- c --> 1:00</p>", `<p>a &lt;script&gt;b&lt;/script&gt; &lt;!-- c --&gt; <a href="?start=60s" data-seek="60">1:00</a></p>`},
		{"and which end", "<b>a\n\n</ul></div><a href=https://a.example>b", `<p><b>a</b></p><b>
&lt;/div&gt;<a href="https://a.example" rel="nofollow noreferrer">b</a></b>`},
		{"addresses that run go from HTML", "<a href=javascript:x>y</a> <a href='data:text/html,x'>z</a>", "<p>y z</p>"},
		{"marks have a name that is known", "<pony> <lip> <p-x> </pony> <3 <p", "<p>&lt;pony&gt; &lt;lip&gt; &lt;p-x&gt; &lt;/pony&gt; &lt;3 &lt;p</p>"},
		{"comments too", "<!-- note --> tail", "<p>&lt;!-- note --&gt; tail</p>"},
		{"what only looks like it", "a<b then c>d", "<p>a&lt;b then c&gt;d</p>"},
		{"times beside it", "<script>x</script> see 0:20", `<p>&lt;script&gt;x&lt;/script&gt; see <a href="?start=20s" data-seek="20">0:20</a></p>`},
		{"references and headings", "A\n===\n\n[x][1]\n\n[1]: https://a.example", "A\n<p><a href=\"https://a.example\" rel=\"nofollow noreferrer\">x</a></p>"},
		{"addresses that run go", "[x](javascript:alert(1))", "<p>x</p>"},
		{"links tell nobody", "https://example.com/1:23", `<p><a href="https://example.com/1:23" rel="nofollow noreferrer">https://example.com/1:23</a></p>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := render(t, tt.text, 4000); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	if got, want := markdown.New().Plain("# Title\n\nsome *words* & [more](https://example.com)", 100), "Title some words & more"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := markdown.New().Plain("Read **it**.\nNow, *you*!", 100), "Read it. Now, you!"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := markdown.New().Plain(strings.Repeat("wörd ", 50), 20); len([]rune(got)) > 20 || !strings.HasSuffix(got, "…") {
		t.Errorf("got %q, want at most 20 characters that end with …", got)
	}
}

func FuzzHTML(f *testing.F) {
	f.Add("**a** 1:23 <b onclick=x>[y](javascript:z)")
	r := markdown.New()
	f.Fuzz(func(t *testing.T, text string) {
		var b strings.Builder
		if err := r.HTML(text, true, 100).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if low := strings.ToLower(b.String()); strings.Contains(low, "<script") || strings.Contains(low, `href="javascript:`) {
			t.Errorf("%q became %q", text, b.String())
		}
	})
}
