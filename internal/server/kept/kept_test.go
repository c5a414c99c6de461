package kept_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"sepiola/internal/server/kept"
)

func TestTheMapIsBounded(t *testing.T) {
	t.Parallel()
	const most, size = 4 << 20, 10 << 10
	var m kept.Map[int, []byte]
	for i := range 2000 {
		m.Put(most, i, make([]byte, size), size)
		if _, ok := m.Get(0); !ok { // asked for all the time
			t.Fatalf("what is asked for is forgotten after %d others", i)
		}
		if n := m.Len() * size; n > most {
			t.Fatalf("%d bytes are kept", n)
		}
	}
	if _, ok := m.Get(1); ok {
		t.Error("nothing was forgotten")
	}
	m.Put(most, -1, make([]byte, most), most)
	if _, ok := m.Get(-1); ok {
		t.Error("what fills it all is kept")
	}
}

// TestMoreThanFits asks for twice as much as there is room for, one after the
// other: much of what fits is found.
func TestMoreThanFits(t *testing.T) {
	t.Parallel()
	const size = 1000
	const most = 500 * size
	var m kept.Map[int, int]
	found := 0
	for i := range 20_000 {
		key := i % 1000
		if _, ok := m.Get(key); ok {
			found++
			continue
		}
		m.Put(most, key, key, size)
	}
	if found < 2000 {
		t.Errorf("only %d of 20000 were found", found)
	}
}

func TestAValueIsReplaced(t *testing.T) {
	t.Parallel()
	var m kept.Map[string, int]
	if _, ok := m.Get("a"); ok {
		t.Error("something is in an empty map")
	}
	for i := range 100_000 { // of one key, which takes the room of one
		m.Put(10_000, "a", i, 100)
		if got, ok := m.Get("a"); !ok || got != i {
			t.Fatalf("got %d %v, want %d", got, ok, i)
		}
	}
	if n := m.Len(); n != 1 {
		t.Errorf("%d values of one key", n)
	}
}

func TestManyUseOneMap(t *testing.T) {
	t.Parallel()
	var m kept.Map[int, int]
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 5000 {
				key := (i*7 + g) % 500
				if got, ok := m.Get(key); ok && got != key {
					t.Errorf("got %d, want %d", got, key)
				}
				m.Put(50_000, key, key, 50)
			}
		})
	}
	all.Wait()
}

func TestContentIsToldApart(t *testing.T) {
	t.Parallel()
	sums := map[uint64]string{}
	see := func(what string, add func(c *kept.Content)) {
		t.Helper()
		sum := kept.Hash(add)
		if other, have := sums[sum]; have {
			t.Errorf("%s is taken for %s", what, other)
		}
		if sum != kept.Hash(add) {
			t.Errorf("%s has another hash the second time", what)
		}
		sums[sum] = what
	}
	for _, list := range [][]string{{}, {""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}} {
		see(fmt.Sprintf("%q", list), func(c *kept.Content) { c.Texts(list...) })
	}
	at := time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC)
	for name, add := range map[string]func(c *kept.Content){
		"numbers": func(c *kept.Content) { c.Numbers(300, 1<<40) }, "others": func(c *kept.Content) { c.Numbers(1<<40, 300) },
		"less than nothing": func(c *kept.Content) { c.Numbers(-300) }, "a time": func(c *kept.Content) { c.Times(at) },
		"a nanosecond later": func(c *kept.Content) { c.Times(at.Add(1)) }, "flags": func(c *kept.Content) { c.Flags(true, false) },
		"flags changed": func(c *kept.Content) { c.Flags(false, true) },
	} {
		see(name, add)
	}
}
