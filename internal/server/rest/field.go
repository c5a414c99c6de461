package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Field is one field of a body: sent or not, null or not. PeerTube's clients
// send numbers and booleans as strings in forms, and sometimes in JSON; both
// are read. A value of the wrong type is remembered and reported by Body with
// the field's name.
type Field[T any] struct {
	V    T
	Set  bool // it was sent
	Null bool // it was sent as null
	bad  any  // what was sent, when it could not be read
}

// Or returns the value, or other when it was not sent or is null.
func (f Field[T]) Or(other T) T {
	if !f.Set || f.Null {
		return other
	}
	return f.V
}

// Has reports whether a value was sent that is not null.
func (f Field[T]) Has() bool { return f.Set && !f.Null }

// Sent is what came, for telling it back: the value, or what could not be
// read as one. Nil for nothing, and for null what is written as such.
func (f Field[T]) Sent() any {
	switch {
	case f.bad != nil:
		return f.bad
	case f.Null:
		return null{}
	case !f.Set:
		return nil
	}
	return f.V
}

// null is a value that is there: problem documents leave out what is not.
type null struct{}

// MarshalJSON implements json.Marshaler.
func (null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// UnmarshalJSON never fails: see Body.
func (f *Field[T]) UnmarshalJSON(b []byte) error {
	f.Set = true
	text, quoted := unquote(b)
	if string(b) == "null" || quoted && text == "null" {
		f.Null = true
		return nil
	}
	if err := f.read(b, text, quoted); err != nil {
		if json.Unmarshal(b, &f.bad) != nil || f.bad == nil {
			f.bad = string(b) // such as 1e309, which is no number of ours
		}
	}
	return nil
}

// Words is a Field of what people say, who may say "null".
type Words struct{ Field[string] }

// UnmarshalJSON is Field's, but for that word.
func (w *Words) UnmarshalJSON(b []byte) error {
	if string(b) == `"null"` {
		w.Field = Field[string]{V: "null", Set: true}
		return nil
	}
	return w.Field.UnmarshalJSON(b)
}

func (f *Field[T]) read(b []byte, text string, quoted bool) (err error) {
	switch v := any(&f.V).(type) {
	case *string:
		if !quoted {
			return fmt.Errorf("not a string")
		}
		*v = text
	case *bool:
		*v, err = strconv.ParseBool(text)
	case *int:
		*v, err = strconv.Atoi(text)
	case *int64:
		*v, err = strconv.ParseInt(text, 10, 64)
	case *time.Time:
		*v, err = parseTime(text)
	case *[]string:
		err = readSlice(b, v)
	case *[]int:
		err = readSlice(b, v)
	case *[]int64:
		err = readSlice(b, v)
	default:
		err = json.Unmarshal(b, &f.V)
	}
	return err
}

// readSlice accepts a single value for a list of one, as PeerTube does.
func readSlice[T any](b []byte, v *[]T) error {
	var items []json.RawMessage
	if !bytes.HasPrefix(bytes.TrimSpace(b), []byte("[")) {
		items = []json.RawMessage{b}
	} else if err := json.Unmarshal(b, &items); err != nil { // not over b, which is told back
		return err
	}
	list := make([]T, 0, len(items))
	for _, it := range items {
		var f Field[T]
		if err := f.UnmarshalJSON(it); err != nil || f.bad != nil || f.Null {
			return fmt.Errorf("not a list")
		}
		list = append(list, f.V)
	}
	*v = list
	return nil
}

func unquote(b []byte) (text string, quoted bool) {
	if len(b) > 1 && b[0] == '"' {
		if json.Unmarshal(b, &text) == nil {
			return text, true
		}
	}
	return string(b), false
}

// parseTime reads ISO 8601 as JavaScript writes it, and a bare date.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999", "2006-01-02"} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC().Truncate(time.Microsecond), nil
		}
	}
	return time.Time{}, fmt.Errorf("not a date")
}

// badValue lets Body find the fields that could not be read.
func (f Field[T]) badValue() (any, bool) { return f.bad, f.bad != nil }
