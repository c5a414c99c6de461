package api

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

const replacePath = "/videos/1/source/replace-resumable"

func (s *uploadSite) initReplace(size int, header map[string]string) uploadAnswer {
	s.t.Helper()
	h := map[string]string{"Content-Type": "application/json", "X-Upload-Content-Length": strconv.Itoa(size), "X-Upload-Content-Type": "video/mp4"}
	for k, v := range header {
		h[k] = v
	}
	return s.do("POST", replacePath, h, strings.NewReader(`{"filename":"better.mov","lastModified":1700000000000}`))
}

// published makes the video 1 of alice, in a state, with its work over.
func (s *uploadSite) published(state video.State) {
	s.t.Helper()
	s.want("upload", s.put(s.begin(1000), 0, uploadMedia(1000), 1000, nil), 200, "")
	s.setVideoState(state)
}

func (s *uploadSite) setVideoState(state video.State) {
	s.t.Helper()
	if _, err := s.db.Exec(s.t.Context(), `UPDATE videos SET state = $1`, state); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.db.Exec(s.t.Context(), `DELETE FROM video_transcodes`); err != nil {
		s.t.Fatal(err)
	}
}

func TestReplaceExchange(t *testing.T) {
	t.Parallel()
	eachUploadSite(t, func(t *testing.T, s *uploadSite) {
		s.settings.Replace = true
		s.published(video.Published)
		const size = 3000
		media := uploadMedia(size)
		first := s.initReplace(size, nil)
		s.want("init", first, 201, "")
		location := first.header.Get("Location")
		if !strings.HasPrefix(location, "//localhost:9000/api/v1"+replacePath+"?upload_id=af63ac4c86019afc-") {
			t.Errorf("Location: %s", location)
		}
		path := strings.TrimPrefix(location, "//localhost:9000/api/v1")
		s.want("chunk 1", s.put(path, 0, media[:1000], size, nil), 308, "bytes=0-999")
		s.want("the same init again", s.initReplace(size, nil), 200, "bytes=0-999")
		s.want("status query", s.status(path, size), 308, "bytes=0-999")
		plain := strings.Replace(path, replacePath, uploadPath, 1)
		s.wantError("a chunk sent as one of a new video", s.put(plain, 1000, media[1000:], size, nil), 404, "FileNotFound")
		s.now.add(time.Minute)
		last := s.put(path, 1000, media[1000:], size, nil)
		s.want("the last chunk", last, 200, "")
		var src struct {
			InputFilename   string
			Size            int64
			Width           int
			FileDownloadURL *string
			CreatedAt       time.Time
		}
		if err := json.Unmarshal([]byte(last.body), &src); err != nil || src.InputFilename != "better.mov" || src.Size != size || src.Width != 1280 || src.FileDownloadURL != nil || !src.CreatedAt.Equal(s.now.Now().Truncate(time.Millisecond)) {
			t.Errorf("source: %+v %v: %s", src, err, last.body)
		}
		checkReplaced(t, s, size)
		s.want("replaced again while it is worked on", s.initReplace(size+1, nil), 409, "")
		s.setVideoState(video.Published)
		s.want("and afterwards", s.initReplace(size+1, nil), 201, "")
	})
}

func checkReplaced(t *testing.T, s *uploadSite, size int64) {
	t.Helper()
	v, err := s.svc.Videos.ByRef(t.Context(), video.ByID(1))
	if err != nil {
		t.Fatal(err)
	}
	if v.State != video.Published || v.QuotaBytes != size || v.InputFileUpdatedAt == nil || !v.InputFileUpdatedAt.Equal(s.now.Now()) || v.Name != "Resumable video" {
		t.Errorf("video: %+v", v)
	}
	job := s.queue.jobs[len(s.queue.jobs)-1]
	if job.VideoID != v.ID || !job.Replace || !strings.HasPrefix(job.Input, v.UUID+"-") || !strings.HasSuffix(job.Input, "-input.mov") {
		t.Errorf("job: %+v", job)
	}
	used, err := sqldb.One(t.Context(), s.db, sqldb.Value[int64], `SELECT video_quota_used FROM users WHERE username = 'alice'`)
	if err != nil || used != size {
		t.Errorf("quota used: %d %v, want that of one file", used, err)
	}
	if n, err := sqldb.One(t.Context(), s.db, sqldb.Value[int], `SELECT count(*) FROM videos`); err != nil || n != 1 {
		t.Errorf("%d videos, %v", n, err)
	}
	steps, err := s.svc.Videos.Transcodes(t.Context(), []video.ID{v.ID})
	if err != nil || !video.BeingTranscoded(steps[v.ID]) {
		t.Errorf("steps: %+v %v", steps, err)
	}
}

