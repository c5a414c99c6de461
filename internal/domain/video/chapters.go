package video

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Bounds of chapters, PeerTube's, and one of our own on their number.
const (
	MaxChapterTitle = 100
	MaxChapters     = 500
	// maxTimecode is a bound for columns of 32 bits.
	maxTimecode = 1<<31 - 1
)

// Chapters are set by people, or come with the file, or are read from the
// description. Which of these it was is not kept: those that are what the
// description says have come from it, and follow it when it changes. All
// others, none included where the description has some, were put there on
// purpose and stay.

// Chapters lists the chapters of a video that a opens.
func (s *Service) Chapters(ctx context.Context, a Access, ref Ref) ([]Chapter, error) {
	v, err := s.See(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	return s.Store.Chapters(ctx, v.ID)
}

// SetChapters replaces the chapters of a video; none removes them all.
func (s *Service) SetChapters(ctx context.Context, w Viewer, ref Ref, list []Chapter) error {
	if !validChapters(list) {
		return errs.Field("chapters", badChapters)
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.Managed(ctx, w, ref, user.UpdateAnyVideo)
		if err != nil {
			return err
		}
		if err := s.putChapters(ctx, v, list); err != nil {
			return err
		}
		return s.edited(ctx, nil, v)
	})
}

const badChapters = "Chapters must have a valid title and timecode, and each timecode must be unique"

func (s *Service) putChapters(ctx context.Context, v *Video, list []Chapter) error {
	if v.IsLive {
		return errs.New(errs.Invalid, "You cannot add chapters to a live video")
	}
	return s.Store.SetChapters(ctx, v.ID, list)
}

// editChapters gives v the chapters that an edit sets, if it does, or those
// that its description has now. Forms send back what they were filled with:
// that sets nothing.
func (s *Service) editChapters(ctx context.Context, before, v *Video, set *[]Chapter) error {
	if set == nil && before.Description == v.Description {
		return nil
	}
	have, err := s.Store.Chapters(ctx, v.ID)
	if err != nil {
		return err
	}
	if set != nil && !slices.Equal(byTime(*set), have) {
		return s.putChapters(ctx, v, *set)
	}
	if v.IsLive || !before.Describes(have) || v.Describes(have) {
		return nil
	}
	return s.Store.SetChapters(ctx, v.ID, v.DescribedChapters())
}

func byTime(list []Chapter) []Chapter {
	return slices.SortedFunc(slices.Values(list), func(a, b Chapter) int { return cmp.Compare(a.Timecode, b.Timecode) })
}

func validChapters(list []Chapter) bool {
	seen := map[int]bool{}
	for i := range list {
		c := &list[i]
		c.Title = CleanName(c.Title)
		if c.Timecode < 0 || c.Timecode > maxTimecode || seen[c.Timecode] || !within(c.Title, 1, MaxChapterTitle) {
			return false
		}
		seen[c.Timecode] = true
	}
	return len(list) <= MaxChapters
}

// Describes reports whether a list of chapters, in order, is the one that the
// description of v has.
func (v *Video) Describes(list []Chapter) bool { return slices.Equal(list, v.DescribedChapters()) }

// DescribedChapters are the chapters that the description of v has: the lines
// that begin with a time, as in "1:23 The meeting". Like for PeerTube, a time
// that is not later than the one before is none, one time alone is no list of
// chapters, and the first need not be 0:00.
func (v *Video) DescribedChapters() []Chapter {
	var list []Chapter
	for line := range strings.FieldsFuncSeq(v.Description, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if c, ok := describedChapter(line); ok {
			list = append(list, c)
		}
	}
	if list = FitChapters(list, v.Duration); len(list) > 1 {
		return list
	}
	return nil
}

// FitChapters makes chapters that nobody has checked fit for a video of so
// many seconds, or of unknown length when that is 0: titles are shortened, and
// what has none, begins after the end or not after the one before is left out.
func FitChapters(list []Chapter, duration int) []Chapter {
	var out []Chapter
	last := -1
	for _, c := range list {
		c.Title = CleanName(c.Title)
		if title := []rune(c.Title); len(title) > MaxChapterTitle {
			c.Title = CleanName(string(title[:MaxChapterTitle]))
		}
		if c.Title == "" || c.Timecode <= last || c.Timecode > maxTimecode || duration > 0 && c.Timecode >= duration {
			continue
		}
		if out, last = append(out, c), c.Timecode; len(out) == MaxChapters {
			break
		}
	}
	return out
}

// bullets begin the lines of lists in markdown.
const bullets = "-*+•"

func describedChapter(line string) (c Chapter, ok bool) {
	line = strings.TrimSpace(line)
	if first, rest, found := strings.Cut(line, " "); found && strings.Contains(bullets, first) {
		line = strings.TrimSpace(rest)
	}
	i := strings.IndexFunc(line, unicode.IsSpace)
	if i < 0 {
		return c, false
	}
	c.Title = ChapterTitle(line[i:])
	c.Timecode, ok = describedTime(strings.Trim(line[:i], "()[]"))
	return c, ok && c.Title != ""
}

// ChapterTitle is the title that follows a time in a line: many write
// "0:00 - Title".
func ChapterTitle(text string) string {
	title := CleanName(text)
	for {
		rest := title
		for _, dash := range []string{"- ", "– ", "— ", ": ", "| "} {
			rest = strings.TrimSpace(strings.TrimPrefix(rest, dash))
		}
		if rest == title {
			return title
		}
		title = rest
	}
}

// times are "1:23", "1:02:03", "1h2m3s", "1m23". A number alone is none, unlike
// for PeerTube: lines of recipes begin with one.
var times = regexp.MustCompile(`^(?:(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)|(?:(\d{1,2})h)?(?:(\d{1,3})m)?(\d{1,2})s?)$`)

// describedTime reads a time in a description; the result is in seconds.
func describedTime(text string) (seconds int, ok bool) {
	m := times.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	h, errH := strconv.Atoi(m[1] + m[4])
	mins, errM := strconv.Atoi(m[2] + m[5])
	s, _ := strconv.Atoi(m[3] + m[6])
	if errH != nil && errM != nil || errH == nil && mins > 59 {
		return 0, false
	}
	return h*3600 + mins*60 + s, true
}
