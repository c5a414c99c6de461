package fetch

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"sepiola/internal/errs"
)

func TestAddressesOfTheInternet(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"8.8.8.8": true, "93.184.216.34": true, "2a00:1450:4001:82f::200e": true, "::ffff:8.8.8.8": true, "64:ff9b::808:808": true, "2002:808:808::1": true,
		"127.0.0.1": false, "10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "0.0.0.0": false,
		"0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "192.0.2.1": false, "198.18.0.1": false, "192.88.99.1": false,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12:3456::1": false, "ff02::1": false, "fec0::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b::a00:1": false, "64:ff9b:1::1": false,
		"2002:7f00:1::": false, "2002:a00:1::1": false, "2001::1": false, "2001:db8::1": false, "3fff::1": false, "100::1": false, "::7f00:1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("public(%s) = %v, want %v", text, got, want)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestOnlyTheUsualPortsAreDialled(t *testing.T) {
	t.Parallel()
	c := &Client{}
	for address, want := range map[string]bool{
		"8.8.8.8:443": true, "8.8.8.8:80": false, "8.8.8.8:22": false, "127.0.0.1:443": false, "[2a00:1450::1]:443": true, "x": false, "[fe80::1%lo]:443": false,
	} {
		if err := c.guard("tcp", address, nil); (err == nil) != want {
			t.Errorf("%s: got %v", address, err)
		}
	}
	c.Plain = true
	if err := c.guard("tcp", "8.8.8.8:80", nil); err != nil {
		t.Errorf("port 80 of a site over http: %v", err)
	}
	c.Allowed = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	if err := c.guard("tcp", "127.0.0.9:4443", nil); err != nil {
		t.Errorf("an allowed network: %v", err)
	}
	if err := c.guard("tcp", "10.0.0.9:443", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("another network: %v", err)
	}
}

// A host that sends a byte a second is waited for no longer than Timeout.
func TestAnswersThatDrip(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &Client{Plain: true}
		c.start()
		c.web.Transport = &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go drip(there)
			return here, nil
		}}
		start := time.Now()
		_, err := c.Get(t.Context(), "http://example.com/", Options{})
		if took := time.Since(start); !errs.Is(err, errs.Unavailable) || took > Timeout {
			t.Errorf("got %v after %v", err, took)
		}
		start = time.Now()
		_, err = c.Raw(t.Context(), "http://example.com/", 1000)
		if took := time.Since(start); !errs.Is(err, errs.Unavailable) || took > Total {
			t.Errorf("Raw: got %v after %v", err, took)
		}
		c.web.CloseIdleConnections()
		time.Sleep(time.Minute)
	})
}

func drip(conn net.Conn) {
	defer conn.Close()
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 1000\r\n\r\n")
	for range 1000 {
		if _, err := conn.Write([]byte("x")); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func TestAFloodOfOneHostWaitsOrIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHosts(time.Now)
		start, refused := time.Now(), 0
		for range burst + 3*perSecond {
			leave, err := h.enter(t.Context(), "a.test", false)
			if err != nil {
				refused++
				continue
			}
			leave()
		}
		if took := time.Since(start); refused > 0 || took < 2900*time.Millisecond || took > 4*time.Second {
			t.Errorf("%d refused after %v, want none after 3 s", refused, took)
		}
		if _, err := h.enter(t.Context(), "b.test", false); err != nil {
			t.Errorf("another host: %v", err)
		}
	})
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	h := newHosts(func() time.Time { now = now.Add(time.Second); return now })
	f, b := newFailures(func() time.Time { return now }), newTroubles(func() time.Time { return now })
	for i := range 3 * maxHosts {
		name := netip.AddrFrom4([4]byte{1, byte(i >> 16), byte(i >> 8), byte(i)}).String()
		if leave, err := h.enter(t.Context(), name, false); err == nil {
			leave()
		}
		f.put(name, errs.New(errs.NotFound, "no"), 0)
		b.failed(name, "https://"+name)
	}
	if len(h.all) > maxHosts || len(f.all) > maxFailures || len(b.all) > maxHosts {
		t.Errorf("%d hosts, %d failures, %d in trouble", len(h.all), len(f.all), len(b.all))
	}
}
