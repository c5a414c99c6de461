package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sepiola/internal/app"
)

// serving starts a site in dir and returns what it says once it answers, and a
// function that stops it and returns its exit code.
func serving(t *testing.T, dir string) (welcome string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, said := io.Pipe()
	var log bytes.Buffer
	code := make(chan int, 1)
	addr := freeAddr(t)
	go func() {
		c := run(ctx, []string{"serve", "-d", dir, "--listen", addr}, &streams{out: said, err: &log})
		_ = said.CloseWithError(io.EOF)
		code <- c
	}()
	b := make([]byte, 4096)
	for !strings.Contains(welcome, "The site is at") || !strings.HasSuffix(welcome, "\n\n") {
		n, err := out.Read(b)
		if welcome += string(b[:n]); err != nil {
			t.Fatalf("the site ended with %d before it answered: %s\n%s", <-code, welcome, log.String())
		}
	}
	return welcome, func() int {
		cancel()
		return <-code
	}
}

// freeAddr is an address where nobody listens now. The site must know its port
// before it starts, since it is part of its public address.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestServe(t *testing.T) {
	dir := t.TempDir()
	welcome, stop := serving(t, dir)
	password := regexp.MustCompile(`password: (\S+)`).FindStringSubmatch(welcome)
	if password == nil {
		t.Fatalf("the first start does not tell the password:\n%s", welcome)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "initial-root-password"))
	if err != nil || strings.TrimSpace(string(kept)) != password[1] {
		t.Errorf("kept %q (%v), want %q", kept, err, password[1])
	}
	address := regexp.MustCompile(`http://\S+`).FindString(welcome)
	res, err := http.Get(address + "/healthz")
	if err != nil {
		t.Fatalf("the site does not answer where it says: %v", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("%s/healthz: got %s, want 200", address, res.Status)
	}
	if _, stderr, code := sepiola(t, "serve", "-d", dir, "--listen", "127.0.0.1:0"); code != app.ExitBusy || !strings.Contains(stderr, "another sepiola process") {
		t.Errorf("a second process: exit code %d, want %d: %s", code, app.ExitBusy, stderr)
	}
	port := address[strings.LastIndexByte(address, ':')+1:]
	if _, stderr, code := sepiola(t, "serve", "-d", t.TempDir(), "--listen", "127.0.0.1:"+strings.TrimRight(port, "/")); code != app.ExitUnavailable || !strings.Contains(stderr, "already listens there") || strings.Contains(stderr, "ERROR") {
		t.Errorf("another site on the same port: exit code %d, want %d and nothing worse: %s", code, app.ExitUnavailable, stderr)
	}
	if stdout, stderr, code := sepiola(t, "user", "list", "-d", dir); code != 0 || !strings.Contains(stdout, "root") {
		t.Errorf("list beside the site: exit code %d: %s%s", code, stdout, stderr)
	}
	if code := stop(); code != 0 {
		t.Errorf("exit code %d when told to stop, want 0", code)
	}
	welcome, stop = serving(t, dir)
	if strings.Contains(welcome, password[1]) || !strings.Contains(welcome, "initial-root-password") {
		t.Errorf("the second start tells the password, or not where it is:\n%s", welcome)
	}
	stop()
	if err := os.Remove(filepath.Join(dir, "initial-root-password")); err != nil {
		t.Fatal(err)
	}
	welcome, stop = serving(t, dir)
	if strings.Contains(welcome, "password") {
		t.Errorf("after its file was deleted, a start tells of the password:\n%s", welcome)
	}
	stop()
}

func TestUsers(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name, args, in, says string
		code                 int
	}{
		{"before there is a site", "user list", "", "there is no site in", app.ExitInput},
		{"migrate", "migrate", "", "up to date", 0},
		{"with a password made here", "user create ann --email ann@example.org", "", "Password of ann: ", 0},
		{"with one of ours", "user create bob --email bob@example.org --role moderator --password-stdin", "secret password\n", "bob can log in", 0},
		{"the same again", "user create bob --email bob2@example.org", "", "", app.ExitBusy},
		{"a wrong address", "user create eve --email nonsense", "", "email", app.ExitInput},
		{"no password", "user create eve --email eve@example.org --password-stdin", "\n", "password", app.ExitInput},
		{"a role that is none", "user create eve --email eve@example.org --role king", "", "--role", app.ExitUsage},
		{"the list", "user list", "", "bob@example.org", 0},
		{"another password", "user reset-password ann", "", "Password of ann: ", 0},
		{"of nobody", "user reset-password nobody", "", "no user", app.ExitInput},
	} {
		var out bytes.Buffer
		args := append(strings.Fields(tt.args), "-d", dir)
		code := run(t.Context(), args, &streams{in: strings.NewReader(tt.in), out: &out, err: &out})
		if code != tt.code || !strings.Contains(out.String(), tt.says) {
			t.Errorf("%s: exit code %d, want %d, and %q in: %s", tt.name, code, tt.code, tt.says, out.String())
		}
	}
}
