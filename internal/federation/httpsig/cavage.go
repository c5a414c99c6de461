package httpsig

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// parseCavage reads a signature of draft-cavage-http-signatures-12 from the
// header Signature, or from Authorization with the scheme Signature.
func parseCavage(m *message, now time.Time) (*Signature, error) {
	text, err := cavageHeader(m)
	if err != nil {
		return nil, err
	}
	p, err := readCavage(text)
	if err != nil {
		return nil, err
	}
	if err := p.checkCoverage(m.mustCover); err != nil {
		return nil, err
	}
	s, err := p.signature(m)
	if err != nil {
		return nil, err
	}
	if s.Created, err = p.checkTimes(m, now); err != nil {
		return nil, err
	}
	return s, nil
}

// cavageHeader finds the text of the signature.
func cavageHeader(m *message) (string, error) {
	lines := m.header["Signature"]
	if len(lines) == 0 {
		for _, line := range m.header["Authorization"] {
			if _, ok := cutScheme(line); ok {
				lines = append(lines, line)
			}
		}
	}
	switch {
	case len(lines) == 0:
		return "", refuse(ErrNone, "the request is not signed: a Signature header is needed")
	case len(lines) > 1:
		return "", refuse(ErrMalformed, "the request has %d signatures, one is needed", len(lines))
	case len(lines[0]) > maxHeaderBytes:
		return "", refuse(ErrMalformed, "the signature is longer than %d bytes", maxHeaderBytes)
	}
	text, _ := cutScheme(lines[0])
	return text, nil
}

// cutScheme removes the "Signature " that some write before the parameters.
func cutScheme(line string) (string, bool) {
	const scheme = "signature "
	line = strings.TrimSpace(line)
	if len(line) >= len(scheme) && strings.EqualFold(line[:len(scheme)], scheme) {
		return line[len(scheme):], true
	}
	return line, false
}

// cavageParams are the parameters of a signature.
type cavageParams struct {
	keyID     string
	schemes   []scheme
	covered   []string // in lower case, in the order they were signed
	value     []byte
	created   string // in seconds since 1970, as it came
	createdAt time.Time
	expires   string
	expiresAt time.Time
}

// readCavage reads the parameters. Unknown ones are passed over; one that is
// given twice is an error.
func readCavage(text string) (*cavageParams, error) {
	given := make(map[string]string, 6)
	for n := 0; ; n++ {
		text = strings.TrimLeft(text, " \t,")
		if text == "" {
			break
		}
		if n == maxParams {
			return nil, refuse(ErrMalformed, "the signature has more than %d parameters", maxParams)
		}
		name, value, rest, ok := cutParam(text)
		if !ok {
			return nil, refuse(ErrMalformed, "the parameters of the signature cannot be read")
		}
		if _, twice := given[name]; twice {
			return nil, refuse(ErrMalformed, "the signature has its parameter %q twice", name)
		}
		given[name], text = value, rest
	}

	p := &cavageParams{keyID: given["keyid"], created: given["created"], expires: given["expires"]}
	if p.keyID == "" || len(p.keyID) > maxKeyID {
		return nil, refuse(ErrMalformed, "the signature needs a keyId of 1 to %d bytes", maxKeyID)
	}
	var ok bool
	if p.value, ok = base64Value(given["signature"]); !ok || len(p.value) == 0 || len(p.value) > maxSignatureBytes {
		return nil, refuse(ErrMalformed, "the signature's value is not base64 of 1 to %d bytes", maxSignatureBytes)
	}
	if err := p.readAlgorithm(given["algorithm"]); err != nil {
		return nil, err
	}
	if err := p.readTimes(); err != nil {
		return nil, err
	}
	p.covered = strings.Fields(strings.ToLower(given["headers"]))
	if len(p.covered) == 0 {
		p.covered = []string{"date"} // the default before draft 11, which is what RSA keys are used with
	}
	if len(p.covered) > maxComponents {
		return nil, refuse(ErrMalformed, "the signature covers more than %d headers", maxComponents)
	}
	return p, nil
}

// cutParam reads one name=value or name="value" from the beginning of a text.
// The name is returned in lower case.
func cutParam(text string) (name, value, rest string, ok bool) {
	name, rest, ok = strings.Cut(text, "=")
	name = strings.ToLower(strings.TrimSpace(name))
	if !ok || name == "" || strings.ContainsAny(name, "\", \t") {
		return "", "", "", false
	}
	rest = strings.TrimLeft(rest, " \t")
	if !strings.HasPrefix(rest, `"`) {
		end := strings.IndexAny(rest, ", \t")
		if end < 0 {
			end = len(rest)
		}
		return name, rest[:end], rest[end:], !strings.Contains(rest[:end], `"`)
	}
	value, rest, ok = cutQuoted(rest)
	if !ok || rest != "" && !strings.ContainsRune(", \t", rune(rest[0])) {
		return "", "", "", false
	}
	return name, value, rest, true
}

