package discovery

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// maxWellKnown is how large a file of WellKnown may be: they are read by
// everybody who asks, and are proofs and small documents.
const maxWellKnown = 1 << 20

// wellKnownTypes are the types of files by their names' ends; what the machine
// thinks of the others comes after.
var wellKnownTypes = map[string]string{
	".json": "application/json", ".txt": "text/plain; charset=utf-8", ".xml": "application/xml", ".html": "text/html; charset=utf-8",
	".jrd": "application/jrd+json", ".asc": "application/pgp-keys",
}

// wellKnown serves GET /.well-known/*: what an administrator has put into the
// directory for it. The program's own addresses come before.
func (s *Server) wellKnown(w http.ResponseWriter, r *http.Request) error {
	return s.sendWellKnown(w, r, rest.Path(r, "*"))
}

func (s *Server) sendWellKnown(w http.ResponseWriter, r *http.Request, name string) error {
	if s.WellKnown == "" || !served(name) {
		return errs.New(errs.NotFound, "Not found")
	}
	b, changed, err := s.readWellKnown(name)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", wellKnownType(name, b))
	h.Set("Cache-Control", "public, max-age=300")
	// Such documents are made for programs of other sites.
	h.Set("Access-Control-Allow-Origin", "*")
	http.ServeContent(w, r, "", changed, bytes.NewReader(b))
	return nil
}

// served reports whether a name is one of a file that may be served: a path
// inside of the directory, no part of which is hidden.
func served(name string) bool {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\:\x00") {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			return false
		}
	}
	return true
}

// readWellKnown reads a file, and says when it was changed. The directory is
// opened as a root, so that links in it lead nowhere else.
func (s *Server) readWellKnown(name string) ([]byte, time.Time, error) {
	missing := errs.New(errs.NotFound, "Not found")
	dir, err := os.OpenRoot(s.WellKnown)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, time.Time{}, missing
		}
		return nil, time.Time{}, err
	}
	defer dir.Close()
	// Asked before it is opened: opening a pipe would wait.
	info, err := dir.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxWellKnown {
		return nil, time.Time{}, missing
	}
	f, err := dir.Open(name)
	if err != nil {
		return nil, time.Time{}, missing
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxWellKnown+1))
	if err == nil && len(b) > maxWellKnown {
		return nil, time.Time{}, missing
	}
	return b, info.ModTime(), err
}

// wellKnownType is the type of a file. Many have no end to their name:
// documents and plain texts are told by what is in them.
func wellKnownType(name string, b []byte) string {
	end := strings.ToLower(path.Ext(name))
	if t := wellKnownTypes[end]; t != "" {
		return t
	}
	if t := mime.TypeByExtension(end); t != "" {
		return t
	}
	switch text := bytes.TrimSpace(b); {
	case len(text) > 0 && (text[0] == '{' || text[0] == '[') && json.Valid(text):
		return "application/json"
	case utf8.Valid(b) && !bytes.ContainsRune(b, 0):
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}
