// Package ui is what the components of all pages share: who reads the page,
// in which language, the addresses of things, and forms with their mistakes.
//
// Not here: markup (each component has a folder) and rules (domain).
package ui

import (
	"cmp"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/i18n"
	"sepiola/internal/server/web/assets"
)

// Page is what every page knows. Handlers fill the lower half.
type Page struct {
	*i18n.Locale
	Languages []*i18n.Locale
	Assets    *assets.Set
	Site      instance.Site
	SiteName  string
	SiteAbout string // one line
	// Logos are those that administrators chose, largest first.
	Logos []instance.Logo
	User  *user.User
	CSRF  string
	Theme string // "light", "dark" or "" (as the system has it)
	// Prefs are the reader's, of the account or of the device.
	Prefs user.Preferences
	// Here is the path and query of the page, to come back to.
	Here string
	Now  time.Time
	// Fragments may be nil: then nothing is kept from one page to the next.
	Fragments *Fragments
	// Unread is how many notifications the reader has not read.
	Unread int64
	// OpenReports is how many reports wait for a decision, abuse.MostOpen at
	// most, for moderators.
	OpenReports int64
	// WaitingRegistrations is how many people wait for an account,
	// user.MostWaiting at most, for those who answer them.
	WaitingRegistrations int64
	// SignUp says that people may make themselves an account, Reports that
	// they may report things to the moderation.
	SignUp, Reports bool
	// Federated says that people of other sites may follow from there, and
	// Answered that they may comment.
	Federated, Answered bool

	Title       string
	Description string // plain text, for search engines
	// Canonical is the path of the page itself, or the address of what it
	// shows of another site.
	Canonical string
	// Document is the address of what the page shows as an ActivityPub
	// document, "" for none.
	Document string
	// Feeds are addresses for readers of feeds of what the page shows.
	Feeds   []Feed
	NoIndex bool
	Scripts []string // names of assets besides app.js
	// Notice is a text on top: that something was done. Bad says that it was
	// not.
	Notice string
	Bad    bool
	// Hint is what the reader should know once, nil for nothing.
	Hint *Hint
	// Apps are what phones are offered, nil for none.
	Apps *Apps
	// Broadcast is what administrators tell everybody, nil for nothing.
	Broadcast *Broadcast
	// Wide pages are for lists; others have a column for reading.
	Search string // what was searched for
	// CardAvatars says that cards show the pictures of channels, CardNames that
	// they name them as they call themselves, not by their handles.
	CardAvatars, CardNames bool
	// Later are those of the page's videos that the reader keeps to watch them
	// later; nil where nobody is asked.
	Later map[video.ID]bool
}

// Apps are what phones are offered to open the site with.
type Apps struct{ Android, IOS App }

// App is how an app is asked for a place; none without a host.
type App struct{ Host, Scheme, Fallback string }

// The kinds of hints.
const (
	WelcomeHint = "welcome"
	ConfigHint  = "config"
	AccountHint = "account"
)

// Hint is what somebody who is logged in is told until it is put away.
type Hint struct {
	Kind  string
	Steps []Step
}

// Step is something to be set up, with the key of its setting.
type Step struct {
	Name, Key string
	Done      bool
}

// Broadcast is a message to everybody.
type Broadcast struct {
	Text  templ.Component
	Level string // "info", "warning" or "error"
	// ID is what a device remembers who has put it away, "" when nobody can.
	ID string
}

// CSRFField is the name of the field of forms that holds the token.
const CSRFField = "csrf"

// Asset is the address of a built file.
func (p *Page) Asset(name string) string { return p.Assets.URL(name) }

// Logo is the logo of a type that administrators chose, or nil.
func (p *Page) Logo(t instance.LogoType) *instance.Logo {
	for i := range p.Logos {
		if p.Logos[i].Type == t {
			return &p.Logos[i]
		}
	}
	return nil
}

// FullTitle is the title with the site's name.
func (p *Page) FullTitle() string {
	if p.Title == "" || p.Title == p.SiteName {
		return p.SiteName
	}
	return p.Title + " - " + p.SiteName
}

// Absolute is the address of a path as people outside see it.
func (p *Page) Absolute(path string) string { return p.Site.URL(path) }

// CanonicalURL is the address that search engines are to know the page by.
func (p *Page) CanonicalURL() string {
	if strings.HasPrefix(p.Canonical, "https://") || strings.HasPrefix(p.Canonical, "http://") {
		return p.Canonical
	}
	return p.Absolute(p.Canonical)
}

// FromElsewhere says that the page shows something of another site, at an
// address there: search engines are to look for it there, as PeerTube has it.
func (p *Page) FromElsewhere(url string) { p.Canonical, p.NoIndex = url, true }

// LoginURL leads to the login and back.
func (p *Page) LoginURL() string {
	if p.Here == "" || p.Here == "/" {
		return "/login"
	}
	return "/login?to=" + url.QueryEscape(p.Here)
}

// Can reports whether the reader has a right.
func (p *Page) Can(r user.Right) bool { return p.User.Has(r) }

// Initial is the letter that stands for somebody without a picture.
func Initial(name string) string {
	name = strings.TrimLeft(name, " @._-")
	if name == "" {
		return "?"
	}
	_, size := utf8.DecodeRuneInString(name)
	return name[:size]
}

// ISO is a time as <time> elements hold it.
func ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Shown is how a video is shown to the reader: as they chose for what it holds,
// or by policy, their own or the site's.
func (p *Page) Shown(v *video.Video, policy string) string {
	return v.ShownBy(p.Prefs, cmp.Or(p.Prefs.NSFWPolicy, policy))
}
