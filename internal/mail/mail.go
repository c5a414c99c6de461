// Package mail writes and sends the letters of the site: in the reader's
// language, as text and as HTML, over SMTP or through the local sendmail.
//
// The domain says what is to be told to whom (user.Mail) and queues it as a
// job in its own transaction; the job calls Sender.Send. Texts are in the
// catalogue (i18n, area mail), the two layouts in templates/.
//
// Not here: when mails are sent, and retries (job).
package mail

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/i18n"
)

//go:embed templates
var files embed.FS

// Sender writes letters and gives them to a transport.
type Sender struct {
	Bundle    *i18n.Bundle
	Site      instance.Site
	Transport Transport
	// Name is the name of the site, and Language that of people who chose
	// none. Both may change while the site runs.
	Name, Language func() string
	// Excerpt is at most so many characters of a description, as people read
	// them, and CommentExcerpt of what was said. Without them letters show
	// what was written, with its marks.
	Excerpt        func(text string, most int) string
	CommentExcerpt func(text string, remote bool, most int) string

	html *html.Template
	text *text.Template
}

// Transport sends a written letter now. An address that is refused for good
// is errs.Invalid; anything else may be tried again.
type Transport interface {
	Send(ctx context.Context, l *Letter) error
}

// Letter is a mail as it is sent.
type Letter struct {
	To, Subject string
	Text, HTML  string
	// ReplyTo is where answers go; "" to the sender.
	ReplyTo string
	// Unsubscribe is the address that stops letters like it, at once when it
	// is posted to; "" for letters that cannot be stopped.
	Unsubscribe string
}

// New returns a sender.
func New(bundle *i18n.Bundle, site instance.Site, t Transport, name, language func() string) (*Sender, error) {
	s := &Sender{Bundle: bundle, Site: site, Transport: t, Name: name, Language: language}
	var err error
	if s.html, err = html.ParseFS(files, "templates/mail.html", "templates/notifications.html"); err != nil {
		return nil, err
	}
	s.text, err = text.ParseFS(files, "templates/mail.txt", "templates/notifications.txt")
	return s, err
}

// Send writes and sends a mail. An address that is refused for good is
// errs.Invalid; anything else may be tried again.
func (s *Sender) Send(ctx context.Context, m user.Mail) error {
	l, err := s.Write(m)
	if err != nil {
		return err
	}
	return s.Transport.Send(ctx, l)
}

// content is what the layouts show.
type content struct {
	Lang, Dir, Site, Subject, Greeting, Body string
	TextTitle, Text                          string
	Link, LinkTitle, Button, Note            string
	Footer                                   string
}

// Write returns the mail as it is sent.
func (s *Sender) Write(m user.Mail) (*Letter, error) {
	c := s.content(m)
	l := &Letter{To: m.To, ReplyTo: m.ReplyTo, Subject: "[" + c.Site + "] " + oneLine(c.Subject)}
	var b bytes.Buffer
	if err := s.html.Execute(&b, c); err != nil {
		return nil, fmt.Errorf("write %s: %w", m.Kind, err)
	}
	l.HTML = b.String()
	b.Reset()
	if err := s.text.Execute(&b, c); err != nil {
		return nil, fmt.Errorf("write %s: %w", m.Kind, err)
	}
	l.Text = b.String()
	return l, nil
}

func (s *Sender) content(m user.Mail) content {
	loc := s.Bundle.Match(m.Language, s.Language())
	name := oneLine(s.Name())
	t := func(key string) string {
		full := "mail." + key
		if out := loc.T(full, "username", m.Username, "site", name, "address", s.Site.URL("")); out != full {
			return out
		}
		return ""
	}
	kind := string(m.Kind)
	textTitle := t(kind + ".message") // of who wrote it; usually the moderators
	if textTitle == "" {
		textTitle = t("message")
	}
	greeting := t(kind + ".greeting")
	if greeting == "" {
		greeting = t("greeting")
	}
	return content{
		Lang: loc.Tag, Dir: loc.Dir(), Site: name,
		Subject: t(kind + ".subject"), Greeting: greeting, Body: t(kind + ".body"),
		TextTitle: textTitle, Text: m.Text,
		Link: m.Link, LinkTitle: t("link"), Button: t(kind + ".button"), Note: t(kind + ".note"),
		Footer: t("footer"),
	}
}

// oneLine keeps a name from adding headers to a mail.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
