package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// set adds a member at a path of names with dots between them; the objects on
// the way are made where they are missing. A path is set once.
func (o *object) set(path string, value any) {
	head, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		*o = append(*o, member{head, value})
		return
	}
	for _, m := range *o {
		if sub, ok := m.value.(*object); ok && m.name == head {
			sub.set(rest, value)
			return
		}
	}
	sub := new(object)
	sub.set(rest, value)
	*o = append(*o, member{head, sub})
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// sendProblem answers with a status of PeerTube's that no kind of error here
// has, and a problem document (RFC 9457).
func sendProblem(w http.ResponseWriter, status int, detail string) error {
	b, err := json.Marshal(object{
		{"type", "about:blank"},
		{"title", http.StatusText(status)},
		{"detail", detail},
		{"status", status},
		{"error", detail},
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client may be gone
	return nil
}
