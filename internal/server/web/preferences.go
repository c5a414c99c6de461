package web

import (
	"net/http"
	"net/url"
	"strings"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/ui"
)

// preferencesURL is the page of the choices that need no account.
const preferencesURL = "/preferences"

// choiceLife is how long a device keeps a choice, in seconds: a year.
const choiceLife = 365 * 24 * 3600

func (s *Pages) mountPreferences(r *rest.Router) {
	r.Get(preferencesURL, s.page(s.preferencesPage))
	r.Post(preferencesURL, s.page(s.setPreferences))
	r.Post(preferencesURL+"/broadcast", s.page(s.dismiss))
	r.Post(preferencesURL+"/hint", s.page(auth.Required(s.putAway)))
	for name, save := range map[string]rest.HandlerFunc{
		"playback": s.savePlayback, "sensitive": s.saveSensitive, "languages": s.saveLanguages,
	} {
		r.Post(preferencesURL+"/"+name, s.page(save))
		r.Post("/my-account/"+name, s.page(auth.Required(save)))
	}
}

// preferencesPage serves GET /preferences.
func (s *Pages) preferencesPage(w http.ResponseWriter, r *http.Request) error {
	p, view := s.preferencesView(r)
	return s.ok(w, r, manage.Preferences(p, view))
}

func (s *Pages) preferencesView(r *http.Request) (*ui.Page, manage.Choices) {
	p := s.newPage(r, "web.preferences.title")
	p.NoIndex = true
	return p, s.choicesView(p, s.preferences(r), preferencesURL, preferencesURL)
}

// choicesView fills the forms of the page at path, which are sent below action.
func (s *Pages) choicesView(p *ui.Page, pref user.Preferences, path, action string) manage.Choices {
	return manage.Choices{
		Path: path, Action: action, Device: p.User == nil,
		Playback: playbackForm(pref), Sensitive: s.sensitiveForm(pref),
		Languages: ui.Form{Values: url.Values{"videoLanguages": pref.VideoLanguages}},
	}
}

func playbackForm(pref user.Preferences) ui.Form {
	v := url.Values{}
	for name, on := range map[string]bool{
		"autoPlayVideo": !pref.AutoPlayDisabled, "autoPlayNextVideo": pref.AutoPlayNext, "autoPlayNextVideoPlaylist": !pref.AutoPlayNextPlaylistDisabled,
		"videosHistoryEnabled": !pref.HistoryDisabled, "p2pEnabled": !pref.P2PDisabled, "shortcuts": !pref.ShortcutsDisabled,
	} {
		if on {
			v.Set(name, "true")
		}
	}
	return ui.Form{Values: v}
}

func (s *Pages) sensitiveForm(pref user.Preferences) ui.Form {
	v := url.Values{"nsfwPolicy": {pref.NSFWPolicy}}
	if pref.NSFWPolicy == "" {
		v.Set("nsfwPolicy", s.Settings().NSFWPolicy)
	}
	for _, kind := range manage.SensitiveKinds {
		switch {
		case pref.NSFWFlagsHidden&kind.Flag != 0:
			v.Set(kind.Name, video.NSFWHidden)
		case pref.NSFWFlagsWarned&kind.Flag != 0:
			v.Set(kind.Name, video.NSFWWarn)
		case pref.NSFWFlagsBlurred&kind.Flag != 0:
			v.Set(kind.Name, video.NSFWBlur)
		case pref.NSFWFlagsDisplayed&kind.Flag != 0:
			v.Set(kind.Name, video.NSFWDisplay)
		}
	}
	return ui.Form{Values: v}
}

// savePlayback serves POST /preferences/playback.
func (s *Pages) savePlayback(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	return s.choose(w, r, f, "playback", func(p *user.Preferences) {
		p.AutoPlayDisabled, p.AutoPlayNext = !f.Checked("autoPlayVideo"), f.Checked("autoPlayNextVideo")
		p.AutoPlayNextPlaylistDisabled = !f.Checked("autoPlayNextVideoPlaylist")
		p.HistoryDisabled, p.P2PDisabled = !f.Checked("videosHistoryEnabled"), !f.Checked("p2pEnabled")
		p.ShortcutsDisabled = !f.Checked("shortcuts")
	})
}

