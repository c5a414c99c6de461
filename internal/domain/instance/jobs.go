package instance

import "time"

// JobState is how far a job of the queue is, in PeerTube's words.
type JobState string

// The states that administrators can list.
const (
	JobActive          JobState = "active"
	JobCompleted       JobState = "completed"
	JobFailed          JobState = "failed"
	JobWaiting         JobState = "waiting"
	JobDelayed         JobState = "delayed"
	JobPaused          JobState = "paused"
	JobWaitingChildren JobState = "waiting-children"
	JobPrioritized     JobState = "prioritized"
)

// Valid reports whether s is one of the states.
func (s JobState) Valid() bool {
	switch s {
	case JobActive, JobCompleted, JobFailed, JobWaiting, JobDelayed, JobPaused, JobWaitingChildren, JobPrioritized:
		return true
	}
	return false
}

// Job is a job of the queue as administrators see it.
type Job struct {
	ID    int64
	State JobState
	// Type is PeerTube's name of what the job does.
	Type string
	// Data are its arguments, a JSON object without secrets.
	Data []byte
	// Progress is from 0 to 100.
	Progress int
	Priority int
	// Error of the last attempt that failed, or "".
	Error      string
	CreatedAt  time.Time
	StartedAt  *time.Time
	FinishedAt *time.Time
}

// JobFilter says which jobs to list.
type JobFilter struct {
	State        JobState // "" all
	Type         string   // "" all
	OldestFirst  bool
	Start, Count int
}
