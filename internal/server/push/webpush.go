package push

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/i18n"
)

// Sender pushes messages to browsers through the services of their makers: RFC
// 8030, encrypted so that the service cannot read them (RFC 8291), signed as
// this site's (VAPID, RFC 8292).
type Sender struct {
	// Key signs; its public part is what browsers subscribe with.
	Key *ecdsa.PrivateKey
	// Client sends; NewClient makes one that goes to no private address.
	Client *http.Client
	Words  *i18n.Bundle
	Site   instance.Site
	// Name is the name of the site, and Language that of people who chose
	// none.
	Name, Language func() string
	Now            func() time.Time
}

// NewKey derives the key of this site from its secret: every node has the same
// one, and there is nothing to keep.
func NewKey(secret []byte) (*ecdsa.PrivateKey, error) {
	const tries = 8 // one number in four billion is no key
	var err error
	for i := range tries {
		var seed []byte
		if seed, err = hkdf.Key(sha256.New, secret, nil, "web push "+strconv.Itoa(i), sha256.Size); err != nil {
			return nil, err
		}
		var key *ecdsa.PrivateKey
		if key, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), seed); err == nil {
			return key, nil
		}
	}
	return nil, err
}

// PublicKey is the key that browsers subscribe with, base64url.
func (s *Sender) PublicKey() string {
	b, err := s.Key.PublicKey.Bytes()
	if err != nil { // a key of NewKey is on its curve
		return ""
	}
	return encode(b)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// NewClient returns a client for addresses that strangers gave us: it connects
// to public addresses only, and follows nothing.
func NewClient(timeout time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !public(at.Addr()) {
			return errs.New(errs.Invalid, "%s is no public address", at.Addr())
		}
		return nil
	}}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: timeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// closedNetworks are those that are neither private in the sense of
// netip.Addr.IsPrivate nor on the internet.
var closedNetworks = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"),
}

// public reports whether an address is one of the internet's.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range closedNetworks {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// message is what the service worker shows.
type message struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	URL   string `json:"url"`
	Tag   string `json:"tag"`
	Lang  string `json:"lang"`
	Dir   string `json:"dir"`
}

// Push tells a device of a notification. A device that is gone is errs.Gone;
// what may be tried again has no kind or is errs.Unavailable.
func (s *Sender) Push(ctx context.Context, d *notification.Device, u *user.User, n *notification.Notification) error {
	l := s.Words.Match(u.Preferences.Language, s.Language())
	key, args := n.Words()
	payload, err := json.Marshal(message{
		Title: s.Name(), Body: cut(l.T(key, args...), maxBody), URL: n.Path(),
		Tag: "notification-" + strconv.FormatInt(int64(n.ID), 10), Lang: l.Tag, Dir: l.Dir(),
	})
	if err != nil {
		return err
	}
	return s.send(ctx, d, payload)
}

// maxBody bounds the text of a message, in characters: what is pushed must fit
// into 4 KiB.
const maxBody = 500

func cut(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most]) + "…"
}

// timeToLive is how long a push service keeps a message for a browser that is
// not on.
const timeToLive = 24 * time.Hour

func (s *Sender) send(ctx context.Context, d *notification.Device, payload []byte) error {
	body, err := seal(d, payload, rand.Reader)
	if err != nil {
		return err
	}
	endpoint, err := url.Parse(d.Endpoint)
	if err != nil || endpoint.Scheme != "https" {
		return errs.New(errs.Gone, "the device has no usable address")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Endpoint, bytes.NewReader(body))
	if err != nil {
		return errs.Wrap(errs.Gone, err, "the device has no usable address")
	}
	token, err := s.token(endpoint)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Content-Encoding", "aes128gcm")
	r.Header.Set("TTL", strconv.Itoa(int(timeToLive/time.Second)))
	r.Header.Set("Urgency", "normal")
	r.Header.Set("Authorization", "vapid t="+token+", k="+s.PublicKey())
	res, err := s.Client.Do(r)
	if err != nil {
		return unreachable(err)
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10) // so that the connection serves again
	return outcome(res.StatusCode)
}

// unreachable keeps what can never be reached from being tried again.
func unreachable(err error) error {
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Kind == errs.Invalid {
		return errs.Wrap(errs.Gone, err, "the device's address is not public")
	}
	return errs.Wrap(errs.Unavailable, err, "the push service does not answer")
}

func outcome(status int) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusNotFound, status == http.StatusGone:
		return errs.New(errs.Gone, "the device takes no messages any more")
	case status == http.StatusTooManyRequests, status >= 500:
		return errs.New(errs.Unavailable, "the push service answers %d", status)
	}
	return errs.New(errs.Invalid, "the push service answers %d", status)
}

// tokenLife is how long a token is good; RFC 8292 allows a day.
const tokenLife = 12 * time.Hour

// token says, signed, that this site sends (RFC 8292).
func (s *Sender) token(endpoint *url.URL) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"aud": endpoint.Scheme + "://" + endpoint.Host,
		"exp": s.Now().Add(tokenLife).Unix(),
		"sub": s.Site.URL("/about"),
	})
	if err != nil {
		return "", err
	}
	text := encode([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(text))
	x, y, err := ecdsa.Sign(rand.Reader, s.Key, digest[:])
	if err != nil {
		return "", err
	}
	const size = 32
	signature := append(x.FillBytes(make([]byte, size)), y.FillBytes(make([]byte, size))...)
	return text + "." + encode(signature), nil
}

// Sizes of RFC 8188 and 8291, in bytes.
const (
	saltSize   = 16
	recordSize = 4096
)

// seal encrypts a message for a device (RFC 8291), in one record.
func seal(d *notification.Device, payload []byte, random io.Reader) ([]byte, error) {
	theirs, secret, err := keysOf(d)
	if err != nil {
		return nil, err
	}
	ours, err := ecdh.P256().GenerateKey(random)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(random, salt); err != nil {
		return nil, err
	}
	return sealWith(theirs, secret, ours, salt, payload)
}

func keysOf(d *notification.Device) (*ecdh.PublicKey, []byte, error) {
	point, err := base64.RawURLEncoding.DecodeString(d.P256DH)
	if err != nil {
		return nil, nil, errs.Wrap(errs.Gone, err, "the device has no usable key")
	}
	key, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return nil, nil, errs.Wrap(errs.Gone, err, "the device has no usable key")
	}
	secret, err := base64.RawURLEncoding.DecodeString(d.Auth)
	if err != nil {
		return nil, nil, errs.Wrap(errs.Gone, err, "the device has no usable secret")
	}
	return key, secret, nil
}

func sealWith(theirs *ecdh.PublicKey, secret []byte, ours *ecdh.PrivateKey, salt, payload []byte) ([]byte, error) {
	shared, err := ours.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	mine := ours.PublicKey().Bytes()
	info := "WebPush: info\x00" + string(theirs.Bytes()) + string(mine)
	input, err := hkdf.Key(sha256.New, shared, secret, info, sha256.Size)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	if len(payload)+1+gcm.Overhead() > recordSize-saltSize-5-len(mine) {
		return nil, fmt.Errorf("a message of %d bytes does not fit into a record", len(payload))
	}
	out := append(bytes.Clone(salt), binary.BigEndian.AppendUint32(nil, recordSize)...)
	out = append(append(out, byte(len(mine))), mine...)
	const last = 2 // the delimiter of the last record
	return gcm.Seal(out, nonce, append(bytes.Clone(payload), last), nil), nil
}
