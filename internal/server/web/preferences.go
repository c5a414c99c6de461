package web

import (
	"net/http"

	"sepiola/internal/domain/user"
	"sepiola/internal/server/auth"
)

// choiceLife is how long a device keeps a choice, in seconds: a year.
const choiceLife = 365 * 24 * 3600

// setPreferences serves POST /preferences: language and colours, on this
// device, and for the account where there is one.
func (s *Pages) setPreferences(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	language, theme := f.Value("language"), f.Value("theme")
	if !s.Words.Has(language) {
		language = ""
	}
	if theme != "light" && theme != "dark" {
		theme = ""
	}
	s.setChoice(w, languageCookie, language)
	s.setChoice(w, themeCookie, theme)
	if u := auth.User(r.Context()); u != nil && language != u.Preferences.Language {
		err := s.Users.UpdateMe(r.Context(), u, user.MeChange{Preferences: func(p *user.Preferences) { p.Language = language }})
		if err != nil {
			return err
		}
		s.Auth.Forget(u.ID)
	}
	return back(w, r, f.Value("to"), "")
}

// rememberChoices gives a device the language of whoever logs in.
func (s *Pages) rememberChoices(w http.ResponseWriter, u *user.User) {
	if l := u.Preferences.Language; s.Words.Has(l) {
		s.setChoice(w, languageCookie, l)
	}
}

func (s *Pages) setChoice(w http.ResponseWriter, name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: choiceLife, HttpOnly: true, Secure: s.Site.Secure(), SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
