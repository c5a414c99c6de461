package web

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sepiola/internal/i18n"
	"sepiola/internal/server/web/people"
)

// Each field into which people type has a name for the page that shows it again.
func TestAllFieldsOfTextAreNamed(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob("*/*.templ")
	if err != nil || len(sources) == 0 {
		t.Fatal("no templates", err)
	}
	field := regexp.MustCompile(`form\.Text\{Name: (people\.)?"?(\w+)"?, (Filter: true, )?[^\n]*?p\.[TN]\("([^"]+)"[^\n]*`)
	// What is short and new each time, and what is no text.
	unnamed := []string{"confirm", "otp", "originallyPublishedAt", "videoPasswords"}
	n := 0
	for _, source := range sources {
		b, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range field.FindAllStringSubmatch(string(b), -1) {
			name, key := m[2], m[4]
			if m[3] != "" || strings.Contains(m[0], `Type: "password"`) || slices.Contains(unnamed, name) || strings.HasPrefix(source, "sitelist") {
				continue
			}
			switch name { // constants
			case "ChannelName":
				name = people.ChannelName
			case "ChannelTitle":
				name = people.ChannelTitle
			}
			n++
			if !slices.ContainsFunc(labels, func(l label) bool { return l.field == name && l.key == key }) {
				t.Errorf("%s: the field %s is called %s, and has no such label", source, name, key)
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d fields were found", n)
	}
	for _, tag := range words.Tags() {
		for _, l := range labels {
			if words.Locale(tag).T(l.key) == l.key {
				t.Errorf("%s has no %s", tag, l.key)
			}
		}
	}
}
