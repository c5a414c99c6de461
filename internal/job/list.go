package job

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// State is how far a job is, in PeerTube's words.
type State string

// The states. PeerTube also knows waiting-children and prioritized, which no
// job here is ever in: no job waits for another.
const (
	Active          State = "active"
	Completed       State = "completed"
	Failed          State = "failed"
	Waiting         State = "waiting"
	Delayed         State = "delayed"
	Paused          State = "paused"
	WaitingChildren State = "waiting-children"
	Prioritized     State = "prioritized"
)

// Row is a job as administrators see it.
type Row struct {
	ID       int64
	Kind     string
	State    State
	Queue    string
	Priority int
	Attempt  int
	Args     []byte // JSON
	// Error of the last attempt that failed, or "".
	Error       string
	CreatedAt   time.Time
	AttemptedAt *time.Time
	FinalizedAt *time.Time
	ScheduledAt time.Time
}

// ListParams say which jobs to list.
type ListParams struct {
	State State  // "" all
	Kind  string // "" all
	// Quiet is a kind whose completed jobs are left out unless Kind asks for
	// them: there are many and they say nothing.
	Quiet string
	// OldestFirst turns the order around.
	OldestFirst  bool
	Start, Count int
}

// States of River that make up ours.
var conditions = map[State]string{
	Active:          `j.state = 'running'`,
	Completed:       `j.state = 'completed'`,
	Failed:          `j.state IN ('discarded', 'cancelled')`,
	Waiting:         `j.state = 'available' AND q.paused_at IS NULL`,
	Paused:          `j.state = 'available' AND q.paused_at IS NOT NULL`,
	Delayed:         `j.state IN ('scheduled', 'retryable')`,
	WaitingChildren: `j.state = 'pending'`,
	Prioritized:     `1 = 0`,
}

// Valid reports whether s is one of the states.
func (s State) Valid() bool { return conditions[s] != "" }

// List returns a page of jobs, newest first, and the number of all that match.
func (q *Queue) List(ctx context.Context, p ListParams) ([]Row, int, error) {
	if p.State != "" && !p.State.Valid() {
		return nil, 0, errs.Field("state", "no such state of jobs")
	}
	query := sqldb.From(`river_job j LEFT JOIN river_queue q ON q.name = j.queue`).
		If(p.Kind != "", `j.kind = ?`, p.Kind).
		If(p.Kind == "" && p.Quiet != "", `j.kind <> ? OR j.state <> 'completed'`, p.Quiet)
	if p.State != "" {
		query = query.Where(conditions[p.State])
	}
	text, args := query.Count()
	total, err := sqldb.One(ctx, q.db, sqldb.Value[int], text, args...)
	if err != nil {
		return nil, 0, err
	}
	order := `j.id DESC`
	if p.OldestFirst {
		order = `j.id`
	}
	text, args = query.OrderBy(order).Page(p.Start, p.Count).Select(q.rowColumns())
	rows, err := sqldb.All(ctx, q.db, scanRow, text, args...)
	return rows, total, err
}

// Unfinished reports whether a job of a kind waits or runs.
func (q *Queue) Unfinished(ctx context.Context, kind string) (bool, error) {
	n, err := sqldb.One(ctx, q.db, sqldb.Value[int], `SELECT COUNT(*) FROM (SELECT 1 FROM river_job j WHERE j.kind = $1
		AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled') LIMIT 1) j`, kind)
	return n > 0, err
}

// Find returns a job, or errs.NotFound.
func (q *Queue) Find(ctx context.Context, id int64) (Row, error) {
	row, err := sqldb.One(ctx, q.db, scanRow, `SELECT `+q.rowColumns()+` FROM river_job j WHERE j.id = $1`, id)
	if errs.Is(err, errs.NotFound) {
		err = errs.Wrap(errs.NotFound, err, "Job %d not found", id)
	}
	return row, err
}

// Paused reports whether a queue is kept from starting jobs; see Queue.Pause.
func (q *Queue) Paused(ctx context.Context) (bool, error) {
	n, err := sqldb.One(ctx, q.db, sqldb.Value[int], `SELECT count(*) FROM river_queue WHERE paused_at IS NOT NULL`)
	return n > 0, err
}

// Counts returns how many jobs are in each of River's states that are not
// final, for metrics.
func (q *Queue) Counts(ctx context.Context) (map[string]int, error) {
	type count struct {
		state string
		n     int
	}
	rows, err := sqldb.All(ctx, q.db, func(r sqldb.Row) (c count, err error) {
		return c, r.Scan(&c.state, &c.n)
	}, `SELECT CAST(state AS TEXT), count(*) FROM river_job
		WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled') GROUP BY state ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int, len(rows))
	for _, c := range rows {
		counts[c.state] = c.n
	}
	return counts, nil
}

// rowColumns is one of the few texts that differ: errors are a JSON list in
// SQLite and a list of JSON in PostgreSQL.
func (q *Queue) rowColumns() string {
	lastError := `json_extract(j.errors, '$[#-1]')`
	if q.db.Dialect == sqldb.Postgres {
		lastError = `j.errors[array_upper(j.errors, 1)]`
	}
	return `j.id, j.kind, CAST(j.state AS TEXT), j.queue, j.priority, j.attempt, CAST(j.args AS TEXT), CAST(` + lastError + ` AS TEXT),
		j.created_at, j.attempted_at, j.finalized_at, j.scheduled_at,
		(SELECT rq.paused_at IS NOT NULL FROM river_queue rq WHERE rq.name = j.queue)`
}

func scanRow(r sqldb.Row) (Row, error) {
	var (
		row       Row
		state     string
		lastError []byte
		paused    sql.NullBool
	)
	err := r.Scan(&row.ID, &row.Kind, &state, &row.Queue, &row.Priority, &row.Attempt, &row.Args, &lastError,
		&row.CreatedAt, &row.AttemptedAt, &row.FinalizedAt, &row.ScheduledAt, &paused)
	if err != nil {
		return row, err
	}
	row.State = ours(state, paused.Bool)
	var attempt struct {
		Error string `json:"error"`
	}
	if len(lastError) > 0 && json.Unmarshal(lastError, &attempt) == nil {
		row.Error = strings.TrimPrefix(attempt.Error, "JobCancelError: ") // a name of River's, which tells nobody anything
	}
	return row, nil
}

// ours gives a state of River PeerTube's name.
func ours(state string, paused bool) State {
	switch state {
	case "running":
		return Active
	case "completed":
		return Completed
	case "discarded", "cancelled":
		return Failed
	case "scheduled", "retryable":
		return Delayed
	case "pending":
		return WaitingChildren
	}
	if paused {
		return Paused
	}
	return Waiting
}
