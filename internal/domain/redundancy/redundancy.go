// Package redundancy is what other sites keep of this network's videos, so that
// viewers can fetch pieces of them there too: PeerTube's redundancy. A site says
// with a CacheFile that it mirrors a video; see docs/federation.md.
// This site does the same with videos of others: Keeper mirrors what somebody
// chose by hand and what the strategies of the settings choose.
//
// Not here: documents and who hears of it (federation/outbox), and serving the
// files (server/files).
package redundancy

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Whose mirrors are taken: remote_redundancy.videos.accept_from.
const (
	Nobody     = "nobody"
	Anybody    = "anybody"
	Followings = "followings" // sites that this one follows
)

// MaxPerVideo is how many mirrors of one video are kept.
const MaxPerVideo = 20

// maxBase is the length of the address of a mirror, in bytes.
const maxBase = 2000

// ID numbers mirrors.
type ID int64

// Mirror is a copy of the files of a video's HLS playlist on another site than
// the video's.
type Mirror struct {
	ID      ID
	URL     string // the id of its CacheFile
	VideoID video.ID
	ActorID actor.ID // the site that has it
	Host    string   // of that site, "" this one; set by lists
	// Strategy is why this site has it, "" for those of others, and Size and
	// Files what it has: bytes and how many.
	Strategy Strategy
	Size     int64
	Files    int
	// BaseURL is the address of the directory, which ends with a slash; the
	// files in it are named as at the video's own site.
	BaseURL string
	// ExpiresAt is zero for what is kept until its site says otherwise.
	ExpiresAt            time.Time
	CreatedAt, UpdatedAt time.Time
}

// Check cleans what another site says of its mirror. What cannot be one is
// errs.Invalid, what is over errs.Gone. Browsers are sent to the address, so it
// is a plain one of a named host: secure ones alone where plain is false.
func (m *Mirror) Check(now time.Time, plain bool) error {
	u, err := url.Parse(m.BaseURL)
	switch {
	case err != nil || len(m.BaseURL) > maxBase:
		return errs.New(errs.Invalid, "the mirror has no address")
	case u.Scheme != "https" && (u.Scheme != "http" || !plain):
		return errs.New(errs.Invalid, "the mirror is not reached by https")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || u.Host == "":
		return errs.New(errs.Invalid, "the address of the mirror is not a plain one")
	case !plain && !named(u.Hostname()):
		return errs.New(errs.Invalid, "the mirror has no name on the internet")
	case !m.ExpiresAt.IsZero() && !m.ExpiresAt.After(now):
		return errs.New(errs.Gone, "the mirror is over")
	}
	if !strings.HasSuffix(u.Path, "/") {
		m.BaseURL += "/"
	}
	return nil
}

// named reports whether a host has a name: viewers' browsers are not sent to
// numbers, nor to what is in their own networks.
func named(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	last := host[strings.LastIndexByte(host, '.')+1:]
	return err != nil && last != host && last != "" && last != "localhost" && strings.Trim(last, "0123456789") != ""
}

// Mirrored is a video with those who mirror it.
type Mirrored struct {
	ID              video.ID
	UUID, URL, Name string
	Mirrors         []Mirror // oldest first
	// Size is that of the files of its playlist, in bytes.
	Size int64
}

// Query asks for a page of mirrored videos.
type Query struct {
	// Remote asks for videos of other sites that this one mirrors, of a
	// Strategy if that is set; otherwise for this site's own that others
	// mirror.
	Remote   bool
	Strategy Strategy
	// Descending turns the order by name around.
	Descending   bool
	Start, Count int
}

// Store keeps mirrors. Missing ones are errs.NotFound.
type Store interface {
	// Put stores a mirror, or what has changed of it, and sets m.ID. The id of
	// somebody else's, or of one of another video, is errs.Forbidden; one more
	// of another site than MaxPerVideo is errs.Conflict. It takes part in the transaction of ctx.
	Put(ctx context.Context, m *Mirror) error
	// ByURL returns the mirror of a CacheFile.
	ByURL(ctx context.Context, url string) (*Mirror, error)
	// ByID returns one, with its Host.
	ByID(ctx context.Context, id ID) (*Mirror, error)
	// Delete removes one. It takes part in the transaction of ctx.
	Delete(ctx context.Context, id ID) error
	// Sweep removes of other sites' mirrors what is over, what sites have that
	// are blocked, and what accept, one of the three above, does not take (any
	// more), at most some hundreds at once; it returns how many went.
	Sweep(ctx context.Context, accept string, now time.Time) (int64, error)
	// List is a page of the videos that have mirrors, by name, and how many
	// there are.
	List(ctx context.Context, q Query) ([]Mirrored, int, error)
}
