package activity_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"sepiola/internal/federation/activity"
)

// readAll is what readers make of a document.
func readAll(d activity.Doc) []any {
	all := []any{activity.ReadChapters(d)}
	add := func(v any, err error) {
		if err == nil {
			all = append(all, v)
		}
	}
	of := func(v any, err error) func() { return func() { add(v, err) } }
	for _, f := range []func(){
		of(activity.ReadVideo(d)), of(activity.ReadActor(d)), of(activity.ReadNote(d)), of(activity.ReadPlaylist(d)),
		of(activity.ReadPlaylistElement(d)), of(activity.ReadCollection(d)), of(activity.ReadPage(d)), of(activity.ReadCacheFile(d)),
		of(activity.ReadWatch(d)), of(activity.ReadPlayerSettings(d)),
	} {
		f()
	}
	if a, err := activity.ReadActivity(d); err == nil {
		all = append(all, a, activity.ReadFlag(a))
	}
	return all
}

// unkeepable is the first string in v that PostgreSQL does not keep.
func unkeepable(v reflect.Value) (string, bool) {
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		return s, !utf8.ValidString(s) || strings.Contains(s, "\x00")
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return unkeepable(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if s, bad := unkeepable(v.Field(i)); bad {
				return s, true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if s, bad := unkeepable(v.Index(i)); bad {
				return s, true
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if s, bad := unkeepable(k); bad {
				return s, true
			}
			if s, bad := unkeepable(v.MapIndex(k)); bad {
				return s, true
			}
		}
	}
	return "", false
}

// eachText calls fn with the tree v, with one string of it after the other, and
// one key, replaced by what edit makes of it.
func eachText(v any, edit func(string) string, fn func(what string)) {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		for _, k := range keys {
			old := v[k]
			if s, ok := old.(string); ok {
				v[k] = edit(s)
				fn(k)
			} else {
				eachText(old, edit, fn)
			}
			v[k] = old
			delete(v, k)
			v[edit(k)] = old
			fn(k + " as a key")
			delete(v, edit(k))
			v[k] = old
		}
	case []any:
		for i, old := range v {
			if s, ok := old.(string); ok {
				v[i] = edit(s)
				fn("of a list")
				v[i] = old
			} else {
				eachText(old, edit, fn)
			}
		}
	}
}

func TestNoStringOfADocumentIsUnkeepable(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, edit := range map[string]func(string) string{
			"behind": func(s string) string { return s + "\x00" },
			"amid":   func(s string) string { return s[:len(s)/2] + "\x00" + s[len(s)/2:] },
			"before": func(s string) string { return "\x00" + s },
			"hidden": func(s string) string { return s + "?dn=%00%ff&tr=%00&#0;&#xD800;" },
		} {
			var tree map[string]any
			if err := json.Unmarshal(text, &tree); err != nil {
				t.Fatal(err)
			}
			read := 0
			eachText(tree, edit, func(what string) {
				b, err := json.Marshal(tree)
				if err != nil {
					t.Fatal(err)
				}
				d, err := activity.Decode(b)
				if err != nil {
					t.Fatalf("%s: %s: %v", file, what, err)
				}
				inner := []any{d, readAll(d)}
				for _, o := range d.Docs("object") {
					inner = append(inner, readAll(o))
				}
				if read++; read > 20_000 {
					t.Fatal("too many")
				}
				if s, bad := unkeepable(reflect.ValueOf(inner)); bad {
					t.Errorf("%s: %s, %s: %q is read", file, what, name, s)
				}
			})
		}
	}
}

func TestWhatIsNotUTF8IsNoId(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"https://a.example/\xff", "https://a.example/\xc3", "https://a.example/\ufffd", "https://a.example/x?\xe2\x28\xa1"} {
		if activity.ValidURL(s) {
			t.Errorf("%q is taken", s)
		}
	}
}
