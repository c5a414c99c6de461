package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// rootPassword is what the measured site is started with.
const rootPassword = "bench-password-1"

// site is the binary under measurement, and its data.
type site struct {
	binary, data string
	database     string   // URL of PostgreSQL; empty is SQLite
	more         []string // settings
	url          string
	cmd          *exec.Cmd
	log          *os.File
}

// env turns off what would measure the limits instead of the work.
func (s *site) env() []string {
	env := append(os.Environ(), "PT_INITIAL_ROOT_PASSWORD="+rootPassword)
	if s.database != "" {
		env = append(env, "SEPIOLA_DATABASE_URL="+s.database)
	}
	for _, group := range []string{"API", "LOGIN", "CLIENT", "WELL_KNOWN", "FEEDS", "ACTIVITY_PUB"} {
		env = append(env, "SEPIOLA_RATES_LIMIT_"+group+"_MAX=1000000000")
	}
	env = append(env, s.more...)
	// The files of filled videos do not exist; looking for them is not what is
	// measured. The first look comes at the start, so it is waited for.
	return env
}

// start runs the site and returns how long it took from exec to the first
// answer.
func (s *site) start(ctx context.Context) (time.Duration, error) {
	port, err := freePort(ctx)
	if err != nil {
		return 0, err
	}
	s.url = fmt.Sprintf("http://localhost:%d", port)
	if s.log, err = os.Create(filepath.Join(filepath.Dir(s.data), "serve.log")); err != nil {
		return 0, err
	}
	s.cmd = exec.CommandContext(ctx, s.binary, "serve", "--data", s.data, "--listen", fmt.Sprintf("127.0.0.1:%d", port))
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = s.env(), s.log, s.log
	begin := time.Now()
	if err := s.cmd.Start(); err != nil {
		return 0, err
	}
	err = waitFor(ctx, s.url+"/api/v1/ping", 60*time.Second)
	return time.Since(begin), err
}

func (s *site) pid() int { return s.cmd.Process.Pid }

func (s *site) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	_ = s.log.Close()
}

// measureIdle reads what a settled site holds.
func measureIdle(s *site, r *report) error {
	const rest = 15 * time.Second
	before, err := ran(s.pid())
	if err != nil {
		return err
	}
	time.Sleep(rest)
	after, err := ran(s.pid())
	if err != nil {
		return err
	}
	held, err := pss(s.pid())
	if err != nil {
		return err
	}
	r.add("idle memory (PSS)", mib(held))
	r.add("idle CPU", fmt.Sprintf("%.1f ms/s", (after-before).Seconds()*1000/rest.Seconds()))
	return nil
}

// settle waits until the tasks of a start are over: the process uses little
// CPU for some seconds. The first of them begin five seconds after the start.
// On PostgreSQL a site asks for jobs all the time, other nodes' too.
func (s *site) settle(ctx context.Context) error {
	const look, limit = 6 * time.Second, 3 * time.Minute
	little := 50 * time.Millisecond
	if s.database != "" {
		little = 400 * time.Millisecond
	}
	begin, pid := time.Now(), s.pid()
	before, _, err := cpu(pid)
	for err == nil && time.Since(begin) < limit {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(look):
		}
		var now time.Duration
		if now, _, err = cpu(pid); err == nil && now-before < little {
			return nil
		}
		before = now
	}
	return err
}
