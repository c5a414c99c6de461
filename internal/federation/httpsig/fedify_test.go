package httpsig

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestRequestsSignedByAnotherProgram reads requests that Fedify signed;
// tools/fedipeer/vectors.mjs made them.
func TestRequestsSignedByAnotherProgram(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/fedify.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		PublicKey string
		Requests  []struct {
			Spec, Method, URL, Body string
			Headers                 map[string]string
		}
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	key := publicKey(t, v.PublicKey)
	for _, test := range v.Requests {
		r, err := http.NewRequestWithContext(t.Context(), test.Method, test.URL, strings.NewReader(test.Body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range test.Headers {
			r.Header.Set(name, value)
		}
		r.Header.Del("Host")
		r = overTheWire(t, r)
		at, err := http.ParseTime(r.Header.Get("Date"))
		if err != nil {
			t.Fatal(err)
		}
		sig, err := Parse(r, Options{Now: at.Add(time.Minute), Host: "here.example"})
		if err != nil {
			t.Errorf("%s %s: %v", test.Spec, test.Method, err)
			continue
		}
		if want := test.Spec == "rfc9421"; want != (sig.Form == RFC9421) {
			t.Errorf("%s %s: taken for %v", test.Spec, test.Method, sig.Form)
		}
		if err := sig.Verify(key); err != nil {
			t.Errorf("%s %s: %v\n%s", test.Spec, test.Method, err, sig.bases[0])
		}
		if test.Body != "" {
			if err := CheckDigest(r.Header, []byte(test.Body)); err != nil {
				t.Errorf("%s %s: %v", test.Spec, test.Method, err)
			}
		}
	}
}
