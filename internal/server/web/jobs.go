package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"sepiola/internal/domain/instance"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/pager"
)

const (
	jobsCount = 30
	jobsURL   = "/admin/system/jobs"
)

// jobStates are the states that have a tab.
var jobStates = []instance.JobState{
	instance.JobActive, instance.JobWaiting, instance.JobDelayed, instance.JobPaused, instance.JobFailed, instance.JobCompleted,
}

// jobs serves GET /admin/system/jobs.
func (s *Pages) jobs(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	view := manage.JobsView{States: jobStates, Types: s.Jobs.Types(), Live: q.Get("live") != "", Query: url.Values{}}
	if state := instance.JobState(q.Get("state")); slices.Contains(jobStates, state) {
		view.State = state
		view.Query.Set("state", string(state))
	}
	if kind := q.Get("type"); slices.Contains(view.Types, kind) {
		view.Type = kind
		view.Query.Set("type", kind)
	}
	f := instance.JobFilter{State: view.State, Type: view.Type, Start: pageStart(r, jobsCount), Count: jobsCount}
	jobs, total, err := s.Jobs.List(r.Context(), f)
	if err != nil {
		return err
	}
	if view.Paused, err = s.Jobs.Paused(r.Context()); err != nil {
		return err
	}
	p := s.newPage(r, "web.nav.jobs")
	p.NoIndex = true
	view.Jobs, view.Pager = jobs, pager.Pager{Path: jobsURL, Query: view.Query, Start: f.Start, Count: jobsCount, Total: total}
	return s.paged(w, r, view.Pager, manage.Jobs(p, view))
}

// steerJob does something to a job and leads back to the list it was in.
func (s *Pages) steerJob(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, jobType string, id int64) error) error {
	id, err := rest.PathID[int64](r, "id")
	if err != nil {
		return notFound()
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), rest.Path(r, "type"), id); err != nil {
		return err
	}
	return back(w, r, jobsList(f.Value("state"), f.Value("type")), "job_told")
}

// jobsList is the address of a list of jobs.
func jobsList(state, kind string) string {
	q := url.Values{}
	if state != "" {
		q.Set("state", state)
	}
	if kind != "" {
		q.Set("type", kind)
	}
	if len(q) == 0 {
		return jobsURL
	}
	return jobsURL + "?" + q.Encode()
}

// cancelJob serves POST /admin/system/jobs/{type}/{id}/cancel.
func (s *Pages) cancelJob(w http.ResponseWriter, r *http.Request) error {
	return s.steerJob(w, r, s.Jobs.Cancel)
}

// retryJob serves POST /admin/system/jobs/{type}/{id}/retry.
func (s *Pages) retryJob(w http.ResponseWriter, r *http.Request) error {
	return s.steerJob(w, r, s.Jobs.Retry)
}

// pauseJobs serves POST /admin/system/jobs/pause.
func (s *Pages) pauseJobs(w http.ResponseWriter, r *http.Request) error {
	if err := s.Jobs.Pause(r.Context()); err != nil {
		return err
	}
	return back(w, r, jobsURL, "jobs_paused")
}

// resumeJobs serves POST /admin/system/jobs/resume.
func (s *Pages) resumeJobs(w http.ResponseWriter, r *http.Request) error {
	if err := s.Jobs.Resume(r.Context()); err != nil {
		return err
	}
	return back(w, r, jobsURL, "jobs_resumed")
}
