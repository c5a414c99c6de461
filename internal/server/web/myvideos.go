package web

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/terms"
	"sepiola/internal/server/web/ui"
)

// myVideos serves /my-library/videos.
func (s *Pages) myVideos(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.nav.my_videos")
	p.NoIndex = true
	q := r.URL.Query()
	view := manage.VideosView{Search: searched(r), Sort: manage.VideoSorts[0].Value}
	for _, c := range manage.VideoSorts {
		if c.Value == q.Get("sort") {
			view.Sort = c.Value
		}
	}
	start := pageStart(r, pager.PageSize)
	typed := terms.Parse(view.Search, terms.MyVideos)
	filter := video.Filter{Search: typed.Words, IsLive: typed.Is("isLive:")}
	if channel := typed.Has("channel:"); channel != "" {
		name, _ := actor.ParseHandle(channel, s.Site.Host)
		filter.ChannelNames = []string{name}
	}
	videos, total, err := s.Videos.Mine(r.Context(), auth.User(r.Context()), video.ListParams{
		Filter: filter, Sort: video.Sort(view.Sort), Start: start, Count: pager.PageSize,
	})
	if err != nil {
		return err
	}
	ids := make([]video.ID, len(videos))
	for i, v := range videos {
		ids[i] = v.ID
	}
	if view.Steps, err = s.Work.Transcodes(r.Context(), ids); err != nil {
		return err
	}
	view.Videos = videos
	view.Pager = pager.Pager{Path: r.URL.Path, Query: kept(q), Start: start, Count: pager.PageSize, Total: total}
	return s.paged(w, r, view.Pager, manage.Videos(p, view))
}

// managedVideo is the video of the path, when who asks may change it.
func (s *Pages) managedVideo(r *http.Request, right user.Right) (*video.Video, error) {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return nil, notFound()
	}
	viewer := auth.User(r.Context())
	if _, err := s.Videos.Managed(r.Context(), viewer, ref, right); err != nil {
		return nil, err
	}
	return s.Videos.Watch(r.Context(), video.As(viewer), ref)
}

// editVideoForm serves GET /videos/update/{id}.
func (s *Pages) editVideoForm(w http.ResponseWriter, r *http.Request) error {
	v, err := s.managedVideo(r, user.UpdateAnyVideo)
	if err != nil {
		return err
	}
	a, err := s.Videos.Attachments(r.Context(), v)
	if err != nil {
		return err
	}
	values, err := s.videoValues(r, v, a)
	if err != nil {
		return err
	}
	return s.showVideoForm(w, r, manage.VideoView{Video: v, Captions: a.Captions, Described: described(v, a), Form: ui.Form{Values: values}}, nil)
}

// described reports whether a video has chapters that come from its description.
func described(v *video.Video, a video.Attachments) bool {
	return len(a.Chapters) > 0 && v.Describes(a.Chapters)
}

// showVideoForm shows the form, with what was wrong when failed is an error.
func (s *Pages) showVideoForm(w http.ResponseWriter, r *http.Request, view manage.VideoView, failed error) error {
	p := s.newPage(r, "web.manage.edit_video")
	p.NoIndex = true
	view.Replace, view.Look = s.Settings().ReplaceFiles, s.Settings().PlayerTheme
	viewer := auth.User(r.Context())
	if view.Video.OwnedBy(viewer) {
		var err error
		if view.Channels, err = s.channelChoices(r, viewer); err != nil {
			return err
		}
	}
	if failed == nil {
		return s.ok(w, r, manage.Video(p, view))
	}
	view.Form = view.Form.Failed(p, failed, map[string]string{"scheduleUpdate.privacy": "schedulePrivacy"})
	return s.again(w, r, failed, manage.Video(p, view))
}

func (s *Pages) videoValues(r *http.Request, v *video.Video, a video.Attachments) (url.Values, error) {
	values := url.Values{"schedulePrivacy": {strconv.Itoa(int(video.Public))}}
	for name, n := range map[string]int{
		"privacy": int(v.Privacy), "category": v.Category, "licence": v.Licence,
		"commentsPolicy": int(v.CommentsPolicy), "channelId": int(v.ChannelID),
	} {
		if n != 0 {
			values.Set(name, strconv.Itoa(n))
		}
	}
	for name, set := range map[string]bool{"nsfw": v.NSFW, "downloadEnabled": v.DownloadEnabled, "sharingEnabled": !v.P2PDisabled} {
		if set {
			values.Set(name, "true")
		}
	}
	values.Set("name", v.Name)
	values.Set("description", v.Description)
	values.Set("support", v.Support)
	values.Set("language", v.Language)
	values.Set("tags", strings.Join(v.Tags, ", "))
	values.Set("chapters", writeChapters(s.locale(r), a.Chapters))
	values.Set("captionLanguage", v.Language)
	values.Set("nsfwSummary", v.NSFWSummary)
	values.Set("playerTheme", string(v.PlayerTheme.Or(instance.ChannelTheme)))
	for _, kind := range manage.SensitiveKinds {
		if v.NSFWFlags&kind.Flag != 0 {
			values.Add("nsfwFlags", strconv.Itoa(kind.Flag))
		}
	}
	if v.Schedule != nil {
		values.Set("scheduleAt", v.Schedule.UpdateAt.UTC().Format(manage.ScheduleForm))
		if v.Schedule.Privacy != 0 {
			values.Set("schedulePrivacy", strconv.Itoa(int(v.Schedule.Privacy)))
		}
	}
	if v.OriginallyPublishedAt != nil {
		values.Set("originallyPublishedAt", v.OriginallyPublishedAt.Format(time.DateOnly))
	}
	if v.Privacy == video.PasswordProtected {
		list, err := s.Videos.Passwords(r.Context(), auth.User(r.Context()), video.ByUUID(v.UUID))
		if err != nil {
			return nil, err
		}
		words := make([]string, len(list))
		for i, w := range list {
			words[i] = w.Password
		}
		values.Set("videoPasswords", strings.Join(words, "\n"))
	}
	return values, nil
}

