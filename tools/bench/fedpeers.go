package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// peers are other sites, all of them on one address with TLS: some send, some
// follow, and of those some do not answer. At a closed port nobody listens.
type peers struct {
	key             *rsa.PrivateKey
	pem             string
	certFile        string
	server          *http.Server
	address, closed string
	hold            chan struct{} // until it is closed, the slow ones wait

	mu     sync.Mutex
	got    map[string]bool // hosts that were sent something
	halfAt time.Time
}

const (
	senders, peoplePerSender = 20, 50
)

func newPeers(dir string) (p *peers, err error) {
	p = &peers{hold: make(chan struct{}), got: map[string]bool{}, certFile: filepath.Join(dir, "peers.pem")}
	if p.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(&p.key.PublicKey)
	if err != nil {
		return nil, err
	}
	p.pem = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	cert, err := p.certificate()
	if err != nil {
		return nil, err
	}
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.closed = nobody.Addr().String()
	if err := nobody.Close(); err != nil {
		return nil, err
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	if err != nil {
		return nil, err
	}
	p.address = l.Addr().String()
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

// certificate is for all of them, and its own authority.
func (p *peers) certificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Sepiola bench"}, DNSNames: []string{"*.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	err = os.WriteFile(p.certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func (p *peers) close() {
	close(p.hold)
	_ = p.server.Close()
}

func names(kind string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s%d.test", kind, i)
	}
	return list
}

// env makes a site find them.
func (p *peers) env() []string {
	var hosts []string
	for _, group := range []struct {
		names   []string
		address string
	}{{names("s", senders), p.address}, {names("g", fedLiving), p.address}, {names("slow", fedSlow), p.address}, {names("d", fedDead), p.closed}} {
		for _, name := range group.names {
			hosts = append(hosts, `"`+name+"="+group.address+`"`)
		}
	}
	return []string{
		"SSL_CERT_FILE=" + p.certFile, "SEPIOLA_WEBSERVER_HTTPS=true", "SEPIOLA_WEBSERVER_HOSTNAME=" + fedName, "SEPIOLA_WEBSERVER_PORT=443",
		"SEPIOLA_FEDERATION_ENABLED=true", "SEPIOLA_FEDERATION_ALLOWED_NETWORKS=[127.0.0.0/8]", "SEPIOLA_FEDERATION_HOSTS=[" + strings.Join(hosts, ",") + "]",
		"SEPIOLA_TRANSCODING_ENABLED=false",
	}
}

// people are those who like and comment.
func (p *peers) people() (urls []string) {
	for i := range senders * peoplePerSender {
		urls = append(urls, fmt.Sprintf("https://s%d.test/accounts/p%d", i%senders, i/senders))
	}
	return urls
}

// prepare gives this site's people keys, and hides the first video until it is
// announced.
func (p *peers) prepare(ctx context.Context, db *sqldb.DB) error {
	keys, err := actor.GenerateKeys()
	if err != nil {
		return err
	}
	if _, err := db.Exec(ctx, `UPDATE actors SET public_key = $1, private_key = $2`, keys.Public, keys.Private); err != nil {
		return err
	}
	_, err = db.Exec(ctx, `UPDATE videos SET privacy = CASE WHEN id = 1 THEN 3 ELSE 1 END`)
	return err
}

// follow makes sites follow the first channel.
func (p *peers) follow(ctx context.Context, db *sqldb.DB) error {
	now := sqldb.Now()
	actors, follows := store.Actors{DB: db}, store.Follows{DB: db}
	return db.InTx(ctx, func(ctx context.Context) error {
		for _, host := range append(append(names("g", fedLiving), names("slow", fedSlow)...), names("d", fedDead)...) {
			url := "https://" + host + "/accounts/peertube"
			a := &actor.Actor{
				Type: actor.Application, Username: "peertube", Host: host, URL: url, InboxURL: url + "/inbox", SharedInboxURL: "https://" + host + "/inbox",
				PublicKey: p.pem, CreatedAt: now, UpdatedAt: now,
			}
			if err := actors.CreateInstance(ctx, a); err != nil {
				return err
			}
			f := &follow.Follow{URL: url + "/follows/1", State: follow.Accepted, Score: follow.BaseScore, FollowerID: a.ID, FollowingID: 2, CreatedAt: now, UpdatedAt: now}
			if _, err := follows.Create(ctx, f); err != nil {
				return err
			}
		}
		return nil
	})
}

// ServeHTTP implements http.Handler.
func (p *peers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.Host, "slow") {
		select {
		case <-p.hold:
		case <-r.Context().Done():
		}
		return
	}
	if r.Method == http.MethodPost {
		p.take(w, r)
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/accounts/")
	if !ok || strings.Contains(name, "/") {
		http.NotFound(w, r)
		return
	}
	url := "https://" + r.Host + "/accounts/" + name
	w.Header().Set("Content-Type", "application/activity+json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"@context": []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       url, "type": "Person", "preferredUsername": name, "name": name, "inbox": url + "/inbox", "outbox": url + "/outbox",
		"followers": url + "/followers", "endpoints": map[string]any{"sharedInbox": "https://" + r.Host + "/inbox"},
		"publicKey": map[string]any{"id": url + "#main-key", "owner": url, "publicKeyPem": p.pem},
	})
}

// take notes which host has heard of a video. Updates of totals are not that.
func (p *peers) take(w http.ResponseWriter, r *http.Request) {
	var doc struct{ Type string }
	err := json.NewDecoder(r.Body).Decode(&doc)
	if err != nil || r.Header.Get("Signature") == "" || r.Header.Get("Digest") == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if doc.Type == "Announce" {
		p.mu.Lock()
		p.got[r.Host] = true
		if len(p.got) == fedLiving/2 {
			p.halfAt = time.Now()
		}
		p.mu.Unlock()
	}
	w.WriteHeader(http.StatusAccepted)
}

// reached is how many have heard of the video, and half when half of them had.
func (p *peers) reached() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.got)
}

func (p *peers) half() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.halfAt
}
