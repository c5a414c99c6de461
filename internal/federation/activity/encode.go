package activity

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"sepiola/internal/jsonappend"
)

// Encode writes a document as json.Marshal does, with its keys in order, in a
// fraction of its time: a video's document is asked for by every site that
// hears of it, and encoding/json reflects on each of its values.
func Encode(d Doc) ([]byte, error) { return appendObject(make([]byte, 0, 8192), d) }

// written is a value that is JSON already.
type written []byte

func appendObject(b []byte, d map[string]any) (_ []byte, err error) {
	if d == nil {
		return append(b, "null"...), nil
	}
	const usual = 48 // more than a video has
	keys := make([]string, 0, usual)
	for k := range d {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(jsonappend.String(b, k), ':')
		if text := contextText(k, d[k]); text != nil {
			b = append(b, text...)
			continue
		}
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
		return jsonappend.String(b, v), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case float64: // of which most are whole
		const exact = 1 << 53
		if n := int64(v); n < exact && n > -exact && float64(n) == v && (n != 0 || !math.Signbit(v)) {
			return strconv.AppendInt(b, n, 10), nil
		}
	case written:
		return append(b, v...), nil
	case Doc:
		return appendObject(b, v)
	case map[string]any:
		return appendObject(b, v)
	case []any:
		return appendList(b, v, appendValue)
	case []Doc:
		return appendList(b, v, func(b []byte, d Doc) ([]byte, error) { return appendObject(b, d) })
	case []string:
		return appendList(b, v, func(b []byte, s string) ([]byte, error) { return jsonappend.String(b, s), nil })
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

// contextText is the text of a context that documents share, nil when it is
// another value.
func contextText(key string, v any) []byte {
	if key != "@context" {
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil
	}
	return contextTexts[&list[0]]
}

// contextTexts are the texts of contexts, by where these lie. They are written
// once: that of a video is a fifth of its document.
var contextTexts = func() map[*any][]byte {
	m := map[*any][]byte{}
	for _, list := range contexts {
		m[&list[0]], _ = json.Marshal(list) // strings do not fail
	}
	return m
}()
