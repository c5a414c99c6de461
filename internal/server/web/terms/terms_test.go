package terms

import (
	"strings"
	"testing"
	"unicode/utf8"
)

var some = []Prefix{{Name: "state:", Values: []string{"pending", "accepted"}}, {Name: "account:"}, {Name: "#"}, {Name: "banned:", Values: YesNo}}

func TestConditionsAreToldFromWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ words, state, account, number string }{
		"":                                {},
		"two words":                       {words: "two words"},
		"state:pending two":               {words: "two", state: "pending"},
		"two STATE:Accepted words":        {words: "two words", state: "accepted"},
		"state:pending state:accepted":    {state: "accepted"},
		`account:"Jane Doe" said`:         {words: "said", account: "Jane Doe"},
		`account:"Jane`:                   {account: `"Jane`},
		`"state:pending"`:                 {words: "state:pending"},
		`"two  words" x`:                  {words: "two  words x"},
		"state:gone":                      {words: "state:gone"},
		"state:":                          {words: "state:"},
		"host:a.example":                  {words: "host:a.example"},
		"#12 x":                           {words: "x", number: "12"},
		"#":                               {words: "#"},
		"https://a.example/state:pending": {words: "https://a.example/state:pending"},
		`account:"" x`:                    {words: "account: x"},
		`a"b c"d`:                         {words: "ab cd"},
		"  \t state:pending\naccount:a@b.example ": {state: "pending", account: "a@b.example"},
	} {
		f := Parse(text, some)
		if f.Words != want.words || f.Has("state:") != want.state || f.Has("account:") != want.account || f.Has("#") != want.number {
			t.Errorf("%q: words %q, state %q, account %q, number %q", text, f.Words, f.Has("state:"), f.Has("account:"), f.Has("#"))
		}
	}
	if f := Parse("banned:false", some); f.Is("banned:") == nil || *f.Is("banned:") || f.Is("state:") != nil {
		t.Errorf("banned:false is %v", f.Is("banned:"))
	}
}

func FuzzTerms(f *testing.F) {
	for _, s := range []string{`state:pending "a b" account:"x y`, `""""`, "#1#2", `account:""""`, "é\"ü", `" "`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			t.Skip()
		}
		found := Parse(s, some)
		if len(found.Words) > len(s) || !utf8.ValidString(found.Words) || strings.HasPrefix(found.Words, " ") {
			t.Errorf("%q: %q", s, found.Words)
		}
		if v := found.Has("state:"); v != "" && v != "pending" && v != "accepted" {
			t.Errorf("%q: state %q", s, v)
		}
	})
}
