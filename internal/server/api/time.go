package api

import "time"

// isoTime is a time as JavaScript writes it: UTC with milliseconds. The zero
// time is null.
type isoTime time.Time

const isoLayout = `"2006-01-02T15:04:05.000Z"`

// MarshalJSON implements json.Marshaler.
func (t isoTime) MarshalJSON() ([]byte, error) {
	at := time.Time(t)
	if at.IsZero() {
		return []byte("null"), nil
	}
	return at.UTC().AppendFormat(make([]byte, 0, len(isoLayout)), isoLayout), nil
}

// isoTimeOf presents a time that may be missing: nil is null.
func isoTimeOf(t *time.Time) isoTime {
	if t == nil {
		return isoTime{}
	}
	return isoTime(*t)
}
