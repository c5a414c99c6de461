package markdown_test

import (
	"strings"
	"testing"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/web/markdown"
)

func TestComment(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		remote     bool
		want       string
	}{
		{"plain", `It's "fine", isn't it? 100% - yes; (really)`, false, `<p>It&#39;s &#34;fine&#34;, isn&#39;t it? 100% - yes; (really)</p>`},
		{"markdown", "**a** and\n_b_", false, "<p><strong>a</strong> and<br>\n<em>b</em></p>"},
		{"mentions", "hi @bob and @eve@far.example.", false, `<p>hi <a class="mention" href="/a/bob">@bob</a> and <a class="mention" href="/a/eve@far.example">@eve@far.example</a>.</p>`},
		{"addresses are no mentions", "me@here.example", false, `<p><a href="mailto:me@here.example" rel="nofollow noreferrer">me@here.example</a></p>`},
		{"mentions in code are none", "`@bob`", false, "<p><code>@bob</code></p>"},
		{"times jump", "look at 1:02:03 and 0:05", false, `<p>look at <a href="?start=3723s" data-seek="3723">1:02:03</a> and <a href="?start=5s" data-seek="5">0:05</a></p>`},
		{"links are not followed", "see https://spam.example", false, `<p>see <a href="https://spam.example" rel="nofollow noreferrer">https://spam.example</a></p>`},
		{"HTML is shown as it was typed", "<script>alert(1)</script><img src=x onerror=y>", false, "<p>&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=y&gt;</p>"},
		{"no headings", "# 1\n===", false, "<p># 1<br>\n===</p>"},
		{"addresses that run go", "[x](javascript:alert(1)) ![y](javascript:alert(1))", false, "<p>x y</p>"},
		{"pictures are links", "![i](https://a.example/b.png?c&d)", false, `<p><a href="https://a.example/b.png?c&amp;d" rel="nofollow noreferrer">i</a></p>`},
		{"pictures without words too", "![](https://a.example/b.png)", false, `<p><a href="https://a.example/b.png" rel="nofollow noreferrer">https://a.example/b.png</a></p>`},
		{"words of pictures", "see ![my *cat* [x](https://b.example) \\* `<b>`\nhttps://c.example](https://a.example)", false, `<p>see <a href="https://a.example" rel="nofollow noreferrer">my cat x * &lt;b&gt; https://c.example</a></p>`},
		{"pictures in links", "[![i](https://a.example/b.png)](https://a.example)", false, `<p><a href="https://a.example" rel="nofollow noreferrer">i</a></p>`},
		{"links without words", "see [](https://a.example/?b&c) and [ ](https://d.example)", false, `<p>see <a href="https://a.example/?b&amp;c" rel="nofollow noreferrer">https://a.example/?b&amp;c</a> and <a href="https://d.example" rel="nofollow noreferrer">https://d.example</a></p>`},
		{"links from elsewhere without words", `<a href="https://a.example"></a> <a href="https://b.example">b</a>`, true, `<a href="https://a.example" rel="nofollow noreferrer">https://a.example</a> <a href="https://b.example" rel="nofollow noreferrer">b</a>`},
		{"what begins elsewhere ends with the comment", `<p>a <strong>b <a href="https://a.example">c`, true, `<p>a <strong>b <a href="https://a.example" rel="nofollow noreferrer">c</a></strong></p>`},
		{"pictures of nothing", "![i]()", false, `<p>i</p>`},
		{
			"what comes from elsewhere is cleaned", `<p onclick="x">hi <a href="https://far.example/@bob" class="u-url mention">@bob</a> <a href="javascript:x">y</a></p><iframe src="//z"></iframe>`, true,
			`<p>hi <a href="https://far.example/@bob" rel="nofollow noreferrer">@bob</a> y</p>`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			if err := markdown.New().Comment(tt.text, tt.remote, 4000).Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(b.String()); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			// Below a video, on whatever page, times lead to the page of the video.
			b.Reset()
			v := &video.Video{UUID: "11111111-1111-4111-8111-111111111111", Duration: 4000}
			if err := markdown.New().CommentOf(v, tt.text, tt.remote).Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(tt.want, `href="?`, `href="/w/`+video.ShortUUID(v.UUID)+`?`)
			if got := strings.TrimSpace(b.String()); got != want {
				t.Errorf("of a video: got %s, want %s", got, want)
			}
		})
	}
}

// Feeds are read elsewhere: nothing in them leads to a place of this site.
func TestCommentText(t *testing.T) {
	t.Parallel()
	r := markdown.New()
	for _, tt := range []struct {
		text   string
		remote bool
		want   string
	}{
		{"# 1 at 0:05, @bob <b>x</b>", false, "<p># 1 at 0:05, @bob &lt;b&gt;x&lt;/b&gt;</p>"},
		{`<p onclick="x">at 0:05, *you*</p>`, true, "<p>at 0:05, *you*</p>"},
		{"<p>the same</p>", true, "<p>the same</p>"},
		{"<p>the same</p>", false, "<p>&lt;p&gt;the same&lt;/p&gt;</p>"}, // another text than that of the other site
	} {
		if got := strings.TrimSpace(r.CommentText(tt.text, tt.remote)); got != tt.want {
			t.Errorf("%q, remote %t: got %s, want %s", tt.text, tt.remote, got, tt.want)
		}
	}
}
