package video_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sepiola/internal/domain/video"
)

// chapters writes a list as people do.
func chapters(list []video.Chapter) string {
	var lines []string
	for _, c := range list {
		lines = append(lines, fmt.Sprintf("%d %s", c.Timecode, c.Title))
	}
	return strings.Join(lines, "|")
}

func TestDescriptionsHaveChapters(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, description, want string
	}{
		{"as on YouTube", "About us.\n\n00:00 Intro\n01:05 The meeting\n1:02:03 The end\n\nThank you", "0 Intro|65 The meeting|3723 The end"},
		{"lines of forms", "0:00 Intro\r\n0:10 End\r\n", "0 Intro|10 End"},
		{"with letters", "0m00s Intro\n1m30 Middle\n1h0m5s End", "0 Intro|90 Middle|3605 End"},
		{"more than an hour of minutes", "0:00 Intro\n75:00 Late", "0 Intro|4500 Late"},
		{"not from the beginning", "0:07 One\n0:09 Two", "7 One|9 Two"},
		{"brackets, dashes and lists", "* [0:00] Intro\n- (0:10) – Middle\n0:20 - - End", "0 Intro|10 Middle|20 End"},
		{"text between", "0:00 Intro\nwhich is long\n0:10 End", "0 Intro|10 End"},
		{"other spaces", "0:00\tIntro\n0:10\u00a0Middle\n0:20\u3000終わり", "0 Intro|10 Middle|20 終わり"},
		{"one is none", "0:00 Intro", ""},
		{"none", "", ""},
		{"times in sentences", "See 0:10 for the dog\nand 0:20 for the cat", ""},
		{"ingredients and years", "2 spoons\n3 eggs\n1984 was\n1985 too\n90s hits", ""},
		{"what are no times", "0:60 a\n1:60:00 b\n1:2 c\n:10 d\n0:10: e\n1:00:00:00 f\n-0:10 g\n0:٣٠ h\nhm i\n5m j", ""},
		{"without titles", "0:00\n0:10 \n0:20 \u202e\u0007", ""},
		{"back and again", "0:10 One\n0:05 Before\n0:10 Again\n0:20 Two", "10 One|20 Two"},
		{"after the end", "0:00 One\n2:46:39 Last\n2:46:40 After\n99:00:00 Late\n999999999999:00 x", "0 One|9999 Last"},
		{"too late at first", "99:00:00 Late\n0:00 One\n0:05 Two", "0 One|5 Two"},
		{"disguised and with HTML", "0:00 a\u202egpj\u0000.exe\n0:10 <b onclick=x>Bold</b> &amp;", "0 agpj.exe|10 <b onclick=x>Bold</b> &amp;"},
		{"broken characters", "0:00 a\xffb\n0:10 c", "0 ab|10 c"},
	} {
		v := &video.Video{Description: tt.description, Duration: 10_000}
		if got := chapters(v.DescribedChapters()); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if !v.Describes(v.DescribedChapters()) {
			t.Errorf("%s: the description is not where they come from", tt.name)
		}
	}
}

func TestDescribedChaptersAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "%d:%02d x\n", i/60, i%60)
	}
	for _, duration := range []int{0, 2900, 100} {
		v := &video.Video{Description: b.String(), Duration: duration}
		want := video.MaxChapters
		if duration == 100 {
			want = duration
		}
		if got := v.DescribedChapters(); len(got) != want {
			t.Errorf("%d chapters of %d seconds, want %d", len(got), duration, want)
		}
	}
	for _, text := range []string{"0:00 ", "0:00 - - x\n0:01 x\n", "- ", "(", "\u3000", "1h"} {
		v := &video.Video{Description: strings.Repeat(text, 100_000)}
		if got := v.DescribedChapters(); len(got) > 2 {
			t.Errorf("much of %q has %d chapters", text, len(got))
		}
	}
	long := &video.Video{Description: "0:00 " + strings.Repeat("é ", 200) + "\n0:10 End"}
	got := long.DescribedChapters()
	if len(got) != 2 || got[0].Title != strings.TrimSpace(strings.Repeat("é ", 50)) {
		t.Errorf("a long title: %+v", got)
	}
}

func TestChaptersOfFilesAreMadeFit(t *testing.T) {
	t.Parallel()
	in := []video.Chapter{
		{Timecode: -1, Title: "before"},
		{Timecode: 0, Title: " a\nb "},
		{Timecode: 0, Title: "again"},
		{Timecode: 3, Title: "\x00"},
		{Timecode: 4, Title: strings.Repeat("x", 101)},
		{Timecode: 2, Title: "back"},
		{Timecode: 10, Title: "at the end"},
		{Timecode: 1 << 40, Title: "late"},
	}
	want := []video.Chapter{{Timecode: 0, Title: "a b"}, {Timecode: 4, Title: strings.Repeat("x", 100)}}
	if diff := cmp.Diff(want, video.FitChapters(in, 10)); diff != "" {
		t.Error(diff)
	}
	if got := video.FitChapters(in, 0); len(got) != 3 {
		t.Errorf("of a video of unknown length: %v", got)
	}
}

// Whatever a description says, its chapters could have been set by a person,
// and go through the form of the edit page unchanged.
func FuzzDescribedChapters(f *testing.F) {
	f.Add("0:00 Intro\n1:05 - The meeting\n1h2m3s End", 5000)
	f.Add("* [0:00] a\r\n- (00:10) | b\n99:59:59 \u202ec\xff", 0)
	f.Fuzz(func(t *testing.T, description string, duration int) {
		v := &video.Video{Description: description, Duration: max(0, duration)}
		list := v.DescribedChapters()
		if len(list) == 1 || len(list) > video.MaxChapters {
			t.Fatalf("%d chapters", len(list))
		}
		last := -1
		for _, c := range list {
			if c.Timecode <= last || c.Timecode >= 360_000 || v.Duration > 0 && c.Timecode >= v.Duration {
				t.Errorf("begins at %d after %d of %d", c.Timecode, last, v.Duration)
			}
			if n := len([]rune(c.Title)); n == 0 || n > video.MaxChapterTitle || strings.ContainsFunc(c.Title, unicode.IsControl) {
				t.Errorf("title %q", c.Title)
			}
			if again := video.ChapterTitle(c.Title); again != c.Title {
				t.Errorf("title %q comes back as %q", c.Title, again)
			}
			last = c.Timecode
		}
		if diff := cmp.Diff(list, video.FitChapters(list, v.Duration), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}
