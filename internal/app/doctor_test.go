package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"sepiola/internal/config"
	"sepiola/internal/errs"
)

// settings are those of an empty site in a directory of the test.
func settings(t *testing.T, env ...string) *config.Config {
	t.Helper()
	cfg, _, err := config.Load(config.Options{DataDir: t.TempDir(), Listen: "127.0.0.1:0", Env: env})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// worst returns the level and the texts of the worst findings.
func worst(list []Finding) (Level, string) {
	rank := map[Level]int{OK: 0, Warn: 1, Fail: 2}
	level, text := OK, ""
	for _, f := range list {
		if rank[f.Level] > rank[level] {
			level, text = f.Level, ""
		}
		if f.Level == level {
			text += f.Text + "; " + f.Do
		}
		if f.Level != OK && f.Do == "" {
			text += " (NO ADVICE)"
		}
	}
	return level, text
}

func TestDoctorFinds(t *testing.T) {
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer site.Close()
	mailServer := greeter(t, "220 mail.example.org ESMTP\r\n")
	other := greeter(t, "SSH-2.0-OpenSSH\r\n")
	newer := t.TempDir() + "/no/such"
	for _, tt := range []struct {
		name  string
		check func(context.Context, *config.Config) []Finding
		env   []string
		edit  func(*config.Config)
		level Level
		says  string
	}{
		{"no ffmpeg", checkFFmpeg, []string{"SEPIOLA_FFMPEG_PATH=/no/ffmpeg"}, nil, Fail, "install ffmpeg"},
		{"an empty directory", checkDirectories, nil, nil, OK, "can be written"},
		{"a directory that cannot be made", checkDirectories, []string{"SEPIOLA_STORAGE_TMP=/dev/null/tmp"}, nil, Fail, "/dev/null/tmp"},
		{"a database that comes later", checkDatabase, nil, nil, OK, "first start"},
		{"a PostgreSQL that is not there", checkDatabase, []string{"SEPIOLA_DATABASE_URL=postgres://u:secret@127.0.0.1:1/d"}, nil, Fail, "database server"},
		{"a file that is no database", checkDatabase, nil, func(c *config.Config) { c.Database.URL = notADatabase(t) }, Fail, "database"},
		{"a free port", checkPorts, nil, nil, OK, "free"},
		{"a port of another program", checkPorts, nil, listenLocally(taken.URL), Fail, "in use by another program"},
		{"the site itself", checkPorts, nil, listenLocally(site.URL), OK, "the site runs"},
		{"a local name", checkAddress, nil, nil, Warn, "this machine alone"},
		{"no https", checkAddress, []string{"SEPIOLA_WEBSERVER_HOSTNAME=127.0.0.1"}, nil, Warn, "travel readable"},
		{"https on the inside only", checkAddress, []string{"SEPIOLA_WEBSERVER_HOSTNAME=127.0.0.1", "SEPIOLA_TLS_ACME_ENABLED=true"}, nil, Fail, "0.0.0.0"},
		{"no mail", checkMail, nil, nil, Warn, "no mail"},
		{"a mail server", checkMail, mailAt(mailServer), nil, OK, "answers"},
		{"another server", checkMail, mailAt(other), nil, Fail, "not a mail server"},
		{"no server", checkMail, mailAt("127.0.0.1:1"), nil, Fail, "does not answer"},
		{"no sendmail", checkMail, []string{"SEPIOLA_SMTP_TRANSPORT=sendmail", "SEPIOLA_SMTP_SENDMAIL=" + newer}, nil, Fail, "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := settings(t, tt.env...)
			if tt.edit != nil {
				tt.edit(cfg)
			}
			level, text := worst(tt.check(t.Context(), cfg))
			if level != tt.level || !strings.Contains(text, tt.says) || strings.Contains(text, "NO ADVICE") {
				t.Errorf("got %s: %s\nwant %s with %q", level, text, tt.level, tt.says)
			}
			if strings.Contains(text, "secret") {
				t.Errorf("the finding shows a password: %s", text)
			}
		})
	}
}

func TestDoctorSeesTheVersionOfTheTables(t *testing.T) {
	cfg := settings(t)
	db, err := openDB(t.Context(), cfg, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, text := worst(checkDatabase(t.Context(), cfg)); !strings.Contains(text, "go from version 0") {
		t.Errorf("an empty database: got %s", text)
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if level, text := worst(checkDatabase(t.Context(), cfg)); level != OK || !strings.Contains(text, "answers, tables of version") {
		t.Errorf("a current database: got %s %s", level, text)
	}
	if _, err := db.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999999, 1)`); err != nil {
		t.Fatal(err)
	}
	if level, text := worst(checkDatabase(t.Context(), cfg)); level != Fail || !strings.Contains(text, "newer sepiola") {
		t.Errorf("a newer database: got %s %s", level, text)
	}
}

func TestFreeSpace(t *testing.T) {
	for free, want := range map[int64]Level{100: Fail, 2000: Warn, 20 << 30: OK} {
		if got := freeSpace("/", free, 1000).Level; got != want {
			t.Errorf("%d bytes free: got %s, want %s", free, got, want)
		}
	}
}

func TestExplain(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, inUse := net.Listen("tcp", listener.Addr().String())
	for _, tt := range []struct {
		err  error
		says string
		code int
	}{
		{inUse, "--listen", ExitUnavailable},
		{&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)}, "CAP_NET_BIND_SERVICE", ExitCannotWrite},
		{fmt.Errorf("open: %w", &os.PathError{Op: "mkdir", Path: "/data", Err: syscall.EACCES}), "cannot use /data", ExitCannotWrite},
		{&os.PathError{Op: "write", Path: "/data/x", Err: syscall.ENOSPC}, "disk is full", ExitCannotWrite},
		{errs.New(errs.Conflict, "another process"), "another process", ExitBusy},
		{errs.New(errs.NotFound, "no user ann"), "no user ann", ExitInput},
		{errs.Wrap(errs.Unavailable, errors.New("refused"), "no database"), "no database: refused", ExitUnavailable},
		{errors.New("odd"), "odd", ExitInternal},
		{errs.Fields(errs.Param{Name: "role"}), "role: this value cannot be taken", ExitInput},
		{errs.Fields(errs.Param{Name: "email"}), "email: expected an address such as", ExitInput},
		{errs.Fields(errs.Param{Name: "password"}), "password: expected as many characters", ExitInput},
	} {
		if message, code := Explain(tt.err); code != tt.code || !strings.Contains(message, tt.says) {
			t.Errorf("%v: got %q, %d, want %q, %d", tt.err, message, code, tt.says, tt.code)
		}
	}
}

// greeter is a server that says one line to everyone.
func greeter(t *testing.T, line string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(line))
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

func mailAt(addr string) []string {
	host, port, _ := net.SplitHostPort(addr)
	return []string{"SEPIOLA_SMTP_HOSTNAME=" + host, "SEPIOLA_SMTP_PORT=" + port, "SEPIOLA_SMTP_TLS=false"}
}

func listenLocally(url string) func(*config.Config) {
	return func(c *config.Config) {
		_, port, _ := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
		c.Listen.Port, _ = strconv.Atoi(port)
	}
}

func notADatabase(t *testing.T) string {
	t.Helper()
	name := t.TempDir() + "/x.db"
	if err := os.WriteFile(name, []byte(strings.Repeat("this is text ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
