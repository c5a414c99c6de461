package sqldb

import (
	"fmt"
	"strings"
	"time"
)

// Stamp is a time of a column that was selected as COALESCE(column, NULL): so
// it comes without its type, by which the driver of SQLite would parse it with
// time.Parse. That costs more than all else of a column, and pages show dozens
// of times. Pass (*sqldb.Stamp)(&t) to Scan. Null is an error.
type Stamp time.Time

// Scan implements sql.Scanner.
func (s *Stamp) Scan(src any) error {
	switch v := src.(type) {
	case time.Time:
		*s = Stamp(v)
		return nil
	case string:
		t, err := ParseTime(v)
		*s = Stamp(t)
		return err
	}
	return fmt.Errorf("%T is no time", src)
}

// ParseTime reads a time that came as a text: as the driver writes it to
// SQLite, 2006-01-02 15:04:05.999999999+00:00, as PostgreSQL writes a TIMESTAMP,
// and what else SQL itself writes.
func ParseTime(v string) (time.Time, error) {
	if t, ok := parseUTC(v); ok {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", v)
}

// parseUTC reads what the driver writes of a time in UTC, and PostgreSQL of one
// without a zone.
func parseUTC(v string) (time.Time, bool) {
	const plain, zone = "2006-01-02 15:04:05", "+00:00"
	n := len(strings.TrimSuffix(v, zone))
	if n < len(plain) || v[4] != '-' || v[7] != '-' || v[10] != ' ' || v[13] != ':' || v[16] != ':' {
		return time.Time{}, false
	}
	nanos, ok := fraction(v[len(plain):n])
	year, month, day := digits(v[:4]), digits(v[5:7]), digits(v[8:10])
	hour, minute, second := digits(v[11:13]), digits(v[14:16]), digits(v[17:19])
	if !ok || year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	return t, t.Day() == day // there are 31 days
}

// digits is the number that s is, or -1.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return -1
		}
		n = n*10 + int(d)
	}
	return n
}

// fraction reads ".5" as nanoseconds; "" is none.
func fraction(s string) (int, bool) {
	if s == "" {
		return 0, true
	}
	n := digits(s[1:])
	if s[0] != '.' || n < 0 || len(s) < 2 || len(s) > 10 {
		return 0, false
	}
	for range 10 - len(s) {
		n *= 10
	}
	return n, true
}
