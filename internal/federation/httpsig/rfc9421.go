package httpsig

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// parseRFC9421 reads the signatures of RFC 9421 and returns the first that is
// good enough; if none is, what is wrong with the first.
func parseRFC9421(m *message, now time.Time) (*Signature, error) {
	inputs, err := readDictionary(m, "signature-input", readInnerList)
	if err != nil {
		return nil, err
	}
	values, err := readDictionary(m, "signature", readBytes)
	if err != nil {
		return nil, err
	}
	var first error
	for _, in := range inputs {
		s, err := newRFC9421(m, in, values, now)
		if err == nil {
			return s, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = refuse(ErrNone, "the request is not signed: its Signature-Input is empty")
	}
	return nil, first
}

// newRFC9421 judges one of a request's signatures.
func newRFC9421(m *message, in member[innerList], values []member[[]byte], now time.Time) (*Signature, error) {
	s := &Signature{Form: RFC9421}
	for _, v := range values {
		if v.key == in.key {
			s.value = v.value
		}
	}
	if len(s.value) == 0 || len(s.value) > maxSignatureBytes {
		return nil, refuse(ErrMalformed, "the signature %q has no value of 1 to %d bytes", shorten(in.key), maxSignatureBytes)
	}
	list := in.value
	s.KeyID = list.params["keyid"].text
	if list.params["keyid"].kind != kindString || s.KeyID == "" || len(s.KeyID) > maxKeyID {
		return nil, refuse(ErrMalformed, "the signature needs a keyid of 1 to %d bytes", maxKeyID)
	}
	var err error
	if s.schemes, err = rfc9421Schemes(list.params["alg"]); err != nil {
		return nil, err
	}
	if err := checkRFC9421Coverage(m, list); err != nil {
		return nil, err
	}
	if s.Created, err = checkRFC9421Times(m, list, now); err != nil {
		return nil, err
	}
	base, err := rfc9421Base(m, list)
	if err != nil {
		return nil, err
	}
	s.bases = [][]byte{base}
	return s, nil
}

// rfc9421Schemes chooses how to verify. Without alg the key decides, and an
// RSA key can do both.
func rfc9421Schemes(alg sfValue) ([]scheme, error) {
	switch {
	case alg.kind == kindNone:
		return []scheme{pkcs1SHA256, pssSHA512}, nil
	case alg.kind == kindString && alg.text == "rsa-v1_5-sha256":
		return []scheme{pkcs1SHA256}, nil
	case alg.kind == kindString && alg.text == "rsa-pss-sha512":
		return []scheme{pssSHA512}, nil
	default:
		return nil, refuse(ErrAlgorithm, "signatures by %q are not accepted; rsa-v1_5-sha256 is", shorten(alg.text))
	}
}

// checkRFC9421Coverage says whether what matters is signed.
func checkRFC9421Coverage(m *message, list innerList) error {
	if !list.covers("@method") {
		return refuse(ErrCoverage, "the signature has to cover @method")
	}
	if !list.covers("@target-uri") {
		if !list.covers("@authority") && !list.covers("host") {
			return refuse(ErrCoverage, "the signature has to cover @target-uri or @authority")
		}
		_, query := m.query()
		path := list.covers("@path") && (!query || list.covers("@query"))
		if !path && !list.covers("@request-target") {
			return refuse(ErrCoverage, "the signature has to cover @target-uri, or @path and @query")
		}
	}
	if !m.mustCover {
		return nil
	}
	if !list.covers("content-digest") && !list.covers("digest") {
		return refuse(ErrCoverage, "the signature has to cover content-digest")
	}
	if list.params["created"].kind == kindNone && !list.covers("date") {
		return refuse(ErrCoverage, "the signature needs its time in created")
	}
	return nil
}

// checkRFC9421Times judges each time that is there and returns the one the
// signature was made at.
func checkRFC9421Times(m *message, list innerList, now time.Time) (at time.Time, err error) {
	if list.covers("date") {
		if at, err = m.date(); err != nil {
			return time.Time{}, err
		}
		if err := checkTime(at, now); err != nil {
			return time.Time{}, err
		}
	}
	if created, ok, err := list.timeParam("created"); err != nil {
		return time.Time{}, err
	} else if ok {
		if err := checkTime(created, now); err != nil {
			return time.Time{}, err
		}
		at = created
	}
	if end, ok, err := list.timeParam("expires"); err != nil {
		return time.Time{}, err
	} else if ok {
		if err := checkExpiry(end, now); err != nil {
			return time.Time{}, err
		}
	}
	return at, nil
}

// timeParam returns a parameter that is a time in seconds, if it is there.
func (l innerList) timeParam(name string) (time.Time, bool, error) {
	v := l.params[name]
	if v.kind == kindNone {
		return time.Time{}, false, nil
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	if v.kind != kindInteger || err != nil || n < 0 || n > maxUnix {
		return time.Time{}, false, refuse(ErrMalformed, "the signature's %s is not a number of seconds", name)
	}
	return time.Unix(n, 0), true, nil
}

// rfc9421Base writes the signature base (RFC 9421 section 2.5).
func rfc9421Base(m *message, list innerList) ([]byte, error) {
	base := make([]byte, 0, 512)
	for _, c := range list.components {
		value, err := m.component(c)
		if err != nil {
			return nil, err
		}
		base = append(base, c.canonical...)
		base = append(base, ": "...)
		base = append(base, value...)
		base = append(base, '\n')
		if len(base) > maxBase {
			return nil, refuse(ErrMalformed, "the signature covers more than %d bytes", maxBase)
		}
	}
	base = append(base, `"@signature-params": `...)
	return append(base, list.canonical...), nil
}

// component returns the value of what a signature covers (RFC 9421 section 2).
// The parameters sf, key, bs, req and tr change what is meant; nobody in the
// fediverse sends them, and they are refused.
func (m *message) component(c component) (string, error) {
	if c.name == "@query-param" && c.params == 1 && c.query.kind == kindString {
		return m.queryParam(c.query.text)
	}
	if c.params != 0 {
		return "", refuse(ErrMalformed, "the signature covers %s, whose parameters are not understood", shorten(c.canonical))
	}
	switch c.name {
	case "@method":
		return m.method, nil
	case "@target-uri":
		return m.scheme + "://" + m.host + m.target, nil
	case "@authority":
		return m.authority(), nil
	case "@scheme":
		return m.scheme, nil
	case "@request-target":
		return m.target, nil
	case "@path":
		return m.path(), nil
	case "@query":
		query, _ := m.query()
		return "?" + query, nil
	}
	value, ok := m.field(c.name)
	if !ok || strings.HasPrefix(c.name, "@") {
		return "", refuse(ErrCoverage, "the signature covers %q, which the request does not have", shorten(c.name))
	}
	return value, nil
}

// authority returns the host in lower case, without the port its scheme has
// anyway.
func (m *message) authority() string {
	host := strings.ToLower(m.host)
	if name, port, err := net.SplitHostPort(host); err == nil {
		if m.scheme == "https" && port == "443" || m.scheme == "http" && port == "80" {
			if strings.Contains(name, ":") {
				return "[" + name + "]"
			}
			return name
		}
	}
	return host
}

// queryParam returns the value of a parameter of the query that occurs once
// (RFC 9421 section 2.2.8), encoded again as that section says.
func (m *message) queryParam(name string) (string, error) {
	query, _ := m.query()
	wanted, err := url.PathUnescape(name)
	if err != nil {
		return "", refuse(ErrMalformed, "the signature covers a parameter of the query whose name cannot be read")
	}
	values, err := url.ParseQuery(query)
	if err != nil || len(values[wanted]) != 1 {
		return "", refuse(ErrCoverage, "the signature covers the parameter %q of the query, which is not there once", shorten(name))
	}
	return strings.ReplaceAll(url.QueryEscape(values[wanted][0]), "+", "%20"), nil
}
