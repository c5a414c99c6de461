package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
)

// choicesCookie keeps what people without an account chose of how pages and
// videos are shown to them, in their browser and nowhere else.
const choicesCookie = "sepiola_choices"

// preferences are those of the reader: of their account, or of their device.
func (s *Pages) preferences(r *http.Request) user.Preferences {
	if u := auth.User(r.Context()); u != nil {
		return u.Preferences
	}
	p := user.Preferences{AutoPlayDisabled: !s.Settings().AutoPlay, P2PDisabled: !s.Policy().P2P}
	if c, err := r.Cookie(choicesCookie); err == nil {
		readChoices(&p, c.Value)
	}
	return p
}

// Names of what the cookie holds, as short as may be: it goes with every
// request.
const (
	choiceLanguages = "lang"
	choicePolicy    = "nsfw"
)

// choiceSwitches are what is on or off.
func choiceSwitches(p *user.Preferences) map[string]*bool {
	return map[string]*bool{
		"auto": &p.AutoPlayDisabled, "list": &p.AutoPlayNextPlaylistDisabled,
		"hist": &p.HistoryDisabled, "p2p": &p.P2PDisabled, "keys": &p.ShortcutsDisabled,
	}
}

// choiceFlags are the kinds of sensitive videos that are treated in a way.
func choiceFlags(p *user.Preferences) map[string]*int {
	return map[string]*int{"show": &p.NSFWFlagsDisplayed, "hide": &p.NSFWFlagsHidden, "warn": &p.NSFWFlagsWarned, "blur": &p.NSFWFlagsBlurred}
}

// writeChoices is what the cookie holds of p.
func writeChoices(p user.Preferences) string {
	q := url.Values{"next": {bit(p.AutoPlayNext)}}
	for name, off := range choiceSwitches(&p) {
		q.Set(name, bit(!*off))
	}
	for name, flags := range choiceFlags(&p) {
		if *flags != 0 {
			q.Set(name, strconv.Itoa(*flags))
		}
	}
	if p.NSFWPolicy != "" {
		q.Set(choicePolicy, p.NSFWPolicy)
	}
	if len(p.VideoLanguages) > 0 {
		q.Set(choiceLanguages, strings.Join(p.VideoLanguages, "."))
	}
	return q.Encode()
}

func bit(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// readChoices lays what a cookie holds over p. It may have come from anybody:
// what is no choice is left out.
func readChoices(p *user.Preferences, cookie string) {
	q, err := url.ParseQuery(cookie)
	if err != nil {
		return
	}
	if v := q.Get("next"); v != "" {
		p.AutoPlayNext = v == "1"
	}
	for name, off := range choiceSwitches(p) {
		if v := q.Get(name); v != "" {
			*off = v != "1"
		}
	}
	if v := q.Get(choicePolicy); user.ValidNSFWPolicy(v) {
		p.NSFWPolicy = v
	}
	seen := 0
	for name, flags := range choiceFlags(p) {
		n, err := strconv.Atoi(q.Get(name))
		if err == nil && n > 0 && n&^allFlags == 0 && n&seen == 0 {
			*flags = n
			seen |= n
		}
	}
	if v := q.Get(choiceLanguages); v != "" {
		p.VideoLanguages = knownLanguages(strings.Split(v, "."))
	}
}

const allFlags = video.FlagViolent | video.FlagExplicitSex

// knownLanguages keeps those that videos may have, each once; nil for none.
func knownLanguages(list []string) []string {
	var known []string
	had := map[string]bool{}
	for _, l := range list {
		if (l == video.UnknownLanguage || video.KnownLanguage(l)) && !had[l] {
			had[l] = true
			known = append(known, l)
		}
	}
	return known
}

// wanted lays over a filter what the reader wants of all lists: for who has an
// account, video.Service does.
func (s *Pages) wanted(r *http.Request, f *video.Filter) {
	if auth.User(r.Context()) == nil {
		f.Prefer(s.preferences(r))
	}
}

// inLanguages lays over a filter the languages that the reader wants to see,
// unless it asks for some, or the address for all of them by "language=all".
// It reports which.
func (s *Pages) inLanguages(r *http.Request, f *video.Filter) []string {
	if len(f.Languages) > 0 || r.URL.Query().Get("language") == allLanguages {
		return nil
	}
	f.Languages = s.preferences(r).VideoLanguages
	return f.Languages
}

// allLanguages is the value of a filter that turns the reader's choice off.
const allLanguages = "all"
