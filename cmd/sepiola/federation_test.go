package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"sepiola/internal/app"
)

func TestRotateKeys(t *testing.T) {
	dir := t.TempDir()
	welcome, stop := serving(t, dir)
	defer stop()
	address := regexp.MustCompile(`http://[^\s/]+`).FindString(welcome)
	key := func(name string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/accounts/"+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "application/activity+json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var doc struct {
			PublicKey struct{ PublicKeyPem string }
		}
		if err := json.NewDecoder(res.Body).Decode(&doc); err != nil || !strings.Contains(doc.PublicKey.PublicKeyPem, "PUBLIC KEY") {
			t.Fatalf("%s: %s %+v %v", name, res.Status, doc, err)
		}
		return doc.PublicKey.PublicKeyPem
	}
	for _, tt := range []struct {
		args, says string
		changed    [2]bool // of root, of the site
		code       int
	}{
		{"root", "root has new keys.", [2]bool{true, false}, 0},
		{"", "The site has new keys.", [2]bool{false, true}, 0},
		{"--all", "root_channel has new keys.", [2]bool{true, true}, 0},
		{"nobody", `there is no account or channel "nobody"`, [2]bool{}, app.ExitInternal},
		{"--all root", "either names or --all", [2]bool{}, app.ExitUsage},
	} {
		root, site := key("root"), key("peertube")
		stdout, stderr, code := sepiola(t, strings.Fields("federation rotate-keys -d "+dir+" "+tt.args)...)
		if (code == 0) != (tt.code == 0) || !strings.Contains(stdout+stderr, tt.says) {
			t.Errorf("%q: exit code %d: %s%s", tt.args, code, stdout, stderr)
		}
		if got := [2]bool{key("root") != root, key("peertube") != site}; got != tt.changed {
			t.Errorf("%q changed %v, want %v", tt.args, got, tt.changed)
		}
	}
}
