package app

import (
	"sepiola/internal/config"
	"sepiola/internal/domain/instance"
	"sepiola/internal/i18n"
	"sepiola/internal/mail"
)

// newSender writes and sends letters as the configuration says.
func newSender(cfg func() *config.Config, bundle *i18n.Bundle, site instance.Site) (*mail.Sender, error) {
	s := cfg().SMTP
	o := mail.Options{
		Host: s.Hostname, Port: s.Port, Username: s.Username, Password: s.Password,
		TLS: s.TLS, DisableStartTLS: s.DisableStartTLS, CAFile: s.CAFile, From: s.FromAddress, Timeout: s.Timeout,
	}
	if s.Transport == "sendmail" {
		o.Sendmail = s.Sendmail
	}
	return mail.New(bundle, site, mail.NewTransport(o),
		func() string { return cfg().Instance.Name },
		func() string { return cfg().Instance.DefaultLanguage })
}
