package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/job"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// mailbox keeps what was sent.
type mailbox chan user.Mail

func (m mailbox) Send(_ context.Context, mail user.Mail) error {
	m <- mail
	return nil
}

func TestLettersAreSentAndShownWithoutTheirLinks(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		q, err := job.Open(t.Context(), job.Options{DB: db, Queues: worker.Queues(1)})
		if err != nil {
			t.Fatal(err)
		}
		box := mailbox(make(chan user.Mail, 1))
		job.Add(q, &worker.Email{Sender: box})
		admin := &worker.Admin{Jobs: q}
		mail := user.Mail{Kind: user.MailResetPassword, To: "alice@example.com", Username: "alice", Link: "https://x/?secret=1", Language: "fr"}
		if err := (worker.Mailer{Jobs: q, Enabled: func() bool { return false }}).Queue(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
		if err := (worker.Mailer{Jobs: q, Enabled: func() bool { return true }}).Queue(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
		jobs, total, err := admin.List(t.Context(), instance.JobFilter{State: instance.JobWaiting, Count: 10})
		if err != nil || total != 1 || jobs[0].Type != "email" {
			t.Fatalf("%+v of %d, %v; want one letter", jobs, total, err)
		}
		if data := string(jobs[0].Data); strings.Contains(data, "secret") || !strings.Contains(data, "alice@example.com") || !json.Valid(jobs[0].Data) {
			t.Errorf("shown as %s", data)
		}
		if err := admin.Cancel(t.Context(), "video-transcoding", jobs[0].ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("Cancel under another type: got %v, want NotFound", err)
		}
		if err := admin.Cancel(t.Context(), "email", jobs[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = q.Stop(context.Background(), 0) })
		if err := admin.Retry(t.Context(), "email", jobs[0].ID); err != nil {
			t.Fatal(err)
		}
		if got := <-box; got != mail {
			t.Errorf("sent %+v, want %+v", got, mail)
		}
	})
}

// Jobs that would come again as long as something waits end with what waits.
func TestWhatWaitsIsGivenUpWithItsJob(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		q, err := job.Open(t.Context(), job.Options{DB: db})
		if err != nil {
			t.Fatal(err)
		}
		in := store.PeerInbox{DB: db}
		var list []*peer.Received
		for i, lane := range []string{"far.example", "far.example", "near.example"} {
			list = append(list, &peer.Received{Lane: lane, ActivityURL: fmt.Sprintf("https://%s/%d", lane, i), Body: []byte(`{}`), ReceivedAt: sqldb.Now()})
		}
		if _, err := in.Add(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		var forgotten []string
		admin := &worker.Admin{Jobs: q, Ignore: in.Drop, Forget: func(_ context.Context, host string) error {
			forgotten = append(forgotten, host)
			return nil
		}}
		for _, args := range []river.JobArgs{worker.InboxArgs{Lane: "far.example"}, worker.UnicastArgs{Host: "dead.example"}} {
			id, err := q.Insert(t.Context(), args, nil)
			if err == nil {
				err = admin.Cancel(t.Context(), args.Kind(), id)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]string{"dead.example"}, forgotten); diff != "" {
			t.Error(diff)
		}
		if left, err := in.Lanes(t.Context(), sqldb.Now(), 9); err != nil || len(left) != 1 || left[0] != "near.example" {
			t.Errorf("lanes %q are left, %v", left, err)
		}
		if again, err := in.Add(t.Context(), list[:1]); err != nil || again[0] {
			t.Errorf("what was given up is taken again: %v, %v", again, err)
		}
	})
}

func TestTheListShowsProgressAndHidesDoneTasks(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t)
	q, err := job.Open(t.Context(), job.Options{DB: db})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range []river.JobArgs{worker.TranscodeArgs{VideoID: 7, Stage: video.StageEncode}, worker.TaskArgs{Task: "a"}, worker.TaskArgs{Task: "b"}} {
		if _, err := q.Insert(t.Context(), args, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{
		`UPDATE river_job SET state = 'running' WHERE kind = 'video-transcoding'`,
		`UPDATE river_job SET state = 'completed', finalized_at = created_at WHERE id = 2`,
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	admin := &worker.Admin{Jobs: q, Progress: func(_ context.Context, ids []video.ID) (map[video.ID]int, error) {
		return map[video.ID]int{ids[0]: 42}, nil
	}}
	jobs, total, err := admin.List(t.Context(), instance.JobFilter{Count: 10})
	if err != nil || total != 2 || jobs[1].Progress != 42 || jobs[0].State != instance.JobWaiting {
		t.Errorf("%+v of %d, %v", jobs, total, err)
	}
	if _, total, err := admin.List(t.Context(), instance.JobFilter{Type: "periodic-task", Count: 10}); err != nil || total != 2 {
		t.Errorf("%d tasks, %v; want 2", total, err)
	}
}
