package auth

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// Authenticator finds out who asks.
type Authenticator struct {
	Sessions Identifier
	Site     instance.Site
	// ClientIP is the address of who asks, behind trusted proxies too; nil
	// is that of the connection.
	ClientIP func(*http.Request) string
	Now      func() time.Time
	Log      *slog.Logger

	cache  cache
	origin http.CrossOriginProtection
}

// Identifier is user.Sessions, as this package needs it.
type Identifier interface {
	Identify(ctx context.Context, token string, from user.Device) (*user.Identity, error)
}

// Refuse answers a request that is refused.
type Refuse func(w http.ResponseWriter, r *http.Request, err error)

// Authenticate is the middleware of the API: who asks is known by a bearer
// token or by a browser's cookie.
func (a *Authenticator) Authenticate(next http.Handler) http.Handler {
	return a.middleware(next, a.fromBearerOrCookie, func(w http.ResponseWriter, r *http.Request, err error) {
		rest.Problem(w, r, a.Log, err)
	})
}

// Pages returns the middleware of pages: who asks is known by the cookie, and
// forms are taken from the site's own pages only, logged in or not.
func (a *Authenticator) Pages(refuse Refuse) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return a.middleware(next, func(w http.ResponseWriter, r *http.Request) (identity, error) {
			if err := a.sameOrigin(r); err != nil {
				return identity{}, err
			}
			return a.fromCookie(w, r)
		}, refuse)
	}
}

// Forget lets the next request of a user look at the database again. Other
// nodes notice within seconds.
func (a *Authenticator) Forget(id user.ID) { a.cache.forget(id) }

// Device is where a request comes from.
func (a *Authenticator) Device(r *http.Request) user.Device {
	return user.Device{Agent: strings.ToValidUTF8(r.UserAgent(), ""), IP: a.IP(r)}
}

// IP is the address of who asks.
func (a *Authenticator) IP(r *http.Request) string {
	if a.ClientIP != nil {
		return a.ClientIP(r)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func (a *Authenticator) middleware(next http.Handler, find func(http.ResponseWriter, *http.Request) (identity, error), refuse Refuse) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := find(w, r)
		if err != nil {
			refuse(w, r, err)
			return
		}
		if id.user != nil {
			r = r.WithContext(context.WithValue(r.Context(), identityKey{}, id))
		}
		next.ServeHTTP(w, r)
	})
}

func (a *Authenticator) fromBearerOrCookie(w http.ResponseWriter, r *http.Request) (identity, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return a.fromCookie(w, r)
	}
	id, err := a.fromBearer(r, header)
	if err != nil && ignoresTokens(r.URL.Path) && !errs.Is(err, errs.Internal) {
		return identity{}, nil
	}
	return id, err
}

func (a *Authenticator) fromBearer(r *http.Request, header string) (identity, error) {
	scheme, token, ok := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return identity{}, errs.New(errs.Invalid, "Token is invalid").WithCode("invalid_request")
	}
	id, err := a.identify(r, token)
	if err != nil {
		return identity{}, err
	}
	if id.Session.Kind != user.OAuth { // a cookie is no bearer token: it would go around the CSRF check
		return identity{}, errs.New(errs.Unauthorized, "Token is invalid").WithCode("invalid_token")
	}
	return identity{user: id.User, session: id.Session}, nil
}

// identify looks in the cache first: then a request costs no query.
func (a *Authenticator) identify(r *http.Request, token string) (*user.Identity, error) {
	key, now := tokenKey(sha256.Sum256([]byte(token))), a.Now()
	if id := a.cache.get(key, now); id != nil {
		return id, nil
	}
	id, err := a.Sessions.Identify(r.Context(), token, a.Device(r))
	if err != nil {
		return nil, err
	}
	kept := *id
	kept.Renewed = false
	a.cache.put(key, &kept, now)
	return id, nil
}

// ignoresTokens reports whether a path of the API takes no notice of tokens.
// Programs send an expired one along when they ask for another.
func ignoresTokens(path string) bool {
	path = strings.TrimPrefix(path, "/api/v1")
	switch path {
	case "/ping", "/config", "/config/about", "/oauth-clients/local", "/users/token", "/users/register",
		"/users/registrations/request", "/users/ask-send-verify-email", "/users/registrations/ask-send-verify-email",
		"/users/ask-reset-password", "/users/autocomplete":
		return true
	}
	return strings.HasPrefix(path, "/users/") && (strings.HasSuffix(path, "/verify-email") || strings.HasSuffix(path, "/reset-password"))
}
