package api_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// logosOf is config.instance.logo, as "type url fallback".
func logosOf(t *testing.T, s *siteAPI) []string {
	t.Helper()
	var c struct {
		Instance struct {
			Logo []struct {
				Type, FileURL string
				Width, Height int
				IsFallback    bool
			}
		}
	}
	w := s.do("config", "", "GET", "/config", "")
	if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, l := range c.Instance.Logo {
		line := l.Type + " " + l.FileURL
		if l.IsFallback {
			line += " fallback"
		}
		list = append(list, line)
	}
	return list
}

func TestLogosOfTheSite(t *testing.T) {
	t.Parallel()
	s := newSiteAPI(t)
	const icon = " http://localhost:9000/assets/icon.svg fallback"
	fallbacks := []string{"favicon" + icon, "header-wide" + icon, "header-square" + icon}
	if diff := cmp.Diff(fallbacks, logosOf(t, s)); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	const pick = "/config/instance-logo/opengraph/pick"
	for _, tt := range []struct {
		name, as, path, field, content string
		status                         int
	}{
		{"of nobody", "", pick, "logofile", "\x89PNG", 401},
		{"of somebody", "alice", pick, "logofile", "\x89PNG", 403},
		{"of no type", "root", "/config/instance-logo/banner/pick", "logofile", "\x89PNG", 400},
		{"no picture", "root", pick, "logofile", "<svg/>", 400},
		{"another field", "root", pick, "avatarfile", "\x89PNG", 400},
		{"a picture", "root", pick, "logofile", "\x89PNG", 204},
	} {
		if w := s.upload(tt.name, tt.as, tt.path, tt.field, tt.content); w.Code != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, w.Code, w.Body, tt.status)
		}
	}
	if diff := cmp.Diff(append(fallbacks, "opengraph http://localhost:9000/static/uploads/images/name-1.png"), logosOf(t, s)); diff != "" {
		t.Errorf("after one was chosen (-want +got):\n%s", diff)
	}
	if w := s.do("removed", "root", "DELETE", "/config/instance-logo/opengraph", ""); w.Code != 204 {
		t.Errorf("removed: %d", w.Code)
	}
	if diff := cmp.Diff(fallbacks, logosOf(t, s)); diff != "" {
		t.Errorf("after it was removed (-want +got):\n%s", diff)
	}
}

// A connection that ends within a picture is no fault of the server.
func TestPicturesOfFormsThatEndEarly(t *testing.T) {
	t.Parallel()
	s := newSiteAPI(t)
	const whole = "--x\r\nContent-Disposition: form-data; name=\"FIELD\"; filename=\"a.png\"\r\n\r\n\x89PNG\r\n--x--\r\n"
	for _, at := range []struct{ path, field string }{
		{"/users/me/avatar/pick", "avatarfile"},
		{"/config/instance-avatar/pick", "avatarfile"},
		{"/config/instance-banner/pick", "bannerfile"},
		{"/config/instance-logo/opengraph/pick", "logofile"},
	} {
		form := strings.Replace(whole, "FIELD", at.field, 1)
		for n := range len(form) - len("\r\n--x\r\n") {
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1"+at.path, strings.NewReader(form[:n]))
			r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
			if w := s.send("", "root", r); w.Code != 400 {
				t.Errorf("%s ending after %q: %d %s", at.path, form[:n], w.Code, w.Body)
			}
		}
	}
}
