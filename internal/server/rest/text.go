package rest

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"sepiola/internal/errs"
)

// What is text is decided here, before any database is asked: PostgreSQL
// refuses a NUL and what is not UTF-8, and SQLite keeps and finds both.

// isText reports whether both databases take s for the same text.
func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// NotText lists the values that are no text, in the order of their names. In
// is where they came from.
func NotText(values url.Values, in string) (bad []errs.Param) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			if !isText(name) || !isText(v) {
				bad = append(bad, errs.Param{Name: readable(name), Value: readable(v), In: in})
				break
			}
		}
	}
	return bad
}

// readable is s with a mark in place of what is no character.
func readable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// queryIsText reports whether all of a query is text, without taking it apart.
func queryIsText(raw string) bool {
	s, err := url.QueryUnescape(raw)
	if err == nil {
		return isText(s)
	}
	values, _ := url.ParseQuery(raw) // what it cannot read is not there
	return len(NotText(values, "")) == 0
}

// plainQuery refuses a query that is no text.
func plainQuery(r *http.Request) error {
	if r.URL.RawQuery == "" || queryIsText(r.URL.RawQuery) {
		return nil
	}
	if bad := NotText(r.URL.Query(), "query"); len(bad) > 0 {
		return errs.Fields(bad...)
	}
	return nil
}

// ReadableQuery puts marks in place of what is no character of a query. Pages
// are led to by links of all ages and with parameters of others: these are
// shown, though nothing is found by them.
func ReadableQuery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" || queryIsText(r.URL.RawQuery) {
			next.ServeHTTP(w, r)
			return
		}
		values := url.Values{}
		for name, list := range r.URL.Query() {
			for _, v := range list {
				values.Add(readable(name), readable(v))
			}
		}
		clone, address := *r, *r.URL
		address.RawQuery = values.Encode()
		clone.URL = &address
		next.ServeHTTP(w, &clone)
	})
}

// withNUL lists the fields of a JSON object that hold a NUL anywhere. Bytes
// that are no UTF-8 were replaced by who wrote or reads the JSON.
func withNUL(b []byte) (bad []errs.Param) {
	var fields map[string]any
	if !bytes.Contains(b, []byte(`\u0000`)) || json.Unmarshal(b, &fields) != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if strings.IndexByte(name, 0) >= 0 || holdsNUL(fields[name]) {
			bad = append(bad, errs.Param{Name: readable(name), Value: fields[name]})
		}
	}
	return bad
}

func holdsNUL(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.IndexByte(v, 0) >= 0
	case []any:
		return slices.ContainsFunc(v, holdsNUL)
	case map[string]any:
		for name, child := range v {
			if strings.IndexByte(name, 0) >= 0 || holdsNUL(child) {
				return true
			}
		}
	}
	return false
}
