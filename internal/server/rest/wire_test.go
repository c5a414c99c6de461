package rest_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"sepiola/internal/server/rest"
)

func TestPathsThatAreNoTextAreRefused(t *testing.T) {
	t.Parallel()
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	r.Get("/videos/{id}", func(w http.ResponseWriter, r *http.Request) error {
		_, err := w.Write([]byte(rest.Path(r, "id")))
		return err
	})
	root := chi.NewRouter()
	root.Mount("/api/v1", http.StripPrefix("/api/v1", r)) // as the site does
	for path, want := range map[string]string{
		"/videos/a%20b":    "a b",
		"/videos/%C3%A9":   "é",
		"/videos/%ff":      `{"type":"https://docs.joinpeertube.org/api-rest-reference.html#section/Errors/URIError","detail":"Failed to decode param '%ff'","status":400,"code":"URIError","error":"Failed to decode param '%ff'"}`,
		"/videos/%FF":      `{"type":"https://docs.joinpeertube.org/api-rest-reference.html#section/Errors/URIError","detail":"Failed to decode param '%FF'","status":400,"code":"URIError","error":"Failed to decode param '%FF'"}`,
		"/videos/ok%2Fstr": "ok/str",
		"/videos/a/":       "a",
		"/videos/a%20b/":   "a b",
		"/videos/a%2Fb/":   "a/b",
		"/videos/a//":      "404 page not found\n",
		"/videos/":         "404 page not found\n",
	} {
		for prefix, h := range map[string]http.Handler{"": r, "/api/v1": root} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", prefix+path, nil))
			if got := w.Body.String(); got != want {
				t.Errorf("%s%s: got %s, want %s", prefix, path, got, want)
			}
		}
	}
}

func TestBodiesOfOtherTypesAreEmpty(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"application/json; charset=utf-8": "n",
		"application/activity+json":       "n",
		"":                                "n",
		"text/plain":                      "",
		"multipart/form-data; boundary=x": "",
	} {
		r := httptest.NewRequest("POST", "/x", strings.NewReader(`{"name":"n"}`))
		if kind != "" {
			r.Header.Set("Content-Type", kind)
		}
		in, err := rest.Body[sample](httptest.NewRecorder(), r)
		if err != nil || in.Name.V != want || in.Name.Set != (want != "") {
			t.Errorf("%q: got %+v and %v, want %q", kind, in.Name, err, want)
		}
	}
}

func TestBodiesCutShortAreTold(t *testing.T) {
	t.Parallel()
	_, err := rest.Body[sample](httptest.NewRecorder(), request("application/json", `{"name": `))
	if err == nil || !strings.HasPrefix(err.Error(), "Unexpected end of JSON input") {
		t.Errorf("got %v", err)
	}
}

func TestPageTellsWhatIsWrongAsPeerTube(t *testing.T) {
	t.Parallel()
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	r.Get("/videos", func(_ http.ResponseWriter, r *http.Request) error {
		q := rest.NewQuery(r)
		q.Page("-a")
		return q.Err()
	})
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/videos?start=-1&count=101", nil))
	const want = `{"type":"about:blank","title":"Bad Request","detail":"Incorrect request parameters: start, count","instance":"/videos?start=-1\u0026count=101","status":400,"invalid-params":{` +
		`"count":{"type":"field","value":"101","msg":"Should have a number count (max: 100)","path":"count","location":"query"},` +
		`"start":{"type":"field","value":"-1","msg":"Invalid value","path":"start","location":"query"}},` +
		`"error":"Incorrect request parameters: start, count"}`
	if got := w.Body.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSentTellsBackWhatCame(t *testing.T) {
	t.Parallel()
	type sub struct {
		Role rest.Field[int] `json:"role"`
	}
	for body, want := range map[string]any{
		`{"sub":{"role":"x"}}`:  "x",
		`{"sub":{"role":7}}`:    7,
		`{"sub":{"role":null}}`: nil,
		`{"sub":{}}`:            nil,
	} {
		in, err := rest.Body[struct {
			Sub rest.Field[sub] `json:"sub"`
		}](httptest.NewRecorder(), request("application/json", body))
		if err != nil {
			t.Fatal(err)
		}
		got := in.Sub.V.Role.Sent()
		if b, err := json.Marshal(got); strings.Contains(body, "null") && (got == nil || err != nil || string(b) != "null") {
			t.Errorf("%s: got %v, %v, want a null that is told", body, got, err)
		} else if !strings.Contains(body, "null") && got != want {
			t.Errorf("%s: got %v, want %v", body, got, want)
		}
	}
}
