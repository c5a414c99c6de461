package rest

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Bytes answers with a body and its entity tag, as Express does for every
// answer of PeerTube's API: failures and answers to POST have one too. Who
// shows the tag in a GET gets 304 and no body. The error is that of the
// connection: the client may be gone.
func Bytes(w http.ResponseWriter, status int, kind string, body []byte) error {
	h := w.Header()
	tag := h.Get("Etag")
	if tag == "" {
		tag = entityTag(body)
		h.Set("Etag", tag)
	}
	if c, ok := w.(*conditional); ok && status == http.StatusOK && knows(c.known, tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", kind)
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// entityTag has the form of Express's, W/"<length in hex>-<27 characters of
// base 64>". Those hold 96 bits of hashes that are several times cheaper than
// Express's SHA-1; nodes and releases agree on them, and nothing depends on
// them being hard to forge: who chooses an answer may as well send another.
func entityTag(body []byte) string {
	var sum [20]byte
	hash := xxhash.Sum64(body)
	binary.BigEndian.PutUint64(sum[:], hash)
	binary.BigEndian.PutUint32(sum[8:], crc32.Checksum(body, castagnoli))
	binary.BigEndian.PutUint64(sum[12:], hash*0x9E3779B97F4A7C15) // fills up
	b := make([]byte, 0, 48)
	b = append(b, `W/"`...)
	b = strconv.AppendInt(b, int64(len(body)), 16)
	b = append(b, '-')
	b = base64.RawStdEncoding.AppendEncode(b, sum[:])
	return string(append(b, '"'))
}

// knows reports whether an If-None-Match header names a tag. Weak ones count.
func knows(header, tag string) bool {
	opaque := strings.TrimPrefix(tag, "W/")
	for entry := range strings.SplitSeq(header, ",") {
		if entry = strings.TrimSpace(entry); entry == "*" || strings.TrimPrefix(entry, "W/") == opaque {
			return true
		}
	}
	return false
}

// conditional is the writer of a GET whose sender has an answer already. It
// keeps io.ReaderFrom: files pass through here as well.
type conditional struct {
	http.ResponseWriter
	known string // If-None-Match
}

// withCondition wraps w when r asks for news only. Who reloads a page
// (Cache-Control: no-cache) wants the whole answer.
func withCondition(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	known := r.Header.Get("If-None-Match")
	if known == "" || r.Method != http.MethodGet && r.Method != http.MethodHead ||
		strings.Contains(r.Header.Get("Cache-Control"), "no-cache") {
		return w
	}
	return &conditional{w, known}
}

// ReadFrom implements io.ReaderFrom.
func (c *conditional) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(c.ResponseWriter, r)
}

// Unwrap is for http.ResponseController.
func (c *conditional) Unwrap() http.ResponseWriter { return c.ResponseWriter }
