package markdown

import (
	"strings"
	"testing"
)

// long is Plain without a shorter way.
func (r *Renderer) long(text string, most int) string {
	words := strings.Join(linesOf([]byte(r.converted(text))), " ")
	if letters := []rune(emojisIn(words)); len(letters) > most {
		return strings.TrimSpace(string(letters[:most-1])) + "…"
	}
	return emojisIn(words)
}

// The beginning of a text is the same, however much is read of it.
func FuzzPlain(f *testing.F) {
	for _, text := range []string{
		"", " a ", "**a**b *c* d", "a\nb\n\nc", "- a\n- b", "`a  b` c", "```\na\n  b\n```", "<b>x</b>y <i> z </i>", "<div>a</div> b", "<!-- a --> b", "a<b then c>d", "[a](b)[c](d)",
		"a :smile: b", "https://a.example/b:c and www.d.example", "é\u00a0ü\u2003x", "&amp; &lt;b&gt;", "a<br>b", "![p](q) r", "# t\nu",
	} {
		for _, most := range []int{1, 5, 200} {
			f.Add(text, most)
		}
	}
	r := New()
	f.Fuzz(func(t *testing.T, text string, most int) {
		text, most = strings.ToValidUTF8(text, ""), 1+max(0, most%300)
		if got, want := r.plain(text, most), r.long(text, most); got != want {
			t.Errorf("the first %d letters of %q: %q, want %q", most, text, got, want)
		}
	})
}

func TestNamesOfEmojisAreSeen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		":+1:": true, "a:-1:b": true, "::8ball:": true, ":non-potable_water:": true, "1:23:smile:": true, "at 1:20:30": true, // may, but is none
		"": false, ":": false, "::": false, ":a b:": false, "https://a.example:8080/x:": false, ":" + strings.Repeat("a", longestEmoji+1) + ":": false,
	} {
		if got := mayNameEmoji(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
