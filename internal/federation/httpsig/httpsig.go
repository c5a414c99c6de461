// Package httpsig signs HTTP requests and reads the signatures of others, in
// the two dialects of the fediverse: draft-cavage-http-signatures-12, which
// everybody speaks, and RFC 9421 (HTTP Message Signatures), which some have
// begun to demand.
//
// A receiver goes through three steps, the cheap ones first:
//
//	sig, err := httpsig.Parse(r, opts)       // is it signed, enough of it, in time?
//	err = httpsig.CheckDigest(r.Header, body) // is this the body that was signed?
//	err = sig.Verify(key)                     // did the owner of sig.KeyID sign it?
//
// Who owns a key, where keys come from and whether the owner may do what the
// request says is not known here. The package does no I/O; its input is
// hostile, so every size is bounded and nothing it reads is trusted before
// Verify said so.
package httpsig

import (
	"crypto/rsa"
	"errors"
	"net/http"
	"strings"
	"time"

	"sepiola/internal/errs"
)

// Skew is how far the time of a signature may lie from now, on both sides. It
// is PeerTube's.
const Skew = 1800 * time.Second

// expirySlack is how long after its own end a signature still counts, for
// clocks that go wrong by a little.
const expirySlack = time.Minute

// Bounds of what is read. The longest real signatures (8192 bit keys, a dozen
// headers) stay under a quarter of them.
const (
	maxHeaderBytes    = 8 << 10 // of Signature or Signature-Input, all lines together
	maxParams         = 32      // of one signature
	maxComponents     = 32      // that one signature covers
	maxSignatures     = 4       // in one RFC 9421 request
	maxKeyID          = 2048    // bytes
	maxSignatureBytes = maxKeyBits / 8
)

// Form is the dialect of a signature.
type Form int

// The dialects.
const (
	Cavage  Form = iota // draft-cavage-http-signatures-12
	RFC9421             // RFC 9421 with RFC 9530's Content-Digest
)

// String names the dialect for logs.
func (f Form) String() string {
	if f == RFC9421 {
		return "rfc9421"
	}
	return "cavage"
}

// Why a signature is refused. Every error of Parse, CheckDigest and Verify is
// of the kind errs.Unauthorized, has a message for the sender, and one of
// these as its cause.
var (
	// ErrNone is the cause when there is no signature at all.
	ErrNone = errors.New("no signature")
	// ErrMalformed is the cause when it cannot be read, or is out of bounds.
	ErrMalformed = errors.New("malformed signature")
	// ErrAlgorithm is the cause when it is made in a way we do not verify.
	ErrAlgorithm = errors.New("unsupported signature algorithm")
	// ErrCoverage is the cause when it leaves out what has to be signed.
	ErrCoverage = errors.New("signature covers too little")
	// ErrTime is the cause when it is too old, from the future or expired.
	ErrTime = errors.New("signature out of time")
	// ErrDigest is the cause when the body is not the one that was announced.
	ErrDigest = errors.New("digest mismatch")
	// ErrWrong is the cause when the key did not make this signature: the
	// only one after which asking for a newer key may help.
	ErrWrong = errors.New("wrong signature")
)

func refuse(cause error, format string, args ...any) error {
	return errs.Wrap(errs.Unauthorized, cause, format, args...)
}

// Options are what Parse cannot know from the request.
type Options struct {
	// Now is the time the signature is judged at.
	Now time.Time
	// Host is the name this site is known by, with its port if that is not
	// the scheme's own. It stands for whatever Host header arrived, since a
	// proxy may have changed that: a signature made for another site is
	// wrong here. Empty means that the request's own is taken.
	Host string
	// Scheme is "https" or "http", as others see this site; empty means https.
	Scheme string
}

// Signature is what a request claims; nothing is verified yet.
type Signature struct {
	// KeyID is the name of the key, as it came: 1 to 2048 bytes, most
	// often a URL.
	KeyID string
	// Form is the dialect.
	Form Form
	// Created is when it was made, from the signature itself or, failing
	// that, from the request's date; zero if a GET has neither.
	Created time.Time

	bases   [][]byte // what was signed; more than one if senders differ in it
	value   []byte   // the signature
	schemes []scheme // how it may have been made, likeliest first
}

