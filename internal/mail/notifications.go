package mail

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/video"
	"sepiola/internal/i18n"
)

// digest is what the layouts of letters about notifications show.
type digest struct {
	Lang, Dir, Site, Subject, Greeting, Intro string
	List                                      []digestItem
	Button, Link, Stop, StopLink, Settings    string
	SettingsLink, Footer                      string
}

type digestItem struct {
	Text, Excerpt, Link string
	// Picture is the address of one of a new video, Length how long that is.
	Picture, Length string
	Width, Height   int // of Picture, as it is shown
}

// pictureWidth is how wide the picture of a video is shown, in CSS pixels: the
// smallest that sites have.
const pictureWidth = 280

// maxAbout is how many characters of the description of a video are shown.
const maxAbout = 250

// about is the beginning of a description.
func (s *Sender) about(text string) string {
	if s.Excerpt != nil {
		return s.Excerpt(text, maxAbout)
	}
	text = strings.TrimSpace(text)
	if letters := []rune(text); len(letters) > maxAbout {
		return strings.TrimSpace(string(letters[:maxAbout])) + "…"
	}
	return text
}

// show adds what a new video looks like and is about.
func (i *digestItem) show(loc *i18n.Locale, site instance.Site, v *video.Video, about string) {
	i.Length, i.Excerpt = loc.Duration(v.Duration), about
	for _, t := range v.Thumbnails {
		if t.AspectRatio == "16:9" && t.Width >= pictureWidth && (i.Picture == "" || t.Width < i.Width) {
			i.Picture, i.Width, i.Height = site.URL("/lazy-static/thumbnails/"+path.Base(t.Filename)), t.Width, t.Height
		}
	}
	if i.Width > 0 {
		i.Width, i.Height = pictureWidth, i.Height*pictureWidth/i.Width
	}
}

// SendNotifications writes and sends a letter about notifications: one, or
// several at once.
func (s *Sender) SendNotifications(ctx context.Context, l *notification.Letter) error {
	letter, err := s.WriteNotifications(l)
	if err != nil {
		return err
	}
	return s.Transport.Send(ctx, letter)
}

// WriteNotifications returns the letter as it is sent.
func (s *Sender) WriteNotifications(l *notification.Letter) (*Letter, error) {
	loc := s.Bundle.Match(l.User.Preferences.Language, s.Language())
	d := s.digest(loc, l)
	out := &Letter{To: l.User.Email, Subject: "[" + d.Site + "] " + d.Subject, Unsubscribe: l.Unsubscribe}
	var b bytes.Buffer
	if err := s.html.ExecuteTemplate(&b, "notifications.html", d); err != nil {
		return nil, fmt.Errorf("write a letter about notifications: %w", err)
	}
	out.HTML = b.String()
	b.Reset()
	if err := s.text.ExecuteTemplate(&b, "notifications.txt", d); err != nil {
		return nil, fmt.Errorf("write a letter about notifications: %w", err)
	}
	out.Text = b.String()
	return out, nil
}

// newVideo is the video that a notification tells of as new, if the letter
// shows it.
func newVideo(l *notification.Letter, n *notification.Notification) *video.Video {
	if n.Type != notification.NewVideo || n.Video == nil {
		return nil
	}
	return l.Videos[n.Video.ID]
}

func (s *Sender) digest(loc *i18n.Locale, l *notification.Letter) digest {
	name := oneLine(s.Name())
	d := digest{
		Lang: loc.Tag, Dir: loc.Dir(), Site: name,
		Greeting: loc.T("mail.greeting", "username", l.User.Username),
		Button:   loc.T("mail.notification.look"),
		Stop:     loc.T("mail.notification.stop"), StopLink: l.Unsubscribe,
		Settings: loc.T("mail.notification.settings"), SettingsLink: s.Site.URL("/my-account/notifications/settings"),
		Footer: loc.T("mail.footer", "site", name, "address", s.Site.URL("")),
	}
	for _, n := range l.List {
		key, args := n.Words()
		item := digestItem{Text: oneLine(loc.T(key, args...)), Excerpt: n.Excerpt(s.CommentExcerpt), Link: s.Site.URL(n.Path())}
		if v := newVideo(l, n); v != nil {
			item.show(loc, s.Site, v, s.about(v.Description))
		}
		d.List = append(d.List, item)
	}
	d.Subject, d.Link = d.List[0].Text, d.List[0].Link
	if len(d.List) > 1 {
		d.Subject = loc.N("mail.notification.several", int64(len(d.List)))
		d.Intro = d.Subject
		d.Link = s.Site.URL("/my-account/notifications")
	}
	return d
}
