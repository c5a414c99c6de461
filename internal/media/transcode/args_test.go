package transcode

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/media/ffmpeg"
)

var update = flag.Bool("update", false, "write the golden files")

func itoa(n int) string { return strconv.Itoa(n) }

// golden compares arguments, one a line, with a file.
func golden(t *testing.T, name string, args []string) {
	t.Helper()
	path := filepath.Join("testdata", name+".args")
	got := strings.Join(args, "\n") + "\n"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func plan(t *testing.T, info *ffmpeg.Info, o Options) *Plan {
	t.Helper()
	p, err := NewPlan(info, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestArguments(t *testing.T) {
	t.Parallel()
	all := &ffmpeg.Capabilities{
		Encoders: map[string]bool{"libfdk_aac": true},
		Filters:  map[string]bool{"zscale": true, "tonemap": true},
	}
	p := plan(t, good(), usual())
	golden(t, "remux", remuxArgs(p, "/d/in.mp4", p.Remux, 100))
	golden(t, "ladder", ladderArgs(p, "/d/in.mp4", "", p.Ladder, 100, 2))

	hard := good()
	hard.Video.Codec, hard.Video.HDR, hard.Video.FieldOrder, hard.Video.FPS = "hevc", true, "tt", 60000./1001
	hard.Audio[0].Codec, hard.Audio[0].Bitrate = "opus", 0
	o := usual()
	o.Capabilities, o.SplitAudio, o.Resolutions = all, true, []int{480}
	p = plan(t, hard, o)
	golden(t, "hdr-interlaced-split", ladderArgs(p, "/d/in.mkv", "", p.Ladder, 0, 0))

	sound := good()
	sound.Video, sound.Audio[0].Index, sound.Audio[0].Codec = nil, 0, "flac"
	o = usual()
	p = plan(t, sound, o)
	golden(t, "still", ladderArgs(p, "/d/in.flac", "/d/still.png", p.Ladder, 0, 1))

	v := Rendition{Media: "/d/480-fragmented.mp4", HasVideo: true}
	a := Rendition{Media: "/d/0-fragmented.mp4", HasAudio: true}
	golden(t, "web-video", webVideoArgs(v, &a, "/d/out.mp4", 0))
}

// What strangers name does not become an option or another protocol.
func TestNamesStayNames(t *testing.T) {
	t.Parallel()
	p := plan(t, good(), usual())
	for _, name := range []string{"-y", "http://h/x", "concat:a|b", "/d/%d.png"} {
		args := remuxArgs(p, name, p.Remux, 0)
		for i, a := range args {
			if a == name || strings.HasPrefix(a, "file:") && args[i-1] != "-i" {
				t.Errorf("%q is an argument of its own: %q", name, args)
			}
		}
	}
}

func TestTimeLimit(t *testing.T) {
	t.Parallel()
	p := &Plan{Info: &ffmpeg.Info{Duration: 100 * time.Second}}
	if got := timeLimit(p); got != "103.000" {
		t.Errorf("got %s", got)
	}
	p.StillPicture = true
	if got := timeLimit(p); got != "100.000" {
		t.Errorf("still: got %s", got)
	}
}
