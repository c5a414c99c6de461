package ldsig

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestNothingThatWeSendIsUnsigned takes the documents that this project writes:
// a field whose word has no meaning in its context would reach others as
// something that anybody may have put there.
func TestNothingThatWeSendIsUnsigned(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../activity/testdata/golden/*.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("the documents of package activity: %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		if err := Sign(doc, creator, testKey(), now); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		compact, err := VerifyCompact(doc, &testKey().PublicKey)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		delete(doc, "signature")
		want, got := fields(doc), fields(compact)
		for _, field := range want {
			// ActivityStreams makes the former type of a tombstone an id; its
			// value is none, and so nobody's signature covers it.
			if !slices.Contains(got, field) && field != ".formerType" {
				t.Errorf("%s: %s is not signed", filepath.Base(file), field)
			}
		}
		for _, field := range got {
			if !slices.Contains(want, field) {
				t.Errorf("%s: %s comes back under another name", filepath.Base(file), field)
			}
		}
	}
}

// fields lists the fields that have a value, by their paths.
func fields(doc any) (paths []string) {
	switch v := doc.(type) {
	case map[string]any:
		for key, value := range v {
			if items, ok := value.([]any); value == nil || key == "@context" || ok && len(items) == 0 {
				continue
			}
			paths = append(paths, "."+key)
			for _, inner := range fields(value) {
				paths = append(paths, "."+key+inner)
			}
		}
	case []any:
		for _, item := range v {
			paths = append(paths, fields(item)...)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
