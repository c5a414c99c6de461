package listen

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
)

// compressFrom is the size of an answer from which compressing it pays, in
// bytes: below, it fits into one packet anyway.
const compressFrom = 1024

// compress sends texts compressed to those who can read that. It never
// touches files: they are compressed by nature, or go through the kernel.
func compress(next http.Handler) http.Handler {
	pool := &sync.Pool{New: func() any {
		z, _ := gzip.NewWriterLevel(io.Discard, 5) // the level is a valid one
		return z
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kindOf(r.URL.Path) == file || r.Method == http.MethodHead || r.Header.Get("Upgrade") != "" || !acceptsGzip(r) {
			next.ServeHTTP(w, r)
			return
		}
		z := &compressor{ResponseWriter: w, pool: pool}
		next.ServeHTTP(z, r)
		z.close() // not after a panic: the answer is cut off then
	})
}

func acceptsGzip(r *http.Request) bool {
	for _, header := range r.Header.Values("Accept-Encoding") {
		for entry := range strings.SplitSeq(header, ",") {
			name, q, _ := strings.Cut(strings.TrimSpace(entry), ";")
			q = strings.TrimSpace(q)
			if (name == "gzip" || name == "*") && q != "q=0" && q != "q=0.0" {
				return true
			}
		}
	}
	return false
}

// compressor decides with the first bytes whether an answer is compressed.
type compressor struct {
	http.ResponseWriter
	pool    *sync.Pool
	z       *gzip.Writer // set while compressing
	decided bool
	status  int
}

// WriteHeader is put off until the first bytes tell whether to compress.
func (c *compressor) WriteHeader(status int) {
	if status < http.StatusOK || c.decided {
		c.ResponseWriter.WriteHeader(status)
		return
	}
	c.status = status
}

func (c *compressor) Write(p []byte) (int, error) {
	c.decide(len(p) >= compressFrom)
	if c.z != nil {
		return c.z.Write(p)
	}
	return c.ResponseWriter.Write(p)
}

// ReadFrom implements io.ReaderFrom. What is copied is a file or a stream of
// unknown length; neither is compressed here.
func (c *compressor) ReadFrom(r io.Reader) (int64, error) {
	c.decide(false)
	if c.z != nil {
		return io.Copy(c.z, r)
	}
	return readFrom(c.ResponseWriter, r)
}

// Flush implements http.Flusher.
func (c *compressor) Flush() {
	c.decide(true)
	if c.z != nil {
		_ = c.z.Flush() // a broken connection shows in the next write
	}
	_ = http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *compressor) decide(worth bool) {
	if c.decided {
		return
	}
	c.decided = true
	if c.status == 0 {
		c.status = http.StatusOK
	}
	h := c.Header()
	if compressible(h) && c.status != http.StatusNoContent && c.status != http.StatusNotModified && c.status != http.StatusPartialContent {
		h.Add("Vary", "Accept-Encoding")
		if worth {
			c.begin(h)
		}
	}
	c.ResponseWriter.WriteHeader(c.status)
}

func (c *compressor) begin(h http.Header) {
	h.Set("Content-Encoding", "gzip")
	h.Del("Content-Length")
	h.Del("Accept-Ranges")
	if tag := h.Get("Etag"); strings.HasPrefix(tag, `"`) {
		h.Set("Etag", "W/"+tag) // other bytes than those it was made for
	}
	c.z = c.pool.Get().(*gzip.Writer) // the pool holds nothing else
	c.z.Reset(c.ResponseWriter)
}

// compressible reports whether an answer is a text that is not compressed yet.
func compressible(h http.Header) bool {
	if h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" {
		return false
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "xml") ||
		kind == "application/javascript" || kind == "image/svg+xml"
}

func (c *compressor) close() {
	if !c.decided && c.status != 0 {
		c.decide(false)
	}
	if c.z == nil {
		return
	}
	_ = c.z.Close() // the connection may be gone
	c.z.Reset(io.Discard)
	c.pool.Put(c.z)
	c.z = nil
}
