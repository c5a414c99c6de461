package activity_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/federation/activity"
)

func TestTabsBecomeSpaces(t *testing.T) {
	t.Parallel()
	inner := map[string]any{"name": "é\tb", "tag": []any{"a", "\t", map[string]any{"name": "plain"}}}
	d := activity.Doc{"type": "Create", "object": inner, "content": "1.\tone\r\n\tcode\n\tabcd\te"}
	want := activity.Doc{
		"type": "Create", "content": "1.  one\r\n    code\n    abcd    e",
		"object": map[string]any{"name": "é   b", "tag": []any{"a", "    ", map[string]any{"name": "plain"}}},
	}
	if diff := cmp.Diff(want, d.Untabbed()); diff != "" {
		t.Error(diff)
	}
	if inner["name"] != "é\tb" || inner["tag"].([]any)[1] != "\t" {
		t.Error("a document that others may share was changed")
	}
}
