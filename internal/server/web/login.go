package web

import (
	"net/http"

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

// login serves POST /login. People with two-factor are asked for their code in
// a second step, which sends the password again.
func (s *Pages) login(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	from := s.Auth.Device(r)
	if _, err := s.Limits.Login(r.Context(), from.IP); err != nil {
		return s.loginFailed(w, r, f, err)
	}
	tokens, u, err := s.Sessions.LogIn(r.Context(), user.Credentials{
		Login: f.Value("username"), Password: f.Value("password"), OTP: digits(f.Value("otp")), Kind: user.Browser, From: from,
	})
	if err != nil {
		return s.loginFailed(w, r, f, err)
	}
	s.Auth.SetSession(w, tokens)
	s.rememberChoices(w, u)
	return back(w, r, f.Value("to"), "")
}

func (s *Pages) loginFailed(w http.ResponseWriter, r *http.Request, f ui.Form, err error) error {
	p := s.newPage(r, "web.login.title")
	p.NoIndex = true
	code := ""
	if e := errs.As(err); e != nil {
		code = e.Code
	}
	otp := code == "missing_two_factor" || code == "invalid_two_factor"
	switch code {
	case "missing_two_factor":
		p.Title = p.T("web.login.otp_title")
	case "invalid_two_factor":
		f.Errors = map[string]string{"otp": p.Problem(err)}
	case "invalid_grant":
		f.Errors = map[string]string{"password": p.Problem(err)}
	default:
		f = f.Failed(p, err, nil)
	}
	return s.again(w, r, err, people.Login(p, f, otp))
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