// cutQuoted reads a string in quotes, with backslashes before what they
// protect, from the beginning of a text.
func cutQuoted(text string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return b.String(), text[i+1:], true
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case c < ' ' || c == 0x7f:
			return "", "", false
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// readAlgorithm chooses how to verify. hs2019 leaves it to the key; the
// fediverse means RSA with SHA-256, and the draft's own text PSS with SHA-512.
func (p *cavageParams) readAlgorithm(name string) error {
	switch strings.ToLower(name) {
	case "", "rsa-sha256", "rsa-v1_5-sha256":
		p.schemes = []scheme{pkcs1SHA256}
	case "hs2019":
		p.schemes = []scheme{pkcs1SHA256, pssSHA512}
	case "rsa-sha512":
		p.schemes = []scheme{pkcs1SHA512}
	case "rsa-pss-sha512":
		p.schemes = []scheme{pssSHA512}
	default:
		return refuse(ErrAlgorithm, "signatures by %q are not accepted; rsa-sha256 is", shorten(name))
	}
	return nil
}

func (p *cavageParams) readTimes() error {
	var ok bool
	if p.createdAt, ok = unixTime(p.created); !ok {
		return refuse(ErrMalformed, "the signature's created is not a number of seconds")
	}
	if p.expiresAt, ok = unixTime(p.expires); !ok {
		return refuse(ErrMalformed, "the signature's expires is not a number of seconds")
	}
	return nil
}

// unixTime reads seconds since 1970; the draft lets expires have a fraction.
// No text is no time, which is fine.
func unixTime(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	whole, _, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 || n > maxUnix {
		return time.Time{}, false
	}
	return time.Unix(n, 0), true
}

// maxUnix is the end of the year 9999, after which dates have no text.
const maxUnix = 253402300799

// shorten keeps a stranger's word short enough for an answer.
func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

func (p *cavageParams) covers(name string) bool { return slices.Contains(p.covered, name) }

// checkCoverage says whether what matters is signed.
func (p *cavageParams) checkCoverage(body bool) error {
	for _, name := range []string{"(request-target)", "host"} {
		if !p.covers(name) {
			return refuse(ErrCoverage, "the signature has to cover %s", name)
		}
	}
	if !body {
		return nil
	}
	if !p.covers("digest") && !p.covers("content-digest") {
		return refuse(ErrCoverage, "the signature has to cover digest")
	}
	if !p.covers("date") && !p.covers("(created)") {
		return refuse(ErrCoverage, "the signature has to cover date or (created)")
	}
	return nil
}

// signature builds what was signed.
func (p *cavageParams) signature(m *message) (*Signature, error) {
	base, err := cavageBase(m, p.covered, p.created, p.expires)
	if err != nil {
		return nil, err
	}
	s := &Signature{KeyID: p.keyID, Form: Cavage, bases: [][]byte{base}, value: p.value, schemes: p.schemes}
	// Fedify, and Mastodon for years, leave the query out of the target of
	// what they fetch.
	if _, query := m.query(); query && !m.mustCover {
		bare := *m
		bare.target = m.path()
		if base, err = cavageBase(&bare, p.covered, p.created, p.expires); err != nil {
			return nil, err
		}
		s.bases = append(s.bases, base)
	}
	return s, nil
}

// cavageBase writes the lines that are signed (section 2.3 of the draft).
func cavageBase(m *message, covered []string, created, expires string) ([]byte, error) {
	base := make([]byte, 0, 256)
	for i, name := range covered {
		var value string
		var ok bool
		switch name {
		case "(request-target)":
			value, ok = strings.ToLower(m.method)+" "+m.target, true
		case "(created)":
			value, ok = created, created != ""
		case "(expires)":
			value, ok = expires, expires != ""
		default:
			value, ok = m.field(name)
		}
		if !ok {
			return nil, refuse(ErrCoverage, "the signature covers %q, which the request does not have", shorten(name))
		}
		if i > 0 {
			base = append(base, '\n')
		}
		base = append(base, name...)
		base = append(base, ": "...)
		base = append(base, value...)
		if len(base) > maxBase {
			return nil, refuse(ErrMalformed, "the signature covers more than %d bytes", maxBase)
		}
	}
	return base, nil
}

// maxBase bounds what is signed; headers of a request are bounded elsewhere,
// but one may be covered many times.
const maxBase = 64 << 10

// checkTimes judges each time that is there and returns the one the signature
// was made at.
func (p *cavageParams) checkTimes(m *message, now time.Time) (time.Time, error) {
	var at time.Time
	if p.covers("date") || len(m.header["Date"]) > 0 {
		date, err := m.date()
		if err != nil {
			return time.Time{}, err
		}
		if err := checkTime(date, now); err != nil {
			return time.Time{}, err
		}
		at = date
	}
	if p.created != "" {
		if err := checkTime(p.createdAt, now); err != nil {
			return time.Time{}, err
		}
		at = p.createdAt
	}
	if p.expires != "" {
		if err := checkExpiry(p.expiresAt, now); err != nil {
			return time.Time{}, err
		}
	}
	return at, nil
}
