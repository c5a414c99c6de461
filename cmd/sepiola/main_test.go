package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sepiola/internal/app"
)

// sepiola runs a command line in an empty environment and returns what it
// printed and its exit code.
func sepiola(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &streams{in: strings.NewReader(""), out: &out, err: &err})
	return out.String(), err.String(), code
}

func TestCommandLine(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "good.yaml", "instance: {name: My videos}\nsmtp: {password: hunter2}\nredis: {port: 1}\n")
	write(t, "bad.yaml", "instance:\n  nam: x\n")
	for _, tt := range []struct {
		name   string
		args   string
		out    string // what either stream contains
		code   int
		absent string
	}{
		{"help", "--help", "config check", 0, ""},
		{"help of a command", "config show --help", "came from", 0, ""},
		{"help of keys", "federation rotate-keys --help", "Followers are told", 0, ""},
		{"completion of keys", "completion bash", "'federation rotate-keys') words='--help", 0, ""},
		{"where completions are kept", "completion --help", "\n    fish   sepiola completion fish > ", 0, ""},
		{"version", "version", "sepiola dev (go", 0, ""},
		{"no command", "", "sepiola --help", app.ExitUsage, ""},
		{"a wrong flag", "version --nonsense", "unknown flag --nonsense", app.ExitUsage, ""},
		{"a right file", "config check -c good.yaml", "The settings are right", 0, ""},
		{"notes of a right file", "config check -c good.yaml", "good.yaml:3: redis: not needed", 0, ""},
		{"a wrong file", "config check -c bad.yaml", "bad.yaml:2: instance.nam: there is no such key; did you mean instance.name?", app.ExitConfig, "goroutine"},
		{"no file", "config check -c none.yaml", "there is no configuration file none.yaml", app.ExitConfig, ""},
		{"what is set", "config show -c good.yaml --changed", "# good.yaml:1", 0, "hunter2"},
		{"one section", "config show transcoding.fps", "transcoding.fps.max:  60  # default", 0, "instance"},
		{"the example", "config example", "#threads: 0", 0, ""},
		{"doctor with a wrong file", "doctor -c bad.yaml", "did you mean", app.ExitConfig, ""},
		{"completion for another shell", "completion tcsh", "bash", app.ExitUsage, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, code := sepiola(t, strings.Fields(tt.args)...)
			if all := stdout + stderr; code != tt.code || !strings.Contains(all, tt.out) || tt.absent != "" && strings.Contains(all, tt.absent) {
				t.Errorf("exit code %d, want %d; want %q without %q in:\n%s", code, tt.code, tt.out, tt.absent, all)
			}
		})
	}
}

func TestDoctorFailsWhenTheSiteCannotWork(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no ffmpeg
	stdout, _, code := sepiola(t, "doctor", "-d", t.TempDir())
	if code != 1 || !strings.Contains(stdout, "apt install ffmpeg") {
		t.Errorf("exit code %d, want 1 and advice in:\n%s", code, stdout)
	}
}

func TestReportPortInUse(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, err = new(net.ListenConfig).Listen(context.Background(), "tcp", listener.Addr().String())
	var out bytes.Buffer
	if code := report(&streams{err: &out}, err); code != app.ExitUnavailable || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("exit code %d, want %d and one line, got %q", code, app.ExitUnavailable, out.String())
	}
}

// TestCompletion asks each shell that is installed whether it understands its
// script, and bash what it completes.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script, _, code := sepiola(t, "completion", shell)
		if code != 0 || !strings.Contains(script, "config show") {
			t.Fatalf("%s: exit code %d:\n%s", shell, code, script)
		}
		program, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		name := filepath.Join(t.TempDir(), "script")
		write(t, name, script)
		if out, err := exec.Command(program, "-n", name).CombinedOutput(); err != nil {
			t.Errorf("%s does not understand its script: %v\n%s", shell, err, out)
		}
	}
	for typed, want := range map[string]string{
		"":                         "config",
		"conf":                     "config",
		"config ":                  "show",
		"config show --ch":         "--changed",
		"config show --data x --p": "",
		"completion ":              "fish",
	} {
		if got := completed(t, typed); !strings.Contains(" "+got+" ", " "+want+" ") {
			t.Errorf("sepiola %s<tab>: got %q, want %q among it", typed, got, want)
		}
	}
}

// completed returns what bash offers after the typed words.
func completed(t *testing.T, typed string) string {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	script, _, _ := sepiola(t, "completion", "bash")
	words := strings.Split("sepiola "+typed, " ")
	script += "COMP_WORDS=('" + strings.Join(words, "' '") + "')\nCOMP_CWORD=$((${#COMP_WORDS[@]}-1))\n_sepiola\necho ${COMPREPLY[@]}\n"
	out, err := exec.Command(bash, "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("bash: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
