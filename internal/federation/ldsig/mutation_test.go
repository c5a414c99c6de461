package ldsig

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/errs"
)

// TestNoChangeOfASignedDocumentIsTaken changes a signed document a byte and a
// piece at a time. What is still accepted says the same as before.
func TestNoChangeOfASignedDocumentIsTaken(t *testing.T) {
	t.Parallel()
	key := &testKey().PublicKey
	signed := signedNote(t)
	want, err := VerifyCompact(clone(t, signed), key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	read, taken := 0, 0
	try := func(what string, b []byte) {
		var doc map[string]any
		if json.Unmarshal(b, &doc) != nil {
			return
		}
		read++
		got, err := VerifyCompact(doc, key)
		switch {
		case err != nil && !errs.Is(err, errs.Unauthorized) && !errors.Is(err, ErrWrong):
			t.Errorf("%s: %v", what, err)
		case err == nil:
			taken++
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s is taken: %s\n%s", what, b, d)
			}
		}
	}
	with := func(at, less int, more string) []byte {
		return []byte(string(text[:at]) + more + string(text[at+less:]))
	}
	r := rand.New(rand.NewPCG(7, 11))
	for at := range text {
		try("a byte changed", with(at, 1, string(rune(' '+r.IntN(95)))))
		try("a bit changed", with(at, 1, string(text[at]^byte(1<<r.IntN(7)))))
		try("a byte left out", with(at, 1, ""))
		try("a byte twice", with(at, 0, string(text[at])))
		try("a NUL", with(at, 0, `\u0000`))
		try("an invisible character", with(at, 0, "\u200b"))
	}
	for range 1500 { // pieces move, come twice and go
		from := r.IntN(len(text))
		n, to := 1+r.IntN(min(200, len(text)-from)), r.IntN(len(text))
		piece := string(text[from : from+n])
		try("a piece twice", with(to, 0, piece))
		try("a piece less", with(from, n, ""))
		try("a piece for another", with(to, min(n, len(text)-to), piece))
	}
	for _, word := range []string{
		"as:content", "https://www.w3.org/ns/activitystreams#content", "@id", "@type", "@graph", "@reverse", "@value", "@list", "@included", "@nest",
		"pt:support", "actor", "object", "to", "bcc", "attributedTo", "url", "_:b0",
	} {
		for _, value := range []string{`"https://evil.example/x"`, `{"id":"https://evil.example/x","type":"Note","content":"bye"}`, `[{"@value":"bye"}]`, `{"@none":["bye"]}`} {
			for at := range text {
				if text[at] == '{' {
					more := strings.Trim(word, " ")
					try(more+" besides", with(at+1, 0, `"`+more+`":`+value+`,`))
				}
			}
		}
	}
	if read < 1000 {
		t.Errorf("only %d changes could be read", read)
	}
	t.Logf("%d changed documents, %d of them with the same meaning", read, taken)
}
