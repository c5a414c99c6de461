package rest

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"
)

// What cannot be read is never taken for nothing: a role of 1e309 would be 0,
// an administrator's, and a list with a wrong element empty.
func TestWhatCannotBeReadIsWrong(t *testing.T) {
	for _, c := range []struct {
		to  interface{ badValue() (any, bool) }
		all []string
	}{
		{new(Field[string]), []string{`1e309`, `5`, `[1e309]`}},
		{new(Field[int]), []string{`1e309`, `-1e309`, `"x"`, `[5]`}},
		{new(Field[int64]), []string{`1e309`, `{}`}},
		{new(Field[bool]), []string{`1e309`, `[]`}},
		{new(Field[time.Time]), []string{`1e309`, `5`}},
		{new(Field[map[string]int]), []string{`1e309`, `{"a":1e309}`, `[5]`}},
		{new(Field[[]string]), []string{`1e309`, `5`, `[5]`, `[null]`, `["a",5]`, `[5,"a"]`, `[1e309]`, `[[]]`}},
		{new(Field[[]int]), []string{`1e309`, `["x"]`, `[null]`, `[1,"x"]`, `[1e309]`}},
		{new(Field[[]int64]), []string{`[1e309]`, `[{}]`}},
	} {
		for _, s := range c.all {
			to, ok := reflect.New(reflect.TypeOf(c.to).Elem()).Interface().(interface{ badValue() (any, bool) })
			if err := json.Unmarshal([]byte(s), to); err != nil || !ok {
				t.Errorf("%T of %s: %v", to, s, err)
			}
			bad, is := to.badValue()
			if !is {
				t.Errorf("%T of %s is taken: %+v", to, s, to)
			}
			if _, err := json.Marshal(bad); err != nil {
				t.Errorf("%T of %s cannot be told back: %v", to, s, err)
			}
		}
	}
}

func TestNumbersOfListsHaveBounds(t *testing.T) {
	for _, s := range []string{"2147483648", "-2147483649", "9223372036854775807", "1e3"} {
		q := NewQuery(httptest.NewRequest("GET", fmt.Sprintf("/?categoryOneOf=%s", s), nil))
		if list := q.Ints("categoryOneOf"); len(list) > 0 || q.Err() == nil {
			t.Errorf("%s: got %v, %v", s, list, q.Err())
		}
	}
}
