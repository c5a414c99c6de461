package activity

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Encode writes a document as json.Marshal does, with its keys in order, in a
// fraction of its time: a video's document is asked for by every site that
// hears of it, and encoding/json reflects on each of its values.
func Encode(d Doc) ([]byte, error) { return appendObject(make([]byte, 0, 4096), d) }

func appendObject(b []byte, d map[string]any) (_ []byte, err error) {
	if d == nil {
		return append(b, "null"...), nil
	}
	keys := make([]string, 0, len(d))
	for k := range d {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, k), ':')
		if b, err = appendValue(b, d[k]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case string:
		return appendString(b, v), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case Doc:
		return appendObject(b, v)
	case map[string]any:
		return appendObject(b, v)
	case []any:
		return appendList(b, v, appendValue)
	case []Doc:
		return appendList(b, v, func(b []byte, d Doc) ([]byte, error) { return appendObject(b, d) })
	case []string:
		return appendList(b, v, func(b []byte, s string) ([]byte, error) { return appendString(b, s), nil })
	}
	other, err := json.Marshal(v) // numbers with a fraction, and what is rare
	return append(b, other...), err
}

func appendList[T any](b []byte, list []T, appendOne func([]byte, T) ([]byte, error)) (_ []byte, err error) {
	if list == nil {
		return append(b, "null"...), nil
	}
	b = append(b, '[')
	for i, it := range list {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendOne(b, it); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

// appendString leaves what has to be escaped to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			escaped, _ := json.Marshal(s) // strings do not fail
			return append(b, escaped...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}
