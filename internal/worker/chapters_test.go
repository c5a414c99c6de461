package worker_test

import (
	"fmt"
	"strings"
	"testing"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

// chaptered is a clip of so many seconds whose container has chapters; lines
// are their first millisecond and title.
func chaptered(t *testing.T, duration int, lines ...string) string {
	t.Helper()
	meta := ";FFMETADATA1\n"
	for _, line := range lines {
		at, title, _ := strings.Cut(line, " ")
		meta += "[CHAPTER]\nTIMEBASE=1/1000\nSTART=" + at + "\nEND=" + at + "1\ntitle=" + title + "\n"
	}
	in := []string{"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=192x108:rate=25:duration=%d", duration)}
	return clip(t, "chapters.mkv", args(in, []string{"-i", file(t, "meta.txt", []byte(meta)), "-map_metadata", "1", "-map_chapters", "1"}, quick)...)
}

func (h *house) chapters(id video.ID) string {
	h.t.Helper()
	list, err := h.videos.Chapters(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	var words []string
	for _, c := range list {
		words = append(words, fmt.Sprintf("%d %s", c.Timecode, c.Title))
	}
	return strings.Join(words, "|")
}

func TestChaptersComeFromTheFileOrTheDescription(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs ffmpeg")
	}
	with := chaptered(t, 4, "0 One", "1500 Two", "1900 in the same second", "2000 "+strings.Repeat("x", 300), "3000 \u202e", "9000 after the end")
	without, shorter := chaptered(t, 4), chaptered(t, 2)
	cut := "0 One|1 Two|2 " + strings.Repeat("x", video.MaxChapterTitle)
	const described = "0:00 A\n0:03 B\n0:01 back\n0:09 after the end"
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouseOn(t, db)
		h.settings.Options.Resolutions, h.settings.Storyboards = nil, false
		upload := func(path, description string, chapters func(*video.Video) []video.Chapter) *video.Video {
			v := h.upload(path, func(v *video.Video) { v.Description, v.Duration = description, 5 })
			if err := h.videos.SetChapters(t.Context(), v.ID, chapters(v)); err != nil {
				t.Fatal(err)
			}
			return v
		}
		atFirst := (*video.Video).DescribedChapters // as uploads do
		mine := func(*video.Video) []video.Chapter { return []video.Chapter{{Timecode: 2, Title: "Mine"}} }
		list := []struct {
			name string
			v    *video.Video
			want string
		}{
			{"of the file", upload(with, "", atFirst), cut},
			{"of the description, before those of the file", upload(with, described, atFirst), "0 A|3 B"},
			{"of the description", upload(without, described, atFirst), "0 A|3 B"},
			{"of nothing", upload(without, "0:09 after the end", atFirst), ""},
			{"a person's", upload(with, described, mine), "2 Mine"},
			{"a person's none", upload(with, described, func(*video.Video) []video.Chapter { return nil }), ""},
		}
		h.start()
		h.idle()
		for _, tt := range list {
			if got := h.chapters(tt.v.ID); got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
			}
		}

		removed := list[0].v.ID
		if err := h.videos.SetChapters(t.Context(), removed, nil); err != nil {
			t.Fatal(err)
		}
		if err := h.queue.Transcode(t.Context(), removed, video.HLS); err != nil {
			t.Fatal(err)
		}
		h.replace(list[2].v, shorter)
		h.replace(list[3].v, with)
		h.idle()
		if got := h.chapters(removed); got != "" {
			t.Errorf("what a person removed has come back: %q", got)
		}
		if got := h.get(list[2].v.ID); got.Duration != 2 || h.chapters(got.ID) != "0 A|1 back" {
			t.Errorf("with a shorter file: %d s, %q", got.Duration, h.chapters(got.ID))
		}
		if got := h.chapters(list[3].v.ID); got != cut {
			t.Errorf("of a file that takes the place of another: %q", got)
		}
	})
}
