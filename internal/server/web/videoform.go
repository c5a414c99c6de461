package web

import (
	"bufio"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/i18n"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/ui"
)

// maxFormMemory is how many bytes of a form with files are held in memory.
const maxFormMemory = 1 << 20

// videoForm reads the form of a video's texts with its files: a picture and
// captions. What it opened lies on disk until the request is answered.
func videoForm(w http.ResponseWriter, r *http.Request) (f ui.Form, files map[string]*multipart.FileHeader, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, video.MaxPictureSize+video.MaxCaption+maxForm)
	if err := r.ParseMultipartForm(maxFormMemory); err != nil {
		if strings.Contains(err.Error(), "too large") {
			return f, nil, errs.Wrap(errs.TooLarge, err, "The files are too large")
		}
		return f, nil, errs.Wrap(errs.Invalid, err, "The form cannot be read")
	}
	f, files = ui.Form{Values: r.MultipartForm.Value}, map[string]*multipart.FileHeader{}
	for name, list := range r.MultipartForm.File {
		if list[0].Size > 0 {
			files[name] = list[0]
		}
	}
	return f, files, plainForm(f.Values)
}

// videoParts lays over c what the form says of the parts of a video: chapters,
// captions, planned publication. a are those that it has. What has no field in
// the form stays.
func (s *Pages) videoParts(c *video.Changes, l *i18n.Locale, f ui.Form, caption *multipart.FileHeader, a video.Attachments) (bad []errs.Param, err error) {
	if f.Values["chapters"] != nil {
		list, wrong := readChapters(l, f.Value("chapters"))
		if wrong != "" {
			bad = append(bad, errs.Param{Name: "chapters", Msg: wrong})
		}
		c.Chapters = &list
	}
	if f.Values["scheduleAt"] != nil {
		u, wrong := s.readSchedule(l, f)
		if wrong != "" {
			bad = append(bad, errs.Param{Name: "scheduleAt", Msg: wrong})
		}
		c.Schedule = &u
	}
	for _, have := range a.Captions {
		if f.Has("captionRemove", have.Language) {
			c.Captions = append(c.Captions, video.CaptionChange{Language: have.Language})
		}
	}
	if caption == nil {
		return bad, nil
	}
	language := f.Value("captionLanguage")
	if !video.KnownLanguage(language) {
		return append(bad, errs.Param{Name: "captionLanguage", Msg: l.T("web.edit.captions_which")}), nil
	}
	b, err := readCaption(caption)
	if err != nil {
		return bad, err
	}
	added, err := video.NewCaption(language, b)
	if err != nil {
		return append(bad, errs.As(err).Params...), nil
	}
	c.Captions = slices.DeleteFunc(c.Captions, func(c video.CaptionChange) bool { return c.Language == language })
	c.Captions = append(c.Captions, added)
	return bad, nil
}

// readCaption reads a file of captions, and one byte more than it may have at
// most: the domain then says that it is too large.
func readCaption(h *multipart.FileHeader) ([]byte, error) {
	file, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(file, video.MaxCaption+1))
}

// readSchedule reads the time of a planned publication, in UTC; wrong says
// what is wrong with it. Without a time nothing is planned.
func (s *Pages) readSchedule(l *i18n.Locale, f ui.Form) (u *video.ScheduleUpdate, wrong string) {
	text := f.Value("scheduleAt")
	if text == "" {
		return nil, ""
	}
	at, err := time.Parse(manage.ScheduleForm, text)
	if err != nil {
		at, err = time.Parse(manage.ScheduleForm+":05", text) // browsers may write seconds
	}
	switch {
	case err != nil:
		return nil, l.T("web.edit.schedule_bad")
	case !at.After(s.Now()):
		return nil, l.T("web.edit.schedule_past")
	}
	return &video.ScheduleUpdate{UpdateAt: at, Privacy: video.Privacy(number(f, "schedulePrivacy"))}, ""
}

// maxMistakes is how many wrong lines of chapters are named at once.
const maxMistakes = 3

// readChapters reads chapters as people write them: a line each, its time and
// its title. wrong names the lines that are not.
func readChapters(l *i18n.Locale, text string) (list []video.Chapter, wrong string) {
	var mistakes []string
	had, n := map[int]bool{}, 0
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, maxForm)
	for lines.Scan() {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		c, key := readChapter(line)
		if key == "" && had[c.Timecode] {
			key = "web.edit.chapters_twice"
		}
		if key != "" {
			mistakes = append(mistakes, l.T(key, "line", n, "most", video.MaxChapterTitle, "time", l.Duration(c.Timecode)))
			continue
		}
		had[c.Timecode] = true
		list = append(list, c)
	}
	if len(list) > video.MaxChapters {
		return nil, l.T("web.edit.chapters_many", "most", video.MaxChapters)
	}
	if len(mistakes) > maxMistakes {
		mistakes = append(mistakes[:maxMistakes], "…")
	}
	return list, strings.Join(mistakes, " ")
}

// readChapter reads a line of chapters; mistake is the key of what is wrong.
func readChapter(line string) (c video.Chapter, mistake string) {
	at, title := line, ""
	if i := strings.IndexAny(line, " \t\u00a0\u3000"); i >= 0 {
		at, title = line[:i], line[i:]
	}
	seconds, ok := ui.Clock(strings.Trim(at, "()[]"))
	if !ok {
		return c, "web.edit.chapters_time"
	}
	c = video.Chapter{Timecode: seconds, Title: video.ChapterTitle(title)}
	if n := len([]rune(c.Title)); n == 0 || n > video.MaxChapterTitle {
		return c, "web.edit.chapters_title"
	}
	return c, ""
}

// writeChapters is what readChapters reads.
func writeChapters(l *i18n.Locale, list []video.Chapter) string {
	var b strings.Builder
	for _, c := range list {
		fmt.Fprintf(&b, "%s %s\n", l.Duration(c.Timecode), c.Title)
	}
	return b.String()
}