func TestReplaceRefuses(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	s.published(video.Published)
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		if a := s.do(method, replacePath, nil, nil); a.status != 403 || !strings.Contains(a.body, "not allowed on this instance") {
			t.Errorf("%s while the site does not: got %d %s", method, a.status, a.body)
		}
	}
	s.settings.Replace = true
	for _, tt := range []struct {
		name   string
		path   string
		header map[string]string
		body   string
		state  video.State
		status int
	}{
		{"no such video", "/videos/99/source/replace-resumable", nil, `{"filename":"a.mp4"}`, video.Published, 404},
		{"somebody else's", replacePath, map[string]string{"X-Test-User": "bob"}, `{"filename":"a.mp4"}`, video.Published, 403},
		{"nobody", replacePath, map[string]string{"X-Test-User": ""}, `{"filename":"a.mp4"}`, video.Published, 401},
		{"no name", replacePath, nil, `{}`, video.Published, 400},
		{"no length", replacePath, map[string]string{"X-Upload-Content-Length": ""}, `{"filename":"a.mp4"}`, video.Published, 400},
		{"another type", replacePath, nil, `{"filename":"a.exe"}`, video.Published, 415},
		{"too large", replacePath, map[string]string{"X-Upload-Content-Length": "99999999999999"}, `{"filename":"a.mp4"}`, video.Published, 413},
		{"it waits for transcoding", replacePath, nil, `{"filename":"a.mp4"}`, video.ToTranscode, 409},
		{"it is to be imported", replacePath, nil, `{"filename":"a.mp4"}`, video.ToImport, 400},
		{"it failed before", replacePath, nil, `{"filename":"a.mp4"}`, video.TranscodingFailed, 201},
	} {
		s.setVideoState(tt.state)
		h := map[string]string{"Content-Type": "application/json", "X-Upload-Content-Length": "1000", "X-Upload-Content-Type": "video/mp4"}
		for k, v := range tt.header {
			h[k] = v
		}
		if a := s.do("POST", tt.path, h, strings.NewReader(tt.body)); a.status != tt.status {
			t.Errorf("%s: got %d %s, want %d", tt.name, a.status, a.body, tt.status)
		}
	}
	path := strings.TrimPrefix(s.initReplace(1000, nil).header.Get("Location"), "//localhost:9000/api/v1")
	s.setVideoState(video.Published)
	s.want("what is no media", s.put(path, 0, make([]byte, 1000), 1000, nil), 422, "")
	v, err := s.svc.Videos.ByRef(t.Context(), video.ByID(1))
	if err != nil || v.InputFileUpdatedAt != nil || v.QuotaBytes != 1000 {
		t.Errorf("afterwards: %+v %v", v, err)
	}
	path = strings.TrimPrefix(s.initReplace(1000, nil).header.Get("Location"), "//localhost:9000/api/v1")
	s.want("cancelled", s.do("DELETE", path, nil, nil), 204, "")
	s.wantError("a chunk after that", s.put(path, 0, uploadMedia(1000), 1000, nil), 404, "FileNotFound")
}

// Two files for one video at once: one of them takes its place.
func TestReplaceByTwoAtOnce(t *testing.T) {
	t.Parallel()
	eachUploadSite(t, func(t *testing.T, s *uploadSite) {
		s.settings.Replace = true
		s.published(video.Published)
		var paths []string
		for _, size := range []int{2000, 3000} {
			a := s.initReplace(size, nil)
			s.want("init", a, 201, "")
			paths = append(paths, strings.TrimPrefix(a.header.Get("Location"), "//localhost:9000/api/v1"))
		}
		statuses := make(chan int, len(paths))
		for i, size := range []int{2000, 3000} {
			go func() {
				r, err := http.NewRequestWithContext(t.Context(), "PUT", s.srv.URL+"/api/v1"+paths[i], strings.NewReader(string(uploadMedia(size))))
				if err != nil {
					statuses <- 0
					return
				}
				r.Header.Set("X-Test-User", "alice")
				r.Header.Set("Content-Range", "bytes 0-"+strconv.Itoa(size-1)+"/"+strconv.Itoa(size))
				res, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					statuses <- 0
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				statuses <- res.StatusCode
			}()
		}
		if a, b := <-statuses, <-statuses; a+b != 200+409 {
			t.Errorf("answers %d and %d, want 200 and 409", a, b)
		}
		if len(s.queue.jobs) != 2 { // of the upload, and of one replacement
			t.Errorf("jobs: %+v", s.queue.jobs)
		}
	})
}
