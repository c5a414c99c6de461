package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"sepiola/internal/errs"
)

// Path returns a part of the path, decoded.
func Path(r *http.Request, name string) string {
	raw := chi.URLParam(r, name)
	if s, err := url.PathUnescape(raw); err == nil {
		return s
	}
	return raw
}

// Answers reports whether the router that serves r has a route for a method of
// a path.
func Answers(r *http.Request, method, path string) bool {
	route := chi.RouteContext(r.Context())
	return route != nil && route.Routes != nil && route.Routes.Match(chi.NewRouteContext(), method, path)
}

// decodable reports the first part of the path that is no text once decoded.
func decodable(r *http.Request) error {
	route := chi.RouteContext(r.Context())
	if route == nil {
		return nil
	}
	for _, raw := range route.URLParams.Values {
		if s, err := url.PathUnescape(raw); err == nil && isText(s) {
			continue
		}
		if !isText(raw) {
			raw = url.PathEscape(raw)
		}
		return errs.New(errs.Invalid, "Failed to decode param '%s'", raw).WithCode("URIError")
	}
	return nil
}

// PathID returns a number of the path; anything else is errs.Invalid.
func PathID[ID ~int64](r *http.Request, name string) (ID, error) {
	n, err := strconv.ParseInt(Path(r, name), 10, 64)
	if err != nil || n < 1 {
		return 0, errs.Fields(errs.Param{Name: name, Value: Path(r, name), In: "params"})
	}
	return ID(n), nil
}

// Page is which part of a list is asked for.
type Page struct {
	Start, Count int
	// Sort is one of the list's keys, "-" before it for descending.
	Sort string
}

// Bounds of a page, PeerTube's.
const (
	DefaultCount = 15
	MaxCount     = 100
)

// Query reads a query string and remembers all that is wrong with it.
type Query struct {
	values url.Values
	bad    []errs.Param
}

// NewQuery reads r's query.
func NewQuery(r *http.Request) *Query { return &Query{values: r.URL.Query()} }

// Err returns one errs.Invalid error that names all wrong parameters, or nil.
func (q *Query) Err() error {
	if len(q.bad) == 0 {
		return nil
	}
	return errs.Fields(q.bad...)
}

// Reject marks a parameter as wrong. What was not sent has no value, and what
// was sent as name[] all of its values.
func (q *Query) Reject(name, msg string) {
	bad := errs.Param{Name: name, Msg: msg, In: "query"}
	if q.values.Has(name) {
		bad.Value = q.values.Get(name)
	} else if list := q.values[name+"[]"]; len(list) > 0 {
		bad.Value = list
	}
	q.bad = append(q.bad, bad)
}

// Has reports whether a parameter was sent with a value.
func (q *Query) Has(name string) bool { return q.values.Get(name) != "" }

// String returns a parameter, or "".
func (q *Query) String(name string) string { return q.values.Get(name) }

// Int returns a number between lo and hi, or other when none was sent.
func (q *Query) Int(name string, other, lo, hi int) int {
	return q.number(name, other, lo, hi, "Should be a number between "+strconv.Itoa(lo)+" and "+strconv.Itoa(hi))
}

func (q *Query) number(name string, other, lo, hi int, wrong string) int {
	s := q.values.Get(name)
	if s == "" {
		return other
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < lo || n > hi {
		q.Reject(name, wrong)
		return other
	}
	return n
}

// Bool returns true, false or nil.
func (q *Query) Bool(name string) *bool {
	switch s := q.values.Get(name); s {
	case "":
		return nil
	case "true", "false":
		b := s == "true"
		return &b
	}
	q.Reject(name, "")
	return nil
}

// Strings returns a repeated parameter (a=1&a=2, a[]=1, a[0]=1).
func (q *Query) Strings(name string) []string {
	list := append(slices.Clone(q.values[name]), q.values[name+"[]"]...)
	for i := range MaxCount {
		v, ok := q.values[name+"["+strconv.Itoa(i)+"]"]
		if !ok {
			break
		}
		list = append(list, v...)
	}
	return list
}

// Ints returns a repeated parameter of numbers.
func (q *Query) Ints(name string) []int {
	var list []int
	for _, s := range q.Strings(name) {
		n, err := strconv.ParseInt(s, 10, 32) // as columns have them
		if err != nil {
			q.Reject(name, "")
			return nil
		}
		list = append(list, int(n))
	}
	return list
}

// Time returns a date, or the zero time when none was sent.
func (q *Query) Time(name string) time.Time {
	s := q.values.Get(name)
	if s == "" {
		return time.Time{}
	}
	t, err := parseTime(s)
	if err != nil {
		q.Reject(name, "")
	}
	return t
}

// Page reads start, count and sort; sorts are the keys that may be sorted by,
// the first one (with its "-") being the default.
func (q *Query) Page(sorts ...string) Page {
	p := Page{
		Start: q.number("start", 0, 0, 1<<31-1, ""),
		Count: q.number("count", DefaultCount, 0, MaxCount, "Should have a number count (max: "+strconv.Itoa(MaxCount)+")"),
		Sort:  q.values.Get("sort"),
	}
	if p.Sort == "" && len(sorts) > 0 {
		p.Sort = sorts[0]
	}
	key := strings.TrimPrefix(p.Sort, "-")
	if len(sorts) > 0 && !slices.ContainsFunc(sorts, func(s string) bool { return strings.TrimPrefix(s, "-") == key }) {
		q.Reject("sort", "")
	}
	return p
}
