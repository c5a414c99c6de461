package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Jobs serves /jobs, for those who manage them.
type Jobs struct {
	Jobs JobsService
}

// JobsService is the queue as administrators see it. A job that does not
// exist is errs.NotFound, one whose state does not allow it errs.Conflict.
type JobsService interface {
	List(ctx context.Context, f instance.JobFilter) ([]instance.Job, int, error)
	Types() []string
	Cancel(ctx context.Context, jobType string, id int64) error
	Retry(ctx context.Context, jobType string, id int64) error
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
}

// Mount adds the routes to r. Retrying is our own; the others are PeerTube's.
func (h *Jobs) Mount(r *rest.Router) {
	manage := func(f rest.HandlerFunc) rest.HandlerFunc { return auth.RequiredRight(user.ManageJobs, f) }
	r.Get("/jobs", rest.Operation("getJobs", manage(h.list)))
	r.Get("/jobs/{state}", rest.Operation("getJobs", manage(h.list)))
	r.Post("/jobs/pause", rest.Operation("postJobsPause", manage(h.all(h.Jobs.Pause))))
	r.Post("/jobs/resume", rest.Operation("postJobsResume", manage(h.all(h.Jobs.Resume))))
	r.Post("/jobs/{jobType}/{jobId}/cancel", manage(h.one(h.Jobs.Cancel)))
	r.Post("/jobs/{jobType}/{jobId}/retry", manage(h.one(h.Jobs.Retry)))
}

// list serves GET /jobs/:state?.
func (h *Jobs) list(w http.ResponseWriter, r *http.Request) error {
	f := instance.JobFilter{State: instance.JobState(rest.Path(r, "state"))}
	if f.State != "" && !f.State.Valid() {
		return errs.Fields(errs.Param{Name: "state", Value: string(f.State), In: "params"})
	}
	q := rest.NewQuery(r)
	page := q.Page("-createdAt", "createdAt")
	if f.Type = q.String("jobType"); f.Type != "" && !jobTypeKnown(f.Type, h.Jobs.Types()) {
		q.Reject("jobType", "")
	}
	if err := q.Err(); err != nil {
		return err
	}
	f.Start, f.Count, f.OldestFirst = page.Start, page.Count, page.Sort == "createdAt"
	jobs, total, err := h.Jobs.List(r.Context(), f)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, jobs, presentJob))
}

func (h *Jobs) all(do func(ctx context.Context) error) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := do(r.Context()); err != nil {
			return err
		}
		return rest.NoContent(w)
	}
}

func (h *Jobs) one(do func(ctx context.Context, jobType string, id int64) error) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := rest.PathID[int64](r, "jobId")
		if err != nil {
			return err
		}
		if err := do(r.Context(), rest.Path(r, "jobType"), id); err != nil {
			return err
		}
		return rest.NoContent(w)
	}
}

// peerTubeJobTypes are those of PeerTube 8.2; clients may filter by them
// although not all are ever seen here.
var peerTubeJobTypes = []string{
	"activitypub-cleaner", "activitypub-follow", "activitypub-http-broadcast", "activitypub-http-broadcast-parallel",
	"activitypub-http-fetcher", "activitypub-http-unicast", "activitypub-refresher", "actor-keys", "after-video-channel-import",
	"build-automatic-tags", "create-user-export", "email", "federate-video", "generate-video-storyboard", "import-user-archive",
	"manage-video-torrent", "move-to-file-system", "move-to-object-storage", "notify", "transcoding-job-builder",
	"video-channel-import", "video-file-import", "video-import", "video-live-ending", "video-redundancy", "video-studio-edition",
	"video-transcoding", "video-transcription", "videos-stats", "videos-views-stats",
}

func jobTypeKnown(t string, ours []string) bool {
	return slices.Contains(ours, t) || slices.Contains(peerTubeJobTypes, t)
}

// jobJSON is PeerTube's Job.
type jobJSON struct {
	ID          string            `json:"id"`
	State       instance.JobState `json:"state"`
	Type        string            `json:"type"`
	Data        json.RawMessage   `json:"data"`
	Progress    int               `json:"progress"`
	Priority    int               `json:"priority,omitempty"`
	Error       *string           `json:"error"`
	CreatedAt   isoTime           `json:"createdAt"`
	FinishedOn  isoTime           `json:"finishedOn"`
	ProcessedOn isoTime           `json:"processedOn"`
	CanCancel   bool              `json:"canCancel"`
}

func presentJob(j instance.Job) jobJSON {
	out := jobJSON{
		ID: strconv.FormatInt(j.ID, 10), State: j.State, Type: j.Type, Data: j.Data, Progress: j.Progress,
		CreatedAt: isoTime(j.CreatedAt), FinishedOn: isoTimeOf(j.FinishedAt), ProcessedOn: isoTimeOf(j.StartedAt),
		CanCancel: j.State != instance.JobCompleted && j.State != instance.JobFailed,
	}
	if j.Priority > 1 { // the first one is what jobs have that were given none
		out.Priority = j.Priority
	}
	if j.Error != "" {
		out.Error = &j.Error
	}
	return out
}
