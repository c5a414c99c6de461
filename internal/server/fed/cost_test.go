package fed_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/inbox"
	"sepiola/internal/server/fed"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/store/filltest"
)

// TestUnsignedRequestsAreRefusedFirst holds the short way to the long one.
func TestUnsignedRequestsAreRefusedFirst(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		passed := 0
		h := (&fed.Server{Receiver: s}).Signed(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed++ }))
		ask := func(header string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodPost, "/inbox", unread{t})
			if header != "" {
				r.Header.Set(header, "x")
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		}
		want := httptest.NewRecorder()
		rest.Problem(want, httptest.NewRequest(http.MethodPost, "/inbox", nil), slog.New(slog.DiscardHandler), inbox.Unsigned())
		for range 2 {
			got := ask("")
			if got.Code != want.Code || got.Body.String() != want.Body.String() || got.Header().Get("Content-Type") != want.Header().Get("Content-Type") ||
				got.Header().Get("Etag") != want.Header().Get("Etag") {
				t.Errorf("got %d %s %v\nwant %d %s %v", got.Code, got.Body, got.Header(), want.Code, want.Body, want.Header())
			}
		}
		if passed != 0 {
			t.Error("something unsigned was let through")
		}
		for i, header := range []string{"Signature", "Signature-Input", "Authorization"} {
			if ask(header); passed != i+1 {
				t.Errorf("what has a header %s was refused", header)
			}
		}
	})
}

// unread fails the test when somebody reads it.
type unread struct{ t *testing.T }

// Read implements io.Reader.
func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// TestDocumentsThatAreKeptAreForgottenOnChange asks again and again for a video
// that changes.
func TestDocumentsThatAreKeptAreForgottenOnChange(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		text := func() string {
			body, err := s.server.Documents.VideoText(t.Context(), video.Ref{UUID: filltest.UUID(film)})
			if err != nil {
				t.Fatal(err)
			}
			return string(body)
		}
		first := text()
		if again := text(); again != first {
			t.Errorf("the second time: got %s\nwant %s", again, first)
		}
		v, err := s.videos.ByRef(t.Context(), video.Ref{UUID: filltest.UUID(film)})
		s.must(err)
		v.Name = "Another name"
		s.must(s.videos.Update(t.Context(), v))
		if changed := text(); !strings.Contains(changed, `"name":"Another name"`) {
			t.Errorf("after it was renamed: got %s", changed)
		}
		v.Privacy = video.Private
		s.must(s.videos.Update(t.Context(), v))
		if _, err := s.server.Documents.VideoText(t.Context(), video.Ref{UUID: filltest.UUID(film)}); !errs.Is(err, errs.NotFound) {
			t.Errorf("after it was made private: got %v, want NotFound", err)
		}
	})
}
