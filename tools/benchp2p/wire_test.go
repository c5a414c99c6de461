package main

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What p2p-media-loader-core 2.2.2 writes, taken from its own serializer.
func TestCommandsAreThoseOfTheLibrary(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command command
		hex     string
	}{
		"asking":            {command{kind: ask, segment: 7, id: 900, from: 65535}, "637374720169010772020384620300ffff63656e64"},
		"data":              {command{kind: data, segment: 200, id: 5, size: 1234567}, "6373747202690200c8730312d68772010563656e64"},
		"an announcement":   {command{kind: announcement, loaded: []int{0, 1, 127, 128, 255, 256, 700}, loading: []int{3}}, "63737472006c1003010500017f80ff02010100020201bc70100101010363656e64"},
		"an empty one":      {command{kind: announcement}, "637374720063656e64"},
		"a segment is gone": {command{kind: absent, segment: 1, id: 0}, "637374720469010172010063656e64"},
	} {
		b := c.command.encode()
		if got := hex.EncodeToString(b); got != c.hex {
			t.Errorf("%s: got %s, want %s", name, got, c.hex)
		}
		var j joiner
		got, whole, err := j.add(b)
		if err != nil || !whole {
			t.Fatalf("%s: whole %t, %v", name, whole, err)
		}
		if diff := cmp.Diff(c.command, got, cmp.AllowUnexported(command{})); diff != "" {
			t.Errorf("%s is read otherwise (-want +got):\n%s", name, diff)
		}
	}
}

func TestCommandsInSeveralMessages(t *testing.T) {
	t.Parallel()
	whole := command{kind: ask, segment: 300, id: 12}.encode()
	body := whole[frame : len(whole)-frame]
	var j joiner
	if _, done, err := j.add([]byte("cstr" + string(body[:3]) + "dend")); done || err != nil {
		t.Fatalf("the first part: %t, %v", done, err)
	}
	got, done, err := j.add([]byte("dstr" + string(body[3:]) + "cend"))
	if !done || err != nil || got.segment != 300 || got.id != 12 {
		t.Errorf("got %+v, %t, %v", got, done, err)
	}
	if _, _, err := j.add([]byte("dstrxcend")); err == nil {
		t.Error("a middle without a beginning was taken")
	}
}

func FuzzCommand(f *testing.F) {
	f.Add(command{kind: announcement, loaded: []int{1, 2, 3}}.encode())
	f.Add(command{kind: ask, segment: 7, id: 900, from: 65535}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if !isCommand(b) {
			return
		}
		var j joiner
		if c, whole, err := j.add(b); whole && err == nil && (c.segment < 0 || c.id < 0 || c.size < 0 || c.from < 0) {
			t.Errorf("%x is %+v", b, c)
		}
	})
}
