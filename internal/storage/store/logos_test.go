package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/instance"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

func TestLogosAreReplacedByType(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, now := store.Logos{DB: db}, sqldb.Now()
		icon := instance.Logo{Type: instance.Favicon, Filename: "a.png", Width: 32, Height: 32, CreatedAt: now}
		wide := instance.Logo{Type: instance.HeaderWide, Filename: "b.png", Width: 200, Height: 48, CreatedAt: now}
		for _, l := range []instance.Logo{wide, icon} {
			if old, err := s.Replace(t.Context(), l.Type, []instance.Logo{l}); err != nil || len(old) > 0 {
				t.Fatalf("old %v, %v", old, err)
			}
		}
		list, err := s.All(t.Context())
		if diff := cmp.Diff([]instance.Logo{icon, wide}, list); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		old, err := s.Replace(t.Context(), instance.Favicon, nil)
		if diff := cmp.Diff([]string{"a.png"}, old); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		if list, err = s.All(t.Context()); err != nil || len(list) != 1 || list[0].Filename != "b.png" {
			t.Errorf("left: %+v, %v", list, err)
		}
	})
}
