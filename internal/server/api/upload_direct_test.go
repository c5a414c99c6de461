package api

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/store"
)

// uploadFieldsOf are the parts that a good upload has beside its file.
func uploadFieldsOf(pairs ...string) []uploadPart {
	parts := []uploadPart{{name: "channelId", value: "101"}, {name: "name", value: "First video"}}
	for n := 0; n < len(pairs); n += 2 {
		parts = append(parts, uploadPart{name: pairs[n], value: pairs[n+1]})
	}
	return parts
}

func uploadFileOf(name, kind string, content []byte) uploadPart {
	return uploadPart{name: "videofile", filename: name, kind: kind, value: string(content)}
}

func (s *uploadSite) direct(header map[string]string, parts ...uploadPart) uploadAnswer {
	s.t.Helper()
	kind, body := uploadMultipart(s.t, parts...)
	h := map[string]string{"Content-Type": kind}
	for k, v := range header {
		h[k] = v
	}
	return s.do("POST", "/videos/upload", h, body)
}

func TestUploadDirect(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	file := uploadFileOf("clip.mp4", "video/mp4", uploadMedia(100_000))
	fields := uploadFieldsOf("privacy", "1", "category", "15", "tags[0]", "sample", "tags[1]", "peertube", "waitTranscoding", "true", "generateTranscription", "true")
	for name, parts := range map[string][]uploadPart{
		"fields first": append(fields, file),
		"file first":   append([]uploadPart{file}, fields...),
	} {
		a := s.direct(nil, parts...)
		if a.status != 200 {
			t.Errorf("%s: got %d %s", name, a.status, a.body)
		}
		uploadSameShape(t, a.body)
	}
	jpeg := uploadPart{name: "previewfile", filename: "p.jpg", kind: "image/jpeg", value: "\xff\xd8\xff\xe0 picture"}
	a := s.direct(nil, append(uploadFieldsOf(), uploadFileOf("song.mp3", "audio/mpeg", uploadMedia(100)), jpeg)...)
	s.want("audio with a picture", a, 200, "")

	if got := s.videos(); !cmp.Equal(got, []string{"First video", "First video", "First video"}) {
		t.Errorf("videos: %v", got)
	}
	job := s.queue.jobs[2]
	if !strings.HasSuffix(job.Input, "-input.mp3") || !strings.HasSuffix(job.Picture, "-picture.jpg") || s.files(uploadOriginals) != 4 {
		t.Errorf("job: %+v, %d files", job, s.files(uploadOriginals))
	}
	v, err := s.svc.Videos.ByRef(t.Context(), video.ByID(3))
	if err != nil || v.Privacy != video.Private {
		t.Errorf("privacy without one sent: %+v %v, want private", v, err)
	}
	if n := s.files(uploadTmp); n != 0 {
		t.Errorf("%d temporary files are left", n)
	}
}

func TestUploadsHaveTheChaptersOfTheirDescription(t *testing.T) {
	t.Parallel()
	eachUploadSite(t, func(t *testing.T, s *uploadSite) {
		file := uploadFileOf("clip.mp4", "video/mp4", uploadMedia(1000))
		const text = "About it\r\n\r\n0:00 Start\r\n0:05 - <i>Middle</i>\r\n0:13 after the end\r\n"
		a := s.direct(nil, append(uploadFieldsOf("description", text), file)...)
		s.want("with times", a, 200, "")
		s.want("without", s.direct(nil, append(uploadFieldsOf("description", "About it"), file)...), 200, "")
		videos := &store.Videos{DB: s.db}
		for id, want := range map[video.ID][]video.Chapter{1: {{Title: "Start"}, {Timecode: 5, Title: "<i>Middle</i>"}}, 2: {}} {
			got, err := videos.Chapters(t.Context(), id)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("video %d: %v %s", id, err, diff)
			}
		}
	})
}

