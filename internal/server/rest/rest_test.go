package rest_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

type sample struct {
	Name rest.Field[string]   `json:"name"`
	Role rest.Field[int]      `json:"role"`
	NSFW rest.Field[bool]     `json:"nsfw"`
	Tags rest.Field[[]string] `json:"tags"`
	Sub  struct {
		Name rest.Field[string] `json:"name"`
	} `json:"channel"`
}

func request(kind, body string) *http.Request {
	r := httptest.NewRequest("POST", "/x", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

func TestBodyReadsJSONAndForms(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	for _, tt := range []struct{ name, kind, body string }{
		{"JSON", "application/json", `{"name":"n","role":2,"nsfw":true,"tags":["a","b"],"channel":{"name":"c"}}`},
		{"JSON with strings", "application/json", `{"name":"n","role":"2","nsfw":"true","tags":["a","b"],"channel":{"name":"c"}}`},
		{"form", form, "name=n&role=2&nsfw=true&tags=a&tags=b&channel[name]=c"},
		{"form with brackets", form, "name=n&role=2&nsfw=true&tags[]=a&tags[]=b&channel[name]=c"},
		{"form with indexes", form, "name=n&role=2&nsfw=true&tags[0]=a&tags[1]=b&channel[name]=c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, err := rest.Body[sample](httptest.NewRecorder(), request(tt.kind, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if in.Name.V != "n" || in.Role.V != 2 || !in.NSFW.V || !cmp.Equal(in.Tags.V, []string{"a", "b"}) || in.Sub.Name.V != "c" {
				t.Errorf("got %+v", in)
			}
		})
	}
}

func TestBodyNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	_, err := rest.Body[sample](httptest.NewRecorder(), request("application/json", `{"name":3,"role":"x","nsfw":null}`))
	e := errs.As(err)
	if e == nil || e.Msg != "Incorrect request parameters: name, role" {
		t.Errorf("got %v", err)
	}
}

func TestProblemHidesOurFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		err    error
		status int
		want   string
	}{
		{
			"an internal error is hidden", errors.New("secret"), 500,
			`{"type":"about:blank","title":"Internal Server Error","detail":"An internal error occurred.","status":500,"error":"An internal error occurred."}`,
		},
		{
			"a code replaces the title", errs.New(errs.Unauthorized, "currentPassword is invalid.").WithCode("current_password_is_invalid"), 401,
			`{"type":"https://docs.joinpeertube.org/api-rest-reference.html#section/Errors/current_password_is_invalid","detail":"currentPassword is invalid.","status":401,"code":"current_password_is_invalid","error":"currentPassword is invalid."}`,
		},
		{
			"wrong fields are named", errs.Fields(errs.Param{Name: "nsfwPolicy", Value: "hello"}), 400,
			`{"type":"about:blank","title":"Bad Request","detail":"Incorrect request parameters: nsfwPolicy","instance":"/api/v1/users/me","status":400,"invalid-params":{"nsfwPolicy":{"type":"field","value":"hello","msg":"Invalid value","path":"nsfwPolicy","location":"body"}},"error":"Incorrect request parameters: nsfwPolicy"}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			rest.Problem(w, httptest.NewRequest("PUT", "/api/v1/users/me", nil), slog.New(slog.DiscardHandler), tt.err)
			if w.Code != tt.status || w.Body.String() != tt.want {
				t.Errorf("got %d %s\nwant %d %s", w.Code, w.Body, tt.status, tt.want)
			}
		})
	}
}

// The log tells what may need care: faults, and what cannot be done now. What
// this site does not do is for who asked for it.
func TestProblemsThatAreLogged(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want string
	}{
		{errors.New("disk on fire"), "level=ERROR"},
		{errs.New(errs.Unavailable, "full"), "level=WARN"},
		{errs.New(errs.NotSupported, "no XML"), ""},
		{errs.New(errs.Invalid, "wrong"), ""},
	} {
		var log strings.Builder
		rest.Problem(httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil), slog.New(slog.NewTextHandler(&log, nil)), tt.err)
		if got := log.String(); (got != "") != (tt.want != "") || !strings.Contains(got, tt.want) {
			t.Errorf("%v: logged %q, want %q", tt.err, got, tt.want)
		}
	}
}

func TestPageIsBounded(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"":                           "",
		"?start=5&count=100&sort=-a": "",
		"?count=101":                 "Incorrect request parameters: count",
		"?start=-1&count=x":          "Incorrect request parameters: start, count",
		"?sort=evil":                 "Incorrect request parameters: sort",
	} {
		q := rest.NewQuery(httptest.NewRequest("GET", "/"+query, nil))
		q.Page("-a", "b")
		got := ""
		if err := q.Err(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", query, got, want)
		}
	}
}
