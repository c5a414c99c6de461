package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"sepiola/internal/errs"
)

// errPrivate is the cause when a name leads to an address that is not asked.
var errPrivate = errors.New("not an address of another site")

func (c *Client) transport() *http.Transport {
	guarded := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, Control: c.guard}
	free := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		// No proxy of the environment: it would resolve names behind the guard.
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			if fixed := c.Hosts[strings.ToLower(host)]; fixed != "" {
				return free.DialContext(ctx, network, fixed)
			}
			return guarded.DialContext(ctx, network, address)
		},
		TLSClientConfig:        &tls.Config{RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  deliveryTimeout,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    2,
		MaxConnsPerHost:        perHost * 2,
		IdleConnTimeout:        30 * time.Second,
		WriteBufferSize:        8 << 10,
		ReadBufferSize:         8 << 10,
	}
}

// guard is called with the address that is about to be dialled, after the name
// was resolved: what the DNS said before or says later does not matter.
func (c *Client) guard(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return errs.Wrap(errs.Forbidden, errPrivate, "this address is not asked")
	}
	if c.allowed(a.Addr()) {
		return nil
	}
	if !public(a.Addr()) || a.Port() != 443 && (a.Port() != 80 || !c.Plain) {
		return errs.Wrap(errs.Forbidden, errPrivate, "this address is not asked")
	}
	return nil
}
