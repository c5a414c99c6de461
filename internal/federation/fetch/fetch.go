// Package fetch is the only way out of this site to others: HTTP that cannot
// be led to private addresses, is bounded in time, size and number, and is
// signed the way the other side accepts.
//
// Client.Get reads ActivityPub objects (client.go), Client.Raw and Copy what
// is public and not signed, such as pictures and NodeInfo (raw.go),
// Client.Post delivers (post.go). All of them check the URL (address.go) and,
// after the name was resolved, the address that is really dialled (dial.go).
// budget.go bounds how much one host is asked, how much one activity may cause
// (WithBudget), and how much memory answers take.
//
// Errors have the kinds of errs: NotFound and Gone for 404 and 410, Forbidden
// for 401 and 403, Unavailable for what may work later (no answer, 5xx, a host
// whose breaker is open), TooMany for a budget that is used up, TooLarge and
// UnsupportedType for bodies, and Invalid for what will never work.
//
// Not here: what an answer means (activity) and what is kept of it (remote).
package fetch

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"sepiola/internal/domain/peer"
	"sepiola/internal/federation/httpsig"
)

// Bounds of what is fetched.
const (
	// MaxDocument is the size of an ActivityPub object, in bytes; PeerTube's.
	MaxDocument = 3 << 20
	// Timeout is for one request with its answer; PeerTube's.
	Timeout = 7 * time.Second
	// Total is for a fetch with its redirections and its second try.
	Total = 15 * time.Second
	// MaxRedirects is how many of them are followed.
	MaxRedirects = 5
	// deliveryTimeout is longer: some servers work before they answer.
	deliveryTimeout = 15 * time.Second
	maxHeader       = 64 << 10
	maxURL          = 2000
	// errorBody is how much of an answer to a delivery is read.
	errorBody = 4 << 10
)

// Accept is what is asked for when an ActivityPub object is wanted.
const Accept = `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

// Client asks other sites. Its fields are set before the first use.
type Client struct {
	// Sign returns what Get signs with: the site's own actor. nil does not
	// sign.
	Sign func(ctx context.Context) (httpsig.Signer, error)
	// Servers knows which form of signatures a host takes and whether it
	// answers at all. It may be nil.
	Servers peer.Servers
	// Allowed are networks that are reached although they are private, on any
	// port (federation.allowed_networks).
	Allowed []netip.Prefix
	// Hosts are names whose address is not asked of the DNS
	// (federation.hosts): host without port to ip:port.
	Hosts map[string]string
	// Plain allows http and port 80: only when this site itself is reached
	// so.
	Plain bool
	// RootCAs are the authorities that are believed; nil are the system's.
	RootCAs   *x509.CertPool
	UserAgent string
	Log       *slog.Logger
	Now       func() time.Time

	once  sync.Once
	web   *http.Client
	hosts *hosts
	// troubles are what hosts answered badly.
	troubles *troubles
	flights  singleflight.Group
	failed   *failures
	memory   *semaphore.Weighted
}

// Options say what Get accepts.
type Options struct {
	// Max is the size of the body in bytes; 0 is MaxDocument.
	Max int64
	// Accept is the header; "" is Accept.
	Accept string
	// Types are the content types that are taken; nil are ActivityPub's.
	Types []string
	// Unsigned does not sign.
	Unsigned bool
	// Force asks a host although its breaker is open, and a URL although it
	// failed just now: when a person waits for it.
	Force bool
}

// Response is an answer. It may be shared between callers: Body is not to be
// changed.
type Response struct {
	// URL is where it was found, after redirections.
	URL string
	// Type is the content type without parameters, lower case.
	Type string
	Body []byte
}

func (c *Client) start() {
	c.once.Do(func() {
		c.web = &http.Client{
			Transport:     c.transport(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		c.hosts = newHosts(c.now)
		c.troubles = newTroubles(c.now)
		c.failed = newFailures(c.now)
		c.memory = semaphore.NewWeighted(memoryBudget)
	})
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c *Client) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}
