package store_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store/filltest"
)

// crashDir tells the process of a crash test where its database is.
const crashDir = "SEPIOLA_TEST_VIEW_CRASH"

// TestViewsCrashChild is the process that is killed: it watches without end
// and says which view was acknowledged.
func TestViewsCrashChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("runs in a process of its own, see TestAcknowledgedViewsSurviveAKill")
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{DSN: filepath.Join(dir, "db")})
	if err != nil {
		t.Fatal(err)
	}
	n := newViewNode(db, &clock{at: time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)})
	for worker := range 8 {
		go func() {
			for i := 0; ; i++ {
				id, from := fmt.Sprintf("%d-%d", worker, i), netip.AddrFrom4([4]byte{10, byte(worker), byte(i >> 8), byte(i)})
				for _, at := range []int{0, 12} {
					if err := n.Report(t.Context(), video.Access{}, video.ByID(video.ID(1+i%20)), view.Report{Time: at, Session: id, Addr: from}); err != nil {
						fmt.Println("failed", err)
						return
					}
				}
				fmt.Println("counted", id)
				if i%10 == 0 && worker == 0 {
					_ = n.keeper.Counters(t.Context())
				}
			}
		}()
	}
	time.Sleep(time.Minute) // it is killed long before
}

func TestAcknowledgedViewsSurviveAKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() *sqldb.DB {
		db, err := sqldb.Open(t.Context(), sqldb.Options{DSN: filepath.Join(dir, "db")})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	if err := errors.Join(db.Migrate(t.Context()), filltest.Fill(t.Context(), db, 20)); err != nil {
		t.Fatal(err)
	}
	sum := func(db *sqldb.DB) int64 {
		views, err := sqldb.One(t.Context(), db, sqldb.Value[int64], `SELECT CAST(SUM(views) AS BIGINT) FROM videos`)
		if err != nil {
			t.Fatal(err)
		}
		return views
	}
	before := sum(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := osexec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestViewsCrashChild$", "-test.v")
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := int64(0)
	buf := make([]byte, 64<<10)
	for killed := false; ; {
		k, err := out.Read(buf)
		acknowledged += int64(strings.Count(string(buf[:k]), "counted"))
		if strings.Contains(string(buf[:k]), "failed") {
			t.Errorf("%s", buf[:k])
		}
		if !killed && acknowledged > 200 {
			killed = true
			_ = cmd.Process.Kill()
		}
		if err != nil {
			break
		}
	}
	_ = cmd.Wait() // it was killed
	db = open()
	defer func() { _ = db.Close() }()
	n := newViewNode(db, &clock{at: time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)})
	n.counters(t)
	if got := sum(db) - before; got < acknowledged || got > acknowledged+8 {
		t.Errorf("%d views are there, %d were acknowledged (and 8 were under way)", got, acknowledged)
	}
}

// A database that somebody else holds makes reports wait; one that is gone
// refuses them. Neither loses what was acknowledged before.
func TestReportsWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	db, err := sqldb.Open(t.Context(), sqldb.Options{DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Migrate(t.Context()), filltest.Fill(t.Context(), db, 20)); err != nil {
		t.Fatal(err)
	}
	n := newViewNode(db, &clock{at: time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)})
	n.watch(t, 3, "before", 20)
	other, err := sqldb.Open(t.Context(), sqldb.Options{DSN: path, Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := other.InTx(context.WithoutCancel(t.Context()), func(context.Context) error { close(held); <-release; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-held
	done := make(chan error, 1)
	go func() {
		done <- n.Report(t.Context(), video.Access{}, video.ByID(3), view.Report{Time: 0, Session: "locked", Addr: viewer})
	}()
	select {
	case err := <-done:
		t.Errorf("acknowledged while nothing could be written: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	close(release)
	if err := <-done; err != nil {
		t.Errorf("after the lock: %v", err)
	}
	wg.Wait()
	if err := errors.Join(other.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	if err := n.Report(t.Context(), video.Access{}, video.ByID(3), view.Report{Time: 5, Session: "locked", Addr: viewer}); err == nil {
		t.Error("acknowledged without a database")
	}
	again, err := sqldb.Open(t.Context(), sqldb.Options{DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	sessions, err := sqldb.One(t.Context(), again, sqldb.Value[int], `SELECT count(*) FROM video_sessions`)
	if err != nil || sessions != 2 {
		t.Errorf("%d of 2 sessions are there: %v", sessions, err)
	}
}
