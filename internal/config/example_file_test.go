package config

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "write config.example.yaml anew")

const examplePath = "../../config.example.yaml"

func TestExampleFileIsCurrent(t *testing.T) {
	var b bytes.Buffer
	if err := WriteExample(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(examplePath, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b.Bytes()) {
		t.Error("config.example.yaml is not what the settings are; run make generate")
	}
}

func TestExampleFileHoldsTheDefaults(t *testing.T) {
	var b bytes.Buffer
	if err := WriteExample(&b); err != nil {
		t.Fatal(err)
	}
	var uncommented strings.Builder
	for line := range strings.Lines(b.String()) {
		if text := strings.TrimLeft(line, " "); strings.HasPrefix(text, "#") && !strings.HasPrefix(text, "# ") {
			line = strings.Replace(line, "#", "", 1)
		}
		uncommented.WriteString(line)
	}
	want, _, err := Load(Options{DataDir: "/d"})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"as it is": b.String(), "with every key": uncommented.String()} {
		got, notes, err := load(t, text)
		if err != nil || len(notes) > 0 {
			t.Fatalf("%s: %v %v", name, notes, err)
		}
		ignore := cmp.Options{
			cmpopts.IgnoreUnexported(Config{}), cmpopts.EquateEmpty(),
			cmpopts.IgnoreFields(Config{}, "DataDir", "Storage", "TLS", "Database"),
		}
		if diff := cmp.Diff(want, got, ignore); diff != "" {
			t.Errorf("%s (-default +file):\n%s", name, diff)
		}
	}
}

func TestKeysAreComplete(t *testing.T) {
	seen := map[string]string{}
	tree(Default()).leaves(func(k *key) {
		if k.tag.Get("doc") == "" {
			t.Errorf("%s says nothing about itself", k.path)
		}
		if other := seen[k.env()]; other != "" {
			t.Errorf("%s and %s have one environment variable", k.path, other)
		}
		seen[k.env()] = k.path
	})
	root := tree(Default())
	for old, now := range renamed {
		if root.find(now) == nil || root.find(old) != nil {
			t.Errorf("%s is said to be called %s now", old, now)
		}
	}
	for path := range laterFeatures {
		if root.find(path) == nil {
			t.Errorf("%s is said to come later, but there is no such key", path)
		}
	}
	for path := range notApplicable {
		if root.find(path) != nil {
			t.Errorf("%s is a key, and is said to be none", path)
		}
	}
	for name, path := range containerNames {
		if root.find(path) == nil {
			t.Errorf("PEERTUBE_%s means %s, which is no key", name, path)
		}
	}
}

func TestExplainHidesSecrets(t *testing.T) {
	c, _, err := load(t, "secrets: {peertube: hunter2}\nsmtp: {password: hunter2}\ndatabase: {url: 'postgres://u:hunter2@h/d'}\nadmin: {email: x@example.org}")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]Setting{}
	for _, s := range c.Explain() {
		if strings.Contains(s.Value, "hunter2") {
			t.Errorf("%s shows a secret: %s", s.Key, s.Value)
		}
		lines[s.Key] = s
	}
	want := Setting{Key: "admin.email", Value: "x@example.org", Origin: "site.yaml:4"}
	if diff := cmp.Diff(want, lines["admin.email"]); diff != "" {
		t.Errorf("admin.email (-want +got):\n%s", diff)
	}
	if got := lines["http_timeouts.request"].Value; got != "5 minutes" {
		t.Errorf("http_timeouts.request: got %s, want 5 minutes", got)
	}
}

func TestSecretIsMadeOnce(t *testing.T) {
	c := &Config{DataDir: t.TempDir()}
	first, err := c.Secret()
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.Secret()
	if err != nil || first != second || len(first) != 64 {
		t.Errorf("got %q, then %q (%v), want the same 64 digits", first, second, err)
	}
	info, err := os.Stat(c.DataDir + "/secret")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file: %v (%v), want 0600", info.Mode(), err)
	}
	if err := os.WriteFile(c.DataDir+"/secret", []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Secret(); err == nil {
		t.Errorf("a damaged file gave %q, want an error", got)
	}
	c.Secrets.Peertube = "mine"
	if got, err := c.Secret(); got != "mine" || err != nil {
		t.Errorf("got %q, %v, want the configured one", got, err)
	}
}
