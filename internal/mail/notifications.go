package mail

import (
	"bytes"
	"context"
	"fmt"

	"sepiola/internal/domain/notification"
	"sepiola/internal/i18n"
)

// digest is what the layouts of letters about notifications show.
type digest struct {
	Lang, Dir, Site, Subject, Greeting, Intro string
	List                                      []digestItem
	Button, Link, Stop, StopLink, Settings    string
	SettingsLink, Footer                      string
}

type digestItem struct{ Text, Excerpt, Link string }

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
		d.List = append(d.List, digestItem{oneLine(loc.T(key, args...)), n.Excerpt(), s.Site.URL(n.Path())})
	}
	d.Subject, d.Link = d.List[0].Text, d.List[0].Link
	if len(d.List) > 1 {
		d.Subject = loc.N("mail.notification.several", int64(len(d.List)))
		d.Intro = d.Subject
		d.Link = s.Site.URL("/my-account/notifications")
	}
	return d
}
