package web

import (
	"net/http"
	"net/url"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/ui"
)

const settingsURL = "/my-account/settings"

// settings serves /my-account/settings.
func (s *Pages) settings(w http.ResponseWriter, r *http.Request) error {
	p, view, err := s.settingsView(r)
	if err != nil {
		return err
	}
	return s.ok(w, r, manage.Account(p, view))
}

func (s *Pages) settingsView(r *http.Request) (*ui.Page, manage.AccountView, error) {
	p := s.newPage(r, "web.nav.account")
	p.NoIndex = true
	view := manage.AccountView{MinPassword: s.Policy().MinPassword}
	var err error
	if view.User, err = s.Users.Get(r.Context(), auth.User(r.Context()).ID); err != nil {
		return p, view, err
	}
	if view.Account, err = s.Actors.Account(r.Context(), view.User.AccountID); err != nil {
		return p, view, err
	}
	if view.Usage, err = s.Users.Usage(r.Context(), view.User.ID); err != nil {
		return p, view, err
	}
	view.Profile.Values = url.Values{"displayName": {view.Account.DisplayName}, "description": {view.Account.Description}}
	if view.User.Preferences.EmailPublic {
		view.Public.Values = url.Values{"emailPublic": {"true"}}
	}
	view.Choices = s.choicesView(p, view.User.Preferences, settingsURL, "/my-account")
	return p, view, nil
}

// saveSettings changes something of who asks; which picks the form that shows
// what was wrong, renamed the fields that are called otherwise in it.
func (s *Pages) saveSettings(w http.ResponseWriter, r *http.Request, f ui.Form, in user.MeChange, which func(*manage.AccountView) *ui.Form, renamed map[string]string, section string) error {
	u := auth.User(r.Context())
	if ses := auth.Session(r.Context()); ses != nil {
		in.Session = ses.ID
	}
	err := s.Users.UpdateMe(r.Context(), u, in)
	s.Auth.Forget(u.ID)
	if err == nil {
		return back(w, r, settingsURL+"#"+section, "saved")
	}
	return s.settingsFailed(w, r, f, err, which, renamed)
}

func (s *Pages) settingsFailed(w http.ResponseWriter, r *http.Request, f ui.Form, err error, which func(*manage.AccountView) *ui.Form, renamed map[string]string) error {
	p, view, viewErr := s.settingsView(r)
	if viewErr != nil {
		return viewErr
	}
	*which(&view) = f.Failed(p, err, renamed)
	return s.again(w, r, err, manage.Account(p, view))
}

// saveProfile serves POST /my-account/profile.
func (s *Pages) saveProfile(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	name, about := f.Value("displayName"), strings.ReplaceAll(f.Value("description"), "\r\n", "\n")
	in := user.MeChange{DisplayName: &name, Description: &about}
	return s.saveSettings(w, r, f, in, func(v *manage.AccountView) *ui.Form { return &v.Profile }, nil, "profile")
}

// savePassword serves POST /my-account/password.
func (s *Pages) savePassword(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	old, word := f.Value("currentPassword"), f.Value("password")
	in := user.MeChange{CurrentPassword: &old, Password: &word}
	return s.saveSettings(w, r, f, in, func(v *manage.AccountView) *ui.Form { return &v.Password }, nil, "password")
}

// saveEmail serves POST /my-account/email.
func (s *Pages) saveEmail(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	old, email := f.Value("emailPassword"), f.Value("email")
	in := user.MeChange{CurrentPassword: &old, Email: &email}
	renamed := map[string]string{"currentPassword": "emailPassword"}
	return s.saveSettings(w, r, f, in, func(v *manage.AccountView) *ui.Form { return &v.Email }, renamed, "email")
}

// askProof serves POST /my-account/email/prove: the link for a new address once
// more. Whoever is logged in has typed the password when asking for the address.
func (s *Pages) askProof(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	if _, err = s.Limits.AskEmail(r.Context(), s.Auth.IP(r)); err == nil {
		err = s.Users.AskVerifyPending(r.Context(), auth.User(r.Context()).ID)
	}
	switch {
	case errs.Is(err, errs.NotFound): // proved meanwhile: the page shows it
		return back(w, r, settingsURL+"#email", "")
	case err != nil:
		return s.settingsFailed(w, r, f, err, func(v *manage.AccountView) *ui.Form { return &v.Email }, nil)
	}
	return back(w, r, settingsURL+"#email", "proof_sent")
}

// saveEmailPublic serves POST /my-account/email/public: whether feeds show the
// address.
func (s *Pages) saveEmailPublic(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	public := f.Checked("emailPublic")
	in := user.MeChange{Preferences: func(p *user.Preferences) { p.EmailPublic = public }}
	return s.saveSettings(w, r, f, in, func(v *manage.AccountView) *ui.Form { return &v.Public }, nil, "email")
}

// saveAvatar serves POST /my-account/avatar.
func (s *Pages) saveAvatar(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Actors.Account(r.Context(), auth.User(r.Context()).AccountID)
	if err != nil {
		return err
	}
	f, err := s.changePicture(w, r, a.ID, actor.Avatar)
	if err != nil {
		return s.settingsFailed(w, r, f, err, func(v *manage.AccountView) *ui.Form { return &v.Avatar }, nil)
	}
	return back(w, r, settingsURL+"#avatar", "saved")
}

// changePicture replaces or removes a picture of an actor as a form says.
func (s *Pages) changePicture(w http.ResponseWriter, r *http.Request, id actor.ID, t actor.ImageType) (ui.Form, error) {
	name := "avatarfile"
	if t == actor.Banner {
		name = "bannerfile"
	}
	f, picture, err := pictureForm(w, r, name)
	if picture != nil {
		defer func() { _ = picture.Close() }() // it was only read
	}
	switch {
	case err != nil:
	case f.Value("do") == "remove":
		return f, s.Images.Remove(r.Context(), id, t)
	case picture == nil:
		return f, errs.Field(name, "%s", s.locale(r).T("web.account.no_picture"))
	default:
		_, err = s.Images.Set(r.Context(), id, t, picture)
	}
	switch errs.KindOf(err) {
	case errs.TooLarge:
		return f, errs.Field(name, "%s", s.locale(r).T("web.picture.too_large", "most", s.locale(r).Bytes(actor.MaxImage)))
	case errs.Invalid:
		return f, errs.Field(name, "%s", s.locale(r).T("web.picture.unknown"))
	}
	return f, err
}
