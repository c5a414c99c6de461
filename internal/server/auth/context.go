// Package auth knows who asks: it reads bearer tokens and session cookies,
// and says no where somebody is needed.
//
// Authenticate puts the outcome into the request's context; handlers read it
// with User, or are wrapped by Required or RequiredRight. A token that is sent
// but wrong is refused even where none is needed, as PeerTube does.
package auth

import (
	"context"
	"net/http"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

type identityKey struct{}

// identity is what Authenticate found.
type identity struct {
	user      *user.User
	sessionID int64
	err       error
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

// Required lets only people through who are logged in.
func Required(h rest.HandlerFunc) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, _ := r.Context().Value(identityKey{}).(identity)
		if id.err != nil {
			return id.err
		}
		if id.user == nil {
			return errs.New(errs.Unauthorized, "Token is invalid").WithCode("unauthorized_request")
		}
		return h(w, r)
	}
}

// RequiredRight lets only people through who have a right.
func RequiredRight(right user.Right, h rest.HandlerFunc) rest.HandlerFunc {
	return Required(func(w http.ResponseWriter, r *http.Request) error {
		if !User(r.Context()).Has(right) {
			return errs.New(errs.Forbidden, "User %s does not have right %d to access to %s.", User(r.Context()).Username, right, r.URL.Path)
		}
		return h(w, r)
	})
}
