package web

import (
	"net/http"
	"net/url"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/people"
	"sepiola/internal/server/web/ui"
)

// loginForm serves GET /login.
func (s *Pages) loginForm(w http.ResponseWriter, r *http.Request) error {
	to := localPath(r.URL.Query().Get("to"))
	if auth.User(r.Context()) != nil {
		return back(w, r, to, "")
	}
	p := s.newPage(r, "web.login.title")
	p.NoIndex, p.Here = true, to
	return s.ok(w, r, people.Login(p, ui.Form{Values: r.URL.Query()}, false))
}

// login serves POST /login: the first step, which is all for people without
// two-factor.
func (s *Pages) login(w http.ResponseWriter, r *http.Request) error {
	f, err := s.loginTry(w, r)
	if err != nil {
		return s.loginFailed(w, r, f, err)
	}
	e, err := s.Sessions.Enter(r.Context(), user.Credentials{
		Login: f.Value("username"), Password: f.Value("password"), Kind: user.Browser, From: s.Auth.Device(r),
	})
	if err != nil {
		return s.loginFailed(w, r, f, err)
	}
	if e.Pending != "" {
		s.setStep(w, e.Pending, user.CodeWithin)
		return back(w, r, codePath+"?"+url.Values{"to": {localPath(f.Value("to"))}}.Encode(), "")
	}
	return s.loggedIn(w, r, f, e.Tokens, e.User)
}

// loginTry reads the form of one of the steps and counts the try.
func (s *Pages) loginTry(w http.ResponseWriter, r *http.Request) (ui.Form, error) {
	f, err := form(w, r)
	if err != nil {
		return f, err
	}
	if err := s.Auth.FromHere(r); err != nil {
		return f, err
	}
	_, err = s.Limits.Login(r.Context(), s.Auth.IP(r))
	return f, err
}

func (s *Pages) loggedIn(w http.ResponseWriter, r *http.Request, f ui.Form, tokens *user.Tokens, u *user.User) error {
	s.Auth.SetSession(w, tokens)
	s.rememberChoices(w, u)
	return back(w, r, f.Value("to"), "")
}

func (s *Pages) loginFailed(w http.ResponseWriter, r *http.Request, f ui.Form, err error) error {
	p := s.newPage(r, "web.login.title")
	p.NoIndex = true
	e := errs.As(err)
	if e != nil && e.Code == "invalid_grant" {
		f.Errors = map[string]string{"password": p.Problem(err)}
	} else {
		f = f.Failed(p, err, nil)
	}
	return s.again(w, r, err, people.Login(p, f, e != nil && e.Code == "email_not_verified"))
}

// digits drops what people put between the digits of a code.
func digits(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// logout serves POST /logout.
func (s *Pages) logout(w http.ResponseWriter, r *http.Request) error {
	if ses := auth.Session(r.Context()); ses != nil {
		if err := s.Sessions.Revoke(r.Context(), ses); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		s.Auth.Forget(ses.UserID)
	}
	s.Auth.ClearSession(w)
	return back(w, r, "/", "logged_out")
}
