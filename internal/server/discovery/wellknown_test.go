package discovery_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sepiola/internal/domain/instance"
	"sepiola/internal/server/discovery"
	"sepiola/internal/server/rest"
)

// put writes a file with its directories.
func put(t *testing.T, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wellKnownSite(t *testing.T, dir string) func(method, path string) *httptest.ResponseRecorder {
	t.Helper()
	return wellKnownOf(t, dir, "Contact: us")
}

func wellKnownOf(t *testing.T, dir, securityTxt string) func(method, path string) *httptest.ResponseRecorder {
	t.Helper()
	router := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&discovery.Server{
		Site: instance.Site{Scheme: "https", Host: "a.example"}, Settings: func() discovery.Settings { return discovery.Settings{SecurityTxt: securityTxt} },
		WellKnown: dir,
	}).Mount(router)
	return func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), method, path, http.NoBody))
		return w
	}
}

func TestWellKnownFilesAreServed(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	dir := filepath.Join(home, "well-known")
	for name, content := range map[string]string{
		"plain.txt": "hello", "matrix/server": ` {"m.server": "m.example:443"}`, "assetlinks.json": "[]", "proof": "abc=1\n", "broken": "{no json", "bytes": "\x00\xff",
		"page.HTML": "<p>", "security.txt": "Contact: somebody else", "dnt": "no", "empty": "", "with space.txt": "space",
		".hidden": "secret", "sub/.git/config": "secret", "large": strings.Repeat("x", 1<<20+1), "most": strings.Repeat("x", 1<<20),
	} {
		put(t, dir, name, content)
	}
	put(t, home, "secret.txt", "secret")
	if err := os.Symlink(filepath.Join(home, "secret.txt"), filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	get := wellKnownSite(t, dir)
	for name, want := range map[string][2]string{
		"plain.txt":        {"text/plain; charset=utf-8", "hello"},
		"matrix/server":    {"application/json", ` {"m.server": "m.example:443"}`},
		"assetlinks.json":  {"application/json", "[]"},
		"proof":            {"text/plain; charset=utf-8", "abc=1\n"},
		"broken":           {"text/plain; charset=utf-8", "{no json"},
		"bytes":            {"application/octet-stream", "\x00\xff"},
		"page.HTML":        {"text/html; charset=utf-8", "<p>"},
		"empty":            {"text/plain; charset=utf-8", ""},
		"with%20space.txt": {"text/plain; charset=utf-8", "space"},
		"most":             {"text/plain; charset=utf-8", strings.Repeat("x", 1<<20)},
	} {
		w := get(http.MethodGet, "/.well-known/"+name)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != want[0] || w.Body.String() != want[1] || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %s %.60q", name, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
	for _, name := range []string{
		"", "nothing", "matrix", "matrix/", "matrix//server", ".hidden", "sub/.git/config", "large", "link.txt", "./plain.txt",
		"%2e%2e/secret.txt", "..%2fsecret.txt", "matrix/..%2f..%2fsecret.txt", "..%5csecret.txt", "%252e%252e%252fsecret.txt", "plain.txt%00", "%2fetc/passwd", "matrix%2f..%2f.hidden",
	} {
		w := get(http.MethodGet, "/.well-known/"+name)
		if w.Code == http.StatusOK || w.Code >= http.StatusInternalServerError || bytes.Contains(w.Body.Bytes(), []byte("secret\n")) || w.Body.String() == "secret" {
			t.Errorf("%q: %d %.60q", name, w.Code, w.Body)
		}
	}
	if w := get(http.MethodGet, "/.well-known/security.txt"); !strings.Contains(w.Body.String(), "Contact: us") {
		t.Errorf("a file took the place of security.txt: %q", w.Body)
	}
	if w := wellKnownOf(t, dir, "")(http.MethodGet, "/.well-known/security.txt"); w.Body.String() != "Contact: somebody else" {
		t.Errorf("where nothing else is known of the contact: %q", w.Body)
	}
	if w := get(http.MethodGet, "/.well-known/dnt"); !strings.Contains(w.Body.String(), "tracking") {
		t.Errorf("a file took the place of dnt: %q", w.Body)
	}
	if w := get(http.MethodPost, "/.well-known/plain.txt"); w.Code != http.StatusMethodNotAllowed && w.Code != http.StatusNotFound {
		t.Errorf("POST: %d", w.Code)
	}
}

// Most sites have no such directory, and one may be made while they run.
func TestWellKnownFilesMayComeLater(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "later")
	get := wellKnownSite(t, dir)
	if w := get(http.MethodGet, "/.well-known/a.txt"); w.Code != http.StatusNotFound {
		t.Errorf("without a directory: %d %s", w.Code, w.Body)
	}
	put(t, dir, "a.txt", "there")
	if w := get(http.MethodGet, "/.well-known/a.txt"); w.Code != http.StatusOK || w.Body.String() != "there" {
		t.Errorf("once it is there: %d %s", w.Code, w.Body)
	}
	if w := wellKnownSite(t, "")(http.MethodGet, "/.well-known/a.txt"); w.Code != http.StatusNotFound {
		t.Errorf("of no directory: %d", w.Code)
	}
}
