package transcode

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFirst(t *testing.T) {
	t.Parallel()
	rungs := func(sound bool, resolutions ...int) []Rung {
		var list []Rung
		for _, r := range resolutions {
			list = append(list, Rung{Resolution: r, HasVideo: r > 0, HasAudio: sound || r == 0})
		}
		return list
	}
	for _, tt := range []struct {
		name        string
		rungs       []Rung
		first, rest []int
	}{
		{"the lowest that is good enough", rungs(true, 1080, 720, 480, 360, 240, 144), []int{360}, []int{1080, 720, 480, 240, 144}},
		{"by what is enabled", rungs(true, 1080, 720, 240), []int{720}, []int{1080, 240}},
		{"only the highest is good enough", rungs(true, 1080, 240), nil, []int{1080, 240}},
		{"the highest is 360", rungs(true, 360, 240), nil, []int{360, 240}},
		{"none is good enough", rungs(true, 240, 144), nil, []int{240, 144}},
		{"one alone", rungs(true, 720), nil, []int{720}},
		{"with the sound that is apart", rungs(false, 720, 360, 144, 0), []int{360, 0}, []int{720, 144}},
		{"without sound for podcasts", rungs(true, 720, 360, 0), []int{360}, []int{720, 0}},
		{"sound alone", rungs(true, 0), nil, []int{0}},
		{"nothing", nil, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			first, rest := First(tt.rungs)
			if diff := cmp.Diff([][]int{tt.first, tt.rest}, [][]int{numbers(first), numbers(rest)}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func numbers(rungs []Rung) (list []int) {
	for _, r := range rungs {
		list = append(list, r.Resolution)
	}
	return list
}
