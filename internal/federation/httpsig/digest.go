package httpsig

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"strings"
)

// maxDigests is how many digests of one header are looked at.
const maxDigests = 8

// CheckDigest compares a body with the request's Digest header (RFC 3230:
// "SHA-256=…", the name in any case, or SHA-512) and its Content-Digest (RFC
// 9530: "sha-256=:…:" or sha-512). Each of the two that is there must have at
// least one digest we can compute, and each of those must be the body's: a
// signature may cover either header, so neither may lie. Without both it
// fails.
func CheckDigest(h http.Header, body []byte) error {
	digest, content := h["Digest"], h["Content-Digest"]
	if len(digest) == 0 && len(content) == 0 {
		return refuse(ErrDigest, "the request has no Digest or Content-Digest header")
	}
	if len(digest) > 0 {
		if err := checkDigests(strings.Join(digest, ","), "Digest", body, base64Value); err != nil {
			return err
		}
	}
	if len(content) > 0 {
		return checkDigests(strings.Join(content, ","), "Content-Digest", body, bytesValue)
	}
	return nil
}

// checkDigests compares one header's digests with a body.
func checkDigests(header, name string, body []byte, decode func(string) ([]byte, bool)) error {
	known, n := 0, 0
	for entry := range strings.SplitSeq(header, ",") {
		if n++; n > maxDigests {
			return refuse(ErrDigest, "the %s header has more than %d digests", name, maxDigests)
		}
		algorithm, text, ok := strings.Cut(strings.TrimSpace(entry), "=")
		if !ok {
			continue
		}
		var want []byte
		switch strings.ToLower(algorithm) {
		case "sha-256":
			sum := sha256.Sum256(body)
			want = sum[:]
		case "sha-512":
			sum := sha512.Sum512(body)
			want = sum[:]
		default:
			continue
		}
		got, ok := decode(text)
		if !ok || !bytes.Equal(got, want) {
			return refuse(ErrDigest, "the %s header does not match the body", name)
		}
		known++
	}
	if known == 0 {
		return refuse(ErrDigest, "the %s header has no SHA-256 or SHA-512 digest", name)
	}
	return nil
}

// base64Value decodes base64 with or without padding.
func base64Value(text string) ([]byte, bool) {
	if len(text) > maxHeaderBytes {
		return nil, false
	}
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	return b, err == nil
}

// bytesValue decodes a byte sequence of RFC 9651, ":base64:", whose
// parameters, if any, are of no interest.
func bytesValue(text string) ([]byte, bool) {
	text, ok := strings.CutPrefix(text, ":")
	if !ok {
		return nil, false
	}
	text, _, ok = strings.Cut(text, ":")
	if !ok {
		return nil, false
	}
	return base64Value(text)
}

// digestHeader returns the value of Digest for a body.
func digestHeader(body []byte) string {
	sum := sha256.Sum256(body)
	return "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
}

// contentDigestHeader returns the value of Content-Digest for a body.
func contentDigestHeader(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}