func TestUploadDirectRefuses(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	s.addPerson(3, "carol")
	if _, err := s.db.Exec(t.Context(), `UPDATE users SET video_quota = 100 WHERE id = 3`); err != nil {
		t.Fatal(err)
	}
	media := uploadFileOf("clip.mp4", "video/mp4", uploadMedia(1000))
	name, channel := uploadPart{name: "name", value: "x y z"}, uploadPart{name: "channelId", value: "101"}
	for _, tt := range []struct {
		name, golden string
		header       map[string]string
		parts        []uploadPart
		status       int
	}{
		{"bad extension", "direct-extension", nil, append(uploadFieldsOf(), uploadFileOf("bad.txt", "text/plain", []byte("hello"))), 415},
		{"channelId missing", "direct-channel-missing", nil, []uploadPart{name, media}, 400},
		{"channel of somebody else", "direct-channel", nil, []uploadPart{{name: "channelId", value: "102"}, name, media}, 400},
		{"no file", "direct-no-file", nil, uploadFieldsOf(), 400},
		{"invalid fields", "direct-fields", nil, []uploadPart{channel, {name: "name", value: "a"}, {name: "category", value: "125"}, {name: "licence", value: "125"}, {name: "privacy", value: "9"}, {name: "tags[0]", value: "t"}, media}, 400},
		{"over quota", "direct-quota", map[string]string{"X-Test-User": "carol"}, []uploadPart{{name: "channelId", value: "103"}, name, media}, 413},
		{"unreadable mp4", "", nil, append(uploadFieldsOf(), uploadFileOf("x.mp4", "video/mp4", []byte("text"))), 422},
		{"an empty file", "", nil, append(uploadFieldsOf(), uploadFileOf("x.mp4", "video/mp4", nil)), 422},
		{"anonymous", "direct-anonymous", map[string]string{"X-Test-User": "nobody"}, uploadFieldsOf(), 401},
		{"two files", "", nil, append(uploadFieldsOf(), media, media), 400},
		{"a picture that is none", "", nil, append(uploadFieldsOf(), media, uploadPart{name: "thumbnailfile", filename: "t.jpg", kind: "image/jpeg", value: "<svg/>"}), 400},
		{"a picture of 9 MB", "", nil, append(uploadFieldsOf(), media, uploadPart{name: "thumbnailfile", filename: "t.jpg", kind: "image/jpeg", value: "\xff\xd8\xff" + strings.Repeat("x", 9<<20)}), 400},
		{"fields of 2 MB", "", nil, append(uploadFieldsOf("description", strings.Repeat("x", 2<<20)), media), 413},
		{"not multipart", "", map[string]string{"Content-Type": "application/json"}, nil, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := s.direct(tt.header, tt.parts...)
			if a.status != tt.status || a.header.Get("Content-Type") != "application/problem+json; charset=utf-8" {
				t.Errorf("got %d %s: %.300s, want %d", a.status, a.header.Get("Content-Type"), a.body, tt.status)
			}
			if tt.golden != "" {
				uploadGolden(t, tt.golden, a)
			}
			if s.files(uploadTmp)+s.files(uploadOriginals) != 0 || len(s.videos()) != 0 {
				t.Error("something is left of it")
			}
		})
	}
}

// TestUploadDirectQuotaWhileItComes does not read a whole file that cannot be
// kept.
func TestUploadDirectQuotaWhileItComes(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	if _, err := s.db.Exec(t.Context(), `UPDATE users SET video_quota = 1000`); err != nil {
		t.Fatal(err)
	}
	const head = "--b\r\nContent-Disposition: form-data; name=\"videofile\"; filename=\"clip.mp4\"\r\nContent-Type: video/mp4\r\n\r\n"
	endless := &uploadCounter{}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.srv.URL+"/api/v1/videos/upload", io.MultiReader(strings.NewReader(head), endless))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Test-User", "alice")
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		defer res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d, want 413", res.StatusCode)
		}
	}
	if endless.n > 200<<20 {
		t.Errorf("%d MB were read", endless.n>>20)
	}
	uploadEventually(t, "nothing is left", func() bool { return s.files(uploadTmp) == 0 })
}

// uploadCounter is an endless file.
type uploadCounter struct{ n int64 }

