package mail_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/i18n"
	"sepiola/internal/mail"
)

func newSender(t *testing.T, tr mail.Transport) *mail.Sender {
	t.Helper()
	bundle, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := mail.New(bundle, instance.Site{Scheme: "https", Host: "video.example"}, tr,
		func() string { return "Our\r\nVideos" }, func() string { return "en" })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryMailIsWrittenInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := newSender(t, nil)
	for _, kind := range []user.MailKind{
		user.MailResetPassword, user.MailCreatePassword, user.MailVerifyEmail, user.MailVerifyPendingEmail,
		user.MailVerifyRegistration, user.MailRegistrationRequest, user.MailContact, user.MailRegistrationAccepted, user.MailRegistrationRejected,
		user.MailBlocked, user.MailUnblocked, user.MailPasswordChanged,
	} {
		subjects := map[string]bool{}
		for _, lang := range []string{"en", "fr"} {
			l, err := s.Write(user.Mail{Kind: kind, To: "a@b.example", Language: lang, Username: "alice"})
			if err != nil {
				t.Fatal(err)
			}
			subjects[l.Subject] = true
			if strings.Contains(l.Text, "mail.") || strings.ContainsAny(l.Text+l.Subject, "{}") || !strings.Contains(l.Text, "alice") {
				t.Errorf("%s in %s is not whole:\n%s\n%s", kind, lang, l.Subject, l.Text)
			}
			if strings.Contains(l.HTML, ">http") && !strings.Contains(l.HTML, "overflow-wrap:anywhere") {
				t.Errorf("%s: the address does not fit on a phone:\n%s", kind, l.HTML)
			}
			if !strings.HasPrefix(l.Subject, "[Our Videos] ") {
				t.Errorf("subject %q", l.Subject)
			}
		}
		if len(subjects) != 2 && kind != user.MailRegistrationAccepted {
			t.Errorf("%s has one subject in two languages: %v", kind, subjects)
		}
	}
}

func TestWhatPeopleWroteIsEscaped(t *testing.T) {
	t.Parallel()
	l, err := newSender(t, nil).Write(user.Mail{
		Kind: user.MailBlocked, To: "a@b.example", Username: "alice", Text: "<script>x</script>", Link: "javascript:alert(1)",
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(l.HTML, "<script>") || strings.Contains(l.HTML, `href="javascript:`) {
		t.Errorf("not escaped: %s", l.HTML)
	}
	if !strings.Contains(l.Text, "<script>x</script>") {
		t.Errorf("the text is changed: %s", l.Text)
	}
}

// server is a small SMTP server for one connection.
type server struct {
	addr     *net.TCPAddr
	starttls *tls.Config // nil: not offered
	got      chan string // the message, when it came over TLS with "TLS " before it
}

func serve(t *testing.T, implicit, starttls *tls.Config) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	s := &server{addr: ln.Addr().(*net.TCPAddr), starttls: starttls, got: make(chan string, 1)}
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		if implicit != nil {
			c = tls.Server(c, implicit)
		}
		s.talk(c, implicit != nil)
	}()
	return s
}

func (s *server) talk(c net.Conn, secure bool) {
	r := bufio.NewReader(c)
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	say("220 test")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(strings.Fields(line + " x")[0]); {
		case verb == "EHLO" && s.starttls != nil && !secure:
			say("250-test\r\n250 STARTTLS")
		case verb == "STARTTLS":
			say("220 go")
			c, secure = tls.Server(c, s.starttls), true
			r = bufio.NewReader(c)
		case verb == "RCPT" && strings.Contains(line, "gone@"):
			say("550 5.1.1 no such person")
		case verb == "RCPT" && strings.Contains(line, "later@"):
			say("451 4.3.0 come back")
		case verb == "DATA":
			say("354 send")
			s.got <- map[bool]string{true: "TLS "}[secure] + data(r)
			say("250 ok")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func data(r *bufio.Reader) string {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return b.String()
		}
		b.WriteString(line)
	}
}

// certificate makes one for 127.0.0.1 and a CA file with it.
func certificate(t *testing.T) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, file
}

