package api_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/api.md says which endpoints of PeerTube's are served; it is right.
func TestEndpointsOfTheDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	mounted := mountedRoutes(t)
	var named []string
	endpoint := regexp.MustCompile("`((?:GET|POST|PUT|DELETE) /[^`]*)`")
	for line := range strings.Lines(string(text)) {
		missing := strings.HasPrefix(line, "Missing: ")
		for _, m := range endpoint.FindAllStringSubmatch(line, -1) {
			named = append(named, m[1])
			if served := slices.ContainsFunc(mounted, func(r string) bool { return alike(r, m[1]) }); served == missing {
				t.Errorf("%s: served is %v, but the document says that missing is %v", m[1], served, missing)
			}
		}
	}
	for _, r := range mounted {
		if !slices.Contains(named, r) {
			t.Errorf("%s is served, but the document does not name it", r)
		}
	}
	if len(named) < 200 {
		t.Errorf("the document names %d endpoints only", len(named))
	}
}

// alike reports whether two routes differ in the names of their parameters at
// most.
func alike(a, b string) bool {
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	return parameter.ReplaceAllString(a, "{}") == parameter.ReplaceAllString(b, "{}")
}
