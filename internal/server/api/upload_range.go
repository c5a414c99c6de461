package api

import (
	"crypto/md5" // the protocol's checksums are against accidents
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"net/http"
	"strconv"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// contentRange is a Content-Range of a request (RFC 9110, section 14.4).
type contentRange struct {
	first, last int64 // both 0 when unsatisfied
	total       int64 // -1 when unknown
	unsatisfied bool  // "bytes */total": only a question
}

// parseContentRange reads "bytes 0-99/200", "bytes 0-99/*" or "bytes */200".
func parseContentRange(s string) (contentRange, bool) {
	unit, rest, ok := strings.Cut(strings.TrimSpace(s), " ")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return contentRange{}, false
	}
	span, total, ok := strings.Cut(strings.TrimSpace(rest), "/")
	if !ok {
		return contentRange{}, false
	}
	c := contentRange{total: -1}
	if total != "*" {
		if c.total, ok = parsePosition(total); !ok {
			return contentRange{}, false
		}
	}
	if span == "*" {
		c.unsatisfied = true
		return c, true
	}
	first, last, ok := strings.Cut(span, "-")
	if !ok {
		return contentRange{}, false
	}
	var ok1, ok2 bool
	c.first, ok1 = parsePosition(first)
	c.last, ok2 = parsePosition(last)
	if !ok1 || !ok2 || c.last < c.first {
		return contentRange{}, false
	}
	return c, true
}

// maxPosition is far beyond every file, and safe to add to.
const maxPosition = 1 << 60

// parsePosition reads digits and nothing else.
func parsePosition(s string) (int64, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n <= maxPosition
}

// readChunk reads what a PUT says about its bytes. Without a Content-Range the
// body is the whole file, or, when it is empty, a question.
func readChunk(r *http.Request) (video.Chunk, error) {
	sum, err := readChecksum(r.Header)
	if err != nil {
		return video.Chunk{}, err
	}
	header := r.Header.Get("Content-Range")
	if header == "" {
		if r.ContentLength < 0 {
			return video.Chunk{}, badChunk("Content-Length or Content-Range is missing.")
		}
		return video.Chunk{Status: r.ContentLength == 0, Length: r.ContentLength, Checksum: sum}, nil
	}
	cr, ok := parseContentRange(header)
	if !ok {
		return video.Chunk{}, badChunk(`The Content-Range must be "bytes first-last/total" or "bytes */total".`)
	}
	c := video.Chunk{Status: cr.unsatisfied, First: cr.first, Total: max(cr.total, 0), Checksum: sum}
	if cr.unsatisfied {
		return c, nil
	}
	c.Length = cr.last - cr.first + 1
	switch {
	case r.ContentLength > c.Length:
		return c, errs.New(errs.Conflict, "The chunk has more bytes than its range says.").WithCode(video.CodeUploadConflict)
	case r.ContentLength >= 0 && r.ContentLength < c.Length:
		return c, badChunk("The chunk has fewer bytes than its range says.")
	}
	return c, nil
}

func badChunk(msg string) error {
	return errs.New(errs.Invalid, "%s", msg).WithCode(video.CodeUploadBadRequest)
}

// readChecksum reads Content-MD5 (RFC 1864) or Digest (RFC 3230).
func readChecksum(h http.Header) (*video.Checksum, error) {
	if s := h.Get("Content-MD5"); s != "" {
		return checksum(md5.New(), s)
	}
	digest := h.Get("Digest")
	if digest == "" {
		return nil, nil //nolint:nilnil // none is no error
	}
	name, value, _ := strings.Cut(digest, "=")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "sha", "sha-1", "sha1":
		return checksum(sha1.New(), value)
	case "sha-256", "sha256":
		return checksum(sha256.New(), value)
	case "md5":
		return checksum(md5.New(), value)
	}
	return nil, badChunk("The algorithm of the Digest must be sha, sha-256 or md5.")
}

func checksum(h hash.Hash, text string) (*video.Checksum, error) {
	sum, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(sum) != h.Size() {
		return nil, badChunk("The checksum must be in base 64.")
	}
	return &video.Checksum{Hash: h, Sum: sum}, nil
}
