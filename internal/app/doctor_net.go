package app

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/config"
)

// netTimeout bounds each question to another machine.
const netTimeout = 5 * time.Second

// answersAsSite reports whether a site of ours answers at addr.
func answersAsSite(ctx context.Context, addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, netTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", http.NoBody)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<10))
	return res.StatusCode == http.StatusOK
}

func checkAddress(ctx context.Context, cfg *config.Config) []Finding {
	const subject = "public address"
	name := cfg.Webserver.Hostname
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return []Finding{{
			Level: Warn, Subject: subject, Text: cfg.PublicURL() + " can be reached from this machine alone",
			Do: "set webserver.hostname to the name people use; do it before the first video, since it is part of every address",
		}}
	}
	list := []Finding{fine(subject, "%s", cfg.PublicURL())}
	ctx, cancel := context.WithTimeout(ctx, netTimeout)
	defer cancel()
	if _, err := net.DefaultResolver.LookupHost(ctx, name); err != nil {
		list = append(list, Finding{Level: Warn, Subject: subject, Text: name + " has no address: " + err.Error(), Do: "add it to the DNS of its domain"})
	}
	if !cfg.Secure() {
		list = append(list, Finding{
			Level: Warn, Subject: subject, Text: "passwords travel readable: the address is not https",
			Do: "set tls.acme.enabled, or put a proxy with a certificate in front and set webserver.https",
		})
	}
	ownTLS := cfg.TLS.ACME.Enabled || cfg.TLS.CertFile != ""
	if ip := net.ParseIP(cfg.Listen.Hostname); ownTLS && ip != nil && ip.IsLoopback() {
		list = append(list, Finding{
			Level: Fail, Subject: subject, Text: "the site answers https itself, but listens on " + cfg.ListenAddr() + " alone",
			Do: "set listen.hostname to 0.0.0.0 and listen.port to 443",
		})
	}
	return list
}

func checkMail(ctx context.Context, cfg *config.Config) []Finding {
	const subject = "mail"
	if !cfg.MailEnabled() {
		return []Finding{{
			Level: Warn, Subject: subject, Text: "no mail is sent: people cannot reset their passwords themselves",
			Do: "set smtp.*",
		}}
	}
	if cfg.SMTP.Transport == "sendmail" {
		if _, err := os.Stat(cfg.SMTP.Sendmail); err != nil {
			return []Finding{{Level: Fail, Subject: subject, Text: err.Error(), Do: "set smtp.sendmail to the path of the program"}}
		}
		return []Finding{fine(subject, "goes through %s", cfg.SMTP.Sendmail)}
	}
	addr := net.JoinHostPort(cfg.SMTP.Hostname, strconv.Itoa(cfg.SMTP.Port))
	greeting, err := greet(ctx, cfg.SMTP, addr)
	if err != nil {
		return []Finding{{
			Level: Fail, Subject: subject, Text: addr + " does not answer: " + err.Error(),
			Do: "check smtp.hostname, smtp.port and smtp.tls (true for port 465, false for 587)",
		}}
	}
	if !strings.HasPrefix(greeting, "220") {
		return []Finding{{Level: Fail, Subject: subject, Text: addr + " is not a mail server", Do: "check smtp.hostname and smtp.port"}}
	}
	return []Finding{fine(subject, "%s answers", addr)}
}

// greet returns the first line that a mail server says.
func greet(ctx context.Context, s config.SMTP, addr string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, netTimeout)
	defer cancel()
	var conn net.Conn
	var err error
	if s.TLS && s.CAFile == "" {
		conn, err = (&tls.Dialer{}).DialContext(ctx, "tcp", addr)
	} else {
		// With a CA of its own the certificate is checked when mail is sent.
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", addr)
	}
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if s.TLS && s.CAFile != "" {
		return "220", nil // the greeting is behind TLS
	}
	if err := conn.SetDeadline(time.Now().Add(netTimeout)); err != nil {
		return "", err
	}
	return bufio.NewReader(io.LimitReader(conn, 512)).ReadString('\n')
}
