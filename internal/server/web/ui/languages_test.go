package ui_test

import (
	"testing"

	"sepiola/internal/i18n"
	"sepiola/internal/server/web/ui"
)

// Who chooses a language can tell each from the others.
func TestLanguagesHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range words.Tags() {
		p, seen := &ui.Page{Locale: words.Locale(tag)}, map[string]string{}
		for _, c := range p.VideoLanguages("none") {
			if before, twice := seen[c.Label]; twice {
				t.Errorf("%s: %s and %s are both %q", tag, before, c.Value, c.Label)
			}
			seen[c.Label] = c.Value
		}
	}
}
