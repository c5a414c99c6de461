package assets_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sepiola/internal/server/web/assets"
)

func TestServe(t *testing.T) {
	t.Parallel()
	s, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path, accept string
		status             int
		encoding           string
	}{
		{"brotli is preferred", s.URL("app.css"), "gzip, deflate, br", 200, "br"},
		{"gzip otherwise", s.URL("app.css"), "gzip", 200, "gzip"},
		{"what is refused is not sent", s.URL("app.css"), "br;q=0", 200, ""},
		{"plain for others", s.URL("watch.js"), "", 200, ""},
		{"an unknown name", assets.Prefix + "none.js", "", 404, ""},
		{"the manifest is nobody's business", assets.Prefix + "manifest.json", "", 404, ""},
		{"nor is what scripts import", assets.Prefix + "imports.json", "", 404, ""},
		{"nor is a directory", assets.Prefix, "", 404, ""},
		{"a compressed form is no file", s.URL("app.css") + ".gz", "", 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, tt.path, nil)
			r.Header.Set("Accept-Encoding", tt.accept)
			s.ServeHTTP(w, r)
			if w.Code != tt.status || w.Header().Get("Content-Encoding") != tt.encoding {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Header().Get("Content-Encoding"), tt.status, tt.encoding)
			}
		})
	}
}

// What a page names beforehand must be there, and be what its script asks for.
func TestImports(t *testing.T) {
	t.Parallel()
	s, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	watch := s.Imports("watch.js")
	if len(watch.Now) == 0 || len(watch.Soon) == 0 {
		t.Fatalf("the watch page imports %+v", watch)
	}
	if none := s.Imports("app.css"); len(none.Now)+len(none.Soon) > 0 {
		t.Errorf("styles import %+v", none)
	}
	text := s.Text("watch.js")
	for _, path := range watch.Now {
		if name := strings.TrimPrefix(path, assets.Prefix); !strings.Contains(text, name) {
			t.Errorf("watch.js does not import %s", name)
		}
	}
	for _, path := range append(watch.Now, watch.Soon...) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	s, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	size := func(names ...string) (sum int) {
		for _, name := range names {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, s.URL(name), nil)
			r.Header.Set("Accept-Encoding", "gzip")
			s.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", name, w.Code)
			}
			sum += w.Body.Len()
		}
		return sum
	}
	const html = 10 << 10 // of a full page, compressed
	if n := size("app.css", "app.js", "icons.svg", "favicon.svg") + html; n > 40<<10 {
		t.Errorf("the home page weighs %d bytes, want less than 40 KiB", n)
	}
	if n := size("app.css", "app.js", "watch.js", "icons.svg", "favicon.svg") + html; n > 50<<10 {
		t.Errorf("the watch page weighs %d bytes, want less than 50 KiB", n)
	}
}

var assetName = regexp.MustCompile(`"([a-z0-9-]+\.(?:js|css|svg|png))"`)

func TestPagesAskOnlyForWhatIsThere(t *testing.T) {
	t.Parallel()
	s, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	var asked int
	for _, pattern := range []string{"../*.go", "../*/*.templ"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range assetName.FindAllSubmatch(b, -1) {
				asked++
				w := httptest.NewRecorder()
				s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, s.URL(string(m[1])), nil))
				if w.Code != http.StatusOK {
					t.Errorf("%s asks for %s, which web/build.mjs does not make", file, m[1])
				}
			}
		}
	}
	if asked < 10 {
		t.Errorf("only %d names were found: the test looks in the wrong place", asked)
	}
}
