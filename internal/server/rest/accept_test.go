package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sepiola/internal/server/rest"
)

func TestPreferred(t *testing.T) {
	t.Parallel()
	const html, xml, plain, json = "text/html", "application/xml", "text/plain", "application/json"
	for _, tt := range []struct{ name, accept, want string }{
		{"says nothing", "", html},
		{"says blanks", "  ", html},
		{"anything", "*/*", html},
		{"one", json, json},
		{"capitals", "Application/JSON", json},
		{"the first of several", "application/json, text/plain", json},
		{"something unknown first", "image/png, text/plain", plain},
		{"nothing of these", "image/png, image/*", ""},
		{"likes another better", "text/html;q=0.4, application/json;q=0.9, text/plain;q=0.8", json},
		{"capital Q and blanks", "text/html ; Q=0.4 , application/json ;charset=utf-8; q=0.9", json},
		{"not at all", "text/html;q=0", ""},
		{"anything but one", "*/*, text/html;q=0", xml},
		{"a family but one", "text/html;q=0, text/*", plain},
		{"one over its family and all", "*/*;q=0.9, text/*;q=0.8, text/plain;q=0.7", xml},
		{"the closer name", "*/*, text/*, application/json", json},
		{"the same twice", "application/json;q=0.1, text/plain;q=0.5, application/json", json},
		{"a family", "application/*", xml},
		{"a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", html},
		{"a comma in quotes", `application/json; profile="a,text/html"`, json},
		{"a q in quotes", `application/json; profile="a;q=0;b", text/plain;q=0.5`, json},
		{"a quote in quotes", `application/json; profile="a\",text/html,\\"; q=0.5, text/plain;q=0.6`, plain},
		{"quotes that do not end", `application/json; profile="a, text/html`, json},
		{"ends with a backslash", `application/json; profile="\`, json},
		{"a q that is none", "text/plain;q=NaN, application/json;q=0.9", plain},
		{"too much", "text/plain;q=7;q=0.1, application/json;q=0.9", json},
		{"garbage", ";;;,q=,application/js,/*,*,/,*/html,\x00", ""},
		{"garbage before something", ";;;,q=,text/plain", plain},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Accept", tt.accept)
		if got := rest.Preferred(r, html, xml, plain, json); got != tt.want {
			t.Errorf("%s (%q): got %q, want %q", tt.name, tt.accept, got, tt.want)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header["Accept"] = []string{"text/plain;q=0.5", "application/json;q=0.6"}
	if got := rest.Preferred(r, html, plain, json); got != json {
		t.Errorf("two headers: got %q", got)
	}
	r.Header.Set("Accept", strings.Repeat(`*/*;q=0.1,"`, 100_000))
	if got := rest.Preferred(r, html); got != html {
		t.Errorf("a long header: got %q", got)
	}
}
