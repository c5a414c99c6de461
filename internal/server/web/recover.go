package web

import (
	"context"
	"net/http"
	"strconv"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/web/people"
	"sepiola/internal/server/web/ui"
)

// recoverForm serves GET /recover-password.
func (s *Pages) recoverForm(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.recover.title")
	return s.ok(w, r, people.Email(p, ui.Form{}, "/recover-password", p.T("web.recover.text"), p.T("web.recover.do")))
}

// askRecover serves POST /recover-password. Nobody learns who has an account.
func (s *Pages) askRecover(w http.ResponseWriter, r *http.Request) error {
	return s.askMail(w, r, "web.recover", "/recover-password", s.Users.AskResetPassword)
}

// askVerifyForm serves GET /verify-account/ask-send-email.
func (s *Pages) askVerifyForm(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.ask_verify.title")
	return s.ok(w, r, people.Email(p, ui.Form{}, people.AskVerify, p.T("web.ask_verify.text"), p.T("web.ask_verify.do")))
}

// askVerify serves POST /verify-account/ask-send-email, for users and for
// those who wait to become one.
func (s *Pages) askVerify(w http.ResponseWriter, r *http.Request) error {
	return s.askMail(w, r, "web.ask_verify", people.AskVerify, func(ctx context.Context, email string) error {
		if err := s.Users.AskVerifyEmail(ctx, email); err != nil {
			return err
		}
		return s.Users.AskVerifyRegistration(ctx, email)
	})
}

func (s *Pages) askMail(w http.ResponseWriter, r *http.Request, words, action string, ask func(context.Context, string) error) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	p := s.newPage(r, words+".title")
	if _, err = s.Limits.AskEmail(r.Context(), s.Auth.IP(r)); err == nil {
		err = ask(r.Context(), f.Value("email"))
	}
	if err != nil {
		return s.again(w, r, err, people.Email(p, f.Failed(p, err, nil), action, p.T(words+".text"), p.T(words+".do")))
	}
	return s.ok(w, r, people.Message(p, p.T(words+".sent"), "/login", p.T("web.nav.login")))
}

// resetForm serves GET /reset-password, where the link of a mail leads.
func (s *Pages) resetForm(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.reset.title")
	p.NoIndex, p.Here = true, "/"
	return s.ok(w, r, people.Reset(p, ui.Form{Values: r.URL.Query()}, s.Policy().MinPassword, false))
}

// reset serves POST /reset-password.
func (s *Pages) reset(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	err = s.Users.ResetPassword(r.Context(), user.ID(number(f, "userId")), f.Value("verificationString"), f.Value("password"))
	if err != nil {
		p := s.newPage(r, "web.reset.title")
		f = f.Failed(p, err, nil)
		expired := linkExpired(err)
		if expired {
			f.Error = p.T("web.reset.expired")
		}
		return s.again(w, r, err, people.Reset(p, f, s.Policy().MinPassword, expired))
	}
	return back(w, r, "/login", "password_set")
}

// verifyEmailForm serves GET /verify-account/email, where the link of a mail
// leads.
func (s *Pages) verifyEmailForm(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.verify.title")
	p.NoIndex, p.Here = true, "/"
	return s.ok(w, r, people.Verify(p, ui.Form{Values: r.URL.Query()}, false))
}

// verifyEmail serves POST /verify-account/email.
func (s *Pages) verifyEmail(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	token := f.Value("verificationString")
	if id := number(f, "registrationId"); id != 0 {
		err = s.Users.VerifyRegistration(r.Context(), user.RegistrationID(id), token)
	} else {
		err = s.Users.VerifyEmail(r.Context(), user.ID(number(f, "userId")), token, f.Value("isPendingEmail") == "true")
	}
	p := s.newPage(r, "web.verify.title")
	if err != nil {
		f = f.Failed(p, err, nil)
		expired := linkExpired(err)
		if expired {
			f.Error = p.T("web.reset.expired")
		}
		return s.again(w, r, err, people.Verify(p, f, expired))
	}
	return s.ok(w, r, people.Message(p, p.T("web.verify.done"), "/", p.T("web.problem.home")))
}

// linkExpired reports whether the link of a letter is worth nothing: too old,
// used, or never sent, which nobody is told apart.
func linkExpired(err error) bool { return errs.Is(err, errs.Forbidden) || errs.Is(err, errs.NotFound) }

// number reads a number of a form; what is none is 0.
func number(f ui.Form, name string) int64 {
	n, err := strconv.ParseInt(f.Value(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
