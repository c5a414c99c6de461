package web

import (
	"net/http"
	"strings"

	"sepiola/internal/domain/user"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/ui"
)

// Setup is what is set up of a site that others are to find and trust.
type Setup struct {
	Name, About, Terms, Administrator, Mail bool
}

// steps are what an administrator sets up first.
func (s *Settings) steps(signUp bool) []ui.Step {
	return []ui.Step{
		{Name: "name", Key: "instance.name", Done: s.Setup.Name},
		{Name: "about", Key: "instance.short_description", Done: s.Setup.About},
		{Name: "administrator", Key: "instance.administrator", Done: s.Setup.Administrator},
		{Name: "terms", Key: "instance.terms", Done: s.Setup.Terms},
		{Name: "mail", Key: "smtp.hostname", Done: s.Setup.Mail},
		{Name: map[bool]string{true: "signup_open", false: "signup_closed"}[signUp], Key: "signup.enabled", Done: true},
	}
}

// wanting are the steps without which nobody should be let sign up: people
// could not know whose site it is, nor what holds there.
func wanting(steps []ui.Step) []ui.Step {
	var list []ui.Step
	for _, step := range steps {
		if !step.Done && step.Name != "mail" && step.Name != "about" {
			list = append(list, step)
		}
	}
	return list
}

// hinted reports whether pages under a path have hints: those where people
// arrive, and where they look after what is theirs. Who watches is left alone.
func hinted(path string) bool {
	switch path {
	case "/", "/home", "/videos/browse":
		return true
	}
	for _, under := range [...]string{"/my-library", "/my-account", "/admin/"} {
		if strings.HasPrefix(path, under) {
			return true
		}
	}
	return false
}

// hint is what a page tells who is logged in, until it is put away; nil for
// nothing. There is one at a time.
func (s *Pages) hint(r *http.Request, u *user.User) *ui.Hint {
	if u == nil || r.Method != http.MethodGet || !hinted(r.URL.Path) {
		return nil
	}
	set, pref := s.Settings(), u.Preferences
	if u.Has(user.ManageConfiguration) {
		signUp := s.Policy().Signup.Enabled
		steps := set.steps(signUp)
		if !pref.NoWelcome {
			return &ui.Hint{Kind: ui.WelcomeHint, Steps: steps}
		}
		if missing := wanting(steps); signUp && !pref.NoInstanceConfigWarning && len(missing) > 0 {
			return &ui.Hint{Kind: ui.ConfigHint, Steps: missing}
		}
	}
	if pref.NoAccountSetupWarning {
		return nil
	}
	account, err := s.Actors.Account(r.Context(), u.AccountID)
	if err != nil { // a page is not worth less without it
		if r.Context().Err() == nil {
			s.Log.WarnContext(r.Context(), "an account was not read for its hint", "err", err)
		}
		return nil
	}
	if len(account.Avatars) > 0 && account.Description != "" {
		return nil
	}
	return &ui.Hint{Kind: ui.AccountHint}
}

// putAway serves POST /preferences/hint: who is logged in has seen a hint, on
// all devices.
func (s *Pages) putAway(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	seen := map[string]func(*user.Preferences){
		ui.WelcomeHint: func(p *user.Preferences) { p.NoWelcome = true },
		ui.ConfigHint:  func(p *user.Preferences) { p.NoInstanceConfigWarning = true },
		ui.AccountHint: func(p *user.Preferences) { p.NoAccountSetupWarning = true },
	}[f.Value("hint")]
	if seen == nil {
		return notFound()
	}
	u := auth.User(r.Context())
	if err := s.Users.UpdateMe(r.Context(), u, user.MeChange{Preferences: seen}); err != nil {
		return err
	}
	s.Auth.Forget(u.ID)
	return back(w, r, f.Value("to"), "")
}
