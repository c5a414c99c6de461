package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	gomail "github.com/wneessen/go-mail"

	"sepiola/internal/errs"
)

// Options are the settings smtp.*.
type Options struct {
	// Sendmail is the path of the local program; set, it is used instead of
	// a server.
	Sendmail string

	Host               string
	Port               int
	Username, Password string
	// TLS is TLS from the first byte. Otherwise the connection switches to
	// TLS when the server offers it, unless DisableStartTLS.
	TLS, DisableStartTLS bool
	// CAFile holds certificates to trust besides the system's, PEM.
	CAFile string
	From   string
	// Timeout is the longest that one mail may take.
	Timeout time.Duration
}

// NewTransport returns the transport that o asks for, or one that says that
// there is none.
func NewTransport(o Options) Transport {
	switch {
	case o.Sendmail != "":
		return sendmail{o}
	case o.Host != "":
		return smtpServer{o}
	}
	return none{}
}

type none struct{}

// Send refuses: a mail that cannot be sent is not tried again.
func (none) Send(context.Context, *Letter) error {
	return errs.New(errs.Invalid, "this site sends no mail: smtp.hostname is not set")
}

type smtpServer struct{ o Options }

// Send sends a letter over a connection of its own.
func (s smtpServer) Send(ctx context.Context, l *Letter) error {
	m, err := message(s.o.From, l)
	if err != nil {
		return err
	}
	options, err := s.options()
	if err != nil {
		return err
	}
	c, err := gomail.NewClient(s.o.Host, options...)
	if err != nil {
		return fmt.Errorf("smtp.*: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout())
	defer cancel()
	return refused(c.DialAndSendWithContext(ctx, m))
}

func (s smtpServer) timeout() time.Duration {
	if s.o.Timeout > 0 {
		return s.o.Timeout
	}
	return 30 * time.Second
}

func (s smtpServer) options() ([]gomail.Option, error) {
	config := &tls.Config{ServerName: s.o.Host, MinVersion: tls.VersionTLS12}
	if s.o.CAFile != "" {
		pool, err := trust(s.o.CAFile)
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	options := []gomail.Option{gomail.WithTimeout(s.timeout()), gomail.WithTLSConfig(config), gomail.WithPort(s.o.Port)}
	switch {
	case s.o.TLS:
		options = append(options, gomail.WithSSL())
	case s.o.DisableStartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if s.o.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.o.Username), gomail.WithPassword(s.o.Password))
	}
	return options, nil
}

func trust(file string) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("smtp.ca_file: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("smtp.ca_file: no certificate in %s", file)
	}
	return pool, nil
}

type sendmail struct{ o Options }

// Send gives a letter to the local program, which takes the addresses from
// its headers.
func (s sendmail) Send(ctx context.Context, l *Letter) error {
	m, err := message(s.o.From, l)
	if err != nil {
		return err
	}
	return m.WriteToSendmailWithContext(ctx, s.o.Sendmail) // with -oi -t
}

func message(from string, l *Letter) (*gomail.Msg, error) {
	m := gomail.NewMsg()
	if err := m.From(from); err != nil {
		return nil, fmt.Errorf("smtp.from_address: %w", err)
	}
	if err := m.To(l.To); err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "the address cannot be written to")
	}
	if l.ReplyTo != "" {
		if err := m.ReplyTo(l.ReplyTo); err != nil {
			return nil, errs.Wrap(errs.Invalid, err, "the address cannot be answered")
		}
	}
	m.Subject(l.Subject)
	m.SetDate()
	m.SetMessageID()
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	if l.Unsubscribe != "" { // RFC 2369 and RFC 8058
		m.SetGenHeader("List-Unsubscribe", "<"+l.Unsubscribe+">")
		m.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	return m, nil
}

// refused tells an address that the server will never take from troubles that
// pass.
func refused(err error) error {
	if e, ok := errors.AsType[*gomail.SendError](err); ok && e.Reason == gomail.ErrSMTPRcptTo && !e.IsTemp() {
		return errs.Wrap(errs.Invalid, err, "the mail server refuses the address")
	}
	return err
}
