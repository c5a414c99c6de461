package follow_test

import (
	"context"
	"fmt"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
)

// failed is what could not be asked, and a store that counts its queries.
type failed struct {
	follow.SiteStore
	follow.Asks
	list    []follow.Ask
	follows func(host string) bool
	queries int
}

func (f *failed) Failed(context.Context) ([]follow.Ask, error) { return f.list, nil }

func (f *failed) Ends(_ context.Context, _ actor.ID, _ bool, _, host string) ([]*follow.Follow, error) {
	f.queries++
	if !f.follows(host) {
		return nil, nil
	}
	return []*follow.Follow{{Following: &actor.Actor{Type: actor.Application}}}, nil
}

func TestFewOfManyFailuresAreLookedAt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		follows        func(string) bool
		shown, queries int
	}{
		"none is followed":     {func(string) bool { return false }, 20, 20},
		"the newest fifty are": {func(host string) bool { return host < "site-050" }, 20, 70},
		"all are":              {func(string) bool { return true }, 0, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &failed{follows: c.follows}
			for n := range 300 {
				f.list = append(f.list, follow.Ask{ID: int64(1000 - n), By: 1, Host: fmt.Sprintf("site-%03d", n)})
			}
			s := (&site{}).sites(&follow.SiteSettings{})
			s.Store, s.Asked = f, f
			list, err := s.Failed(t.Context())
			if err != nil || len(list) != c.shown || f.queries != c.queries {
				t.Errorf("got %d after %d queries (%v), want %d after %d", len(list), f.queries, err, c.shown, c.queries)
			}
		})
	}
}
