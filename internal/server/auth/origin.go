package auth

import "net/http"

// FromHere refuses changes that pages of other sites ask for, also of people
// who are not logged in: nobody can be logged in as somebody else from
// elsewhere. The error is errs.Forbidden.
func (a *Authenticator) FromHere(r *http.Request) error {
	if safe(r.Method) {
		return nil
	}
	return a.sameOrigin(r)
}
