package listen

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const acmeHost = "tube.example"

func TestPlainHTTPGoesToTheConfiguredName(t *testing.T) {
	t.Parallel()
	a := &ACME{Host: acmeHost, Cache: t.TempDir()}
	if err := a.Open(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "http://evil.example/w/abc?start=3", nil)
	w := httptest.NewRecorder()
	a.Plain().ServeHTTP(w, r)
	if got := w.Header().Get("Location"); w.Code != 301 || got != "https://tube.example/w/abc?start=3" {
		t.Errorf("got %d %q", w.Code, got)
	}
	if _, err := a.TLS().GetCertificate(&tls.ClientHelloInfo{ServerName: "evil.example"}); err == nil {
		t.Error("a certificate is fetched for any name")
	}
}

// TestACMEFetchesCertificates runs against Pebble, Let's Encrypt's test
// server: TEST_PEBBLE is its program, or it is in PATH
// (go install github.com/letsencrypt/pebble/v2/cmd/pebble@latest).
func TestACMEFetchesCertificates(t *testing.T) {
	t.Parallel()
	program := os.Getenv("TEST_PEBBLE")
	if program == "" {
		var err error
		if program, err = exec.LookPath("pebble"); err != nil {
			t.Skip("pebble is not here; see this test's comment")
		}
	}
	for _, challenge := range []string{"tls-alpn-01", "http-01"} {
		t.Run(challenge, func(t *testing.T) {
			t.Parallel()
			site, plain, closed := listener(t), listener(t), listener(t)
			p := startPebble(t, program, pebblePorts{
				http: choose(challenge == "http-01", plain, closed), tls: choose(challenge == "tls-alpn-01", site, closed),
			})
			closed.Close() // so that nobody answers there
			a := &ACME{Host: acmeHost, Email: "admin@tube.example", DirectoryURL: p.directory, CAFile: p.caFile, Cache: filepath.Join(t.TempDir(), "acme")}
			if err := a.Open(); err != nil {
				t.Fatal(err)
			}
			hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
			run(t, &Server{Handler: a.Plain(), Log: slog.New(slog.DiscardHandler)}, plain)
			run(t, &Server{Handler: hello, TLS: a.TLS(), Timeouts: Timeouts{Progress: time.Minute}, Log: slog.New(slog.DiscardHandler)}, site)
			client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{
				ForceAttemptHTTP2: true,
				TLSClientConfig:   &tls.Config{RootCAs: p.root(t), ServerName: acmeHost, MinVersion: tls.VersionTLS12},
			}}
			resp, err := client.Get("https://" + site.Addr().String())
			if err != nil {
				t.Fatalf("%v\n%s", err, p.log.String())
			}
			defer resp.Body.Close() // only read
			if b, _ := io.ReadAll(resp.Body); string(b) != "hello" || resp.ProtoMajor != 2 {
				t.Errorf("got %s over %s", b, resp.Proto)
			}
			if info, err := os.Stat(a.Cache); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("the cache of keys: got %v, %v; want mode 0700", info.Mode(), err)
			}
		})
	}
}

func choose(first bool, a, b net.Listener) int {
	if !first {
		a = b
	}
	return a.Addr().(*net.TCPAddr).Port
}

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func run(t *testing.T, s *Server, l net.Listener) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ctx, l)
	}()
	t.Cleanup(func() { stop(); <-done })
}

// pebble is a running Pebble.
type pebble struct {
	directory, management, caFile string
	log                           *bytes.Buffer
}

type pebblePorts struct{ http, tls int }

func startPebble(t *testing.T, program string, ports pebblePorts) *pebble {
	t.Helper()
	dir := t.TempDir()
	certFile, keyFile := selfSigned(t, dir)
	acme, management := freeAddr(t), freeAddr(t)
	conf, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": acme, "managementListenAddress": management, "certificate": certFile, "privateKey": keyFile,
		"httpPort": ports.http, "tlsPort": ports.tls,
	}})
	if err != nil {
		t.Fatal(err)
	}
	confFile := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(confFile, conf, 0o600); err != nil {
		t.Fatal(err)
	}
	p := &pebble{directory: "https://" + acme + "/dir", management: "https://" + management, caFile: certFile, log: new(bytes.Buffer)}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "-config", confFile, "-dnsserver", serveDNS(t))
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	cmd.Stdout, cmd.Stderr = p.log, p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
	})
	// It listens at one after the other, and the second may be first.
	p.wait(t, acme)
	p.wait(t, management)
	return p
}

// wait returns once Pebble accepts connections at an address.
func (p *pebble) wait(t *testing.T, addr string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return
		}
		<-tick.C
	}
	t.Fatalf("pebble does not answer at %s: %s", addr, p.log.String())
}

// root is who vouches for Pebble's certificates; each start has another.
func (p *pebble) root(t *testing.T) *x509.CertPool {
	t.Helper()
	ca, err := os.ReadFile(p.caFile)
	if err != nil {
		t.Fatal(err)
	}
	own, issued := x509.NewCertPool(), x509.NewCertPool()
	own.AppendCertsFromPEM(ca)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: own, MinVersion: tls.VersionTLS12}}}
	resp, err := client.Get(p.management + "/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() // only read
	b, err := io.ReadAll(resp.Body)
	if err != nil || !issued.AppendCertsFromPEM(b) {
		t.Fatalf("no root certificate: %v", err)
	}
	return issued
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l := listener(t)
	defer l.Close() // only its port is wanted
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// serveDNS answers that every name is 127.0.0.1, over TCP as Pebble asks, and
// returns its address.
func serveDNS(t *testing.T) string {
	t.Helper()
	l := listener(t)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = oneDNS(c) // Pebble tells what goes wrong
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// oneDNS answers one query; each message has its length before it.
func oneDNS(c net.Conn) error {
	var size uint16
	if err := binary.Read(c, binary.BigEndian, &size); err != nil {
		return err
	}
	query := make([]byte, size)
	if _, err := io.ReadFull(c, query); err != nil {
		return err
	}
	answer, err := answerDNS(query)
	if err != nil {
		return err
	}
	_, err = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	return err
}

func answerDNS(query []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, err
	}
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	for _, q := range m.Questions {
		if q.Type == dnsmessage.TypeA {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
				Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
			})
		}
	}
	return m.Pack()
}
