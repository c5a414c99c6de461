package activity_test

import (
	"testing"

	"sepiola/internal/federation/activity"
)

func TestNotesMaySayItByLanguages(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fields         activity.Doc
		text, language string // no text: the note is refused
	}{
		"content alone":          {activity.Doc{"content": "<p>Hi</p>"}, "<p>Hi</p>", ""},
		"both":                   {activity.Doc{"content": "<p>Hi</p>", "contentMap": map[string]any{"en": "<p>Hello</p>"}}, "<p>Hi</p>", "en"},
		"both, of several":       {activity.Doc{"content": "<p>Hi</p>", "contentMap": map[string]any{"en": "<p>Hi</p>", "de": "<p>Na</p>"}}, "<p>Hi</p>", ""},
		"a map alone":            {activity.Doc{"contentMap": map[string]any{"fr": "<p>Salut</p>"}}, "<p>Salut</p>", "fr"},
		"of several the first":   {activity.Doc{"contentMap": map[string]any{"fr": "<p>Salut</p>", "de": "<p>Na</p>", "cs": " ", "ar": 7.0}}, "<p>Na</p>", "de"},
		"the note's own":         {activity.Doc{"contentMap": map[string]any{"fr": "<p>Salut</p>", "de": "<p>Na</p>"}, "language": "fr"}, "<p>Salut</p>", "fr"},
		"the note's own, object": {activity.Doc{"contentMap": map[string]any{"fr": "<p>Salut</p>", "de": "<p>Na</p>"}, "language": map[string]any{"identifier": "fr"}}, "<p>Salut</p>", "fr"},
		"its own is not there":   {activity.Doc{"contentMap": map[string]any{"fr": "<p>Salut</p>"}, "language": "it"}, "<p>Salut</p>", "fr"},
		"harm":                   {activity.Doc{"contentMap": map[string]any{"fr": "<p>Salut<script>x()</script></p>"}}, "<p>Salut</p>", "fr"},
		"an empty map":           {activity.Doc{"contentMap": map[string]any{}}, "", ""},
		"no map":                 {activity.Doc{"contentMap": "<p>Salut</p>"}, "", ""},
	} {
		d := activity.Doc{"type": "Note", "id": "https://far.test/n/1", "attributedTo": "https://far.test/u/a"}
		for k, v := range tt.fields {
			d[k] = v
		}
		n, err := activity.ReadNote(travel(t, d))
		if tt.text == "" {
			if err == nil {
				t.Errorf("%s: %+v", name, n)
			}
			continue
		}
		if err != nil || n.HTML != tt.text || n.Language != tt.language {
			t.Errorf("%s: got %+v %v", name, n, err)
		}
	}
}
