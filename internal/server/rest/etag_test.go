package rest_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

func tagged(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	router := rest.NewRouter(slog.New(slog.DiscardHandler))
	answer := func(w http.ResponseWriter, _ *http.Request) error {
		return rest.JSON(w, http.StatusOK, map[string]int{"total": 0})
	}
	router.Get("/list", answer)
	router.Post("/list", answer)
	router.Get("/other", func(w http.ResponseWriter, _ *http.Request) error {
		return rest.JSON(w, http.StatusOK, map[string]int{"total": 1})
	})
	router.Get("/missing", func(http.ResponseWriter, *http.Request) error { return errs.New(errs.NotFound, "no") })
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	router.ServeHTTP(w, r)
	return w.Result()
}

func TestEntityTags(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^W/"b-[A-Za-z0-9+/]{27}"$`) // {"total":0} has 11 bytes
	tag := tagged(t, "GET", "/list").Header.Get("Etag")
	if !form.MatchString(tag) {
		t.Fatalf("the tag is %s", tag)
	}
	if other := tagged(t, "GET", "/other").Header.Get("Etag"); !form.MatchString(other) || other == tag {
		t.Errorf("another answer has the tag %s, this one %s", other, tag)
	}
	if got := tagged(t, "GET", "/missing").Header.Get("Etag"); got == "" {
		t.Error("a failure has no tag, as Express gives it")
	}
	for _, tt := range []struct {
		name, method, path string
		header             []string
		status             int
	}{
		{"who has it gets nothing", "GET", "/list", []string{"If-None-Match", tag}, 304},
		{"as a strong tag too", "GET", "/list", []string{"If-None-Match", tag[2:]}, 304},
		{"among others", "GET", "/list", []string{"If-None-Match", `"x", ` + tag}, 304},
		{"whatever it is", "GET", "/list", []string{"If-None-Match", "*"}, 304},
		{"HEAD", "HEAD", "/list", []string{"If-None-Match", tag}, 304},
		{"who has something else gets it", "GET", "/other", []string{"If-None-Match", tag}, 200},
		{"who reloads gets it", "GET", "/list", []string{"If-None-Match", tag, "Cache-Control", "no-cache"}, 200},
		{"POST is done", "POST", "/list", []string{"If-None-Match", tag}, 200},
		{"a failure is told again", "GET", "/missing", []string{"If-None-Match", "*"}, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := tagged(t, tt.method, tt.path, tt.header...)
			if res.StatusCode != tt.status {
				t.Errorf("got %d, want %d", res.StatusCode, tt.status)
			}
			if tt.status == 304 && (res.ContentLength > 0 || res.Header.Get("Content-Type") != "" || res.Header.Get("Etag") == "") {
				t.Errorf("304 with %v", res.Header)
			}
		})
	}
}

func BenchmarkJSON(b *testing.B) {
	list := rest.List[map[string]string]{Total: 15}
	for range 15 {
		list.Data = append(list.Data, map[string]string{"name": "a video", "description": string(make([]byte, 1000))})
	}
	for b.Loop() {
		if err := rest.JSON(httptest.NewRecorder(), http.StatusOK, list); err != nil {
			b.Fatal(err)
		}
	}
}
