package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// sendFrom sends a form as a browser does from one of its pages.
func (s *site) sendFrom(page, path, kind, body string, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if page != "" {
		r.Header.Set("Referer", page)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return s.do(r)
}

const urlencoded = "application/x-www-form-urlencoded"

// parts is a form with a file.
func parts(t *testing.T, file string, fields url.Values) (kind, body string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w, err := m.CreateFormFile("thumbnailfile", "a.jpg")
	if err == nil {
		_, err = w.Write([]byte(file))
	}
	for name := range fields {
		if err == nil {
			err = m.WriteField(name, fields.Get(name))
		}
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.FormDataContentType(), b.String()
}

func TestASessionThatIsOverLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	in := url.Values{"displayName": {"Alice & <Co>"}, "description": {"One\r\ntwo"}, "currentPassword": {"a hidden word"}, "csrf": {"0123456789"}, "to": {"/go/there"}}.Encode()
	a := s.sendFrom(s.server.URL+settings+"?notice=saved&x=1", "/my-account/profile", urlencoded, in)
	a.wants(t, http.StatusUnauthorized, "What you typed", ">Name to show</label>", ">About you</label>", `>Alice &amp; &lt;Co&gt;</textarea>`, "One\r\ntwo</textarea>", `href="/login?to=%2Fmy-account%2Fsettings%3Fx%3D1" target="_blank"`)
	for _, secret := range []string{"a hidden word", "0123456789", "/go/there", "displayName"} {
		if strings.Contains(a.body, secret) {
			t.Errorf("the page shows %q", secret)
		}
	}
	create := myPlaylists + "/create"
	kind, body := parts(t, strings.Repeat("binary", 9000), url.Values{"displayName": {"Best of"}})
	a = s.sendFrom(s.server.URL+create, create, kind, body)
	a.wants(t, http.StatusUnauthorized, ">Best of</textarea>", "/login?to=%2Fmy-library%2Fvideo-playlists%2Fcreate")
	if strings.Contains(a.body, "binarybinary") {
		t.Error("the page shows the file")
	}
	// Who logged in again meanwhile has another token.
	s.login()
	s.sendFrom(s.server.URL+settings, "/my-account/profile", urlencoded, in).
		wants(t, http.StatusForbidden, ">Alice &amp; &lt;Co&gt;</textarea>", "/login?to=%2Fmy-account%2Fsettings")
}

func TestWhatOthersSendIsNotShownAsTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.sendFrom("https://evil.example/", "/my-account/profile", urlencoded, "displayName=Call+0123", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	a.wants(t, http.StatusForbidden)
	if strings.Contains(a.body, "Call 0123") {
		t.Error("the page shows what another site sent")
	}
	many := url.Values{"displayName": {"x"}}
	for range 1000 {
		many.Add("displayName", "typed")
	}
	a = s.sendFrom("", "/my-account/profile", urlencoded, many.Encode())
	if n := strings.Count(a.body, "<textarea"); n != 20 {
		t.Errorf("%d fields are shown", n)
	}
	a = s.sendFrom("", "/my-account/profile", urlencoded, "displayName="+strings.Repeat("x", 2<<20))
	if a.status != http.StatusUnauthorized || len(a.body) > 1<<20 {
		t.Errorf("too much: %d with %d bytes", a.status, len(a.body))
	}
}

// The way back is always a page, never an address that only takes forms.
func TestTheWayBackIsAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tt := range []struct{ from, path, to string }{
		{"", "/my-account/profile", "/my-account"},
		{s.server.URL + "/my-account/profile", "/my-account/profile", "/my-account"},
		{"https://elsewhere.example/about", "/my-account/profile", "/my-account"},
		{s.server.URL + "//elsewhere.example/", "/my-account/profile", "/my-account"},
		{"", myPlaylists + "/5/elements/7", myPlaylists + "/5"},
		{s.server.URL + "/a/root", myPlaylists + "/delete", "/a/root"},
		{"", "/videos/delete/1", ""},
	} {
		want := "/login"
		if tt.to != "" {
			want += "?to=" + url.QueryEscape(tt.to)
		}
		if a := s.sendFrom(tt.from, tt.path, urlencoded, "a=b"); !strings.Contains(a.body, `href="`+want+`"`) {
			t.Errorf("%s from %q: no way to %s\n%s", tt.path, tt.from, want, a.body)
		}
	}
	// It is one: after the login the page of the form is there.
	s.login()
	s.get("/login?to=%2Fmy-account").wants(t, 200, `name="displayName"`)
}

// What is about something that is gone meanwhile is shown again too, with what
// fields are called and without what was chosen in them.
func TestWhatCannotBeTakenAnyMoreIsShownAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	lacks := func(a answer, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if strings.Contains(a.body, text) {
				t.Errorf("%s is on the page of %s", text, a.url)
			}
		}
	}
	a := s.post(settings, "/w/nothing/report", url.Values{"reason": {"Why I <report> it"}, "predefinedReasons": {"spamOrMisleading"}, "kind": {"video"}})
	a.wants(t, http.StatusNotFound, "copy it before you leave", ">Describe the problem</label>", ">Why I &lt;report&gt; it</textarea>", "are not kept")
	lacks(a, "spamOrMisleading", "_blank", "predefinedReasons")
	a = s.post(settings, "/videos/update/nothing", url.Values{"name": {"My film"}, "commentsPolicy": {"1"}, "videoPasswords": {"sesame"}})
	a.wants(t, http.StatusNotFound, ">Title</label>", ">My film</textarea>")
	lacks(a, "commentsPolicy", "sesame")
}
