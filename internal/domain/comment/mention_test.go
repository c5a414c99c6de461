package comment_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/comment"
)

func TestLocalMentions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"in a sentence", "Hi @alice, and @Bob.", []string{"alice", "bob"}},
		{"twice is once", "@alice @alice@here.example", []string{"alice"}},
		{"with our own host and port", "@alice@HERE.example", []string{"alice"}},
		{"of elsewhere", "@alice@far.example and @eve@far.example:8443", nil},
		{"addresses of mail", "me@alice mail@here.example", nil},
		{"in addresses of pages", "https://far.example/@alice?x=@bob", nil},
		{"nobody", "@ @@ @. @@alice", nil},
		{"names with dots and dashes", "@a.b-c_d- @x", []string{"a.b-c_d", "x"}},
		{"too long", "@" + strings.Repeat("a", 60), nil},
		{"after a letter of another script", "é@alice", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, comment.LocalMentions(tt.text, "here.example")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if got := len(comment.Mentions(strings.Repeat("@a ", 5000))); got != comment.MaxMentions {
		t.Errorf("one comment calls %d people", got)
	}
}

func FuzzMentions(f *testing.F) {
	f.Add("hi @alice@far.example:80, @bob")
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, m := range comment.Mentions(text) {
			if m.Start < end || m.End > len(text) || text[m.Start] != '@' || !strings.HasPrefix(text[m.Start+1:], m.Name) {
				t.Fatalf("%q: %+v", text, m)
			}
			end = m.End
		}
		if clean := comment.CleanText(text); comment.CleanText(clean) != clean {
			t.Errorf("%q is cleaned to %q, and that to %q", text, clean, comment.CleanText(clean))
		}
	})
}
