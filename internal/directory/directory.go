// Package directory is a public list of video sites, from which people choose
// one and sites learn whom to follow ("sepiola index").
//
//	Site      a site, as it describes itself and as it was found
//	Filter    which sites a list shows, and in which order
//	Service   registering, visiting, listing, blocking
//	Crawler   visits every site again and again
//
// A site comes onto the list when somebody registers its host and a visit
// finds a site of that name there. It is visited regularly; each visit that
// fails costs health. After HideAfter failures in a row a site is not shown,
// after DropAfter without a good visit it is forgotten. Registering a hidden
// site again visits it at once and, if that works, shows it again. A site that
// does not want to be listed says so (see package visit) and is forgotten.
//
// Not here: how a site is read (visit), tables (storage/sites), HTTP
// (server/directory). Nothing of the video site itself is needed.
package directory

import (
	"slices"
	"time"
)

// ID is the number of a site in the directory; clients of the API know it.
type ID int64

// Site is a site of the directory.
type Site struct {
	ID ID
	// Host is the name by which the site is asked, in small letters.
	Host string
	Facts

	// CreatedAt is when it came onto the list.
	CreatedAt time.Time
	// VisitedAt is the last good visit.
	VisitedAt time.Time
	// NextVisitAt is when it is visited again.
	NextVisitAt time.Time
	// Failures are the visits in a row that failed.
	Failures int
	// FailingSince is the first of them; zero while visits go well.
	FailingSince time.Time
	// Health is from 0 to 100, see Failed and Visited.
	Health int
	// Blocked sites are never shown, visited or taken on again; only their
	// host is known.
	Blocked bool
}

// Facts are what a site says of itself.
type Facts struct {
	Software string // of its NodeInfo: "peertube" or "sepiola"
	Version  string

	Name             string
	ShortDescription string
	Description      string // Markdown, not rendered here

	Languages  []string // as PeerTube writes them: "en", "pt-PT"
	Categories []int    // PeerTube's numbers

	SignupAllowed          bool
	SignupRequiresApproval bool
	// UserVideoQuota is in bytes; -1 is no limit.
	UserVideoQuota int64
	LiveEnabled    bool
	// AutoBlacklist says that new videos wait for a moderator.
	AutoBlacklist bool

	// NSFWPolicy is what visitors see of sensitive videos, one of Policies.
	NSFWPolicy string
	// IsNSFW says that the site is made for sensitive videos.
	IsNSFW bool
	// Customizations is how much the site differs from the program as it
	// comes, see the constants.
	Customizations int

	// Avatars and Banners are pictures on the site itself.
	Avatars, Banners []Image
	// LogoURL is the picture that the directory keeps a small copy of, and
	// LogoHash that copy's name; "" none.
	LogoURL, LogoHash string

	TotalUsers       int64
	TotalVideos      int64 // with those of others that the site knows
	TotalLocalVideos int64
	TotalFollowers   int64 // sites that follow it
	TotalFollowing   int64

	SupportsIPv6 bool
}

// Image is a picture of a site, at the site.
type Image struct {
	Width int    `json:"width"`
	URL   string `json:"url"`
	Path  string `json:"path"`
}

// Found is the outcome of a good visit.
type Found struct {
	Facts
	// Logo is a small PNG; nil when Facts.LogoHash names the one that is kept
	// already, or there is none.
	Logo []byte
}

// How much a site is changed from the program as it comes: not at all, in its
// look (theme, style), in what it does (plugins, scripts).
const (
	NotCustomized = 1
	OtherLook     = 2
	OtherFeatures = 3
)

// policies are what sites may do about sensitive videos, the strictest first.
var policies = []string{DefaultPolicy, "warn", "blur", "display"}

// DefaultPolicy is taken for a site that says none.
const DefaultPolicy = "do_not_list"

// Policies are what sites may do about sensitive videos, the strictest first.
func Policies() []string { return slices.Clone(policies) }

// Limits of the directory.
const (
	// HideAfter is the number of failed visits in a row that hides a site.
	HideAfter = 5
	// DropAfter is how long a site may fail before it is forgotten.
	DropAfter = 30 * 24 * time.Hour
	// HealthyAt is the health from which a site is healthy.
	HealthyAt = 95
	// MaxSites bounds the directory.
	MaxSites = 50_000

	maxHealth = 100
	bonus     = 1
	penalty   = 5
	// maxInterval bounds how rarely a failing site is visited.
	maxInterval = 24 * time.Hour
)

// Listed reports whether people see the site.
func (s *Site) Listed() bool {
	return !s.Blocked && s.Failures < HideAfter && !s.VisitedAt.IsZero()
}

// Visited notes a good visit. The next one follows after every.
func (s *Site) Visited(f Facts, now time.Time, every time.Duration) {
	if s.VisitedAt.IsZero() {
		s.Health = maxHealth
	}
	s.Facts, s.VisitedAt = f, now
	s.Failures, s.FailingSince = 0, time.Time{}
	s.Health = min(maxHealth, s.Health+bonus)
	s.NextVisitAt = now.Add(every)
}

// Failed notes a visit that failed. The wait for the next one doubles with
// each failure, up to a day.
func (s *Site) Failed(now time.Time, every time.Duration) {
	if s.Failures == 0 {
		s.FailingSince = now
	}
	s.NextVisitAt = now.Add(min(every<<min(s.Failures, 10), max(every, maxInterval)))
	s.Failures++
	s.Health = max(0, s.Health-penalty)
}

// Dead reports whether a site failed for so long that it is forgotten.
func (s *Site) Dead(now time.Time) bool {
	return s.Failures > 0 && now.Sub(s.FailingSince) >= DropAfter
}
