package ui

import (
	"testing"
	"time"
)

func TestFragmentsEndInTime(t *testing.T) {
	t.Parallel()
	var f Fragments
	now := time.Now()
	f.put(FragmentKey{Kind: "a"}, fragment{[]byte("x"), now.Add(time.Second)})
	if f.get(FragmentKey{Kind: "a"}, now) == nil || f.get(FragmentKey{Kind: "a"}, now.Add(time.Second)) != nil {
		t.Error("a fragment is to be had until its time, and not any longer")
	}
}
