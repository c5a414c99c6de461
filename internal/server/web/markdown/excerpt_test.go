package markdown_test

import (
	"strings"
	"testing"

	"sepiola/internal/server/web/markdown"
)

func TestExcerptsAreWhatIsRead(t *testing.T) {
	t.Parallel()
	const description, said, remote = 0, 1, 2
	for _, tt := range []struct {
		name string
		kind int
		text string
		want string
	}{
		{"marks go, signs stay beside their words", said, "Read **it** _slowly_: `x`!", "Read it slowly: x!"},
		{"lines stay, empty ones do not", said, "one\ntwo\n\n\nthree", "one\ntwo\nthree"},
		{"links are their words", said, "[here](https://a.example), https://b.example and @bob", "here, https://b.example and @bob"},
		{"what is no markdown in comments", said, "# 1 <b>is</b> 3 < 4 & 5", "# 1 <b>is</b> 3 < 4 & 5"},
		{"lists and code", said, "- a\n- b\n\n```\nc\n  d\n```", "a\nb\nc\nd"},
		{"comments of other sites", remote, "<p>Read <b>it</b>,\n<span>now</span> &amp; <a href=\"https://far.example\">here</a><br>twice</p><script>alert(1)</script><p>end", "Read it, now & here\ntwice\nend"},
		{"descriptions have headings", description, "# Title\n\nsome *words*, <i>and</i> **more**", "Title\nsome words, and more"},
		{"the beginning", description, "**" + strings.Repeat("é", 70) + "**", strings.Repeat("é", 59) + "…"},
		{"the beginning of a comment", said, "**" + strings.Repeat("é", 70) + "**", strings.Repeat("é", 59) + "…"},
		{"nothing", said, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := markdown.New()
			got := r.CommentExcerpt(tt.text, tt.kind == remote, 60)
			if tt.kind == description {
				got = r.Excerpt(tt.text, 60)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