// Parse reads the signature of a request and checks all that is cheap: that
// there is one (ErrNone otherwise), that its algorithm is known, that it
// covers what it must, and that its time lies within Skew of now. It does not
// read the body.
//
// A request with a body, or with a method other than GET and HEAD, must have
// signed its target, host, digest and time; the others their target and host.
// In draft-cavage that is (request-target), host, digest and one of date and
// (created); in RFC 9421 @method, @target-uri (or @authority with
// @request-target, or with @path and @query), content-digest, and the
// parameter created or date.
func Parse(r *http.Request, opts Options) (*Signature, error) {
	m := newMessage(r, opts)
	if len(r.Header["Signature-Input"]) > 0 {
		return parseRFC9421(m, opts.Now)
	}
	return parseCavage(m, opts.Now)
}

// message is a request as both dialects see it.
type message struct {
	method    string
	scheme    string
	host      string
	target    string // path and query as they stand in the request line
	header    http.Header
	mustCover bool // what comes with a body: its digest and time must be signed
}

func newMessage(r *http.Request, opts Options) *message {
	m := &message{method: r.Method, scheme: opts.Scheme, host: opts.Host, target: r.RequestURI, header: r.Header}
	if m.method == "" {
		m.method = http.MethodGet
	}
	if m.scheme == "" {
		m.scheme = "https"
	}
	if m.host == "" {
		m.host = r.Host
	}
	if m.host == "" && r.URL != nil {
		m.host = r.URL.Host
	}
	// Requests that were not received have no RequestURI; one in absolute
	// form (sent to a proxy) was signed without its origin.
	if !strings.HasPrefix(m.target, "/") && r.URL != nil {
		m.target = r.URL.RequestURI()
	}
	reads := m.method == http.MethodGet || m.method == http.MethodHead
	m.mustCover = !reads || r.ContentLength != 0
	return m
}

// path returns the target without its query.
func (m *message) path() string {
	path, _, _ := strings.Cut(m.target, "?")
	return path
}

// query returns the target's query without "?", and whether it has one.
func (m *message) query() (string, bool) {
	_, query, ok := strings.Cut(m.target, "?")
	return query, ok
}

// field returns the value of a header as it is signed: its lines trimmed and
// joined by a comma. The name is in lower case.
func (m *message) field(name string) (string, bool) {
	if name == "host" {
		return m.host, m.host != ""
	}
	lines := m.header[http.CanonicalHeaderKey(name)]
	switch len(lines) {
	case 0:
		return "", false
	case 1:
		return strings.TrimSpace(lines[0]), true
	}
	trimmed := make([]string, len(lines))
	for i, line := range lines {
		trimmed[i] = strings.TrimSpace(line)
	}
	return strings.Join(trimmed, ", "), true
}

// date returns the request's date. Several dates are none that can be trusted.
func (m *message) date() (time.Time, error) {
	lines := m.header["Date"]
	if len(lines) != 1 {
		return time.Time{}, refuse(ErrMalformed, "the request has %d Date headers, one is needed", len(lines))
	}
	at, err := http.ParseTime(strings.TrimSpace(lines[0]))
	if err != nil {
		return time.Time{}, refuse(ErrMalformed, "the Date header cannot be read")
	}
	return at, nil
}

// checkTime says whether a signature made at a time counts now.
func checkTime(at, now time.Time) error {
	if d := now.Sub(at); d > Skew || d < -Skew {
		return refuse(ErrTime, "the signature is of %s, which is more than %d seconds from now, %s",
			at.UTC().Format(time.RFC3339), int(Skew.Seconds()), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// checkExpiry says whether a signature that ends at a time still counts.
func checkExpiry(end, now time.Time) error {
	if now.After(end.Add(expirySlack)) {
		return refuse(ErrTime, "the signature expired at %s", end.UTC().Format(time.RFC3339))
	}
	return nil
}

// Verify checks the signature against a public key. ErrWrong is the cause of
// its error, whatever is wrong.
func (s *Signature) Verify(key *rsa.PublicKey) error {
	if err := checkSize(key); err != nil {
		return refuse(ErrWrong, "the key of %s cannot be used: %s", s.KeyID, err.Error())
	}
	for _, base := range s.bases {
		for _, scheme := range s.schemes {
			if scheme.verify(key, base, s.value) == nil {
				return nil
			}
		}
	}
	return refuse(ErrWrong, "the signature was not made by the key %s", s.KeyID)
}
