package web

import (
	"net/http"
	"net/url"

	"github.com/boombuler/barcode/qr"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/ui"
)

// twoFactor serves GET /my-account/two-factor-auth.
func (s *Pages) twoFactor(w http.ResponseWriter, r *http.Request) error {
	u, err := s.Users.Get(r.Context(), auth.User(r.Context()).ID)
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.2fa.title")
	return s.ok(w, r, manage.TwoFactor(p, ui.Form{}, u.HasTwoFactor()))
}

// askTwoFactor serves POST /my-account/two-factor-auth: the first step.
func (s *Pages) askTwoFactor(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u, word := auth.User(r.Context()), f.Value("currentPassword")
	req, err := s.TwoFactor.Request(r.Context(), u, u.ID, &word)
	if err != nil {
		return s.twoFactorFailed(w, r, f, err, false)
	}
	f.Values = url.Values{"token": {req.Token}, "uri": {req.URI}}
	return s.showSecret(w, r, f, nil)
}

func (s *Pages) twoFactorFailed(w http.ResponseWriter, r *http.Request, f ui.Form, err error, on bool) error {
	p := s.newPage(r, "web.2fa.title")
	f = f.Failed(p, err, nil)
	return s.again(w, r, err, manage.TwoFactor(p, f, on))
}

// showSecret shows the code to scan. The secret travels with the form, so that
// a wrong code can be answered with the same page; the token is what counts.
func (s *Pages) showSecret(w http.ResponseWriter, r *http.Request, f ui.Form, failed error) error {
	u, err := url.Parse(f.Value("uri"))
	if err != nil || u.Scheme != "otpauth" {
		return errs.New(errs.Invalid, "This is not the address of a secret")
	}
	code, err := qr.Encode(u.String(), qr.M, qr.Auto)
	if err != nil {
		return errs.Wrap(errs.Invalid, err, "This is not the address of a secret")
	}
	size := code.Bounds().Dx()
	square := manage.NewQR(size, func(x, y int) bool {
		red, _, _, _ := code.At(x, y).RGBA()
		return red == 0
	})
	p := s.newPage(r, "web.2fa.title")
	if failed == nil {
		return s.ok(w, r, manage.ConfirmTwoFactor(p, f, square, u.Query().Get("secret")))
	}
	f = f.Failed(p, failed, nil)
	f.Errors, f.Error = map[string]string{"otp": p.T("web.2fa.wrong")}, p.T("web.form.mistakes")
	return s.again(w, r, failed, manage.ConfirmTwoFactor(p, f, square, u.Query().Get("secret")))
}

// confirmTwoFactor serves POST /my-account/two-factor-auth/confirm.
func (s *Pages) confirmTwoFactor(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u := auth.User(r.Context())
	err = s.TwoFactor.Confirm(r.Context(), u, u.ID, f.Value("token"), digits(f.Value("otp")))
	if errs.Is(err, errs.Forbidden) {
		return s.showSecret(w, r, f, err)
	}
	if err != nil {
		return err
	}
	s.Auth.Forget(u.ID)
	return back(w, r, "/my-account/two-factor-auth", "saved")
}

// disableTwoFactor serves POST /my-account/two-factor-auth/disable.
func (s *Pages) disableTwoFactor(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u, word := auth.User(r.Context()), f.Value("currentPassword")
	if err := s.TwoFactor.Disable(r.Context(), u, u.ID, &word); err != nil {
		return s.twoFactorFailed(w, r, f, err, true)
	}
	s.Auth.Forget(u.ID)
	return back(w, r, "/my-account/two-factor-auth", "saved")
}

const sessionsCount = 20

// sessions serves GET /my-account/sessions.
func (s *Pages) sessions(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.sessions.title")
	p.NoIndex = true
	u, start := auth.User(r.Context()), pageStart(r, sessionsCount)
	list, total, err := s.Sessions.List(r.Context(), u, u.ID, "-createdAt", start, sessionsCount)
	if err != nil {
		return err
	}
	current := int64(0)
	if ses := auth.Session(r.Context()); ses != nil {
		current = ses.ID
	}
	g := pager.Pager{Path: r.URL.Path, Start: start, Count: sessionsCount, Total: total}
	return s.paged(w, r, g, manage.Sessions(p, list, current, g))
}

// revokeSession serves POST /my-account/sessions/{id}/revoke.
func (s *Pages) revokeSession(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[user.ID](r, "id")
	if err != nil {
		return notFound()
	}
	u := auth.User(r.Context())
	if err := s.Sessions.RevokeID(r.Context(), u, u.ID, int64(id)); err != nil {
		return err
	}
	s.Auth.Forget(u.ID)
	return back(w, r, "/my-account/sessions", "revoked")
}
