package ldsig

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/errs"
)

var now = time.Date(2026, 3, 14, 9, 26, 53, 123e6, time.UTC)

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

const creator = "https://here.example/accounts/ana"

// decode reads a document of a test.
func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("the test's document: %v\n%s", err, text)
	}
	return doc
}

const note = `{
	"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1",
		{"sensitive": "as:sensitive", "pt": "https://joinpeertube.org/ns#", "support": "pt:support", "Hashtag": "as:Hashtag"}],
	"id": "https://here.example/c/1/activity", "type": "Create", "actor": "https://here.example/accounts/ana",
	"to": ["https://www.w3.org/ns/activitystreams#Public"],
	"object": {
		"id": "https://here.example/c/1", "type": "Note", "content": "hello", "sensitive": false,
		"attributedTo": "https://here.example/accounts/ana",
		"tag": [{"type": "Hashtag", "name": "a"}, {"type": "Hashtag", "name": "b"}]
	}
}`

// signedNote returns a signed document.
func signedNote(t testing.TB) map[string]any {
	t.Helper()
	doc := decode(t, note)
	if err := Sign(doc, creator, testKey(), now); err != nil {
		t.Fatal(err)
	}
	return clone(t, doc)
}

func TestOwnSignatures(t *testing.T) {
	t.Parallel()
	doc := signedNote(t)
	sig, _ := doc["signature"].(map[string]any)
	if sig["created"] != "2026-03-14T09:26:53.123Z" || sig["type"] != "RsaSignature2017" || Creator(doc) != creator {
		t.Errorf("signature: got %v", sig)
	}
	if err := Verify(doc, &testKey().PublicKey); err != nil {
		t.Error(err)
	}
	if err := Sign(doc, creator, testKey(), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := Verify(doc, &testKey().PublicKey); err != nil {
		t.Errorf("signed again: %v", err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]*rsa.PublicKey{"another": &other.PublicKey, "no": nil, "an empty": {}} {
		if err := Verify(doc, key); !errors.Is(err, ErrWrong) || !errs.Is(err, errs.Unauthorized) {
			t.Errorf("%s key: got %v, want ErrWrong", name, err)
		}
	}
}

func TestTheSameMeaningInOtherWordsIsStillSigned(t *testing.T) {
	t.Parallel()
	want, err := VerifyCompact(signedNote(t), &testKey().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	// A forwarder may swap words; what counts is what they mean.
	doc := signedNote(t)
	doc["@context"] = []any{"https://www.w3.org/ns/activitystreams", map[string]any{
		"actor":     "https://evil.example/#nothing",
		"performer": map[string]any{"@id": "as:actor", "@type": "@id"},
		"content":   "https://evil.example/#nothing", "text": "as:content", "h": "as:Hashtag", "sensitive": "as:sensitive",
	}}
	doc["performer"] = doc["actor"]
	delete(doc, "actor")
	object, _ := doc["object"].(map[string]any)
	object["text"] = object["content"]
	delete(object, "content")
	object["tag"] = []any{map[string]any{"type": "h", "name": "a"}, map[string]any{"type": "h", "name": "b"}}
	got, err := VerifyCompact(doc, &testKey().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("in other words (-original +other):\n%s", diff)
	}
}

func TestWhatIsNotSignedIsNotHandedBack(t *testing.T) {
	t.Parallel()
	want, err := VerifyCompact(signedNote(t), &testKey().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	changes := map[string]func(doc, object map[string]any){
		"a word without meaning":         func(_, object map[string]any) { object["views"] = 1e6 },
		"a type without meaning":         func(doc, _ map[string]any) { doc["x"] = map[string]any{"type": "Person"} },
		"a value that is a relative id":  func(_, object map[string]any) { object["url"] = "/somewhere" },
		"an id with a space":             func(_, object map[string]any) { object["inReplyTo"] = "https://a.example/ b" },
		"an index":                       func(_, object map[string]any) { object["@index"] = "x" },
		"null":                           func(_, object map[string]any) { object["summary"] = nil },
		"an empty list":                  func(_, object map[string]any) { object["attachment"] = []any{} },
		"a meaningless one within a tag": func(_, object map[string]any) { object["tag"].([]any)[0].(map[string]any)["href2"] = "x" },
		"the same said again":            func(doc, _ map[string]any) { doc["to"] = []any{"as:Public", "as:Public"} },
		"a relative thing with contents": func(doc, _ map[string]any) {
			doc["object"] = []any{doc["object"], map[string]any{"id": "relative", "name": "not signed"}}
		},
	}
	for name, change := range changes {
		doc := signedNote(t)
		object, _ := doc["object"].(map[string]any)
		change(doc, object)
		got, err := VerifyCompact(doc, &testKey().PublicKey)
		if errors.Is(err, ErrWrong) && name == "a type without meaning" {
			continue // a thing of an unknown type is one more thing, which is signed
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name == "the same said again" {
			got["to"] = want["to"]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-signed +handed back):\n%s", name, diff)
		}
	}
}

func TestForgedDocuments(t *testing.T) {
	t.Parallel()
	changes := map[string]func(doc, object map[string]any){
		"other content":          func(_, object map[string]any) { object["content"] = "bye" },
		"another actor":          func(doc, _ map[string]any) { doc["actor"] = "https://here.example/accounts/eve" },
		"another type":           func(doc, _ map[string]any) { doc["type"] = "Update" },
		"one more recipient":     func(doc, _ map[string]any) { doc["cc"] = "https://evil.example/inbox" },
		"a tag less":             func(_, object map[string]any) { object["tag"] = object["tag"].([]any)[:1] },
		"a word with meaning":    func(_, object map[string]any) { object["support"] = "pay me" },
		"a number for a boolean": func(_, object map[string]any) { object["sensitive"] = 0.0 },
		"no object":              func(doc, _ map[string]any) { delete(doc, "object") },
		"another date of signing": func(doc, _ map[string]any) {
			doc["signature"].(map[string]any)["created"] = "2027-01-01T00:00:00Z"
		},
		"another creator": func(doc, _ map[string]any) { doc["signature"].(map[string]any)["creator"] = "https://evil.example/" },
		"a nonce":         func(doc, _ map[string]any) { doc["signature"].(map[string]any)["nonce"] = "x" },
		"a word that means another": func(doc, _ map[string]any) {
			c := doc["@context"].([]any)
			c[2].(map[string]any)["content"] = "as:summary"
		},
		"no words at all": func(doc, _ map[string]any) { doc["@context"] = map[string]any{} },
	}
	for name, change := range changes {
		doc := signedNote(t)
		object, _ := doc["object"].(map[string]any)
		change(doc, object)
		if got, err := VerifyCompact(doc, &testKey().PublicKey); err == nil || got != nil {
			t.Errorf("%s: accepted as %v", name, got)
		}
	}
}

func TestNothingMovesIntoAProof(t *testing.T) {
	t.Parallel()
	const text = `{"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"],
		"id": "https://a.example/1", "type": "Note", "summary": "a", "proof": {"type": "DataIntegrityProof", "proofValue": "z1"}}`
	doc := decode(t, text)
	if err := Sign(doc, creator, testKey(), now); err != nil {
		t.Fatal(err)
	}
	got, err := VerifyCompact(clone(t, doc), &testKey().PublicKey)
	if err != nil || got["proof"] != nil || got["summary"] != "a" {
		t.Errorf("with a proof: got %v, %v", got, err)
	}
	moved := clone(t, doc)
	delete(moved, "summary")
	moved["proof"] = []any{moved["proof"], map[string]any{"id": "https://a.example/1", "summary": "a"}}
	if err := Verify(moved, &testKey().PublicKey); err == nil {
		t.Error("what the document says was moved into its proof, and it is accepted")
	}
	doc["proof"].(map[string]any)["proofValue"] = "z2"
	if err := Verify(doc, &testKey().PublicKey); !errors.Is(err, ErrWrong) {
		t.Errorf("with another proof: got %v, want ErrWrong", err)
	}
	doc["proof"].(map[string]any)["proof"] = map[string]any{"type": "DataIntegrityProof"}
	if err := Verify(doc, &testKey().PublicKey); !errors.Is(err, ErrRefused) {
		t.Errorf("with a proof of its proof: got %v, want ErrRefused", err)
	}
}

func TestRefusedDocuments(t *testing.T) {
	t.Parallel()
	const as = `"https://www.w3.org/ns/activitystreams"`
	object := func(body string) string { return `{"@context": ` + as + `, "id": "https://a.example/1", ` + body + `}` }
	context := func(words string) string {
		return `{"@context": [` + as + `, ` + words + `], "id": "https://a.example/1", "type": "Note", "name": "x"}`
	}
	alike := `{"tag": [` + strings.TrimSuffix(strings.Repeat(`{"type": "Note"},`, 40), ",") + `]}`
	tests := map[string]string{
		"@graph":                      object(`"@graph": [{"name": "x"}]`),
		"@graph deep down":            object(`"object": {"tag": [{"@graph": []}]}`),
		"@included":                   object(`"@included": [{"id": "https://a.example/2", "name": "x"}]`),
		"@reverse":                    object(`"@reverse": {"object": {"id": "https://a.example/2"}}`),
		"@nest":                       object(`"@nest": {"name": "x"}`),
		"@json":                       object(`"name": {"@type": "@json", "@value": {"a": 1}}`),
		"@graph by another name":      `{"@context": [` + as + `, {"g": "@graph"}], "id": "https://a.example/1", "g": [{"name": "x"}]}`,
		"@included by another name":   `{"@context": [` + as + `, {"g": {"@id": "@included"}}], "id": "https://a.example/1", "g": [{"name": "x"}]}`,
		"@reverse in a context":       context(`{"r": {"@reverse": "as:object"}}`),
		"a graph container":           context(`{"r": {"@id": "as:object", "@container": "@graph"}}`),
		"a graph container in a list": context(`{"r": {"@id": "as:object", "@container": ["@graph", "@id"]}}`),
		"a context within a word":     context(`{"r": {"@id": "as:object", "@context": {"x": "as:y"}}}`),
		"@import":                     context(`{"@import": "https://w3id.org/security/v1"}`),
		"@propagate":                  context(`{"@propagate": false}`),
		"@base":                       context(`{"@base": "https://evil.example/"}`),
		"an unknown context":          context(`"https://evil.example/context"`),
		"a relative context":          context(`"context.json"`),
		"a number as context":         context(`5`),
		"a word of words":             context(`{"x": {"@id": ["as:x"]}, "y": {"@id": 5, "z": []}}`),
		"a long word":                 context(`{"` + strings.Repeat("x", 600) + `": "as:name"}`),
		"a long meaning":              context(`{"x": "https://a.example/` + strings.Repeat("x", 600) + `"}`),
		"a hundred contexts":          context(strings.Repeat(as+",", 100) + as),
		"a thousand words":            context(`{` + manyWords(1000) + `"z": "as:z"}`),
		"no id and nothing else":      `{}`,
		"only a context":              `{"@context": ` + as + `}`,
		"only a value":                `{"@value": "x"}`,
		"an id that ends early":       object(`"object": "https://a.example/><p><o>.<https://a.example/2"`),
		"a type that ends early":      object(`"type": "https://a.example/>x"`),
		"a word that ends early":      `{"@context": [` + as + `, {"w": "https://a.example/>x"}], "id": "https://a.example/1", "w": "y"}`,
		"a datatype that ends early":  object(`"name": {"@value": "x", "@type": "https://a.example/>"}`),
		"an odd language":             object(`"name": {"@value": "x", "@language": "en .\n<a>"}`),
		"a word for a number":         `{"@context": {"n": {"@id": "https://a.example/n", "@type": "http://www.w3.org/2001/XMLSchema#double"}}, "n": "many"}`,
		"nested without end":          object(`"object":` + strings.Repeat(`{"object":`, 60) + `1` + strings.Repeat("}", 60)),
		"lists without end":           object(`"object":` + strings.Repeat(`[`, 60) + strings.Repeat("]", 60)),
		"twenty thousand values":      object(`"to": [` + strings.TrimSuffix(strings.Repeat(`"https://a.example/",`, 20_000), ",") + `]`),
		"a megabyte of text":          object(`"name": "` + strings.Repeat("x", 1<<20) + `"`),
		"things without end":          object(`"tag": [` + strings.TrimSuffix(strings.Repeat(`{"type": "Note", "name": "x"},`, 2500), ",") + `]`),
		"things that are all alike":   object(`"object": [` + alike + `,` + alike + `]`),
		"a clique of things":          object(`"tag": [` + clique(12) + `]`),
		"a ring of rings":             object(`"tag": [` + ring(60) + `]`),
	}
	for name, text := range tests {
		doc := decode(t, text)
		start := time.Now()
		if err := Sign(doc, creator, testKey(), now); !errors.Is(err, ErrRefused) || !errs.Is(err, errs.Unauthorized) {
			t.Errorf("%s: Sign: got %v, want ErrRefused", name, err)
		}
		doc["signature"] = map[string]any{"type": "RsaSignature2017", "creator": creator, "created": "x", "signatureValue": "AAAA"}
		if _, err := VerifyCompact(doc, &testKey().PublicKey); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: VerifyCompact: got %v, want ErrRefused", name, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: refused after %s", name, took)
		}
	}
}

func manyWords(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"w%d": "as:name", `, i)
	}
	return b.String()
}

// clique is n things without an id, each of which refers to all others.
func clique(n int) string {
	things := make([]string, n)
	for i := range things {
		var others []string
		for j := range n {
			if j != i {
				others = append(others, fmt.Sprintf(`{"id": "_:n%d"}`, j))
			}
		}
		things[i] = fmt.Sprintf(`{"id": "_:n%d", "tag": [%s]}`, i, strings.Join(others, ","))
	}
	return strings.Join(things, ",")
}

// ring is n things without an id, each of which refers to the next three.
func ring(n int) string {
	things := make([]string, n)
	for i := range things {
		things[i] = fmt.Sprintf(`{"id": "_:n%d", "tag": [{"id": "_:n%d"}, {"id": "_:n%d"}, {"id": "_:n%d"}]}`, i, (i+1)%n, (i+2)%n, (i+3)%n)
	}
	return strings.Join(things, ",")
}

func TestDocumentsWithoutASignature(t *testing.T) {
	t.Parallel()
	for name, signature := range map[string]any{
		"none":          nil,
		"text":          "RsaSignature2017",
		"another type":  map[string]any{"type": "Ed25519Signature2018", "creator": creator, "signatureValue": "AAAA"},
		"no creator":    map[string]any{"type": "RsaSignature2017", "signatureValue": "AAAA"},
		"an odd one":    map[string]any{"type": "RsaSignature2017", "creator": 5.0, "signatureValue": "AAAA"},
		"several types": map[string]any{"type": []any{"RsaSignature2017"}, "creator": creator},
	} {
		doc := decode(t, note)
		doc["signature"] = signature
		if _, err := VerifyCompact(doc, &testKey().PublicKey); !errors.Is(err, ErrNone) {
			t.Errorf("%s: got %v, want ErrNone", name, err)
		}
	}
	for name, value := range map[string]any{"none": nil, "empty": "", "not base64": "%%", "a number": 5.0, "endless": strings.Repeat("AAAA", 1<<18)} {
		doc := signedNote(t)
		doc["signature"].(map[string]any)["signatureValue"] = value
		if _, err := VerifyCompact(doc, &testKey().PublicKey); !errors.Is(err, ErrRefused) {
			t.Errorf("a value that is %s: got %v, want ErrRefused", name, err)
		}
	}
}

func TestEmbeddedContextsCanBeRead(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"https://www.w3.org/ns/activitystreams", "http://www.w3.org/ns/activitystreams#", "https://w3id.org/security/v1",
		"https://w3id.org/identity/v1", "https://w3id.org/security/data-integrity/v1", "https://w3id.org/security/multikey/v1",
		"https://www.w3.org/ns/did/v1", "https://gotosocial.org/ns", "https://purl.archive.org/socialweb/webfinger",
		"https://join-lemmy.org/context.json", "https://funkwhale.audio/ns", "https://pleroma.example/schemas/litepub-0.1.jsonld",
	} {
		doc := map[string]any{"@context": []any{"https://www.w3.org/ns/activitystreams", url}, "@id": "https://a.example/1", "type": "Note", "name": "x"}
		if url == "https://w3id.org/identity/v1" { // it has another name
			doc["@context"] = []any{url, "https://www.w3.org/ns/activitystreams"}
		}
		got, _, err := read(doc)
		if err != nil || got["name"] != "x" {
			t.Errorf("%s: got %v, %v", url, got, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	for _, v := range readVectors(f, "1.5.9").Documents {
		text, err := json.Marshal(v.Document)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	text, err := json.Marshal(signedNote(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		var doc map[string]any
		if len(text) > 20_000 || json.Unmarshal(text, &doc) != nil {
			return
		}
		compact, err := VerifyCompact(doc, &testKey().PublicKey)
		if (compact == nil) == (err == nil) {
			t.Fatalf("got %v and %v", compact, err)
		}
		if err != nil && !errs.Is(err, errs.Unauthorized) {
			t.Fatalf("the error %v", err)
		}
		if Sign(doc, creator, testKey(), now) != nil {
			return
		}
		if err := Verify(clone(t, doc), &testKey().PublicKey); err != nil {
			t.Fatalf("what we signed we do not verify: %v", err)
		}
	})
}

func BenchmarkDocuments(b *testing.B) {
	v := readVectors(b, "1.5.9")
	for _, i := range []int{0, 1, 2} {
		doc := v.Documents[i].Document
		delete(doc, "signature")
		b.Run("sign/"+v.Documents[i].Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Sign(doc, creator, testKey(), now); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("verify/"+v.Documents[i].Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := VerifyCompact(doc, &testKey().PublicKey); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
