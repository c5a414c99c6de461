package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// jobsDesk answers with one job and notes what it was asked.
type jobsDesk struct {
	asked []string
	f     instance.JobFilter
}

func (d *jobsDesk) List(_ context.Context, f instance.JobFilter) ([]instance.Job, int, error) {
	d.f = f
	at := time.Date(2026, 11, 21, 4, 58, 16, 354e6, time.UTC)
	done := at.Add(10 * time.Millisecond)
	return []instance.Job{
		{ID: 14, State: instance.JobCompleted, Type: "email", Data: []byte(`{"to":"alice@example.com"}`), Priority: 1, CreatedAt: at, StartedAt: &at, FinishedAt: &done},
		{ID: 15, State: instance.JobActive, Type: "video-transcoding", Data: []byte(`{"videoId":1}`), Priority: 3, Progress: 40, Error: "disk full", CreatedAt: at, StartedAt: &at},
	}, 57, nil
}

func (d *jobsDesk) Types() []string { return []string{"delete-files"} }

func (d *jobsDesk) Cancel(_ context.Context, jobType string, id int64) error {
	switch id {
	case 1:
		return errs.New(errs.NotFound, "Job 1 not found")
	case 2:
		return errs.New(errs.Conflict, "This job is already finished")
	}
	d.asked = append(d.asked, "cancel "+jobType)
	return nil
}

func (d *jobsDesk) Retry(_ context.Context, jobType string, _ int64) error {
	d.asked = append(d.asked, "retry "+jobType)
	return nil
}

func (d *jobsDesk) Pause(context.Context) error  { d.asked = append(d.asked, "pause"); return nil }
func (d *jobsDesk) Resume(context.Context) error { d.asked = append(d.asked, "resume"); return nil }

func (d *jobsDesk) Transcode(_ context.Context, ref video.Ref, kind video.TranscodeKind, force bool) error {
	if ref.ID == 2 && !force {
		return errs.New(errs.Conflict, "This video is already being transcoded").WithCode("video_already_being_transcoded")
	}
	d.asked = append(d.asked, "transcode "+string(kind))
	return nil
}

func askJobs(d *jobsDesk, who *user.User, method, path, body string) *httptest.ResponseRecorder {
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&Jobs{Jobs: d}).Mount(r)
	(&Transcoding{Videos: d}).Mount(r)
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req.WithContext(auth.WithUser(req.Context(), who)))
	return w
}

func TestJobs(t *testing.T) {
	t.Parallel()
	admin, moderator := &user.User{Username: "root", Role: user.Administrator}, &user.User{Username: "mod", Role: user.Moderator}
	for _, tt := range []struct {
		name         string
		who          *user.User
		method, path string
		body         string
		want         int
		asked        string
	}{
		{"a list", admin, "GET", "/jobs/completed?count=2", "", 200, ""},
		{"all states", admin, "GET", "/jobs?jobType=video-transcoding", "", 200, ""},
		{"a type of ours", admin, "GET", "/jobs?jobType=delete-files", "", 200, ""},
		{"no such state", admin, "GET", "/jobs/hello", "", 400, ""},
		{"no such type", admin, "GET", "/jobs?jobType=hello", "", 400, ""},
		{"no such order", admin, "GET", "/jobs?sort=name", "", 400, ""},
		{"moderators do not see jobs", moderator, "GET", "/jobs", "", 403, ""},
		{"nobody does not see jobs", nil, "GET", "/jobs", "", 401, ""},
		{"pause", admin, "POST", "/jobs/pause", "", 204, "pause"},
		{"resume", admin, "POST", "/jobs/resume", "", 204, "resume"},
		{"moderators do not pause", moderator, "POST", "/jobs/pause", "", 403, ""},
		{"cancel", admin, "POST", "/jobs/video-transcoding/3/cancel", "", 204, "cancel video-transcoding"},
		{"cancel none", admin, "POST", "/jobs/email/1/cancel", "", 404, ""},
		{"cancel a finished one", admin, "POST", "/jobs/email/2/cancel", "", 409, ""},
		{"cancel nonsense", admin, "POST", "/jobs/email/x/cancel", "", 400, ""},
		{"retry", admin, "POST", "/jobs/email/3/retry", "", 204, "retry email"},
		{"transcode", admin, "POST", "/videos/1/transcoding", `{"transcodingType":"web-video"}`, 204, "transcode web"},
		{"transcode what is transcoded", admin, "POST", "/videos/2/transcoding", `{"transcodingType":"hls"}`, 409, ""},
		{"force it", admin, "POST", "/videos/2/transcoding", `{"transcodingType":"hls","forceTranscoding":true}`, 204, "transcode hls"},
		{"no such transcoding", admin, "POST", "/videos/1/transcoding", `{"transcodingType":"dvd"}`, 400, ""},
		{"moderators do not transcode", moderator, "POST", "/videos/1/transcoding", `{"transcodingType":"hls"}`, 403, ""},
	} {
		d := &jobsDesk{}
		w := askJobs(d, tt.who, tt.method, tt.path, tt.body)
		if w.Code != tt.want || strings.Join(d.asked, ",") != tt.asked {
			t.Errorf("%s: status %d, asked for %q; want %d and %q: %s", tt.name, w.Code, d.asked, tt.want, tt.asked, w.Body)
		}
	}
}

func TestJobsAreShownAsPeerTubeDoes(t *testing.T) {
	t.Parallel()
	d := &jobsDesk{}
	w := askJobs(d, &user.User{Role: user.Administrator}, "GET", "/jobs/completed?count=2&start=4&sort=createdAt", "")
	want := `{"total":57,"data":[` +
		`{"id":"14","state":"completed","type":"email","data":{"to":"alice@example.com"},"progress":0,"error":null,"createdAt":"2026-11-21T04:58:16.354Z","finishedOn":"2026-11-21T04:58:16.364Z","processedOn":"2026-11-21T04:58:16.354Z","canCancel":false},` +
		`{"id":"15","state":"active","type":"video-transcoding","data":{"videoId":1},"progress":40,"priority":3,"error":"disk full","createdAt":"2026-11-21T04:58:16.354Z","finishedOn":null,"processedOn":"2026-11-21T04:58:16.354Z","canCancel":true}]}`
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(instance.JobFilter{State: instance.JobCompleted, OldestFirst: true, Start: 4, Count: 2}, d.f); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
	bad := askJobs(d, &user.User{Role: user.Administrator}, http.MethodGet, "/jobs/hello", "")
	for _, part := range []string{`"instance":"/jobs/hello"`, `"location":"params"`, `"docs":"https://docs.joinpeertube.org/api-rest-reference.html#operation/getJobs"`} {
		if !strings.Contains(bad.Body.String(), part) {
			t.Errorf("the problem has no %s: %s", part, bad.Body)
		}
	}
}