// saveSensitive serves POST /preferences/sensitive.
func (s *Pages) saveSensitive(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	policy := f.Value("nsfwPolicy")
	ok := user.ValidNSFWPolicy(policy)
	flags := map[string]int{}
	for _, kind := range manage.SensitiveKinds {
		choice := f.Value(kind.Name)
		ok = ok && (choice == "" || user.ValidNSFWPolicy(choice))
		flags[choice] |= kind.Flag
	}
	if !ok {
		return errs.New(errs.Invalid, "There is no such policy")
	}
	return s.choose(w, r, f, "sensitive", func(p *user.Preferences) {
		p.NSFWPolicy = policy
		p.NSFWFlagsHidden, p.NSFWFlagsWarned = flags[video.NSFWHidden], flags[video.NSFWWarn]
		p.NSFWFlagsBlurred, p.NSFWFlagsDisplayed = flags[video.NSFWBlur], flags[video.NSFWDisplay]
	})
}

// saveLanguages serves POST /preferences/languages. None and all of them are
// the same: every video is shown.
func (s *Pages) saveLanguages(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	list := knownLanguages(f.Values["videoLanguages"])
	if len(list) > len(video.Languages()) {
		list = nil
	}
	return s.choose(w, r, f, "languages", func(p *user.Preferences) { p.VideoLanguages = list })
}

// choose changes preferences: of the account of who asks, or of the device.
func (s *Pages) choose(w http.ResponseWriter, r *http.Request, f ui.Form, section string, change func(*user.Preferences)) error {
	if auth.User(r.Context()) == nil {
		p := s.preferences(r)
		change(&p)
		s.setChoice(w, choicesCookie, writeChoices(p))
		return back(w, r, preferencesURL+"#"+section, "saved")
	}
	if strings.HasPrefix(r.URL.Path, preferencesURL+"/") {
		if err := s.changeAccount(r, change); err != nil {
			return err
		}
		return back(w, r, preferencesURL+"#"+section, "saved")
	}
	which := func(v *manage.AccountView) *ui.Form { return v.Choices.Form(section) }
	return s.saveSettings(w, r, f, user.MeChange{Preferences: change}, which, nil, section)
}

// changeAccount changes the preferences of who asks.
func (s *Pages) changeAccount(r *http.Request, change func(*user.Preferences)) error {
	u := auth.User(r.Context())
	err := s.Users.UpdateMe(r.Context(), u, user.MeChange{Preferences: change})
	s.Auth.Forget(u.ID)
	return err
}

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
	if theme != lightTheme && theme != darkTheme {
		theme = ""
	}
	rest.SetLanguage(w, language, s.Site.Secure())
	s.setChoice(w, themeCookie, theme)
	u := auth.User(r.Context())
	if u != nil && (language != u.Preferences.Language || theme != themeOf(u.Preferences)) {
		if err := s.changeAccount(r, func(p *user.Preferences) { p.Language, p.Theme = language, theme }); err != nil {
			return err
		}
	}
	return back(w, r, f.Value("to"), "")
}

// The themes, besides that of the system.
const (
	lightTheme = "light"
	darkTheme  = "dark"
)

// themeOf is the theme that an account chose, here or in PeerTube, whose themes
// are called peertube-core-dark-brown and the like.
func themeOf(p user.Preferences) string {
	switch {
	case strings.Contains(p.Theme, darkTheme):
		return darkTheme
	case strings.Contains(p.Theme, lightTheme):
		return lightTheme
	}
	return ""
}

// rememberChoices gives a device the language and the colours of whoever logs
// in.
func (s *Pages) rememberChoices(w http.ResponseWriter, u *user.User) {
	if l := u.Preferences.Language; l != "" {
		rest.SetLanguage(w, l, s.Site.Secure())
	}
	if t := themeOf(u.Preferences); t != "" {
		s.setChoice(w, themeCookie, t)
	}
}

func (s *Pages) setChoice(w http.ResponseWriter, name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: choiceLife, HttpOnly: true, Secure: s.Site.Secure(), SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
