package httpsig

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sepiola/internal/errs"
)

// cavageWith returns a delivery whose Signature header is a text.
func cavageWith(t testing.TB, lines ...string) *http.Request {
	r := httptest.NewRequestWithContext(t.Context(), "POST", "https://here.example/inbox", strings.NewReader("{}"))
	r.Header.Set("Date", now.Format(http.TimeFormat))
	r.Header.Set("Digest", digestHeader([]byte("{}")))
	r.Header["Signature"] = lines
	return r
}

func rfc9421With(t testing.TB, input, value string) *http.Request {
	r := cavageWith(t, value)
	r.Header.Set("Content-Digest", contentDigestHeader([]byte("{}")))
	r.Header["Signature-Input"] = []string{input}
	return r
}

const enough = `headers="(request-target) host date digest",signature="AAAA"`

func TestHostileCavage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want error
	}{
		"as it should be":             {`keyId="k",` + enough, nil},
		"with the scheme before":      {`Signature keyId="k",` + enough, nil},
		"in small letters":            {`SIGNATURE KEYID="k",` + enough, nil},
		"spaces around":               {`  keyId="k" ,   ` + enough + "  ", nil},
		"no commas":                   {`keyId="k" algorithm="hs2019" ` + enough, nil},
		"a comma at the end":          {`keyId="k",` + enough + `,`, nil},
		"unquoted":                    {`keyId=k,` + enough, nil},
		"escaped quotes":              {`keyId="a\"b",` + enough, nil},
		"unknown parameters":          {`keyId="k",opaque="x,y=z",` + enough, nil},
		"covers (created)":            {fmt.Sprintf(`keyId="k",algorithm="hs2019",created=%d,headers="(request-target) (created) host digest",signature="AAAA"`, now.Unix()), nil},
		"empty":                       {``, ErrMalformed},
		"only the scheme":             {`Signature `, ErrMalformed},
		"no key":                      {enough, ErrMalformed},
		"empty key":                   {`keyId="",` + enough, ErrMalformed},
		"endless key":                 {`keyId="` + strings.Repeat("k", maxKeyID+1) + `",` + enough, ErrMalformed},
		"no signature":                {`keyId="k",headers="(request-target) host date digest"`, ErrMalformed},
		"signature not base64":        {`keyId="k",headers="(request-target) host date digest",signature="%%"`, ErrMalformed},
		"endless signature":           {`keyId="k",headers="(request-target) host date digest",signature="` + strings.Repeat("A", 1400) + `"`, ErrMalformed},
		"key twice":                   {`keyId="k",keyId="j",` + enough, ErrMalformed},
		"key twice in other case":     {`keyId="k",keyid="j",` + enough, ErrMalformed},
		"open quote":                  {`keyId="k`, ErrMalformed},
		"escape at the end":           {`keyId="k\`, ErrMalformed},
		"text after the quote":        {`keyId="k"x,` + enough, ErrMalformed},
		"quote within":                {`keyId=k"x",` + enough, ErrMalformed},
		"no equals sign":              {`keyId,` + enough, ErrMalformed},
		"control character":           {"keyId=\"k\x01\"," + enough, ErrMalformed},
		"ten thousand parameters":     {strings.Repeat(`a="b",`, 10_000), ErrMalformed},
		"many different parameters":   {manyParams(200) + `keyId="k",` + enough, ErrMalformed},
		"rsa-sha1":                    {`keyId="k",algorithm="rsa-sha1",` + enough, ErrAlgorithm},
		"hmac":                        {`keyId="k",algorithm="hmac-sha256",` + enough, ErrAlgorithm},
		"ed25519":                     {`keyId="k",algorithm="ed25519",` + enough, ErrAlgorithm},
		"an endless algorithm":        {`keyId="k",algorithm="` + strings.Repeat("x", 4000) + `",` + enough, ErrAlgorithm},
		"no headers":                  {`keyId="k",signature="AAAA"`, ErrCoverage},
		"empty headers":               {`keyId="k",headers="",signature="AAAA"`, ErrCoverage},
		"without target":              {`keyId="k",headers="host date digest",signature="AAAA"`, ErrCoverage},
		"without host":                {`keyId="k",headers="(request-target) date digest",signature="AAAA"`, ErrCoverage},
		"without digest":              {`keyId="k",headers="(request-target) host date",signature="AAAA"`, ErrCoverage},
		"without time":                {`keyId="k",headers="(request-target) host digest",signature="AAAA"`, ErrCoverage},
		"a header that is missing":    {`keyId="k",headers="(request-target) host date digest x-more",signature="AAAA"`, ErrCoverage},
		"(created) without created":   {`keyId="k",headers="(request-target) host (created) digest",signature="AAAA"`, ErrCoverage},
		"an unknown pseudo header":    {`keyId="k",headers="(request-target) host date digest (x)",signature="AAAA"`, ErrCoverage},
		"covers the date for ever":    {`keyId="k",headers="(request-target) host digest` + strings.Repeat(" date", 500) + `",signature="AAAA"`, ErrMalformed},
		"created is no number":        {`keyId="k",created="soon",` + enough, ErrMalformed},
		"created in the year 300,000": {`keyId="k",created=9999999999999,` + enough, ErrMalformed},
		"created before time":         {`keyId="k",created=-5,` + enough, ErrMalformed},
		"created long ago":            {`keyId="k",created=1000,` + enough, ErrTime},
		"expired":                     {fmt.Sprintf(`keyId="k",expires=%d.5,`, now.Unix()-100) + enough, ErrTime},
		"expires later":               {fmt.Sprintf(`keyId="k",expires=%d,`, now.Unix()+100) + enough, nil},
	}
	for name, test := range tests {
		sig, err := Parse(cavageWith(t, test.text), Options{Now: now})
		if !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
		if err != nil && (sig != nil || !errs.Is(err, errs.Unauthorized)) {
			t.Errorf("%s: got %v with the error %v", name, sig, err)
		}
	}
}

func manyParams(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `p%d="b",`, i)
	}
	return b.String()
}

func TestHeadersThatComeTwice(t *testing.T) {
	t.Parallel()
	good := `keyId="k",` + enough
	if _, err := Parse(cavageWith(t, good, good), Options{Now: now}); !errors.Is(err, ErrMalformed) {
		t.Errorf("two signatures: got %v, want ErrMalformed", err)
	}
	r := cavageWith(t, good)
	r.Header.Add("Date", now.Add(time.Minute).Format(http.TimeFormat))
	if _, err := Parse(r, Options{Now: now}); !errors.Is(err, ErrMalformed) {
		t.Errorf("two dates: got %v, want ErrMalformed", err)
	}
	for _, form := range []Form{Cavage, RFC9421} {
		r := signed(t, "POST", "https://here.example/inbox", []byte("{}"), form)
		r.Header.Add("Digest", digestHeader([]byte("[]")))
		r.Header.Add("Content-Digest", contentDigestHeader([]byte("[]")))
		for _, body := range []string{"{}", "[]"} {
			if err := CheckDigest(r.Header, []byte(body)); !errors.Is(err, ErrDigest) {
				t.Errorf("%v, two digests, body %s: got %v, want ErrDigest", form, body, err)
			}
		}
		sig, err := Parse(r, Options{Now: now})
		if err == nil {
			err = sig.Verify(&testKey().PublicKey)
		}
		if !errors.Is(err, ErrWrong) {
			t.Errorf("%v with another digest added: got %v, want ErrWrong", form, err)
		}
	}
}

func TestHostileRFC9421(t *testing.T) {
	t.Parallel()
	const covered = `("@method" "@target-uri" "content-digest")`
	created := fmt.Sprintf(";created=%d", now.Unix())
	good := covered + created + `;keyid="k"`
	const value = "s=:AAAA:"
	tests := map[string]struct {
		input, value string
		want         error
	}{
		"as it should be":              {"s=" + good, value, nil},
		"with spaces":                  {`s=(  "@method"   "@target-uri" "content-digest" ); created=` + fmt.Sprint(now.Unix()) + `; keyid="k"`, value, nil},
		"authority, path":              {`s=("@method" "@authority" "@path" "content-digest")` + created + `;keyid="k"`, value, nil},
		"authority, request target":    {`s=("@method" "@authority" "@request-target" "content-digest")` + created + `;keyid="k"`, value, nil},
		"unknown parameters":           {"s=" + good + `;nonce="x";tag="y";z;n=-5;b=:AA==:;f=?0;t=tok`, value, nil},
		"the second is good":           {`a=("@method")` + created + `;keyid="k", s=` + good, "a=:AAAA:, " + value, nil},
		"no key":                       {"s=" + covered + created, value, ErrMalformed},
		"the key is a token":           {"s=" + covered + created + ";keyid=k", value, ErrMalformed},
		"endless key":                  {"s=" + covered + created + `;keyid="` + strings.Repeat("k", maxKeyID+1) + `"`, value, ErrMalformed},
		"no value":                     {"s=" + good, "t=:AAAA:", ErrMalformed},
		"value is a string":            {"s=" + good, `s="AAAA"`, ErrMalformed},
		"value not base64":             {"s=" + good, "s=:%%:", ErrMalformed},
		"value without end":            {"s=" + good, "s=:AAAA", ErrMalformed},
		"empty value":                  {"s=" + good, "s=::", ErrMalformed},
		"endless value":                {"s=" + good, "s=:" + strings.Repeat("A", 1400) + ":", ErrMalformed},
		"a draft-cavage value":         {"s=" + good, `keyId="k",` + enough, ErrMalformed},
		"the same label twice":         {"s=" + good + ",s=" + good, value, ErrMalformed},
		"five signatures":              {"a=" + good + ",b=" + good + ",c=" + good + ",d=" + good + ",e=" + good, value, ErrMalformed},
		"ten thousand parameters":      {"s=" + covered + strings.Repeat(";a=1", 10_000), value, ErrMalformed},
		"many parameters":              {"s=" + good + strings.ReplaceAll(manyParams(200), `="b",`, ";"), value, ErrMalformed},
		"a parameter twice":            {"s=" + good + `;keyid="j"`, value, ErrMalformed},
		"covered twice":                {`s=("@method" "@method" "@target-uri" "content-digest")` + created + `;keyid="k"`, value, ErrMalformed},
		"ten thousand covered":         {"s=(" + strings.Repeat(`"a" `, 10_000), value, ErrMalformed},
		"open list":                    {`s=("@method"`, value, ErrMalformed},
		"open string":                  {`s=("@method`, value, ErrMalformed},
		"items without a space":        {`s=("@method""@target-uri" "content-digest")` + created + `;keyid="k"`, value, ErrMalformed},
		"tokens are covered":           {`s=(@method)`, value, ErrMalformed},
		"names in capitals":            {`s=("@method" "@target-uri" "Content-Digest")` + created + `;keyid="k"`, value, ErrMalformed},
		"no list":                      {`s=5`, value, ErrMalformed},
		"no label":                     {good, value, ErrMalformed},
		"a label in capitals":          {"S=" + good, value, ErrMalformed},
		"a comma at the end":           {"s=" + good + ",", value, ErrMalformed},
		"odd escapes":                  {`s=("@method" "@target\-uri")`, value, ErrMalformed},
		"not ASCII":                    {`s=("ü")`, value, ErrMalformed},
		"hmac":                         {"s=" + good + `;alg="hmac-sha256"`, value, ErrAlgorithm},
		"ed25519":                      {"s=" + good + `;alg="ed25519"`, value, ErrAlgorithm},
		"alg is a token":               {"s=" + good + `;alg=rsa-v1_5-sha256`, value, ErrAlgorithm},
		"covers nothing":               {"s=()" + created + `;keyid="k"`, value, ErrCoverage},
		"without method":               {`s=("@target-uri" "content-digest")` + created + `;keyid="k"`, value, ErrCoverage},
		"without authority":            {`s=("@method" "@path" "content-digest")` + created + `;keyid="k"`, value, ErrCoverage},
		"without path":                 {`s=("@method" "@authority" "content-digest")` + created + `;keyid="k"`, value, ErrCoverage},
		"without digest":               {`s=("@method" "@target-uri")` + created + `;keyid="k"`, value, ErrCoverage},
		"without time":                 {"s=" + covered + `;keyid="k"`, value, ErrCoverage},
		"the digest of the request":    {`s=("@method" "@target-uri" "content-digest";req)` + created + `;keyid="k"`, value, ErrCoverage},
		"more with parameters":         {`s=("@method" "@target-uri" "content-digest" "date";bs)` + created + `;keyid="k"`, value, ErrMalformed},
		"a status":                     {`s=("@method" "@target-uri" "content-digest" "@status")` + created + `;keyid="k"`, value, ErrCoverage},
		"a header that is missing":     {`s=("@method" "@target-uri" "content-digest" "x")` + created + `;keyid="k"`, value, ErrCoverage},
		"a query that is missing":      {`s=("@method" "@target-uri" "content-digest" "@query-param";name="x")` + created + `;keyid="k"`, value, ErrCoverage},
		"created is a string":          {"s=" + covered + `;keyid="k";created="5"`, value, ErrMalformed},
		"created beyond all measure":   {"s=" + covered + `;keyid="k";created=999999999999999`, value, ErrMalformed},
		"created before time":          {"s=" + covered + `;keyid="k";created=-1`, value, ErrMalformed},
		"created long ago":             {"s=" + covered + `;keyid="k";created=5`, value, ErrTime},
		"expired":                      {"s=" + good + fmt.Sprintf(";expires=%d", now.Unix()-100), value, ErrTime},
		"structured fields of numbers": {"s=" + good + ";x=99999999999999999999", value, ErrMalformed},
	}
	for name, test := range tests {
		sig, err := Parse(rfc9421With(t, test.input, test.value), Options{Now: now})
		if !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
		if err != nil && (sig != nil || !errs.Is(err, errs.Unauthorized)) {
			t.Errorf("%s: got %v with the error %v", name, sig, err)
		}
	}
}

func TestAQueryHasToBeSignedToo(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "https://here.example/outbox?page=1", nil)
	r.Header.Set("Signature", "s=:AAAA:")
	for covered, want := range map[string]error{
		`"@path"`:           ErrCoverage,
		`"@path" "@query"`:  nil,
		`"@request-target"`: nil,
	} {
		r.Header.Set("Signature-Input", `s=("@method" "@authority" `+covered+`);keyid="k"`)
		if _, err := Parse(r, Options{Now: now}); !errors.Is(err, want) {
			t.Errorf("covering %s: got %v, want %v", covered, err, want)
		}
	}
}

func TestDigests(t *testing.T) {
	t.Parallel()
	const (
		sum256 = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
		sum512 = "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="
		other  = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	)
	tests := map[string]struct {
		digest, content []string
		ok              bool
	}{
		"SHA-256":                       {[]string{"SHA-256=" + sum256}, nil, true},
		"sha-256":                       {[]string{"sha-256=" + sum256}, nil, true},
		"without padding":               {[]string{"SHA-256=" + strings.TrimRight(sum256, "=")}, nil, true},
		"SHA-512":                       {[]string{"SHA-512=" + sum512}, nil, true},
		"both":                          {[]string{"SHA-512=" + sum512 + ", SHA-256=" + sum256}, nil, true},
		"another beside it":             {[]string{"MD5=AAAA,SHA-256=" + sum256}, nil, true},
		"Content-Digest":                {nil, []string{"sha-256=:" + sum256 + ":"}, true},
		"Content-Digest, both":          {nil, []string{"sha-512=:" + sum512 + ":, sha-256=:" + sum256 + ":;x=1"}, true},
		"both headers":                  {[]string{"SHA-256=" + sum256}, []string{"sha-256=:" + sum256 + ":"}, true},
		"none":                          {nil, nil, false},
		"empty":                         {[]string{""}, nil, false},
		"only MD5":                      {[]string{"MD5=AAAA"}, nil, false},
		"another body's":                {[]string{"SHA-256=" + other}, nil, false},
		"one is another body's":         {[]string{"SHA-256=" + sum256 + ",SHA-256=" + other}, nil, false},
		"Digest lies":                   {[]string{"SHA-256=" + other}, []string{"sha-256=:" + sum256 + ":"}, false},
		"Content-Digest lies":           {[]string{"SHA-256=" + sum256}, []string{"sha-256=:" + other + ":"}, false},
		"Digest says nothing we know":   {[]string{"SHA=AAAA"}, []string{"sha-256=:" + sum256 + ":"}, false},
		"cut off":                       {[]string{"SHA-256=" + sum256[:20]}, nil, false},
		"not base64":                    {[]string{"SHA-256=%%%"}, nil, false},
		"Content-Digest as Digest":      {nil, []string{"sha-256=" + sum256}, false},
		"Content-Digest, open":          {nil, []string{"sha-256=:" + sum256}, false},
		"a hundred":                     {[]string{strings.Repeat("SHA-256="+sum256+",", 100)}, nil, false},
		"a hundred lines":               {strings.Split(strings.Repeat("SHA-256="+sum256+"\n", 100), "\n"), nil, false},
		"an endless one":                {[]string{"SHA-256=" + strings.Repeat("A", 1<<20)}, nil, false},
		"two that are the same, on two": {[]string{"SHA-256=" + sum256, "SHA-512=" + sum512}, nil, true},
	}
	for name, test := range tests {
		h := http.Header{}
		if test.digest != nil {
			h["Digest"] = test.digest
		}
		if test.content != nil {
			h["Content-Digest"] = test.content
		}
		err := CheckDigest(h, specBody)
		if test.ok != (err == nil) {
			t.Errorf("%s: got %v, want it to pass: %t", name, err, test.ok)
		}
		if err != nil && (!errors.Is(err, ErrDigest) || !errs.Is(err, errs.Unauthorized)) {
			t.Errorf("%s: got %v, want ErrDigest", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, form := range []Form{Cavage, RFC9421} {
		r := signed(f, "POST", "https://here.example/inbox", []byte("{}"), form)
		f.Add("POST", r.Header.Get("Signature-Input"), r.Header.Get("Signature"), r.Header.Get("Digest"), r.Header.Get("Date"))
	}
	f.Add("GET", `a=("@query-param";name="x" "@path" "x";sf);created=1`, "a=:AA==:, b=:AAAA:;x", "", "")
	f.Add("GET", "", `Signature keyId="a\"b",headers="(request-target) host (created)",created=5,signature="AAAA"`, "MD5=a", "x")
	f.Fuzz(func(t *testing.T, method, input, signature, digest, date string) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "https://here.example/inbox?x=1", nil)
		r.Method = method
		for name, value := range map[string]string{"Signature-Input": input, "Signature": signature, "Digest": digest, "Date": date} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		sig, err := Parse(r, Options{Now: now})
		if (sig == nil) == (err == nil) {
			t.Fatalf("got %v and %v", sig, err)
		}
		if err != nil {
			if !errs.Is(err, errs.Unauthorized) || len(errs.As(err).Msg) > 4000 {
				t.Fatalf("the error %v", err)
			}
			return
		}
		if sig.KeyID == "" || len(sig.KeyID) > maxKeyID || len(sig.bases[0]) > maxBase+maxHeaderBytes || len(sig.value) > maxSignatureBytes {
			t.Fatalf("accepted out of bounds: %+v", sig)
		}
		for _, base := range sig.bases {
			if !bytes.Contains(base, []byte("here.example")) {
				t.Fatalf("accepted without the host being signed: %q", base)
			}
		}
		again, err := Parse(r, Options{Now: now})
		if err != nil || !bytes.Equal(again.bases[0], sig.bases[0]) {
			t.Fatalf("read twice it is not the same: %q, then %q (%v)", sig.bases[0], again.bases[0], err)
		}
	})
}

func FuzzDigest(f *testing.F) {
	f.Add("SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=", "sha-512=:AAAA:", specBody)
	f.Add("sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU,MD5==", "", []byte{})
	f.Fuzz(func(t *testing.T, digest, content string, body []byte) {
		h := http.Header{}
		if digest != "" {
			h.Set("Digest", digest)
		}
		if content != "" {
			h.Set("Content-Digest", content)
		}
		if CheckDigest(h, body) == nil && CheckDigest(h, append(bytes.Clone(body), 0)) == nil {
			t.Fatalf("%q and %q fit two bodies", digest, content)
		}
	})
}
