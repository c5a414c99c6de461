package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/fetch"
)

const (
	// perRound is how many rows of a lane are read at a time; more when those
	// have all to wait.
	perRound = 100
	// maxAttempts is how often something is tried that fails for a while; the
	// pauses double from firstPause to longestPause.
	maxAttempts  = 10
	firstPause   = 30 * time.Second
	longestPause = 6 * time.Hour
	// alonePause is when something is tried again for which a site has to be
	// asked that is left alone. It does not count as a try: when the site comes
	// back, what it has sent before must still be there.
	alonePause = 10 * time.Minute
	// maxSpent is how often something is tried that takes more requests than
	// budget: what the first tries have found is kept, such as actors, so that
	// another may do; hardly a fourth.
	maxSpent = 3
	// longestTurn is how long a lane keeps others waiting; what is begun is
	// done.
	longestTurn = 10 * time.Second
	// prepareTime is how long asking other sites for one activity may take.
	prepareTime = 2 * time.Minute
	// budget is how many requests one activity may cause.
	budget = 40
	// seenLife is for how long ids of activities are remembered.
	seenLife = 14 * 24 * time.Hour
)

// Processor does what was received.
type Processor struct {
	Inbox   peer.Inbox
	Queue   Queue
	Blocked Blocked
	Graves  peer.Tombstones

	// What is asked of other sites, outside of transactions.
	Actors    Actors
	Videos    Videos
	Comments  Comments
	Playlists Playlists

	// What is known here.
	Known        origin.Actors
	Copies       origin.Videos
	Said         origin.Comments
	Lists        origin.Playlists
	VideoStore   VideoStore
	CommentStore comment.Store
	Rates        video.RateStore
	Follows      Follows
	Views        Views
	Mutes        Mutes
	Reports      Reports
	People       People
	Mirrors      Mirrors
	Viewings     Viewings

	// Who hears of it, in the transaction in which it happens. FollowEvents
	// and SiteEvents may be nil.
	Outbox       Outbox
	Events       comment.Events
	FollowEvents follow.Events
	SiteEvents   follow.SiteEvents
	// Presence counts who watches on other sites.
	Presence *Presence
	// Counts, which may be nil, is told how many activities were done; Later
	// calls f after a while.
	Counts peer.Counts
	Later  func(d time.Duration, f func())

	Rules func() Rules
	Site  instance.Site
	// AtOnce is how many transactions may be under way at once, 0 any number.
	// Where only one can write, each that waits is one more that the Receiver
	// waits for, and those who send to it.
	AtOnce int
	// InTx runs fn in one database transaction; stores, Queue, Outbox and
	// events take part.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
	Log  *slog.Logger

	busy    busy
	blocks  kept[bool]
	writes  writes
	counted counts
}

// step is what an activity does, in the transaction that removes it.
type step func(ctx context.Context) error

// nothing is the step of an activity that is taken and changes nothing here.
func nothing(context.Context) error { return nil }

// incoming is an activity that is known to be its actor's.
type incoming struct {
	*activity.Activity
	row *peer.Received
	by  *origin.Known
	// raw is the text as it came, with the document's signature when others
	// can verify it by that: forwardable.
	raw         []byte
	forwardable bool
	// hearsay was told by somebody else without proof: only what its origin
	// says counts.
	hearsay bool
	// video is the one whose row, with its counters, the activity changes.
	video video.ID
}

// Sweep asks for the work on lanes in which something is due, and is called
// now and then: for what failed for a while, and for what was left when the
// process ended.
func (p *Processor) Sweep(ctx context.Context) error {
	const most = 1000
	lanes, err := p.Inbox.Lanes(ctx, p.Now(), most)
	if err != nil || len(lanes) == 0 {
		return err
	}
	return p.InTx(ctx, func(ctx context.Context) error { return p.Queue.Lanes(ctx, lanes) })
}

// Forget removes ids of activities that are too old to come again; it is
// called once a day.
func (p *Processor) Forget(ctx context.Context) error {
	return p.Inbox.Forget(ctx, p.Now().Add(-seenLife))
}

// ErrMore says that there is more to do in a lane, and that it is the turn of
// others.
var ErrMore = errors.New("there is more to do")

// Lane does what is due in a lane, in order, and returns ErrMore when that
// takes long. It may be called twice at once: the second call leaves the work
// to the first.
func (p *Processor) Lane(ctx context.Context, lane string) error {
	if !p.busy.begin(lane) {
		return nil
	}
	for began := time.Now(); ; {
		if err := p.drain(ctx, lane, began); err != nil {
			p.busy.end(lane)
			return err
		}
		if p.busy.leave(lane) {
			return nil
		}
	}
}

// drain goes over a lane until nothing more can be done now.
func (p *Processor) drain(ctx context.Context, lane string, began time.Time) error {
	for limit := perRound; ; {
		if time.Since(began) > longestTurn {
			return ErrMore
		}
		rows, err := p.Inbox.Next(ctx, lane, limit)
		if err != nil || len(rows) == 0 {
			return err
		}
		done, err := p.round(ctx, rows)
		switch {
		case err != nil:
			return err
		case done > 0:
			limit = perRound
		case len(rows) < limit:
			return nil
		case limit < maxWaiting:
			limit *= 4
		default:
			return nil
		}
	}
}

// round goes over rows once and returns how many were not left waiting.
// What changes or needs what something that waits changes, waits too.
func (p *Processor) round(ctx context.Context, rows []*peer.Received) (done int, err error) {
	t := turn{p: p}
	for _, r := range rows {
		if err := ctx.Err(); err != nil {
			return t.done, err
		}
		if err := t.take(ctx, r); err != nil {
			return t.done, err
		}
	}
	return t.done, t.flush(ctx)
}

