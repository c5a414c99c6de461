package worker

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/errs"
	"sepiola/internal/job"
)

// Task is something that is done again and again.
type Task struct {
	// Name is shown to administrators; it does not change.
	Name  string
	Every time.Duration
	// Do may be cut off and may run twice.
	Do func(ctx context.Context) error
}

// Tasks runs what comes by itself: the jobs "periodic-task". Which tasks there
// are, app decides; those of this package are made by Sweep and Schedule.
type Tasks struct {
	river.WorkerDefaults[TaskArgs]
	List []Task
	Log  *slog.Logger
}

// Periodic describes the tasks to the queue.
func (t *Tasks) Periodic() []job.Periodic {
	list := make([]job.Periodic, len(t.List))
	for i, task := range t.List {
		list[i] = job.Periodic{Args: TaskArgs{task.Name}, Every: task.Every, Queue: QueueMedia}
		if task.Every < time.Hour {
			list[i].Queue = QueueDefault // the frequent ones are short
		}
	}
	return list
}

// InsertOpts implements river.JobArgsWithInsertOpts: a task that failed comes
// again by itself.
func (TaskArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 2, Priority: 4} }

// Timeout implements river.Worker.
func (t *Tasks) Timeout(*river.Job[TaskArgs]) time.Duration { return 6 * time.Hour }

// Work implements river.Worker.
func (t *Tasks) Work(ctx context.Context, j *river.Job[TaskArgs]) error {
	for _, task := range t.List {
		if task.Name != j.Args.Task {
			continue
		}
		if err := task.Do(ctx); err != nil {
			return fmt.Errorf("%s: %w", task.Name, err)
		}
		return nil
	}
	return errs.New(errs.NotFound, "there is no task %q any more", j.Args.Task)
}