// editVideo serves POST /videos/update/{id}.
func (s *Pages) editVideo(w http.ResponseWriter, r *http.Request) error {
	v, err := s.managedVideo(r, user.UpdateAnyVideo)
	if err != nil {
		return err
	}
	f, files, err := videoForm(w, r)
	if err != nil {
		return err
	}
	a, err := s.Videos.Attachments(r.Context(), v)
	if err != nil {
		return err
	}
	c, bad := videoChanges(f, v)
	wrong, err := s.videoParts(&c, s.locale(r), f, files["captionfile"], a)
	if err != nil {
		return err
	}
	if picture := files["thumbnailfile"]; picture != nil {
		file, err := picture.Open()
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // it was only read
		c.Thumbnail = file
	}
	if bad = append(append(bad, wrong...), c.Invalid()...); len(bad) > 0 {
		err = errs.Fields(bad...)
	} else {
		err = s.Videos.Edit(r.Context(), auth.User(r.Context()), video.ByUUID(v.UUID), c)
	}
	if err != nil {
		return s.showVideoForm(w, r, manage.VideoView{Video: v, Captions: a.Captions, Described: described(v, a), Form: f}, err)
	}
	return back(w, r, ui.WatchURL(v), "saved")
}

// pictureForm reads a form that may have one picture, which the caller closes;
// without one it is nil. All pictures have the same bound, those of videos.
func pictureForm(w http.ResponseWriter, r *http.Request, name string) (ui.Form, io.ReadCloser, error) {
	r.Body = http.MaxBytesReader(w, r.Body, video.MaxPictureSize+maxForm)
	if err := r.ParseMultipartForm(maxForm); err != nil {
		if strings.Contains(err.Error(), "too large") {
			return ui.Form{}, nil, errs.Wrap(errs.TooLarge, err, "The picture is too large")
		}
		return ui.Form{}, nil, errs.Wrap(errs.Invalid, err, "The form cannot be read")
	}
	f := ui.Form{Values: r.MultipartForm.Value}
	if err := plainForm(f.Values); err != nil {
		return f, nil, err
	}
	files := r.MultipartForm.File[name]
	if len(files) == 0 || files[0].Size == 0 {
		return f, nil, nil
	}
	file, err := files[0].Open()
	if err != nil {
		return f, nil, err
	}
	return f, file, nil
}

// videoChanges are the texts and settings of the form; bad are those that
// cannot be read.
func videoChanges(f ui.Form, v *video.Video) (c video.Changes, bad []errs.Param) {
	text := func(name string) *string {
		t := strings.ReplaceAll(f.Value(name), "\r\n", "\n")
		return &t
	}
	n := func(name string) *int {
		i := int(number(f, name))
		return &i
	}
	privacy, comments := video.Privacy(number(f, "privacy")), video.CommentsPolicy(number(f, "commentsPolicy"))
	nsfw, download, sharing, tags := f.Checked("nsfw"), f.Checked("downloadEnabled"), f.Checked("sharingEnabled"), tagsOf(f.Value("tags"))
	c = video.Changes{
		Name: text("name"), Description: text("description"), Support: text("support"), Language: text("language"),
		Category: n("category"), Licence: n("licence"), Tags: &tags, Privacy: &privacy, CommentsPolicy: &comments,
		NSFW: &nsfw, DownloadEnabled: &download, Sharing: &sharing, PlayerTheme: chosenLook(f),
	}
	if id := actor.ChannelID(number(f, "channelId")); id != 0 && id != v.ChannelID {
		c.Channel = &id
	}
	if nsfw {
		flags := 0
		for _, kind := range manage.SensitiveKinds {
			if f.Has("nsfwFlags", strconv.Itoa(kind.Flag)) {
				flags |= kind.Flag
			}
		}
		c.NSFWFlags, c.NSFWSummary = &flags, text("nsfwSummary")
	}
	if privacy == video.PasswordProtected {
		words := linesOf(f.Value("videoPasswords"))
		c.Passwords = &words
	}
	var date *time.Time
	if d := f.Value("originallyPublishedAt"); d != "" {
		t, err := time.Parse(time.DateOnly, d)
		if err != nil {
			return c, []errs.Param{{Name: "originallyPublishedAt"}}
		}
		date = &t
	}
	c.OriginallyPublishedAt = &date
	return c, nil
}

// linesOf are the lines of a text that are not empty.
func linesOf(s string) []string {
	lines := []string{}
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func tagsOf(s string) []string {
	tags := []string{}
	for t := range strings.SplitSeq(s, ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "#"); t != "" {
			tags = append(tags, t)
		}
	}
	return tags
}

// deleteVideo serves POST /videos/delete/{id}. It leads to where the form says.
func (s *Pages) deleteVideo(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	v, err := s.managedVideo(r, user.RemoveAnyVideo)
	if err != nil {
		return err
	}
	if err := s.Videos.Delete(r.Context(), auth.User(r.Context()), video.ByUUID(v.UUID)); err != nil {
		return err
	}
	return back(w, r, cmp.Or(f.Value("to"), "/my-library/videos"), "deleted")
}