func TestSMTP(t *testing.T) {
	t.Parallel()
	config, ca := certificate(t)
	for _, tt := range []struct {
		name               string
		implicit, starttls *tls.Config
		change             func(*mail.Options)
		secure, fails      bool
	}{
		{name: "plain", change: func(o *mail.Options) { o.DisableStartTLS = true }},
		{name: "switches to TLS when it can", starttls: config, secure: true},
		{name: "does not switch when told so", starttls: config, change: func(o *mail.Options) { o.DisableStartTLS = true }},
		{name: "TLS from the first byte", implicit: config, change: func(o *mail.Options) { o.TLS = true }, secure: true},
		{name: "an unknown certificate is refused", implicit: config, change: func(o *mail.Options) { o.TLS, o.CAFile = true, "" }, fails: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, tt.implicit, tt.starttls)
			o := mail.Options{Host: "127.0.0.1", Port: srv.addr.Port, From: "site@video.example", CAFile: ca, Timeout: 10 * time.Second}
			if tt.change != nil {
				tt.change(&o)
			}
			err := newSender(t, mail.NewTransport(o)).Send(t.Context(), user.Mail{
				Kind: user.MailResetPassword, To: "alice@example.com", Language: "fr", Username: "alice", Link: "https://video.example/reset-password?userId=1&verificationString=abc",
			})
			if tt.fails {
				if err == nil {
					t.Fatal("it was sent")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			raw := <-srv.got
			raw, secure := strings.CutPrefix(raw, "TLS ")
			if secure != tt.secure {
				t.Errorf("over TLS: %v, want %v", secure, tt.secure)
			}
			checkMessage(t, raw)
		})
	}
}

func checkMessage(t *testing.T, raw string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "[Our Videos] Choisir un nouveau mot de passe" {
		t.Errorf("subject %q %v", subject, err)
	}
	if to, from := m.Header.Get("To"), m.Header.Get("From"); to != "<alice@example.com>" || from != "<site@video.example>" {
		t.Errorf("to %q from %q", to, from)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []struct{ kind, link string }{
		{"text/plain", "https://video.example/reset-password?userId=1&verificationString=abc"},
		{"text/html", `href="https://video.example/reset-password?userId=1&amp;verificationString=abc"`},
	} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil || !strings.HasPrefix(p.Header.Get("Content-Type"), want.kind) || !strings.Contains(string(b), want.link) {
			t.Errorf("part %s %v: %s", p.Header.Get("Content-Type"), err, b)
		}
	}
}

func TestAnAddressThatIsRefusedForGoodIsInvalid(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]errs.Kind{"gone@example.com": errs.Invalid, "later@example.com": errs.Internal} {
		srv := serve(t, nil, nil)
		tr := mail.NewTransport(mail.Options{Host: "127.0.0.1", Port: srv.addr.Port, From: "site@video.example", DisableStartTLS: true})
		err := tr.Send(context.WithoutCancel(t.Context()), &mail.Letter{To: to, Subject: "x", Text: "x", HTML: "x"})
		if err == nil || errs.KindOf(err) != want {
			t.Errorf("%s: got %v, want kind %d", to, err, want)
		}
	}
}

func TestSendmail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, program := filepath.Join(dir, "out"), filepath.Join(dir, "sendmail")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"$@\" > "+out+"\ncat >> "+out+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	tr := mail.NewTransport(mail.Options{Sendmail: program, From: "site@video.example"})
	if err := tr.Send(t.Context(), &mail.Letter{To: "alice@example.com", Subject: "Hi", Text: "text", HTML: "<p>html"}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil || !strings.HasPrefix(string(b), "-oi -t\n") || !strings.Contains(string(b), "Subject: Hi") {
		t.Errorf("got %v %s", err, b)
	}
}

func TestWithoutSMTPNothingIsTriedAgain(t *testing.T) {
	t.Parallel()
	err := mail.NewTransport(mail.Options{}).Send(t.Context(), &mail.Letter{To: "a@b.example"})
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("got %v, want Invalid", err)
	}
}
