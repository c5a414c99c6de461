package ffmpeg

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestFrameRate(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, average, base string
		fps                 float64
		variable            bool
	}{
		{"constant", "25/1", "25/1", 25, false},
		{"NTSC", "30000/1001", "30000/1001", 30000. / 1001, false},
		{"nearly constant, base counts", "2997/100", "30000/1001", 30000. / 1001, false},
		{"a telephone", "298742/10000", "90000/1", 30, true},
		{"a screen recording", "143/10", "60/1", 15, true},
		{"fields as base", "25/1", "50/1", 25, false},
		{"only a base", "0/0", "24/1", 24, false},
		{"only a time base", "0/0", "90000/1", 0, false},
		{"slides", "1/10", "1000/1", .1, true},
		{"nonsense", "a/b", "-1/0", 0, false},
	}
	for _, c := range cases {
		fps, variable := frameRate(c.average, c.base)
		if d := fps - c.fps; d > .001 || d < -.001 || variable != c.variable {
			t.Errorf("%s: got %v, %v; want %v, %v", c.name, fps, variable, c.fps, c.variable)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int{
		"ffmpeg version 5.1.9-0+deb12u1 Copyright": {5, 1},
		"ffmpeg version n7.0 Copyright":            {7, 0},
		"ffprobe version N-109000-gabc Copyright":  {0, 0},
		"bash version 5.1":                         {0, 0},
	} {
		if _, major, minor := parseVersion(text); [2]int{major, minor} != want {
			t.Errorf("%q: got %d.%d", text, major, minor)
		}
	}
	old := &Capabilities{Version: "4.4", Major: 4, Minor: 4}
	if p := old.problems(); len(p) < 3 || !strings.Contains(p[0], "too old") {
		t.Errorf("problems of an old, bare build: %q", p)
	}
}

func TestReadProgress(t *testing.T) {
	t.Parallel()
	const text = "frame=10\nfps=0.00\nout_time_us=N/A\nspeed=N/A\nprogress=continue\n" +
		"frame=50\nfps=24.9\nout_time_us=2000000\nspeed=1.5x\ntotal_size=77\nprogress=end\n"
	var got []Progress
	readProgress(strings.NewReader(text), func(p Progress) { got = append(got, p) })
	want := []Progress{{Frame: 10}, {Frame: 50, FPS: 24.9, OutTime: 2 * time.Second, Speed: 1.5, Done: true}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Progress{})); diff != "" {
		t.Error(diff)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	t.Parallel()
	b := tailBuffer{max: 5}
	for _, s := range []string{"abc", "defgh", "ij"} {
		if n, err := b.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatal(n, err)
		}
	}
	if b.String() != "fghij" {
		t.Errorf("got %q", b.String())
	}
}

func TestPacketsInPieces(t *testing.T) {
	t.Parallel()
	p := newPackets(&Info{Video: &VideoStream{Index: 0}})
	text := "0,0.0,0.0,0.04,100,K__\n1,99.0,99.0,1,1,K__\n0,2.0,2.0,0.04,100,___\n0,5.0,5.0,14400,100,K__\nrubbish\n0,N/A,6.0,0.04,100,K__\n"
	for _, r := range text {
		if _, err := p.Write([]byte(string(r))); err != nil {
			t.Fatal(err)
		}
	}
	if p.count != 4 || p.maxGOP != 5 || p.keys != 3 || p.last != 15 {
		t.Errorf("got %+v", p)
	}
	if got := p.tracks[0].bitrate(); got != 213 { // 400 bytes in 15 s
		t.Errorf("bitrate: got %d", got)
	}
}
