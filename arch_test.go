// Package sepiola_test holds the tree to docs/architecture.md.
package sepiola_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers is the architecture: each part of the tree, and what it may import
// from the rest of it. The first prefix that matches a package counts.
var layers = []struct {
	pkg  string
	uses []string
}{
	{"cmd/", []string{"internal/app", "internal/config"}},
	{"tools/", []string{""}},
	{"internal/app", []string{""}},
	{"internal/errs", nil},
	{"internal/i18n", nil},
	{"internal/jsonappend", nil},
	{"internal/markup", nil},
	{"internal/fold", nil},
	{"internal/lately", nil},
	{"internal/config", []string{"internal/errs"}},
	// A domain package may use those above it.
	{"internal/domain/instance", []string{"internal/errs"}},
	{"internal/domain/actor", []string{"internal/errs", "internal/domain/instance"}},
	{"internal/domain/user", []string{"internal/errs", "internal/domain/instance", "internal/domain/actor"}},
	{"internal/domain/video", []string{"internal/errs", "internal/fold", "internal/domain/instance", "internal/domain/actor", "internal/domain/user"}},
	{"internal/domain/follow", []string{"internal/errs", "internal/domain/instance", "internal/domain/actor", "internal/domain/user", "internal/domain/video"}},
	{"internal/domain/peer", []string{"internal/errs", "internal/domain/instance", "internal/domain/actor"}},
	{"internal/domain/comment", []string{"internal/errs", "internal/domain/instance", "internal/domain/actor", "internal/domain/user", "internal/domain/video", "internal/domain/follow"}},
	{"internal/domain/playlist", []string{"internal/errs", "internal/domain/instance", "internal/domain/actor", "internal/domain/user", "internal/domain/video", "internal/domain/follow"}},
	{"internal/domain/origin", []string{"internal/errs", "internal/domain/instance", "internal/domain/actor", "internal/domain/user", "internal/domain/video", "internal/domain/follow", "internal/domain/comment", "internal/domain/playlist"}},
	{"internal/domain/redundancy", []string{"internal/errs", "internal/domain/instance", "internal/domain/actor", "internal/domain/user", "internal/domain/video", "internal/domain/follow"}},
	{"internal/domain/view", []string{"internal/errs", "internal/domain/instance", "internal/domain/actor", "internal/domain/user", "internal/domain/video"}},
	{"internal/domain/search", []string{"internal/errs", "internal/fold", "internal/lately", "internal/domain/instance", "internal/domain/actor", "internal/domain/user", "internal/domain/video", "internal/domain/playlist"}},
	{"internal/domain/abuse", []string{"internal/errs", "internal/domain/instance", "internal/domain/actor", "internal/domain/user", "internal/domain/video", "internal/domain/comment"}},
	{"internal/domain/notification", []string{"internal/errs", "internal/domain/instance", "internal/domain/actor", "internal/domain/user", "internal/domain/video", "internal/domain/follow", "internal/domain/comment", "internal/domain/playlist", "internal/domain/abuse"}},
	{"internal/media/", []string{"internal/media/", "internal/errs"}},
	{"internal/mail", []string{"internal/domain/", "internal/i18n", "internal/errs"}},
	// The directory of sites ("sepiola index") needs nothing of a site.
	{"internal/directory/visit", []string{"internal/directory", "internal/media/image", "internal/errs"}},
	{"internal/directory", []string{"internal/errs"}},
	{"internal/storage/sqldb", []string{"internal/storage/sqldb", "internal/errs"}},
	{"internal/storage/sites", []string{"internal/storage/sqldb", "internal/directory", "internal/errs"}},
	{"internal/storage/", []string{"internal/storage/", "internal/domain/", "internal/lately", "internal/errs"}},
	{"internal/job", []string{"internal/storage/sqldb", "internal/errs"}},
	{"internal/worker", []string{"internal/domain/", "internal/media/", "internal/federation/", "internal/job", "internal/errs"}},
	{"internal/federation/", []string{"internal/federation/", "internal/domain/", "internal/jsonappend", "internal/lately", "internal/markup", "internal/errs"}},
	{"internal/server/rest", []string{"internal/errs"}},
	{"internal/server/auth", []string{"internal/server/rest", "internal/domain/", "internal/errs"}},
	{"internal/server/sitelist", []string{"internal/server/", "internal/directory", "internal/domain/instance", "internal/i18n", "internal/errs"}},
	{"internal/server/web/sitelist", []string{"internal/server/web/", "internal/directory", "internal/domain/", "internal/i18n"}},
	{"internal/server/", []string{"internal/server/", "internal/federation/", "internal/domain/", "internal/i18n", "internal/jsonappend", "internal/lately", "internal/markup", "internal/errs"}},
}

const module = "sepiola/"

func TestImportsFollowTheArchitecture(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg, ours := strings.CutPrefix(fields[0], module)
		if !ours {
			continue // the root, which has only tests
		}
		uses, ok := layer(pkg)
		if !ok {
			t.Errorf("%s belongs to no layer", pkg)
		}
		for _, imp := range fields[1:] {
			if imp, ours := strings.CutPrefix(imp, module); ours && !slices.ContainsFunc(uses, within(imp)) {
				t.Errorf("%s must not import %s", pkg, imp)
			}
		}
	}
}

func layer(pkg string) ([]string, bool) {
	for _, l := range layers {
		if within(pkg)(l.pkg) {
			return append(l.uses, pkg), true
		}
	}
	return nil, false
}

// within reports whether a package lies in a part of the tree.
func within(pkg string) func(part string) bool {
	return func(part string) bool {
		return part == "" || pkg == part || strings.HasPrefix(pkg, strings.TrimSuffix(part, "/")+"/")
	}
}

// goFiles calls fn for each file that somebody wrote, not a program.
func goFiles(t *testing.T, fn func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_templ.go") {
			fn(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEachPackageSaysOnceWhatItIsFor(t *testing.T) {
	t.Parallel()
	docs := map[string][]string{}
	goFiles(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(path)
		docs[dir] = append(docs[dir], "")[:len(docs[dir])]
		if f.Doc != nil {
			docs[dir] = append(docs[dir], path)
		}
	})
	for dir, files := range docs {
		if len(files) != 1 {
			t.Errorf("%s has %d package comments, want 1: %v", dir, len(files), files)
		}
	}
}

func TestFilesStayReadable(t *testing.T) {
	t.Parallel()
	const limit = 600
	goFiles(t, func(path string) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), "\n"); n > limit {
			t.Errorf("%s has %d lines: split it by meaning", path, n)
		}
	})
}
