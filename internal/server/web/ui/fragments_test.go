package ui

import (
	"fmt"
	"testing"
	"time"
)

func TestFragmentsAreBounded(t *testing.T) {
	t.Parallel()
	var f Fragments
	now := time.Now()
	key := func(i int) FragmentKey { return FragmentKey{"card", "en", uint64(i)} }
	html := make([]byte, 10<<10)
	for i := range 2000 {
		f.put(key(i), fragment{html: html})
		if f.get(key(0), now) == nil { // asked for all the time
			t.Fatalf("what is asked for is forgotten after %d others", i)
		}
		if size := (len(f.young) + len(f.old)) * len(html); size > 2*maxFragments {
			t.Fatalf("%d bytes are kept", size)
		}
	}
	if f.get(key(1), now) != nil {
		t.Error("nothing was forgotten")
	}
}

func TestFragmentsEndInTime(t *testing.T) {
	t.Parallel()
	var f Fragments
	now := time.Now()
	f.put(FragmentKey{Kind: "a"}, fragment{[]byte("x"), now.Add(time.Second)})
	if f.get(FragmentKey{Kind: "a"}, now) == nil || f.get(FragmentKey{Kind: "a"}, now.Add(time.Second)) != nil {
		t.Error("a fragment is to be had until its time, and not any longer")
	}
}

func TestContentIsToldApart(t *testing.T) {
	t.Parallel()
	sums := map[uint64]string{}
	for _, list := range [][]string{{}, {""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}} {
		var c Content
		c.Texts(list...)
		if other, have := sums[c.Sum()]; have {
			t.Errorf("%q is taken for %s", list, other)
		}
		sums[c.Sum()] = fmt.Sprintf("%q", list)
	}
}
