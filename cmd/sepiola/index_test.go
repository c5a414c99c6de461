package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sepiola/internal/app"
)

// tube answers as a site does, on this machine.
func tube(t *testing.T) (host string) {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for path, text := range map[string]string{
		"/.well-known/nodeinfo": `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"` + server.URL + `/nodeinfo/2.0.json"}]}`,
		"/nodeinfo/2.0.json":    `{"software":{"name":"peertube","version":"7.0.0"}}`,
		"/api/v1/config":        `{"serverVersion":"7.0.0","instance":{"name":"Tube of films"}}`,
		"/api/v1/config/about":  `{"instance":{}}`,
		"/api/v1/server/stats":  `{"totalVideos":8,"totalLocalVideos":7}`,
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
	}
	return strings.TrimPrefix(server.URL, "http://")
}

func TestIndexCommands(t *testing.T) {
	dir, host := t.TempDir(), tube(t)
	local := []string{"-d", dir, "--allow-network", "127.0.0.0/8", "--plain-http"}
	for _, tt := range []struct {
		name string
		args []string
		out  string
		code int
	}{
		{"help", []string{"index", "--help"}, "auto_follow_index", 0},
		{"help of the server", []string{"index", "serve", "--help"}, "--crawl-every", 0},
		{"a wrong network", []string{"index", "list", "--allow-network", "here"}, "--allow-network", app.ExitConfig},
		{"too often", []string{"index", "-d", dir, "--crawl-every", "1ms"}, "--crawl-every is at least 1s", app.ExitConfig},
		{"a wrong address", []string{"index", "-d", dir, "--url", "sites"}, "--url is an address", app.ExitInput},
		{"a private host", []string{"index", "add", "-d", dir, host}, "Should have a valid host", app.ExitInput},
		{"a good host", append([]string{"index", "add", host}, local...), host + " is on the list.", 0},
		{"two, of which one is bad", append([]string{"index", "add", host, "localhost:1"}, local...), "localhost:1: Instance localhost:1 cannot be reached.", app.ExitInput},
		{"the list", append([]string{"index", "list"}, local...), "Tube of films", 0},
		{"block", append([]string{"index", "block", host}, local...), host + " is off the list for good.", 0},
		{"a blocked host", append([]string{"index", "add", host}, local...), "is not taken on here", app.ExitInput},
		{"unblock", append([]string{"index", "unblock", host}, local...), host + " can be added again.", 0},
		{"again", append([]string{"index", "add", host}, local...), host + " is on the list.", 0},
		{"no host", append([]string{"index", "block", "//"}, local...), "Should have a valid host", app.ExitInput},
	} {
		stdout, stderr, code := sepiola(t, tt.args...)
		if all := stdout + stderr; code != tt.code || !strings.Contains(all, tt.out) {
			t.Errorf("%s: exit code %d, want %d; want %q in:\n%s", tt.name, code, tt.code, tt.out, all)
		}
	}
}

func TestIndexServes(t *testing.T) {
	dir, host, addr := t.TempDir(), tube(t), freeAddr(t)
	ctx, cancel := context.WithCancel(t.Context())
	out, said := io.Pipe()
	var log bytes.Buffer
	code := make(chan int, 1)
	go func() {
		c := run(ctx, []string{"index", "-d", dir, "--listen", addr, "--allow-network", "127.0.0.0/8", "--plain-http", "--name", "Our list"}, &streams{out: said, err: &log})
		_ = said.CloseWithError(io.EOF)
		code <- c
	}()
	said1 := ""
	for b := make([]byte, 1024); !strings.Contains(said1, "The list of sites is at http://"+addr+"/"); {
		n, err := out.Read(b)
		if said1 += string(b[:n]); err != nil {
			t.Fatalf("it ended with %d: %s", <-code, log.String())
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if stdout, stderr, code := sepiola(t, "index", "add", "-d", dir, "--allow-network", "127.0.0.0/8", "--plain-http", host); code != 0 {
		t.Fatalf("adding beside the server: %d: %s%s", code, stdout, stderr)
	}
	var list struct {
		Total int
		Data  []struct{ Host string }
	}
	if err := json.Unmarshal(get(t, "http://"+addr+"/api/v1/instances/hosts?count=1000"), &list); err != nil || list.Total != 1 || list.Data[0].Host != host {
		t.Errorf("hosts: %+v, %v", list, err)
	}
	if page := string(get(t, "http://"+addr+"/")); !strings.Contains(page, "Our list") || !strings.Contains(page, "Tube of films") {
		t.Errorf("the page: %s", page)
	}
	if health := string(get(t, "http://"+addr+"/healthz")); !strings.Contains(health, `"ok"`) {
		t.Errorf("health: %s", health)
	}
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("exit code %d: %s", c, log.String())
	}
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", url, res.StatusCode, err)
	}
	return b
}
