package listen

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"sepiola/internal/errs"
)

// ACME fetches and renews certificates of one host by itself (RFC 8555), by
// HTTP-01 on a plain listener and by TLS-ALPN-01 on the TLS one.
type ACME struct {
	// Host is the only name certificates are fetched for.
	Host string
	// Email is where the authority may write to; "" none.
	Email string
	// DirectoryURL is the authority's.
	DirectoryURL string
	// CAFile is a PEM file with who vouches for the directory's own
	// certificate; "" is who the system trusts.
	CAFile string
	// Cache is the directory of keys and certificates. It is made with mode
	// 0700.
	Cache string

	manager *autocert.Manager
}

// Open prepares the manager. It does not ask the authority for anything yet:
// the first connection does.
func (a *ACME) Open() error {
	roots, err := a.roots()
	if err != nil {
		return err
	}
	a.manager = &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      autocert.DirCache(a.Cache),
		HostPolicy: a.only,
		Email:      a.Email,
		Client: &acme.Client{
			DirectoryURL: a.DirectoryURL,
			UserAgent:    "sepiola",
			HTTPClient: &http.Client{
				Timeout:   30 * time.Second,
				Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
			},
		},
	}
	return nil
}

// only lets certificates be fetched for Host alone: whoever points another
// name at this address must not use up the authority's limits.
func (a *ACME) only(_ context.Context, host string) error {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name // of a plain listener on another port than 80
	}
	if !strings.EqualFold(host, a.Host) {
		return errs.New(errs.Forbidden, "%q is not the name of this site", host)
	}
	return nil
}

func (a *ACME) roots() (*x509.CertPool, error) {
	if a.CAFile == "" {
		return nil, nil //nolint:nilnil // crypto/tls takes it for the system's
	}
	pem, err := os.ReadFile(a.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errs.New(errs.Invalid, "tls.acme.ca_file: no certificate in %s", a.CAFile)
	}
	return pool, nil
}

// TLS is for the Server that serves the site. Other names than Host get no
// certificate.
func (a *ACME) TLS() *tls.Config {
	return &tls.Config{
		GetCertificate: a.manager.GetCertificate,
		NextProtos:     []string{acme.ALPNProto},
		MinVersion:     tls.VersionTLS12,
	}
}

// Plain is the handler of the plain listener: it answers challenges and sends
// everything else to https.
func (a *ACME) Plain() http.Handler {
	return a.manager.HTTPHandler(http.HandlerFunc(a.redirect))
}

// redirect goes by the configured name, never by the Host that was sent.
func (a *ACME) redirect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "Use HTTPS", http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, "https://"+a.Host+r.URL.RequestURI(), http.StatusMovedPermanently)
}

// CertFile returns the TLS configuration of a certificate that an admin
// provides.
func CertFile(certFile, keyFile string) (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}
