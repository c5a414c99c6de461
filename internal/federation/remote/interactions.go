package remote

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/fetch"
)

// Check is a part of what people of other sites said, liked and shared of
// videos here, of which their sites are to be asked whether it is still there:
// deletions may have got lost.
type Check struct {
	What origin.InteractionKind `json:"type"`
	// After is where the part begins.
	After string `json:"after,omitempty"`
	// Missing are ids that their sites did not know the last time; only these
	// are asked for then.
	Missing []string `json:"missing,omitempty"`
}

// FirstCheck is where going through all begins.
var FirstCheck = Check{What: origin.Said}

// checked are the kinds in their order.
var checked = []origin.InteractionKind{origin.Said, origin.Shared, origin.Rated}

// CheckQueue takes checks, in the transaction of ctx.
type CheckQueue interface {
	Check(ctx context.Context, c Check, in time.Duration) error
}

// Interactions asks whether what was said, liked and shared is still there,
// and removes what is gone.
type Interactions struct {
	*Source
	Store origin.Interactions
	// Comments removes what was said, Rates and Shares the rest.
	Comments interface {
		Remove(ctx context.Context, url string) error
	}
	Rates  video.RateStore
	Shares origin.Videos
	// Changed hears of a video of which a like is gone.
	Changed func(ctx context.Context, id video.ID) error
	Queue   CheckQueue
	// Wanted reports whether it is done at all
	// (federation.videos.cleanup_remote_interactions).
	Wanted func() bool
	InTx   func(ctx context.Context, fn func(ctx context.Context) error) error
	Now    func() time.Time
	Log    *slog.Logger
}

const (
	checkPage = 200
	// checkPages and checkAsks bound one part: so many rows are looked at, so
	// many requests are made.
	checkPages = 10
	checkAsks  = 50
	// checkBudget is how many requests one of them may cause, redirections
	// too.
	checkBudget = 4
	// missedPause is when what was not found is asked for again.
	missedPause = time.Hour
	// checkPause is between parts, and longer after a host had enough.
	checkPause, busyPause = 5 * time.Second, time.Minute
)

// Do asks for a part and queues the next. errs.TooMany says that nothing could
// be asked yet.
func (s *Interactions) Do(ctx context.Context, c Check) error {
	if !s.Wanted() {
		return nil
	}
	if len(c.Missing) > 0 {
		return s.second(ctx, c)
	}
	p := part{Interactions: s, what: c.What, at: c.After}
	pause := checkPause
	switch err := p.run(ctx); {
	case errs.Is(err, errs.TooMany) && p.at != c.After:
		pause = busyPause
	case err != nil:
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if len(p.missing) > 0 {
			if err := s.Queue.Check(ctx, Check{What: c.What, Missing: p.missing}, missedPause); err != nil {
				return err
			}
		}
		next := Check{What: c.What, After: p.at}
		if p.end {
			i := slices.Index(checked, c.What) + 1
			if i >= len(checked) {
				return nil
			}
			next = Check{What: checked[i]}
		}
		return s.Queue.Check(ctx, next, pause)
	})
}

// part is what one Check looks at.
type part struct {
	*Interactions
	what    origin.InteractionKind
	at      string // behind what was looked at
	asked   int
	missing []string
	end     bool
}

func (p *part) run(ctx context.Context) error {
	for range checkPages {
		list, err := p.Store.After(ctx, p.what, p.at, checkPage)
		if err != nil {
			return err
		}
		for _, it := range list {
			if p.asked >= checkAsks {
				return nil
			}
			if err := p.one(ctx, it); err != nil {
				return err
			}
			p.at = it.Cursor
		}
		if p.end = len(list) < checkPage; p.end {
			return nil
		}
	}
	return nil
}

func (p *part) one(ctx context.Context, it origin.Interaction) error {
	if !p.askable(it) {
		return nil
	}
	p.asked++
	gone, err := p.gone(ctx, p.what, it)
	if gone {
		p.missing = append(p.missing, it.URL)
	}
	return err
}

// askable reports whether it can be had under its id, from the site of who
// said it: Mastodon's likes have ids with fragments, which are no documents of
// their own.
func (s *Interactions) askable(it origin.Interaction) bool {
	return it.Theirs && !strings.Contains(it.URL, "#") && activity.ValidURL(it.URL) && activity.SameHost(it.URL, it.ActorURL) && !s.own(it.URL)
}

// gone asks for one. What cannot be asked for now is not gone.
func (s *Interactions) gone(ctx context.Context, k origin.InteractionKind, it origin.Interaction) (bool, error) {
	if err := s.allowed(ctx, it.URL, it.ActorURL); err != nil {
		if errs.Is(err, errs.Forbidden) || errs.Is(err, errs.Gone) {
			return false, nil // nobody of there is asked
		}
		return false, err
	}
	_, err := s.Fetch.Get(fetch.WithBudget(ctx, checkBudget), it.URL, fetch.Options{})
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errs.Is(err, errs.TooMany) && !errors.Is(err, fetch.ErrSpent):
		return false, err
	case errs.Is(err, errs.NotFound):
		return givesOut(k, it), nil
	}
	return errs.Is(err, errs.Gone), nil
}

// givesOut reports whether a site gives out what it has. Not all do with likes
// and shares: that a like is not found means something at PeerTube's only, and
// this program's, which calls itself so.
func givesOut(k origin.InteractionKind, it origin.Interaction) bool {
	return k == origin.Said || it.Software == "peertube"
}

// second asks again for what was not found, and removes what is still missing.
func (s *Interactions) second(ctx context.Context, c Check) error {
	removed := 0
	for n, url := range c.Missing {
		it, err := s.Store.Named(ctx, c.What, url)
		if errs.Is(err, errs.NotFound) || err == nil && !s.askable(it) {
			continue
		}
		if err != nil {
			return err
		}
		gone, err := s.gone(ctx, c.What, it)
		if errs.Is(err, errs.TooMany) && n > 0 {
			return s.InTx(ctx, func(ctx context.Context) error {
				return s.Queue.Check(ctx, Check{What: c.What, Missing: c.Missing[n:]}, busyPause)
			})
		}
		if err != nil {
			return err
		}
		if !gone {
			continue
		}
		if err := s.remove(ctx, c.What, it); err != nil {
			return err
		}
		removed++
	}
	if removed > 0 {
		s.Log.InfoContext(ctx, "what people of other sites did with videos here is gone there and is removed", "kind", string(c.What), "removed", removed)
	}
	return nil
}

func (s *Interactions) remove(ctx context.Context, k origin.InteractionKind, it origin.Interaction) error {
	switch k {
	case origin.Said:
		return s.Comments.Remove(ctx, it.URL)
	case origin.Shared:
		_, err := s.Shares.Unshare(ctx, it.ActorID, it.URL)
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		before, err := s.Rates.Put(ctx, video.Rate{AccountID: it.AccountID, VideoID: it.VideoID, Type: video.RateNone, CreatedAt: s.Now()})
		if err != nil || before == video.RateNone {
			return err
		}
		return s.Changed(ctx, it.VideoID)
	})
}
