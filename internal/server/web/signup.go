package web

import (
	"cmp"
	"net/http"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/people"
	"sepiola/internal/server/web/ui"
)

// signupForm serves GET /signup.
func (s *Pages) signupForm(w http.ResponseWriter, r *http.Request) error {
	if auth.User(r.Context()) != nil {
		return back(w, r, "/", "")
	}
	if err := s.Users.SignupAllowed(r.Context(), s.Auth.IP(r)); err != nil {
		return s.signupClosed(w, r, err)
	}
	p := s.newPage(r, "web.signup.title")
	return s.ok(w, r, people.Signup(p, s.signupView(ui.Form{})))
}

// signupClosed says why nobody, or not this one, may register.
func (s *Pages) signupClosed(w http.ResponseWriter, r *http.Request, err error) error {
	if errs.Is(err, errs.Internal) {
		return err
	}
	p := s.newPage(r, "web.signup.closed")
	return s.again(w, r, err, people.Message(p, p.Problem(err), "/", p.T("web.problem.home")))
}

func (s *Pages) signupView(f ui.Form) people.SignupView {
	policy := s.Policy()
	return people.SignupView{
		Form: f, Host: s.Site.Host, Approval: policy.Signup.Approval, MinimumAge: policy.Signup.MinimumAge,
		MinPassword: policy.MinPassword, Terms: s.Settings().Terms, Markdown: s.Markdown,
	}
}

// signup serves POST /signup.
func (s *Pages) signup(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.signup.title")
	ip := s.Auth.IP(r)
	if err := s.Users.SignupAllowed(r.Context(), ip); err != nil {
		return s.signupClosed(w, r, err)
	}
	if !f.Checked("agree") {
		f.Errors = map[string]string{"agree": p.T("web.signup.must_agree")}
		f.Error = p.T("web.form.mistakes")
		return s.render(w, r, http.StatusBadRequest, people.Signup(p, s.signupView(f)))
	}
	in := newRegistration(f)
	in.Language = p.Tag // letters are written in it
	if s.Policy().Signup.Approval {
		_, err = s.Users.RequestRegistration(r.Context(), in, ip)
	} else {
		_, err = s.Users.Register(r.Context(), in, ip)
	}
	if err != nil {
		return s.again(w, r, err, people.Signup(p, s.signupView(signupFailed(f, p, err))))
	}
	return s.signedUp(w, r, f, p)
}

// signupFailed says what was wrong beside the fields.
func signupFailed(f ui.Form, p *ui.Page, err error) ui.Form {
	why := errs.As(err)
	switch {
	case why != nil && len(why.Reason) > 0 && (why.Reason[0] == user.ReasonChannelTaken || why.Reason[0] == user.ReasonChannelLikeUser):
		err = errs.Fields(errs.Param{Name: people.ChannelName, Msg: why.Msg, Reason: why.Reason})
	case errs.Is(err, errs.Conflict):
		err = errs.Field("username", "%s", p.T("web.signup.taken"))
	}
	f = f.Failed(p, err, map[string]string{"channel.name": people.ChannelName, "channel.displayName": people.ChannelTitle})
	if f.Invalid(people.ChannelName) != "" && f.Value(people.ChannelName) == "" {
		f.Errors[people.ChannelName] = p.T("web.signup.channel_needs_handle")
	}
	return f
}

func newRegistration(f ui.Form) user.NewRegistration {
	in := user.NewRegistration{
		Username: f.Value("username"), Password: f.Value("password"), Email: f.Value("email"), Reason: f.Value("registrationReason"),
	}
	if name := f.Value("displayName"); name != "" {
		in.DisplayName = &name
	}
	// A channel with nothing but a handle is shown by it.
	if name, title := f.Value(people.ChannelName), f.Value(people.ChannelTitle); name != "" || title != "" {
		in.Channel = &user.NewChannel{Name: name, DisplayName: cmp.Or(title, name)}
	}
	return in
}

// signedUp goes on after a registration: to a text that says what comes, or
// straight in.
func (s *Pages) signedUp(w http.ResponseWriter, r *http.Request, f ui.Form, p *ui.Page) error {
	email := f.Value("email")
	switch policy := s.Policy(); {
	case policy.Signup.Approval && policy.Signup.EmailVerification:
		p.Title = p.T("web.signup.requested")
		texts := []string{p.T("web.signup.requested_text"), p.T("web.signup.requested_link", "email", email)}
		return s.ok(w, r, people.CheckMail(p, texts, email))
	case policy.Signup.Approval:
		p.Title = p.T("web.signup.requested")
		return s.ok(w, r, people.Message(p, p.T("web.signup.requested_text"), "/", p.T("web.problem.home")))
	case policy.Signup.EmailVerification:
		p.Title = p.T("web.signup.check_mail")
		return s.ok(w, r, people.CheckMail(p, []string{p.T("web.signup.check_mail_text", "email", email)}, email))
	}
	tokens, _, err := s.Sessions.LogIn(r.Context(), user.Credentials{
		Login: f.Value("username"), Password: f.Value("password"), Kind: user.Browser, From: s.Auth.Device(r),
	})
	if err != nil {
		return back(w, r, "/login", "")
	}
	s.Auth.SetSession(w, tokens)
	return back(w, r, "/", "welcome")
}
