package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"sepiola/internal/domain/video"
)

func (s *site) sendReplacement(content string) answer {
	s.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if content != "" {
		f, err := m.CreateFormFile("videofile", "better.mp4")
		if err != nil {
			s.t.Fatal(err)
		}
		fmt.Fprint(f, content)
	}
	if err := m.Close(); err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+"/videos/replace/"+video.ShortUUID(publicUUID), &b)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.do(r)
}

func TestReplaceTheFileWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := "/videos/replace/" + video.ShortUUID(publicUUID)
	if a := s.get(path); a.status == http.StatusOK && a.url.Path == path {
		t.Errorf("somebody who is not logged in: %d", a.status)
	}
	s.login()
	if a := s.get(path); a.status != http.StatusForbidden {
		t.Errorf("while the site does not replace files: %d, want 403", a.status)
	}
	s.uploading.Replace = true
	if a := s.get(path); a.status != http.StatusOK || !strings.Contains(a.body, `id="replace-form"`) || !strings.Contains(a.body, "source/replace-resumable") || !strings.Contains(a.body, "Replace the file") {
		t.Errorf("the form: %d %.500s", a.status, a.body)
	}
	got := s.pages.Uploads.(*uploads)
	if a := s.sendReplacement(""); a.status != http.StatusBadRequest || !strings.Contains(a.body, "Choose a file.") {
		t.Errorf("no file: %d", a.status)
	}
	if a := s.sendReplacement("text"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "This is not a video") || got.replaced != "" {
		t.Errorf("a text: %d", a.status)
	}
	if a := s.sendReplacement("media"); a.url.Path != "/w/"+video.ShortUUID(publicUUID) || got.replaced != publicUUID {
		t.Errorf("a video: %d at %s", a.status, a.url)
	}
	if _, err := s.db.Exec(t.Context(), `UPDATE videos SET state = 2 WHERE uuid = $1`, publicUUID); err != nil {
		t.Fatal(err)
	}
	if a := s.get(path); a.status != http.StatusOK || strings.Contains(a.body, `id="replace-form"`) || !strings.Contains(a.body, "is being worked on") {
		t.Errorf("while it is worked on: %d", a.status)
	}
}
