package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// What is no text is refused in forms, in both ways they are sent, and read
// over in the links of others: the same whatever the database.
func TestPagesTakeOnlyText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/search?search=a%00b", "/search?search=a%FF", "/videos/browse?utm_source=%E9", "/login?to=%00"} {
		if a := s.get(path); a.status != http.StatusOK || !utf8.ValidString(a.body) || strings.Contains(a.body, "\x00") {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	for _, path := range []string{"/a/%00", "/a/%FF", "/w/%00"} {
		if a := s.get(path); a.status != http.StatusBadRequest || !strings.Contains(a.body, "<!doctype html>") {
			t.Errorf("%s: %d %.60s", path, a.status, a.body)
		}
	}
	for _, name := range []string{"a\x00b", "a\xffb"} {
		if a := s.post("/login", "/login", url.Values{"username": {name}, "password": {"secret"}}); a.status != http.StatusBadRequest {
			t.Errorf("login as %q: %d", name, a.status)
		}
	}
}
