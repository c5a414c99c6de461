package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// block are five addresses, for three sites, another server and the list of
// sites, that no other walk has taken: 127.x.y.2 to 127.x.y.6.
func block() string {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.", 1+pid/250%250, 1+pid%250)
}

// freePort is the port of all sites: 443, or where one may not listen there,
// 8443.
func freePort(ip string) int {
	l, err := net.Listen("tcp", ip+":443")
	if err != nil {
		return 8443
	}
	_ = l.Close()
	return 443
}

// network is the names, addresses and certificates of the walk.
type network struct {
	dir, caFile string
	port        int
	addresses   map[string]string // by name without port
	ca          *x509.Certificate
	caKey       *ecdsa.PrivateKey
	client      *http.Client
}

// newNetwork makes an authority and a client that trusts nobody else and asks
// no DNS.
func newNetwork(dir string, port int, addresses map[string]string) (*network, error) {
	n := &network{dir: dir, caFile: filepath.Join(dir, "ca.pem"), port: port, addresses: addresses}
	var err error
	if n.caKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Sepiola walk"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &n.caKey.PublicKey, n.caKey)
	if err != nil {
		return nil, err
	}
	if n.ca, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	if err := os.WriteFile(n.caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(n.ca)
	n.client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DialContext:     n.dial,
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
	}}
	return n, nil
}

func (n *network) dial(ctx context.Context, network, address string) (net.Conn, error) {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ip, ok := n.addresses[name]
	if !ok {
		return nil, fmt.Errorf("%s is not part of the walk", name)
	}
	return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(ip, port))
}

// host is a name as it stands in URLs and handles.
func (n *network) host(name string) string {
	if n.port == 443 {
		return name
	}
	return fmt.Sprintf("%s:%d", name, n.port)
}

// listenAddress is where a name is served.
func (n *network) listenAddress(name string) string {
	return fmt.Sprintf("%s:%d", n.addresses[name], n.port)
}

// certificate makes files with a certificate and a key for a name.
func (n *network) certificate(name string) (certFile, keyFile string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, n.ca, &key.PublicKey, n.caKey)
	if err != nil {
		return "", "", err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	base := filepath.Join(n.dir, name)
	if err := os.WriteFile(base+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return "", "", err
	}
	return base + ".pem", base + ".key", os.WriteFile(base+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600)
}

// hosts writes the names and addresses as the setting federation.hosts.
func (n *network) hosts() string {
	var list []string
	for name := range n.addresses {
		list = append(list, fmt.Sprintf("%q", name+"="+n.listenAddress(name)))
	}
	return "[" + strings.Join(list, ", ") + "]"
}
