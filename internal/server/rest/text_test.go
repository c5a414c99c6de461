package rest_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

func TestPathsAndQueriesAreText(t *testing.T) {
	t.Parallel()
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	serve := func(w http.ResponseWriter, _ *http.Request) error { return rest.NoContent(w) }
	r.Get("/videos/{name}", serve)
	r.Bytes().Get("/bytes", serve)
	r.With(rest.ReadableQuery).Get("/page", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("X-Search", r.URL.Query().Get("search"))
		return rest.NoContent(w)
	})
	for _, tt := range []struct {
		path   string
		status int
		says   string
	}{
		{"/videos/a", 204, ""},
		{"/videos/%C3%A9?search=%C3%A9+%26%25&tag=x%26y", 204, ""},
		{"/videos/a?search=%zz", 204, ""}, // it is not there
		{"/videos/a%00", 400, "URIError"},
		{"/videos/a%FF", 400, "URIError"},
		{"/videos/a?search=a%00b", 400, `"search":{`},
		{"/videos/a?search=a%FFb", 400, `"search":{`},
		{"/videos/a?a=%zz&search=a%00b", 400, `"search":{`},
		{"/videos/a?tagsOneOf[]=ok&tagsOneOf[]=%00", 400, `"tagsOneOf[]":{`},
		{"/videos/a?x%00=1", 400, "x\uFFFD"},
		{"/bytes?info_hash=%00%FF", 204, ""},
		{"/page?search=a%00b%FF", 204, "a\uFFFDb\uFFFD"},
	} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", tt.path, nil))
		if w.Code != tt.status || !strings.Contains(w.Body.String()+w.Header().Get("X-Search"), tt.says) {
			t.Errorf("%s: %d %s%s, want %d with %s", tt.path, w.Code, w.Body, w.Header().Get("X-Search"), tt.status, tt.says)
		}
	}
}

func TestBodiesHoldNoNUL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ body, msg string }{
		{`{"name":"a\\u0000"}`, ""},
		{`{"name":"a\u0000"}`, "name"},
		{`{"tags":["a","\u0000"],"role":"x"}`, "role, tags"},
		{`{"channel":{"name":"\u0000"}}`, "channel"},
		{`{"channel":{"\u0000":1}}`, "channel"},
	} {
		_, err := rest.Body[sample](httptest.NewRecorder(), request("application/json", tt.body))
		if e := errs.As(err); tt.msg == "" && err != nil || tt.msg != "" && (e == nil || e.Msg != "Incorrect request parameters: "+tt.msg) {
			t.Errorf("%s: got %v, want %q", tt.body, err, tt.msg)
		}
	}
	for _, values := range []url.Values{{"name": {"\x00"}}, {"tags[0]": {"a\x00"}}} {
		if _, err := rest.Form[sample](values); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v: got %v", values, err)
		}
	}
}