// settle says what becomes of a row that failed. left is true when it stays
// for another try; an error means that the database did not answer, or that
// ctx is over.
func (p *Processor) settle(ctx context.Context, r *peer.Received, why error) (left bool, err error) {
	var soon *tooSoon
	switch {
	case ctx.Err() != nil:
		return true, ctx.Err()
	case errors.As(why, &soon):
		return false, p.postpone(ctx, r, soon)
	case lasting(why):
		return false, p.drop(ctx, r, why)
	case errors.Is(why, fetch.ErrLeftAlone) && p.Now().Sub(r.ReceivedAt) < peer.Dead:
		return true, p.Inbox.Wait(ctx, r.ID, why.Error(), p.Now().Add(alonePause))
	case r.Attempts+1 >= maxAttempts, r.Attempts+1 >= maxSpent && errors.Is(why, fetch.ErrSpent):
		return false, p.drop(ctx, r, fmt.Errorf("given up after %d attempts: %w", r.Attempts+1, why))
	}
	pause := min(longestPause, firstPause<<min(r.Attempts, 20))
	p.Log.InfoContext(ctx, "an activity could not be done yet", "activity", r.ActivityURL, "from", r.ActorURL, "err", why, "again_in", pause)
	return true, p.Inbox.Again(ctx, r.ID, why.Error(), p.Now().Add(pause))
}

// lasting reports whether an error will be the same the next time.
func lasting(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Forbidden, errs.NotFound, errs.Conflict, errs.Gone, errs.TooLarge, errs.Unauthorized, errs.UnsupportedType, errs.Unprocessable, errs.NotSupported:
		return true
	}
	return false
}

func (p *Processor) drop(ctx context.Context, r *peer.Received, why error) error {
	p.Log.InfoContext(ctx, "an activity was dropped", "activity", r.ActivityURL, "from", r.ActorURL, "via", r.ViaURL, "why", why)
	if err := p.Inbox.Done(ctx, r.ID); !errs.Is(err, errs.NotFound) {
		return err
	}
	return nil
}

// recovered turns a panic into an error: it is our fault, but must not hold up
// the lane for ever.
func (p *Processor) recovered(ctx context.Context, r *peer.Received, err *error) {
	if v := recover(); v != nil {
		p.Log.ErrorContext(ctx, "an activity made this program fail", "activity", r.ActivityURL, "panic", v, "stack", string(debug.Stack()))
		*err = errs.New(errs.Unprocessable, "this program failed on it: %v", v)
	}
}

// prepare finds out what a row does, and of which video it changes the
// counters.
func (p *Processor) prepare(ctx context.Context, r *peer.Received) (what step, of video.ID, err error) {
	defer p.recovered(ctx, r, &err)
	ctx, cancel := context.WithTimeout(fetch.WithBudget(ctx, budget), prepareTime)
	defer cancel()
	if strings.HasPrefix(r.Lane, doubtful) {
		what, err = p.examine(ctx, r)
		return what, 0, err
	}
	in, err := open(r)
	if err != nil {
		return nil, 0, err
	}
	if err := p.mayAct(ctx, in.ActorURL); err != nil {
		return nil, 0, err
	}
	what, err = p.handle(ctx, in)
	return what, in.video, err
}

// mayAct refuses whom the site does not want to hear of: it may have been
// decided after the activity came.
func (p *Processor) mayAct(ctx context.Context, actorURL string) error {
	const life = 5 * time.Second
	host := activity.Host(actorURL)
	if host == p.Site.Host {
		return errs.New(errs.Forbidden, "actors of this site do not write to it")
	}
	blocked, ok := p.blocks.get(actorURL, p.Now())
	if !ok {
		m, err := p.Blocked.Blocked(ctx, []string{host}, []string{actorURL})
		if err != nil {
			return err
		}
		blocked = m[host] || m[actorURL]
		p.blocks.put(actorURL, blocked, p.Now().Add(life))
	}
	if blocked {
		return errs.New(errs.Forbidden, "this site does not take anything from there")
	}
	return nil
}

// passed is the body of a row that somebody else passed on.
type passed struct {
	// Raw is the text as it came; Doc what of it is signed.
	Raw string       `json:"raw,omitempty"`
	Doc activity.Doc `json:"doc"`
	// Hearsay is not signed.
	Hearsay bool `json:"hearsay,omitempty"`
}

// open reads a row of an actor's lane.
func open(r *peer.Received) (*incoming, error) {
	in := &incoming{row: r, raw: r.Body}
	var d activity.Doc
	if r.ViaURL == "" {
		var err error
		if d, err = activity.Decode(r.Body); err != nil {
			return nil, err
		}
		in.forwardable = isSigned(d)
	} else {
		var it passed
		if err := json.Unmarshal(r.Body, &it); err != nil {
			return nil, errs.Wrap(errs.Invalid, err, "what was passed on cannot be read")
		}
		d, in.raw, in.hearsay, in.forwardable = it.Doc, []byte(it.Raw), it.Hearsay, !it.Hearsay
	}
	a, err := activity.ReadActivity(d)
	if err != nil {
		return nil, err
	}
	if a.ActorURL != r.ActorURL {
		return nil, errs.New(errs.Forbidden, "the activity is not of who sent it")
	}
	if a.URL == "" {
		a.URL, _, _ = strings.Cut(r.ActivityURL, " "+doubtful)
	}
	in.Activity = a
	return in, nil
}
