package web

import (
	"net/http"
	"net/url"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/people"
	"sepiola/internal/server/web/ui"
)

const (
	codePath = "/login/code"
	// stepCookie holds, sealed, whose password was right until the code
	// comes. It goes to codePath only and never with requests from elsewhere.
	stepCookie = "sepiola_login"
)

// setStep gives the browser what Sessions.EnterCode takes; a life below zero
// takes it away.
func (s *Pages) setStep(w http.ResponseWriter, pending string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{ // Secure wherever the site has TLS; it may be tried without
		Name: stepCookie, Value: pending, Path: codePath, MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: s.Site.Secure(), SameSite: http.SameSiteStrictMode,
	})
}

func pendingStep(r *http.Request) string {
	c, err := r.Cookie(stepCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// codeForm serves GET /login/code: the second step of a login.
func (s *Pages) codeForm(w http.ResponseWriter, r *http.Request) error {
	to := localPath(r.URL.Query().Get("to"))
	if auth.User(r.Context()) != nil {
		return back(w, r, to, "")
	}
	if !s.Sessions.StepPending(r.Context(), pendingStep(r)) {
		return s.beginAnew(w, r, to)
	}
	p := s.codePage(r)
	p.Here = to
	return s.ok(w, r, people.LoginCode(p, ui.Form{Values: url.Values{"to": {to}}}))
}

func (s *Pages) codePage(r *http.Request) *ui.Page {
	p := s.newPage(r, "web.login.otp_title")
	p.NoIndex = true
	return p
}

// beginAnew leads back to the first step.
func (s *Pages) beginAnew(w http.ResponseWriter, r *http.Request, to string) error {
	s.setStep(w, "", -time.Second)
	return back(w, r, "/login?"+url.Values{"to": {to}}.Encode(), "login_over")
}

// enterCode serves POST /login/code.
func (s *Pages) enterCode(w http.ResponseWriter, r *http.Request) error {
	f, err := s.loginTry(w, r)
	if err != nil {
		return s.codeFailed(w, r, f, err)
	}
	tokens, u, err := s.Sessions.EnterCode(r.Context(), pendingStep(r), digits(f.Value("otp")), user.Browser, s.Auth.Device(r))
	if err != nil {
		return s.codeFailed(w, r, f, err)
	}
	s.setStep(w, "", -time.Second)
	return s.loggedIn(w, r, f, tokens, u)
}

func (s *Pages) codeFailed(w http.ResponseWriter, r *http.Request, f ui.Form, err error) error {
	code := ""
	if e := errs.As(err); e != nil {
		code = e.Code
	}
	p := s.codePage(r)
	switch code {
	case "login_step_over":
		return s.beginAnew(w, r, localPath(f.Value("to")))
	case "invalid_two_factor":
		f.Errors = map[string]string{"otp": p.Problem(err)}
	default:
		f = f.Failed(p, err, nil)
	}
	return s.again(w, r, err, people.LoginCode(p, f))
}
