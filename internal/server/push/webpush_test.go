package push

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/i18n"
)

func decode(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	theirPublic = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	theirSecret = "BTBZMqHH6r4Tts7J_aSIgg"
)

// The example of RFC 8291, section 5 and appendix A.
func TestSealIsRFC8291(t *testing.T) {
	t.Parallel()
	theirs, secret, err := keysOf(&notification.Device{P256DH: theirPublic, Auth: theirSecret})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := ecdh.P256().NewPrivateKey(decode(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := sealWith(theirs, secret, ours, decode(t, "DGv6ra1nlYgDCS1FRnbzlw"), []byte("When I grow up, I want to be a watermelon"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if encode(got) != want {
		t.Errorf("got  %s\nwant %s", encode(got), want)
	}
	if _, err := sealWith(theirs, secret, ours, make([]byte, saltSize), make([]byte, recordSize)); err == nil {
		t.Error("a message that is longer than a record was sealed")
	}
}

func TestKeyIsTheSameOnEachNode(t *testing.T) {
	t.Parallel()
	a, err := NewKey([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewKey([]byte("secret"))
	if err != nil || !a.Equal(b) {
		t.Errorf("two keys of one secret differ: %v", err)
	}
	if c, err := NewKey([]byte("another")); err != nil || a.Equal(c) {
		t.Errorf("keys of two secrets are the same: %v", err)
	}
}

func newSender(t *testing.T, handler http.HandlerFunc) (*Sender, string) {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	key, err := NewKey([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &Sender{
		Key: key, Client: server.Client(), Words: words, Site: instance.Site{Scheme: "https", Host: "video.example"}, Now: time.Now,
		Name: func() string { return "A site" }, Language: func() string { return "en" },
	}, server.URL
}

func pushed() (*user.User, *notification.Notification) {
	return &user.User{Preferences: user.Preferences{Language: "fr"}},
		&notification.Notification{ID: 7, Type: notification.RegistrationRequest, Registration: &user.Registration{Username: "ada"}}
}

func TestPushIsSigned(t *testing.T) {
	t.Parallel()
	var header http.Header
	var body []byte
	s, at := newSender(t, func(w http.ResponseWriter, r *http.Request) {
		header, body = r.Header, readAll(r.Body)
		w.WriteHeader(http.StatusCreated)
	})
	u, n := pushed()
	if err := s.Push(t.Context(), &notification.Device{Endpoint: at + "/abc", P256DH: theirPublic, Auth: theirSecret}, u, n); err != nil {
		t.Fatal(err)
	}
	if header.Get("Content-Encoding") != "aes128gcm" || header.Get("TTL") != "86400" || len(body) < 100 || strings.Contains(string(body), "ada") {
		t.Errorf("got %v, %d bytes", header, len(body))
	}
	token, key, _ := strings.Cut(strings.TrimPrefix(header.Get("Authorization"), "vapid t="), ", k=")
	if key != s.PublicKey() {
		t.Errorf("key: got %s", key)
	}
	parts := strings.Split(token, ".")
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), decode(t, key))
	if err != nil {
		t.Fatal(err)
	}
	digest, signature := sha256.Sum256([]byte(parts[0]+"."+parts[1])), decode(t, parts[2])
	if !ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature is wrong")
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(decode(t, parts[1]), &claims); err != nil || claims.Aud != at || claims.Sub != "https://video.example/about" ||
		claims.Exp > time.Now().Add(24*time.Hour).Unix() {
		t.Errorf("claims: %+v %v", claims, err)
	}
}

func readAll(r io.Reader) []byte {
	b, _ := io.ReadAll(r)
	return b
}

func TestPushOutcomes(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]errs.Kind{404: errs.Gone, 410: errs.Gone, 429: errs.Unavailable, 503: errs.Unavailable, 400: errs.Invalid, 302: errs.Invalid} {
		s, at := newSender(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://169.254.169.254/")
			w.WriteHeader(status)
		})
		s.Client.CheckRedirect = NewClient(time.Second).CheckRedirect
		u, n := pushed()
		if err := s.Push(t.Context(), &notification.Device{Endpoint: at, P256DH: theirPublic, Auth: theirSecret}, u, n); !errs.Is(err, want) {
			t.Errorf("%d: got %v, want kind %d", status, err, want)
		}
	}
}

func TestPushGoesToNoPrivateAddress(t *testing.T) {
	t.Parallel()
	s, at := newSender(t, func(http.ResponseWriter, *http.Request) { t.Error("it came through") })
	s.Client = NewClient(time.Second)
	u, n := pushed()
	if err := s.Push(t.Context(), &notification.Device{Endpoint: at, P256DH: theirPublic, Auth: theirSecret}, u, n); !errs.Is(err, errs.Gone) {
		t.Errorf("to this machine: got %v, want Gone", err)
	}
	for address, want := range map[string]bool{
		"127.0.0.1": false, "10.1.2.3": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.1.1": false, "0.0.0.0": false, "::1": false,
		"fe80::1": false, "fd00::1": false, "::ffff:10.0.0.1": false, "224.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false,
		"198.51.100.7": true, "2606:4700::1111": true,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: got %v, want %v", address, got, want)
		}
	}
}
