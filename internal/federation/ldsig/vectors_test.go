package ldsig

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/federation/httpsig"
)

// vectors are documents signed by Fedify with jsonld.js, which share no code
// with this package. tools/fedipeer/vectors.mjs made them: once with Fedify
// 1.5.9 and jsonld.js 8.3.3 (the one of PeerTube), once with Fedify 2.3.6 and
// jsonld.js 9.0.0, which escapes more.
type vectors struct {
	PublicKey string
	Documents []struct {
		Name      string
		Canonical string
		Document  map[string]any
	}
}

func readVectors(t testing.TB, version string) vectors {
	t.Helper()
	text, err := os.ReadFile("testdata/fedify-" + version + ".json")
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
	for version, escape := range map[string]escaping{"1.5.9": escapeMinimal, "2.3.6": escapeFull} {
		v := readVectors(t, version)
		key, err := httpsig.ParsePublicKey(v.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range v.Documents {
			t.Run(test.Name+"/"+version, func(t *testing.T) {
				t.Parallel()
				checkVector(t, test.Document, key, test.Canonical, escape)
				compact, err := VerifyCompact(test.Document, key)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, test.Name, compact)
			})
		}
	}
}

func checkVector(t *testing.T, doc map[string]any, key *rsa.PublicKey, want string, escape escaping) {
	t.Helper()
	before := clone(t, doc)
	_, statements, err := readUnsigned(doc)
	if err != nil {
		t.Fatal(err)
	}
	canonical, err := statements.canonical(escape)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(canonical)); diff != "" {
		t.Errorf("canonical form (-theirs +ours):\n%s", diff)
	}
	if got, want := Creator(doc), "https://peer.example/users/ana#main-key"; got != want {
		t.Errorf("creator: got %q, want %q", got, want)
	}
	if err := Verify(doc, key); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, doc); diff != "" {
		t.Errorf("verifying changed the document:\n%s", diff)
	}
}

// golden compares what a document amounts to with a file.
func golden(t *testing.T, title string, compact map[string]any) {
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
	}, []byte(title))) + ".golden.json"
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
