package httpsig

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Signer is a key that signs.
type Signer struct {
	// KeyID is the URL under which others find the public key, such as
	// "https://example.org/accounts/peertube#main-key".
	KeyID string
	// Key has 1024 to 8192 bits.
	Key *rsa.PrivateKey
}

// Sign adds a signature to a request that is about to be sent to r.URL. A nil
// body means that there is none.
//
// It sets Date if that is missing, Digest (draft-cavage) or Content-Digest
// (RFC 9421) if there is a body, and Signature; what an earlier Sign left is
// replaced, so that a request can be signed again in the other form. The host
// is r.Host or that of the URL, as net/http sends it.
//
// draft-cavage covers (request-target), host, date and digest with
// rsa-sha256, as PeerTube does; RFC 9421 covers @method, @target-uri and
// content-digest with rsa-v1_5-sha256, and has created and keyid.
func (s Signer) Sign(r *http.Request, body []byte, form Form, now time.Time) error {
	if s.Key == nil {
		return errors.New("httpsig: no key to sign with")
	}
	if strings.ContainsAny(s.KeyID, "\"\\\r\n") || s.KeyID == "" {
		return fmt.Errorf("httpsig: key id %q cannot be written", s.KeyID)
	}
	for _, name := range []string{"Signature", "Signature-Input", "Digest", "Content-Digest"} {
		r.Header.Del(name)
	}
	if r.Header.Get("Date") == "" {
		r.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	m := newMessage(r, Options{Host: host, Scheme: r.URL.Scheme})
	if form == RFC9421 {
		return s.signRFC9421(r, m, body, now)
	}
	return s.signCavage(r, m, body)
}

func (s Signer) signCavage(r *http.Request, m *message, body []byte) error {
	covered := []string{"(request-target)", "host", "date"}
	if body != nil {
		r.Header.Set("Digest", digestHeader(body))
		covered = append(covered, "digest")
	}
	base, err := cavageBase(m, covered, "", "")
	if err != nil {
		return err
	}
	value, err := s.value(base)
	if err != nil {
		return err
	}
	r.Header.Set("Signature", `keyId="`+s.KeyID+`",algorithm="rsa-sha256",headers="`+
		strings.Join(covered, " ")+`",signature="`+value+`"`)
	return nil
}

func (s Signer) signRFC9421(r *http.Request, m *message, body []byte, now time.Time) error {
	covered := `("@method" "@target-uri"`
	if body != nil {
		r.Header.Set("Content-Digest", contentDigestHeader(body))
		covered += ` "content-digest"`
	}
	input := fmt.Sprintf(`%s);alg="rsa-v1_5-sha256";created=%d;keyid="%s"`, covered, now.Unix(), s.KeyID)
	list, err := readInnerList(&sfReader{text: input})
	if err != nil {
		return fmt.Errorf("httpsig: key id %q: %w", s.KeyID, err)
	}
	base, err := rfc9421Base(m, list)
	if err != nil {
		return err
	}
	value, err := s.value(base)
	if err != nil {
		return err
	}
	r.Header.Set("Signature-Input", "sig1="+list.canonical)
	r.Header.Set("Signature", "sig1=:"+value+":")
	return nil
}

// value signs and returns base64.
func (s Signer) value(base []byte) (string, error) {
	sum := sha256.Sum256(base)
	sig, err := rsa.SignPKCS1v15(nil, s.Key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("httpsig: sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(sig), nil
}