func (c *uploadCounter) Read(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

func TestUploadDirectConnectionBreaks(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	kind, body := uploadMultipart(t, append(uploadFieldsOf(), uploadFileOf("clip.mp4", "video/mp4", uploadMedia(1000)))...)
	whole, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.srv.URL+"/api/v1/videos/upload",
		io.MultiReader(strings.NewReader(string(whole[:len(whole)-500])), brokenReader{}))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Test-User", "alice")
	r.Header.Set("Content-Type", kind)
	if res, err := http.DefaultTransport.RoundTrip(r); err == nil {
		_ = res.Body.Close()
		t.Errorf("got %d, want a broken connection", res.StatusCode)
	}
	uploadEventually(t, "nothing is left", func() bool { return s.files(uploadTmp) == 0 })
	if got := s.videos(); len(got) != 0 {
		t.Errorf("videos: %v", got)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestUploadTypesFollowTheSettings(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	for _, tt := range []struct {
		filename, kind   string
		off, plain, full int // status with transcoding off; without additional types; with all
	}{
		{"a.mp4", "video/mp4", 200, 200, 200},
		{"a.mp4", "application/octet-stream", 415, 415, 200},
		{"A.WEBM", "video/webm", 200, 200, 200},
		{"a.mkv", "video/x-matroska", 415, 415, 200},
		{"a.ts", "video/mp2t", 415, 415, 200},
		{"a.mp3", "audio/mpeg", 415, 415, 200},
		{"a.m4b", "audio/mp4", 415, 415, 200},
		{"a.mp4.exe", "video/mp4", 415, 415, 415},
		{"mp4", "video/mp4", 415, 415, 415},
		{"a.mp4/../../x", "video/mp4", 415, 415, 415},
		{"a.svg", "image/svg+xml", 415, 415, 415},
	} {
		for n, set := range []video.UploadSettings{{}, {Transcoding: true}, {Transcoding: true, AdditionalExtensions: true, AudioFiles: true}} {
			s.settings = set
			want := []int{tt.off, tt.plain, tt.full}[n]
			a := s.direct(nil, append(uploadFieldsOf(), uploadFileOf(tt.filename, tt.kind, uploadMedia(10)))...)
			if a.status != want {
				t.Errorf("%s as %s with %+v: got %d %s, want %d", tt.filename, tt.kind, set, a.status, a.body, want)
			}
		}
	}
}

func TestUploadDirectLargerThanTheSiteTakes(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	s.settings.MaxSize = 1000
	a := s.direct(nil, append(uploadFieldsOf(), uploadFileOf("clip.mp4", "video/mp4", uploadMedia(1001)))...)
	if a.status != 413 || !strings.Contains(a.body, `"max_file_size_reached"`) || s.files(uploadTmp) != 0 {
		t.Errorf("got %d %s, %d files; want 413 max_file_size_reached", a.status, a.body, s.files(uploadTmp))
	}
	s.want("one byte less", s.direct(nil, append(uploadFieldsOf(), uploadFileOf("clip.mp4", "video/mp4", uploadMedia(1000)))...), 200, "")
}

func TestUploadHostileFileNames(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	for _, tt := range []struct{ name, sent, want string }{
		{"5,000 characters", strings.Repeat("é", 5000) + ".mp4", strings.Repeat("é", 996) + ".mp4"},
		{"separators of Windows", `..\..\x.mp4`, ".._.._x.mp4"},
		{"control characters that MIME lets through", "a\u0085b.mp4", "ab.mp4"},
		{"marks of direction", "\u202egpj.\u2066clip.mp4", "gpj.clip.mp4"},
		{"right-to-left letters stay", "סרט.mp4", "סרט.mp4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := s.direct(nil, append(uploadFieldsOf(), uploadFileOf(strings.ReplaceAll(tt.sent, `\`, `\\`), "video/mp4", uploadMedia(10)))...)
			if a.status != 200 {
				t.Fatalf("got %d %s", a.status, a.body)
			}
			src, err := s.svc.Videos.(video.Store).Source(t.Context(), video.ID(len(s.videos())))
			if err != nil || src.InputFilename != tt.want {
				t.Errorf("name: got %q %v, want %q", src.InputFilename, err, tt.want)
			}
		})
	}
}

func TestUploadControlCharactersInAHeader(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	a := s.direct(nil, append(uploadFieldsOf(), uploadFileOf("a\u0001b.mp4", "video/mp4", uploadMedia(10)))...)
	if a.status != 400 || !strings.Contains(a.body, "control characters") {
		t.Errorf("got %d %s, want 400 that names the cause", a.status, a.body)
	}
}

// TestUploadInitWithPicture begins a resumable upload with a multipart body.
func TestUploadInitWithPicture(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	kind, body := uploadMultipart(t, append(uploadFieldsOf("filename", "song.mp3", "lastModified", "1700000000000",
		"scheduleUpdate[updateAt]", "2030-01-01T00:00:00.000Z", "scheduleUpdate[privacy]", "1", "tags[]", "music"),
		uploadPart{name: "previewfile", filename: "p.jpg", kind: "image/jpeg", value: "\xff\xd8\xff preview"},
		uploadPart{name: "thumbnailfile", filename: "t.jpg", kind: "image/jpeg", value: "\xff\xd8\xff thumbnail"})...)
	a := s.do("POST", uploadPath, map[string]string{"Content-Type": kind, "X-Upload-Content-Length": "1000", "X-Upload-Content-Type": "audio/mpeg"}, body)
	s.want("init", a, 201, "")
	path := strings.TrimPrefix(a.header.Get("Location"), "//localhost:9000/api/v1")
	s.want("all", s.put(path, 0, uploadMedia(1000), 1000, nil), 200, "")
	s.videos()
	picture, err := os.ReadFile(filepath.Join(s.dir, uploadOriginals, s.queue.jobs[0].Picture))
	if err != nil || string(picture) != "\xff\xd8\xff preview" {
		t.Errorf("picture: %q %v, want the preview", picture, err)
	}
	v, err := s.svc.Videos.ByRef(t.Context(), video.ByID(1))
	if err == nil {
		err = s.svc.Videos.(video.Store).Load(t.Context(), v)
	}
	if err != nil || v.Schedule == nil || v.Schedule.Privacy != video.Public || !cmp.Equal(v.Tags, []string{"music"}) {
		t.Errorf("video: %+v %v", v, err)
	}
	if n := s.files(uploadTmp); n != 0 {
		t.Errorf("%d temporary files are left", n)
	}
}
