package web_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

// captionFiles keeps the files of captions.
type captionFiles map[string]string

func (f captionFiles) Put(_ context.Context, name string, vtt []byte) error {
	f[name] = string(vtt)
	return nil
}

// sendVideoFiles sends the form of a video with files, by field.
func (s *site) sendVideoFiles(path string, values url.Values, files map[string]string) answer {
	s.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	values.Set("csrf", csrfField.FindStringSubmatch(s.get(path).body)[1])
	for name, list := range values {
		for _, v := range list {
			if err := m.WriteField(name, v); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	for name, content := range files {
		w, err := m.CreateFormFile(name, "file")
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+path, &body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.do(r)
}

func (s *site) details(uuid string) (*video.Video, video.Attachments) {
	s.t.Helper()
	s.now = s.now.Add(2 * time.Second) // what was read before may be kept for one
	v, err := s.pages.Videos.Watch(s.t.Context(), video.As(s.root()), video.ByUUID(uuid))
	if err != nil {
		s.t.Fatal(err)
	}
	a, err := s.pages.Videos.Attachments(s.t.Context(), v)
	if err != nil {
		s.t.Fatal(err)
	}
	return v, a
}

func (s *site) root() *user.User {
	s.t.Helper()
	u, err := s.users.Get(s.t.Context(), 1)
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

const someCaptions = "1\n00:00:01,000 --> 00:00:02,000\nHello\n"

func TestChaptersCaptionsAndLaterPublicationOfAVideoAreEdited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	files := captionFiles{}
	s.pages.Videos.(*video.Service).Captions = files
	s.login()
	edit := "/videos/update/" + video.ShortUUID(publicUUID)
	texts := func(more url.Values) url.Values {
		v := url.Values{"name": {"First video"}, "privacy": {"3"}, "commentsPolicy": {"1"}}
		for name, list := range more {
			v[name] = list
		}
		return v
	}
	a := s.sendVideoFiles(edit, texts(url.Values{
		"chapters": {"0:00 The beginning\r\n\r\n  0:07 - The middle\r\n(1:02:03) The end"}, "captionLanguage": {"fr"},
		"scheduleAt": {"2026-11-22T05:30"}, "schedulePrivacy": {"2"}, "nsfw": {"true"}, "nsfwFlags": {"1"}, "nsfwSummary": {"Somebody falls."},
	}), map[string]string{"captionfile": someCaptions})
	if a.status != http.StatusOK || a.url.Query().Get("notice") != "saved" {
		t.Fatalf("status %d at %s", a.status, a.url)
	}
	v, have := s.details(publicUUID)
	if diff := cmp.Diff([]video.Chapter{{Timecode: 0, Title: "The beginning"}, {Timecode: 7, Title: "The middle"}, {Timecode: 3723, Title: "The end"}}, have.Chapters); diff != "" {
		t.Error("chapters:", diff)
	}
	if len(have.Captions) != 1 || have.Captions[0].Language != "fr" || !strings.Contains(files[have.Captions[0].Filename], "Hello") {
		t.Errorf("captions: %v, %v", have.Captions, files)
	}
	if u := v.Schedule; u == nil || !u.UpdateAt.Equal(time.Date(2026, 11, 22, 5, 30, 0, 0, time.UTC)) || u.Privacy != video.Unlisted {
		t.Errorf("planned: %+v", u)
	}
	if v.NSFWFlags != video.FlagViolent || v.NSFWSummary != "Somebody falls." {
		t.Errorf("sensitive: %d, %q", v.NSFWFlags, v.NSFWSummary)
	}
	again := s.get(edit).body
	for _, want := range []string{"0:07 The middle\n1:02:03 The end", `value="2026-11-22T05:30"`, "Remove French", `value="Somebody falls."`} {
		if !strings.Contains(again, want) {
			t.Errorf("the form does not say %q", want)
		}
	}

	s.sendVideoFiles(edit, texts(nil), nil) // an older page, without the fields
	if _, have = s.details(publicUUID); len(have.Chapters) != 3 || len(have.Captions) != 1 {
		t.Errorf("what has no field: %v", have)
	}
	s.sendVideoFiles(edit, texts(url.Values{"chapters": {""}, "scheduleAt": {""}, "captionRemove": {"fr", "xx"}}), nil)
	v, have = s.details(publicUUID)
	if len(have.Chapters) != 0 || len(have.Captions) != 0 || v.Schedule != nil || v.NSFW {
		t.Errorf("after removal: %v, %v", have, v.Schedule)
	}
}

func TestTheFormTellsThatChaptersComeFromTheDescription(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	edit := "/videos/update/" + video.ShortUUID(publicUUID)
	const told = "They come from the description"
	for _, tt := range []struct {
		name, description, chapters, want string
		told                              bool
	}{
		{"no chapters", "About it", "", "", false},
		{"times in the description", "0:00 - One\r\n0:05 <b>Two</b>", "", "0:00 One\n0:05 &lt;b&gt;Two&lt;/b&gt;\n", true},
		{"other times, and the form as it was", "0:00 One\r\n0:07 Two", "0:00 One\r\n0:05 <b>Two</b>\r\n", "0:00 One\n0:07 Two\n", true},
		{"other chapters", "0:00 One\r\n0:08 Two", "0:03 Mine\r\n", "0:03 Mine\n", false},
		{"kept", "0:00 One\r\n0:09 Two", "0:03 Mine\r\n", "0:03 Mine\n", false},
	} {
		a := s.sendVideoFiles(edit, url.Values{
			"name": {"First video"}, "privacy": {"1"}, "commentsPolicy": {"1"}, "description": {tt.description}, "chapters": {tt.chapters},
		}, nil)
		if a.status != http.StatusOK {
			t.Errorf("%s: status %d", tt.name, a.status)
		}
		s.now = s.now.Add(2 * time.Second)
		page := s.get(edit).body
		if !strings.Contains(page, ">"+tt.want+"</textarea>") || strings.Contains(page, told) != tt.told {
			t.Errorf("%s: the form does not have %q, or tells wrongly where they come from", tt.name, tt.want)
		}
	}
}

func TestMistakesInAVideosFormAreToldBesideTheirFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.pages.Videos.(*video.Service).Captions = captionFiles{}
	s.login()
	edit := "/videos/update/" + video.ShortUUID(publicUUID)
	for _, tt := range []struct {
		name, language string
		values         url.Values
		file           string
		want           []string
	}{
		{"lines of chapters", "en", url.Values{"chapters": {"0:00 One\nTwo\n0:05\n0:00 Three"}}, "", []string{
			"Line 2: it has to begin with a time", "Line 3: a title of 1 to 100 characters", "Line 4: another chapter begins at 0:00 too",
		}},
		{"in the reader's language", "fr", url.Values{"chapters": {"x"}, "description": {"x"}, "tags": {"a"}, "support": {"x"}}, "", []string{
			"Ligne 1 : elle doit commencer", "De 3 à 10000 caractères", "Jusqu’à 5 étiquettes", "De 3 à 1000 caractères",
		}},
		{"a time that is over", "en", url.Values{"scheduleAt": {"2026-11-21T04:59"}}, "", []string{"This time is over"}},
		{"no time", "en", url.Values{"scheduleAt": {"tomorrow"}}, "", []string{"not a date with a time"}},
		{"a privacy that cannot be planned", "en", url.Values{"scheduleAt": {"2026-11-22T04:59"}, "schedulePrivacy": {"5"}}, "", []string{"Choose one of the list"}},
		{"captions without a language", "en", url.Values{"captionLanguage": {""}}, someCaptions, []string{"Choose the language of the captions"}},
		{"captions that are none", "en", url.Values{"captionLanguage": {"en"}}, "GIF89a", []string{"These are no captions"}},
		{"no password", "en", url.Values{"privacy": {"5"}, "videoPasswords": {" \n"}}, "", []string{"needs a password"}},
	} {
		values := url.Values{"name": {"Another name"}, "privacy": {"1"}, "commentsPolicy": {"1"}}
		for name, list := range tt.values {
			values[name] = list
		}
		files := map[string]string{}
		if tt.file != "" {
			files["captionfile"] = tt.file
		}
		s.post("/about", "/preferences", url.Values{"language": {tt.language}})
		a := s.sendVideoFiles(edit, values, files)
		if a.status != http.StatusBadRequest {
			t.Errorf("%s: status %d", tt.name, a.status)
		}
		for _, want := range tt.want {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s: the page does not say %q", tt.name, want)
			}
		}
		for _, bad := range mistakes(t, a.body) {
			t.Errorf("%s: %s", tt.name, bad)
		}
	}
	if v, have := s.details(publicUUID); v.Name == "Another name" || len(have.Captions) != 0 {
		t.Errorf("something was kept: %q, %v", v.Name, have)
	}
}

func TestAPasswordMayHaveSpaces(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	edit := "/videos/update/" + video.ShortUUID(protectedUUID)
	s.sendVideoFiles(edit, url.Values{"name": {"Protected video"}, "privacy": {"5"}, "commentsPolicy": {"1"}, "videoPasswords": {"open sesame\r\n\r\nanother"}}, nil)
	list, err := s.pages.Videos.Passwords(t.Context(), s.root(), video.ByUUID(protectedUUID))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		got = append(got, p.Password)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"another", "open sesame"}, got); diff != "" {
		t.Error(diff)
	}
}
