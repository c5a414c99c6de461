package auth

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

const (
	// CookieName is the cookie of a browser's session.
	CookieName = "sepiola_session"
	// CSRFField is the field of forms that carries the CSRF token.
	CSRFField = "csrf"
	// CSRFHeader is the header of scripts that carries the CSRF token.
	CSRFHeader = "X-CSRF-Token"
)

// SetSession gives the browser the cookie of a session that was just started.
func (a *Authenticator) SetSession(w http.ResponseWriter, t *user.Tokens) {
	http.SetCookie(w, a.cookie(t.Access, t.AccessIn))
}

// ClearSession takes the cookie away. The session itself is ended by
// user.Sessions.Revoke.
func (a *Authenticator) ClearSession(w http.ResponseWriter) {
	http.SetCookie(w, a.cookie("", -time.Second)) // a negative age removes it
}

func (a *Authenticator) cookie(token string, life time.Duration) *http.Cookie {
	return &http.Cookie{ // Secure wherever the site has TLS; it may be tried without
		Name: CookieName, Value: token, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: a.Site.Secure(), SameSite: http.SameSiteLaxMode,
	}
}

// fromCookie finds out who asks from the cookie. One that is worth nothing is
// taken away, and the request goes on as nobody's.
func (a *Authenticator) fromCookie(w http.ResponseWriter, r *http.Request) (identity, error) {
	token := sessionCookie(r)
	if token == "" {
		return identity{}, nil
	}
	id, err := a.identify(r, token)
	if errs.Is(err, errs.Unauthorized) || err == nil && id.Session.Kind != user.Browser {
		a.ClearSession(w)
		return identity{}, nil
	}
	if err != nil {
		return identity{}, err
	}
	if id.Renewed {
		http.SetCookie(w, a.cookie(token, id.Session.AccessExpiresAt.Sub(a.Now())))
	}
	if err := a.checkCSRF(w, r, token); err != nil {
		return identity{}, err
	}
	return identity{user: id.User, session: id.Session, cookie: token}, nil
}

func sessionCookie(r *http.Request) string {
	c, err := r.Cookie(CookieName)
	if err != nil {
		return ""
	}
	return c.Value
}

// csrfToken is bound to a session by being made of its secret.
func csrfToken(session string) string {
	mac := hmac.New(sha256.New, []byte(session))
	mac.Write([]byte("csrf"))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// checkCSRF lets requests that change something through only if they come
// from the site's own pages: by what the browser says of their origin, and by
// the session's token. The body of a multipart form is not read ahead, so there
// the browser's word that it comes from here has to do.
func (a *Authenticator) checkCSRF(w http.ResponseWriter, r *http.Request, session string) error {
	if safe(r.Method) {
		return nil
	}
	if err := a.sameOrigin(r); err != nil {
		return err
	}
	got := r.Header.Get(CSRFHeader)
	if got == "" {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		switch kind {
		case "multipart/form-data":
			if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
				return nil
			}
		case "application/x-www-form-urlencoded":
			var err error
			if got, err = formToken(w, r); err != nil {
				return err
			}
		}
	}
	if !hmac.Equal([]byte(got), []byte(csrfToken(session))) {
		return errForeign(errors.New("the CSRF token is missing or wrong"))
	}
	return nil
}

// formToken reads the token of a form and leaves the body as it was.
func formToken(w http.ResponseWriter, r *http.Request) (string, error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, rest.MaxBody))
	if err != nil {
		return "", errs.Wrap(errs.TooLarge, err, "request entity too large")
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	values, err := url.ParseQuery(string(b))
	if err != nil {
		return "", errs.Wrap(errs.Invalid, err, "the form cannot be read")
	}
	return values.Get(CSRFField), nil
}

// sameOrigin refuses changes that other sites' pages ask for.
func (a *Authenticator) sameOrigin(r *http.Request) error {
	if r.Header.Get("Origin") == a.Site.URL("") {
		return nil // behind a proxy the Host may be another
	}
	if err := a.origin.Check(r); err != nil {
		return errForeign(err)
	}
	return nil
}

func errForeign(cause error) error {
	return errs.Wrap(errs.Forbidden, cause, "This did not come from a page of this site. Reload the page and try again.").WithCode("invalid_csrf")
}
