package rest

import "net/http"

// LanguageCookie is PeerTube's cookie of the language that somebody chose on a
// device.
const LanguageCookie = "clientLanguage"

// LanguageHeader is PeerTube's header by which a client asks for a language.
const LanguageHeader = "X-Peertube-Language"

// languageLife is how long a device keeps a language, in seconds: a year.
const languageLife = 365 * 24 * 3600

// Languages are the languages that a request asks for, the first wish first: a
// client's header, then the cookie. There may be none, and they may be
// anything; the wish of an account and Accept-Language come after them.
func Languages(r *http.Request) []string {
	var wishes []string
	if l := r.Header.Get(LanguageHeader); l != "" {
		wishes = append(wishes, l)
	}
	if c, err := r.Cookie(LanguageCookie); err == nil && c.Value != "" {
		wishes = append(wishes, c.Value)
	}
	return wishes
}

// SetLanguage lets a device keep a language; "" forgets it.
func SetLanguage(w http.ResponseWriter, language string, secure bool) {
	c := &http.Cookie{
		Name: LanguageCookie, Value: language, Path: "/", MaxAge: languageLife,
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	}
	if language == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
