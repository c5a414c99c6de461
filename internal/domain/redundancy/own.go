package redundancy

import (
	"context"
	"io"
	"net/url"
	"path"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// Strategy is why this site mirrors a video; PeerTube's names.
type Strategy string

// The strategies. Of all but Manual the settings say how much they may hold.
const (
	Manual        Strategy = "manual" // somebody chose the video
	MostViews     Strategy = "most-views"
	Trending      Strategy = "trending"
	RecentlyAdded Strategy = "recently-added"
)

// Strategies are all of them.
var Strategies = []Strategy{Manual, MostViews, Trending, RecentlyAdded}

// Rule is what the settings say of a strategy.
type Rule struct {
	Strategy Strategy
	// Size is how many bytes it may hold.
	Size int64
	// MinLifetime is how long a mirror is promised, and stays at least.
	MinLifetime time.Duration
	// MinViews is what RecentlyAdded needs.
	MinViews int64
}

// Usage is what a strategy holds.
type Usage struct {
	Strategy Strategy
	// Size is its bound in bytes, 0 for Manual, which has none.
	Size          int64
	Used          int64 // bytes
	Videos, Files int
}

// Choice is a video of another site as a strategy sees it.
type Choice struct {
	VideoID video.ID
	Size    int64 // bytes
	// Held says that this site mirrors it already.
	Held bool
}

// OwnStore keeps what this site mirrors. Missing things are errs.NotFound.
type OwnStore interface {
	Store
	// Own returns this site's mirror of a video.
	Own(ctx context.Context, id video.ID) (*Mirror, error)
	// Ending returns mirrors of this site that end before a time, oldest
	// first, at most limit.
	Ending(ctx context.Context, before time.Time, limit int) ([]*Mirror, error)
	// Changed returns mirrors of this site whose video has another number of
	// bytes now than they were made of, at most limit: files that are made anew
	// are never as long as before.
	Changed(ctx context.Context, limit int) ([]*Mirror, error)
	// After returns mirrors of this site of videos whose ids are above one, in
	// their order, at most limit.
	After(ctx context.Context, id video.ID, limit int) ([]*Mirror, error)
	// OfStrategy returns the mirrors of one, oldest first, at most limit.
	OfStrategy(ctx context.Context, s Strategy, limit int) ([]*Mirror, error)
	// Unwanted returns mirrors of this site of videos that are not public any
	// more or of sites that are muted, and, but for those by hand, of sites that
	// are not allowed, at most limit.
	Unwanted(ctx context.Context, limit int) ([]*Mirror, error)
	// OfHost returns the mirrors of videos of a host, at most limit.
	OfHost(ctx context.Context, host string, limit int) ([]*Mirror, error)
	// Used sums what each strategy holds, without Size.
	Used(ctx context.Context) ([]Usage, error)
	// Top returns the first videos by a rule of sites that are allowed and not
	// muted, those that are mirrored here included.
	Top(ctx context.Context, r Rule, limit int) ([]Choice, error)
	// Allow says whether videos of a host may be mirrored by strategies.
	Allow(ctx context.Context, host string, allowed bool, at time.Time) error
	// Allowed are those of hosts that may.
	Allowed(ctx context.Context, hosts []string) (map[string]bool, error)
}

// Files keeps the files of mirrors: the blob store, by the names of its
// sections.
type Files interface {
	Adopt(ctx context.Context, path, section, name string) error
	Put(ctx context.Context, section, name string, r io.Reader) error
	Delete(ctx context.Context, section, name string) error
	Open(ctx context.Context, section, name string) (io.ReadSeekCloser, error)
	List(ctx context.Context, section, prefix string, fn func(name string, size int64, modified time.Time) error) error
	TempDir(ctx context.Context, pattern string) (string, error)
}

// Section is where the files are, in a directory for each video.
const Section = "redundancy"

// DirOf is the directory of a video's files, with a slash at its end.
func DirOf(uuid string) string { return "hls/" + uuid + "/" }

// Download writes what an address gives to w: at most size bytes, else
// errs.TooLarge. It returns how many.
type Download func(ctx context.Context, w io.Writer, url string, size int64) (int64, error)

// Sums are what a site says of the bytes of its files.
type Sums interface {
	// Check reads a file, which has size bytes. One that is not what its site
	// says is errs.Invalid; one of which it says nothing is taken for right.
	Check(ctx context.Context, name string, size int64, r io.Reader) error
}

// ReadSums reads a list of sums, of the files that are wanted. One that makes no
// sense is errs.Unprocessable.
type ReadSums func(r io.Reader, wanted func(name string) bool) (Sums, error)

// Queue takes work that outlives requests. Its calls take part in the
// transaction of ctx.
type Queue interface {
	// Mirror asks for Keeper.Mirror.
	Mirror(ctx context.Context, id video.ID, s Strategy) error
	// Leave asks for Keeper.Leave.
	Leave(ctx context.Context, host string) error
	// GivenUp are videos whose files could not be had, or not as their site says
	// they are, and for which nothing was tried since.
	GivenUp(ctx context.Context, since time.Time) (map[video.ID]bool, error)
}

// Events hear of this site's mirrors, in the transaction of ctx.
type Events interface {
	MirrorMade(ctx context.Context, m *Mirror, v *video.Video) error
	// MirrorKept is told of one with another end or other files.
	MirrorKept(ctx context.Context, m *Mirror, v *video.Video) error
	MirrorDropped(ctx context.Context, m *Mirror, v *video.Video) error
}

// Instance finds the site's own actor.
type Instance interface {
	Instance(ctx context.Context) (*actor.Actor, error)
}

// part is a file of a video as its site has it.
type part struct {
	name, url string
	size      int64
}

// partsOf are the files of a video's HLS playlist; nil when one of them cannot
// be had.
func partsOf(v *video.Video) (list []part, size int64) {
	seen := map[string]bool{}
	for _, f := range v.Files {
		if f.PlaylistID == 0 {
			continue
		}
		u, err := url.Parse(f.FileURL)
		if err != nil || f.Size <= 0 {
			return nil, 0
		}
		name := path.Base(u.Path)
		if !video.ValidFileName(name) || seen[name] {
			return nil, 0
		}
		seen[name] = true
		list, size = append(list, part{name, f.FileURL, f.Size}), size+f.Size
	}
	return list, size
}
