package follow

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
)

// Index names sites, those that were added after a time.
type Index interface {
	Hosts(ctx context.Context, url string, since time.Time) ([]string, error)
}

// FollowIndex follows the sites of the index that the settings name. It is
// done regularly; since is how far back the index is read.
func (s *Sites) FollowIndex(ctx context.Context, index Index, since time.Time) error {
	url := s.Settings().Index
	if url == "" {
		return nil
	}
	hosts, err := index.Hosts(ctx, url, since)
	if err != nil {
		return err
	}
	me, err := s.Own(ctx)
	if err != nil {
		return err
	}
	valid := hosts[:0:0]
	for _, h := range hosts {
		if h = strings.ToLower(h); actor.ValidHost(h) && !s.own(h) {
			valid = append(valid, h)
		}
	}
	for part := range slices.Chunk(valid, MaxTargets) {
		if err := s.InTx(ctx, func(ctx context.Context) error { return s.fresh(ctx, me, part, FollowedByIndex) }); err != nil {
			return err
		}
	}
	return nil
}

// How often an index is read, and how soon again when it could not be. Its clock
// may be another than ours, so indexOverlap is read twice.
const (
	indexEvery   = 24 * time.Hour
	indexAgain   = time.Hour
	indexOverlap = 10 * time.Minute
)

// What IndexNotes keep of an index, by its URL: until when it was read, and when
// that was begun last.
const (
	indexRead  = "follow_index_read "
	indexTried = "follow_index_tried "
)

// IndexNotes keep when indexes were read, across restarts. Get of what was never
// Set is errs.NotFound.
type IndexNotes interface {
	Get(ctx context.Context, key string) (string, error)
	Set(ctx context.Context, key, value string) error
}

// IndexReading follows what is added to the index that the settings name.
type IndexReading struct {
	Sites *Sites
	Index Index
	Notes IndexNotes
	Now   func() time.Time
	Log   *slog.Logger
}

// Run follows what was added since the index was read last, if it is due. It is
// called each minute or so, so that administrators who name an index soon see
// what comes of it.
func (i *IndexReading) Run(ctx context.Context) error {
	url := i.Sites.Settings().Index
	if url == "" {
		return nil
	}
	read, err := i.noted(ctx, indexRead+url)
	if err != nil {
		return err
	}
	tried, err := i.noted(ctx, indexTried+url)
	now := i.Now().Truncate(time.Second)
	if err != nil || !indexDue(read, tried, now) {
		return err
	}
	if err := i.note(ctx, indexTried+url, now); err != nil {
		return err
	}
	since := read
	if !read.IsZero() {
		since = read.Add(-indexOverlap)
	}
	if err := i.Sites.FollowIndex(ctx, i.Index, since); err != nil {
		if errs.Is(err, errs.Internal) {
			return err
		}
		i.Log.WarnContext(ctx, "the index of sites to follow could not be read; it will be tried again", "index", url, "in", indexAgain, "err", err)
		return nil
	}
	return i.note(ctx, indexRead+url, now)
}

// indexDue reports whether an index is to be read now. One that was never tried
// is.
func indexDue(read, tried, now time.Time) bool {
	if tried.IsZero() || now.Before(tried) {
		return true
	}
	wait := indexEvery
	if read.Before(tried) {
		wait = indexAgain
	}
	return now.Sub(tried) >= wait
}

// noted returns a time, zero when there is none.
func (i *IndexReading) noted(ctx context.Context, key string) (time.Time, error) {
	text, err := i.Notes.Get(ctx, key)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return time.Time{}, err
	}
	at, _ := time.Parse(time.RFC3339, text)
	return at, nil
}

func (i *IndexReading) note(ctx context.Context, key string, at time.Time) error {
	return i.Notes.Set(ctx, key, at.Format(time.RFC3339))
}
