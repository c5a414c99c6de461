// Package assets holds the styles, scripts and icons of the pages, as web/
// built them: named by their content, compressed, and embedded.
//
// The names that pages use (app.css) are those of dist/manifest.json; URL says
// the address of the file behind one. Files never change under their name, so
// browsers may keep them for ever.
package assets

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed dist
var files embed.FS

// Prefix is the path under which the files are served.
const Prefix = "/assets/"

// Set is the built files.
type Set struct {
	dist    fs.FS
	urls    map[string]string
	files   map[string]file // by name
	imports map[string]Imports
}

// Imports are the paths of scripts that another one is going to ask for.
type Imports struct {
	Now  []string `json:"now"`  // before it runs
	Soon []string `json:"soon"` // once the page is painted
}

// file has the names of its forms in dist; "" is a form that there is not. The
// bytes stay where they are, in the binary.
type file struct {
	plain, gzip, brotli string
	kind                string // MIME type
}

// Load reads the embedded files.
func Load() (*Set, error) {
	dist, err := fs.Sub(files, "dist")
	if err != nil {
		return nil, err
	}
	var manifest map[string]string
	s := &Set{dist: dist, urls: map[string]string{}, files: map[string]file{}}
	if err := s.read("manifest.json", &manifest); err != nil {
		return nil, err
	}
	for name, f := range manifest {
		s.urls[name] = Prefix + f
	}
	if err := s.read("imports.json", &s.imports); err != nil {
		return nil, err
	}
	for _, all := range s.imports {
		for _, names := range [][]string{all.Now, all.Soon} {
			for i := range names {
				names[i] = Prefix + names[i]
			}
		}
	}
	return s, s.list()
}

func (s *Set) read(name string, v any) error {
	b, err := fs.ReadFile(s.dist, name)
	if err != nil {
		return fmt.Errorf("the assets were not built: %w", err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s of assets: %w", name, err)
	}
	return nil
}

func (s *Set) list() error {
	entries, err := fs.ReadDir(s.dist, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, form := e.Name(), ""
		for _, ext := range []string{".gz", ".br"} {
			if base, ok := strings.CutSuffix(name, ext); ok {
				name, form = base, ext
			}
		}
		f := s.files[name]
		switch form {
		case ".gz":
			f.gzip = e.Name()
		case ".br":
			f.brotli = e.Name()
		default:
			f.plain, f.kind = name, typeOf(name)
		}
		s.files[name] = f
	}
	delete(s.files, "manifest.json")
	delete(s.files, "imports.json")
	return nil
}

// typeOf does not ask the machine, whose tables differ.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// URL returns the path of a file by the name that pages use, such as
// "app.css". An unknown name is a mistake of ours: it answers 404.
func (s *Set) URL(name string) string {
	if u, ok := s.urls[name]; ok {
		return u
	}
	return Prefix + name
}

// Imports returns what a script is going to ask for, so that a page can name it
// at once.
func (s *Set) Imports(name string) Imports { return s.imports[name] }

// Text returns a built file by the name that pages use, to be written into a
// page; "" when there is none.
func (s *Set) Text(name string) string {
	b, err := fs.ReadFile(s.dist, strings.TrimPrefix(s.urls[name], Prefix))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// ServeHTTP serves the files below Prefix.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	f, ok := s.files[name]
	if !ok || f.plain == "" {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := f.plain
	switch accepted := r.Header.Get("Accept-Encoding"); {
	case f.brotli != "" && Accepts(accepted, "br"):
		h.Set("Content-Encoding", "br")
		body = f.brotli
	case f.gzip != "" && Accepts(accepted, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	content, err := s.dist.Open(body)
	if err != nil { // it was listed
		http.NotFound(w, r)
		return
	}
	defer content.Close()
	http.ServeContent(w, r, "", time.Time{}, content.(io.ReadSeeker)) // package embed promises it of files
}

// Accepts reports whether an Accept-Encoding header names a coding with a
// weight above zero.
func Accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			q := strings.TrimSpace(params)
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}
