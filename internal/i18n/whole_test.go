package i18n

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/feature/plural"
)

// own reports whether a key is one that each language has where it needs it.
func own(key string) bool { return strings.HasPrefix(key, "number.short.") }

func TestEveryLanguageIsWhole(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	en := b.Locale(Fallback)
	for _, tag := range b.Tags() {
		t.Run(tag, func(t *testing.T) {
			t.Parallel()
			l := b.Locale(tag)
			if err := l.read().err; err != nil {
				t.Fatal(err)
			}
			for _, wrong := range problems(en, l) {
				t.Error(wrong)
			}
		})
	}
}

// problems are what a language lacks, has too much or says otherwise than
// English does.
func problems(en, l *Locale) []string {
	var list []string
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for key := range en.read().texts {
		if _, ok := l.read().texts[key]; !ok && !own(key) {
			add("%q is missing", key)
		}
	}
	matched := matches(l)
	for key, t := range l.read().texts {
		english, ok := en.read().texts[key]
		switch {
		case own(key):
			english = text{other: "{x}"}
		case !ok:
			add("%q is not in English", key)
			continue
		}
		if english.forms != nil && t.forms == nil && len(matched) > 1 {
			add("%q has no plural forms", key)
		}
		if t.forms == nil {
			t.forms = &forms{plural.Other: t.other}
		} else if wrong := unlike(matched, t.forms); wrong != "" {
			add("%q %s", key, wrong)
		}
		for c, s := range t.forms {
			if s == "" && plural.Form(c) != plural.Other {
				continue
			}
			want, got := arguments(english.other), arguments(s)
			if matched[plural.Form(c)] == 1 && !slices.Contains(got, "{n}") { // "one view" says the number in words
				want = slices.DeleteFunc(want, func(a string) bool { return a == "{n}" })
			}
			if !slices.Equal(want, got) {
				add("%q (%s) has the arguments %v, in English %v", key, s, got, want)
			}
		}
	}
	slices.Sort(list)
	return list
}

// matches counts the whole numbers of each plural category, as far as numbers
// need to be tried to meet all of them.
func matches(l *Locale) map[plural.Form]int {
	counts := map[plural.Form]int{}
	for n := range int64(1000) {
		counts[l.category(n)]++
	}
	return counts
}

// unlike says how forms differ from the categories of a language.
func unlike(matched map[plural.Form]int, f *forms) string {
	for name, c := range categories {
		if has, needs := f[c] != "", matched[c] > 0; has != needs && c != plural.Other {
			return fmt.Sprintf("has the form %q: %v; the language: %v", name, has, needs)
		}
	}
	return ""
}

var argumentForm = regexp.MustCompile(`\{\w+\}`)

func arguments(s string) []string {
	names := argumentForm.FindAllString(s, -1)
	slices.Sort(names)
	return slices.Compact(names)
}

func TestProblemsAreFound(t *testing.T) {
	t.Parallel()
	of := func(tag, texts string) *Locale {
		b, err := load(fstest.MapFS{
			"l/en/locale.json":          {Data: []byte(`{"locale.name": "English"}`)},
			"l/" + tag + "/locale.json": {Data: []byte(`{"locale.name": "Name"}`)},
			"l/" + tag + "/a.json":      {Data: []byte("{" + texts + "}")},
		}, "l")
		if err != nil {
			t.Fatal(err)
		}
		return b.Locale(tag)
	}
	en := of("en", `"a": "x {b}", "v": {"one": "{n} view", "other": "{n} views"}`)
	for _, tt := range []struct{ name, tag, texts, want string }{
		{"whole", "fr", `"a": "{b} x", "v": {"one": "{n} vue", "other": "{n} vues"}`, ""},
		{"missing", "fr", `"a": "{b} x"`, `"v" is missing`},
		{"unknown", "fr", `"a": "{b} x", "c": "y", "v": {"one": "{n} vue", "other": "{n} vues"}`, `"c" is not in English`},
		{"no argument", "fr", `"a": "x", "v": {"one": "{n} vue", "other": "{n} vues"}`, `"a" (x) has the arguments [], in English [{b}]`},
		{"number that one form needs", "fr", `"a": "{b}", "v": {"one": "une vue", "other": "{n} vues"}`, `"v" (une vue) has the arguments [], in English [{n}]`},
		{"number in words", "de", `"a": "{b}", "v": {"one": "ein Aufruf", "other": "{n} Aufrufe"}`, ""},
		{"no forms", "de", `"a": "{b}", "v": "{n} Aufrufe"`, `"v" has no plural forms`},
		{"a language without forms", "ja", `"a": "{b}", "v": "{n} 回"`, ""},
		{"a form too few", "ar", `"a": "{b}", "v": {"zero": "0", "one": "1", "two": "2", "few": "{n}", "other": "{n}"}`, `"v" has the form "many": false; the language: true`},
		{"all six", "ar", `"a": "{b}", "v": {"zero": "0", "one": "1", "two": "2", "few": "{n}", "many": "{n}", "other": "{n}"}`, ""},
	} {
		if got := strings.Join(problems(en, of(tt.tag, tt.texts)), "; "); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// literal are the keys that sources ask for by name.
var literal = regexp.MustCompile(`\b(?:p|l|loc|s\.locale\(r\))\.(T|N)\("([a-z0-9_.-]+)"[,)]`)

func TestEnglishHasWhatSourcesAskFor(t *testing.T) {
	t.Parallel()
	en := bundle(t).Locale(Fallback)
	asked := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if path == "../i18n" {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".templ") && !strings.HasSuffix(path, ".go") ||
			strings.HasSuffix(path, "_templ.go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range literal.FindAllStringSubmatch(string(source), -1) {
			asked++
			text, ok := en.read().texts[m[2]]
			if !ok {
				t.Errorf("%s: %q is not in the catalogue", path, m[2])
			} else if m[1] == "N" && text.forms == nil {
				t.Errorf("%s: %q depends on a number but has no plural forms", path, m[2])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if asked < 500 {
		t.Errorf("found %d keys in the sources: the pattern fits them no longer", asked)
	}
}

// Who speaks to a device says what is to be read on a button, so the name of
// one that has a longer name for screen readers holds it.
func TestNamesOfButtonsHoldTheirTexts(t *testing.T) {
	t.Parallel()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"en", "fr", "de", "es", "ar", "ja"} {
		l := b.Match(tag)
		for name, text := range map[string]string{
			"web.subscriptions.subscribe_to": "web.subscriptions.subscribe", "web.subscriptions.unsubscribe_from": "web.subscriptions.subscribed",
		} {
			if got, seen := strings.ToLower(l.T(name, "name", "X")), strings.ToLower(l.T(text)); !strings.Contains(got, seen) {
				t.Errorf("%s: %q is not in %q", tag, seen, got)
			}
		}
	}
}
