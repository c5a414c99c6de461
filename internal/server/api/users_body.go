package api

import (
	"cmp"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// usersBody reads a body and names everything that is wrong with it at once:
// fields of the wrong type and fields that break a rule, in the order of T's
// fields. PeerTube's clients show all of them.
func usersBody[T any](w http.ResponseWriter, r *http.Request, rules func(T) []errs.Param) (T, error) {
	in, err := rest.Body[T](w, r)
	var bad []errs.Param
	if err != nil {
		e := errs.As(err)
		if e == nil || len(e.Params) == 0 {
			return in, err
		}
		bad = e.Params
	}
	order, sent := usersFields(in)
	for _, p := range rules(in) {
		if slices.ContainsFunc(bad, func(b errs.Param) bool { return b.Name == p.Name }) {
			continue
		}
		if known, ok := sent[p.Name]; ok && !known {
			p.Value = nil
		}
		bad = append(bad, p)
	}
	if len(bad) == 0 {
		return in, nil
	}
	slices.SortStableFunc(bad, func(a, b errs.Param) int { return cmp.Compare(order[a.Name], order[b.Name]) })
	return in, errs.Fields(bad...)
}

// usersFields returns the places of T's fields and which of them were sent.
func usersFields(in any) (order map[string]int, sent map[string]bool) {
	order, sent = map[string]int{}, map[string]bool{}
	v := reflect.ValueOf(in)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		order[name] = i
		if set := v.Field(i); set.Kind() == reflect.Struct {
			if f := set.FieldByName("Set"); f.IsValid() && f.Kind() == reflect.Bool {
				sent[name] = f.Bool()
			}
		}
	}
	return order, sent
}

// pointer returns nil for a field that was not sent or is null.
func pointer[T any](f rest.Field[T]) *T {
	if !f.Has() {
		return nil
	}
	return &f.V
}
