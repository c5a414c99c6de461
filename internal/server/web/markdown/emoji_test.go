package markdown

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNamesBecomeEmojis(t *testing.T) {
	t.Parallel()
	r := New()
	for text, want := range map[string]string{
		"hello :smile: :+1:":              "<p>hello 😄 👍</p>\n",
		":smile::heart:":                  "<p>😄❤️</p>\n",
		"a:smile: at 1:23:heart:":         "",
		":nothing: and :smile":            "<p>:nothing: and :smile</p>\n",
		"`:smile:`":                       "<p><code>:smile:</code></p>\n",
		":stuck_out_tongue: :okey:smile:": "<p>😛 :okey😄</p>\n",
		"::smile:: : :":                   "<p>:😄: : :</p>\n",
		"https://a.example/:smile: there": "",
		":octocat:":                       "<p>:octocat:</p>\n", // has no character
	} {
		got := r.commentHTML(text, false, 0)
		if want != "" && got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if strings.Contains(got, `href="https://a.example/😄`) {
			t.Errorf("%q: a link was changed: %s", text, got)
		}
	}
	if got := r.commentHTML("<p>far <a href=\"https://a.example/:smile:\">:smile:</a> :smile:</p>", true, 0); !strings.HasSuffix(got, ":smile:</a> 😄</p>") {
		t.Errorf("from elsewhere: %s", got)
	}
	if got := r.Text("**:smile:**"); got != "<p><strong>😄</strong></p>\n" {
		t.Errorf("a description: %q", got)
	}
	if got := r.Plain("seen :eyes: 10:20:30", 100); got != "seen 👀 10:20:30" {
		t.Errorf("without marks: %q", got)
	}
}

func FuzzEmojis(f *testing.F) {
	for _, s := range []string{"<p>:smile:</p>", ":::+1:::", "&amp;:smile:&lt;", "<a>:smile:</a>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if out := emojisIn(s); utf8.ValidString(s) && !utf8.ValidString(out) {
			t.Errorf("%q: %q", s, out)
		}
		once := emojis([]byte(s))
		if strings.Count(string(once), "<") > strings.Count(s, "<") {
			t.Errorf("%q: an element appeared: %q", s, once)
		}
	})
}
