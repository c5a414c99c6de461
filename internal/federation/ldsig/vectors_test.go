package ldsig

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/federation/httpsig"
)

// vectors are documents signed by Fedify with jsonld.js, which share no code
// with this package. tools/fedipeer/vectors.mjs made them.
type vectors struct {
	PublicKey string
	Documents []struct {
		Name      string
		Canonical string
		Document  map[string]any
	}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile("testdata/fedify.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// clone copies a document through JSON.
func clone(t testing.TB, doc any) map[string]any {
	t.Helper()
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDocumentsSignedByAnotherProgram(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	key, err := httpsig.ParsePublicKey(v.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range v.Documents {
		t.Run(test.Name, func(t *testing.T) {
			t.Parallel()
			before := clone(t, test.Document)
			_, statements, err := readUnsigned(test.Document)
			if err != nil {
				t.Fatal(err)
			}
			canonical, err := statements.canonical(escapeMinimal)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.Canonical, string(canonical)); diff != "" {
				t.Errorf("canonical form (-theirs +ours):\n%s", diff)
			}
			if got, want := Creator(test.Document), "https://peer.example/users/ana#main-key"; got != want {
				t.Errorf("creator: got %q, want %q", got, want)
			}
			compact, err := VerifyCompact(test.Document, key)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, test.Document); diff != "" {
				t.Errorf("verifying changed the document:\n%s", diff)
			}
			golden(t, compact)
		})
	}
}

// golden compares what a document amounts to with a file.
func golden(t *testing.T, compact map[string]any) {
	t.Helper()
	got, err := json.MarshalIndent(compact, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	name := "testdata/" + string(bytes.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return '-'
	}, []byte(t.Name()[len("TestDocumentsSignedByAnotherProgram/"):]))) + ".golden.json"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(name, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
