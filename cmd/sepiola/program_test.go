package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test's binary the program itself; see TestProgram.
const asProgram = "TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main() // ends the process
	}
	os.Exit(m.Run())
}

// TestProgram starts the program as a supervisor does, in a process of its own
// and with nothing but a directory, and ends it with a signal: what main does
// around run, which the other tests call, and what only fails once everything
// is put together.
func TestProgram(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // of a machine that does much else
	defer cancel()
	addr := freeAddr(t)
	var log bytes.Buffer
	program := exec.CommandContext(ctx, os.Args[0], "serve", "-d", t.TempDir(), "--listen", addr)
	program.Env = []string{asProgram + "=yes", "PATH=" + os.Getenv("PATH")} // for ffmpeg
	program.Stdout, program.Stderr = &log, &log
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	status := make(chan int)
	go func() { status <- answers(ctx, "http://"+addr+"/api/v1/config") }()
	select {
	case err := <-ended:
		t.Fatalf("it ended before it answered: %v\n%s", err, &log)
	case got := <-status:
		if got != http.StatusOK {
			t.Errorf("/api/v1/config: got %d, want 200", got)
		}
	}
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil || ctx.Err() != nil {
		t.Errorf("told to stop, it ended with %v, want exit code 0 (%v)\n%s", err, ctx.Err(), &log)
	}
}

// answers asks until somebody answers, and returns the status; 0 when nobody
// did in time. There is nothing to wait on but the port.
func answers(ctx context.Context, url string) int {
	often := time.NewTicker(20 * time.Millisecond)
	defer often.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return 0
		}
		if res, err := http.DefaultClient.Do(r); err == nil {
			_ = res.Body.Close()
			return res.StatusCode
		}
		select {
		case <-ctx.Done():
			return 0
		case <-often.C:
		}
	}
}
