// Package auth knows who asks: it reads bearer tokens and session cookies,
// and says no where somebody is needed.
//
// Authenticator.Authenticate puts the outcome into the request's context;
// handlers read it with User, or are wrapped by Required or RequiredRight. A
// token that is sent but wrong is refused even where none is needed, as
// PeerTube does. Whom a cookie made known must also send the session's CSRF
// token to change anything.
//
// Users found here are shared by requests for some seconds: never change them.
package auth

import (
	"context"
	"net/http"
	"strings"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

type identityKey struct{}

// identity is what Authenticate found.
type identity struct {
	user    *user.User
	session *user.Session
	cookie  string // only of browsers
}

// WithUser returns a context in which u asks. Tests use it too.
func WithUser(ctx context.Context, u *user.User) context.Context {
	return context.WithValue(ctx, identityKey{}, identity{user: u})
}

// User returns who asks, or nil for nobody.
func User(ctx context.Context) *user.User {
	id, _ := ctx.Value(identityKey{}).(identity)
	return id.user
}

// Session returns the session of who asks, or nil.
func Session(ctx context.Context) *user.Session {
	id, _ := ctx.Value(identityKey{}).(identity)
	return id.session
}

// CSRFToken returns what forms and scripts of a logged-in browser send along
// with changes (CSRFField, CSRFHeader). Empty for API clients and for nobody.
func CSRFToken(ctx context.Context) string {
	id, _ := ctx.Value(identityKey{}).(identity)
	if id.cookie == "" {
		return ""
	}
	return csrfToken(id.cookie)
}

// Required lets only people through who are logged in.
func Required(h rest.HandlerFunc) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if User(r.Context()) == nil {
			return errs.New(errs.Unauthorized, "Token is invalid").WithCode("unauthorized_request")
		}
		return h(w, r)
	}
}

// RequiredRight lets only people through who have a right.
func RequiredRight(right user.Right, h rest.HandlerFunc) rest.HandlerFunc {
	return Required(func(w http.ResponseWriter, r *http.Request) error {
		if !User(r.Context()).Has(right) {
			return errs.New(errs.Forbidden, "User %s does not have right %d to access to %s.", User(r.Context()).Username, right, pathInResource(r.URL.Path))
		}
		return h(w, r)
	})
}

// pathInResource is what PeerTube calls the path in its messages: what follows
// the name of the resource (/api/v1/users/4 is "/4").
func pathInResource(path string) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(path, "/api/v1"), "/")
	_, rest, _ = strings.Cut(rest, "/")
	return "/" + rest
}
