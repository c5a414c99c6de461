package app

import (
	"sepiola/internal/config"
	"sepiola/internal/domain/instance"
	"sepiola/internal/i18n"
	"sepiola/internal/mail"
	"sepiola/internal/server/web/markdown"
)

// newSender writes and sends letters as the configuration says.
func newSender(cfg func() *config.Config, bundle *i18n.Bundle, site instance.Site, texts *markdown.Renderer) (*mail.Sender, error) {
	s := cfg().SMTP
	o := mail.Options{
		Host: s.Hostname, Port: s.Port, Username: s.Username, Password: s.Password,
		TLS: s.TLS, DisableStartTLS: s.DisableStartTLS, CAFile: s.CAFile, From: s.FromAddress, Timeout: s.Timeout,
	}
	if s.Transport == "sendmail" {
		o.Sendmail = s.Sendmail
	}
	sender, err := mail.New(bundle, site, mail.NewTransport(o),
		func() string { return cfg().Instance.Name },
		func() string { return cfg().Instance.DefaultLanguage })
	if err != nil {
		return nil, err
	}
	sender.Excerpt, sender.CommentExcerpt = texts.Excerpt, texts.CommentExcerpt
	return sender, nil
}
