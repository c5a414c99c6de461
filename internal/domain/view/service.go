package view

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Store keeps sessions, what was counted, and positions. All of it takes part
// in the transaction of ctx. A video or user that does not exist is
// errs.NotFound.
type Store interface {
	SaltStore
	// Sessions returns the sessions of keys that are not over, and holds them
	// until the transaction ends.
	Sessions(ctx context.Context, keys []string) ([]*Session, error)
	// Insert adds sessions and returns those whose key somebody else has
	// taken meanwhile.
	Insert(ctx context.Context, list []*Session) (taken []*Session, err error)
	// Update writes what Session.Watch changes, of sessions that are held.
	Update(ctx context.Context, list []*Session) error
	// Finish ends sessions: their keys are forgotten, and their sections
	// become part of the video's retention.
	Finish(ctx context.Context, list []*Session) error
	// Record adds sessions that are over, with their sections to the video's
	// retention.
	Record(ctx context.Context, list []*Session) error
	// Buffer keeps what is to be added to counters.
	Buffer(ctx context.Context, list []Count) error
	// Remember writes where people are, unless something newer is known.
	Remember(ctx context.Context, list []Position) error
	// Watching returns how many sessions of each video were seen since a
	// time; videos without are missing.
	Watching(ctx context.Context, since time.Time) (map[video.ID]int64, error)
	// Positions returns where a person is in each of several videos; those
	// they never watched are missing.
	Positions(ctx context.Context, u user.ID, ids []video.ID) (map[video.ID]int, error)
}

// Videos is the part of video.Service that says who may watch.
type Videos interface {
	See(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, error)
	CheckToken(token, uuid string) error
}

// VideoStore finds videos without asking who looks.
type VideoStore interface {
	ByRef(ctx context.Context, ref video.Ref) (*video.Video, error)
}

// Locator tells where an address is; unknown ones are nowhere.
type Locator interface {
	Locate(a netip.Addr) Place
}

// Service takes reports and knows who watches.
type Service struct {
	Store  Store
	Videos Videos
	// Anyhow finds videos for those who show a token of their files.
	Anyhow VideoStore
	// Locator may be nil: then nobody is anywhere.
	Locator Locator
	// Elsewhere tells who watches on other sites: viewers of this site's
	// videos, who are added to those here, and totals of the videos of others,
	// which have those here in them. It may be nil.
	Elsewhere func(now time.Time) (viewers, totals map[video.ID]int64)
	// Counted is told of a video of another site that was viewed, n times, in
	// the transaction that counts it. It may be nil.
	Counted func(ctx context.Context, id video.ID, n int64) error
	// Over is told of viewings of videos of other sites that are over, in the
	// transaction that ends them. It may be nil.
	Over  func(ctx context.Context, list []*Session) error
	Rules func() Rules
	InTx  func(ctx context.Context, fn func(ctx context.Context) error) error
	Now   func() time.Time

	start   sync.Once
	keys    Keys
	floods  flood
	pings   batches[Ping]
	counts  batches[Count]
	targets targets
	now     watching
	told    daily
}

func (s *Service) ready() {
	s.start.Do(func() {
		s.keys.Store = s.Store
		s.pings.commit, s.counts.commit = s.commit, func(ctx context.Context, list []Count) error {
			return s.InTx(ctx, func(ctx context.Context) error { return s.Store.Buffer(ctx, list) })
		}
	})
}

// Report takes a report of somebody whom a lets see the video. It is in the
// database when Report returns nil. Reports of crawlers, and those beyond what
// an address may cause, are dropped without a word. A time outside of the
// video is errs.Invalid, a database that cannot keep it errs.Unavailable or
// without a kind; then the player's next report makes up for it.
func (s *Service) Report(ctx context.Context, a video.Access, ref video.Ref, in Report) error {
	s.ready()
	t, err := s.target(ctx, a, ref, in.FileToken)
	if err != nil {
		return err
	}
	if err := t.check(&in); err != nil {
		return err
	}
	p, err := s.ping(ctx, a.Viewer, t, in)
	if err != nil || p.Unwatched && p.Remember == 0 {
		return err
	}
	return s.pings.add(ctx, p)
}

// late is how many seconds after the end a report may claim to be: durations
// are rounded.
const late = 5

// maxLiveTime bounds the times of streams whose end is not known.
const maxLiveTime = 1<<31 - 1

// check refuses impossible times and brings the others into the video.
func (t target) check(in *Report) error {
	end := t.duration
	if t.live || end == 0 {
		end = maxLiveTime
	}
	if in.Time < 0 || in.Time > min(end+late, maxLiveTime) {
		return errs.New(errs.Invalid, "Current time %d is invalid (video %s duration: %d)", in.Time, t.uuid, t.duration)
	}
	in.Time = min(in.Time, end)
	return nil
}

func (s *Service) ping(ctx context.Context, w video.Viewer, t target, in Report) (p Ping, err error) {
	at, rules := s.Now(), s.Rules()
	p = Ping{Video: t.id, Duration: t.duration, Remote: t.remote, At: at, Time: in.Time, Seek: in.Seek, Agent: agentOf(in)}
	if t.live {
		p.Duration = 0
	}
	if w != nil && !w.Preferences.HistoryDisabled {
		p.Remember = w.ID
	}
	who := network(in.Addr).String()
	if rules.TrustSessionID && in.Session != "" {
		who = "session " + in.Session
	}
	allowed, _ := s.floods.allows(in.Addr, t.uuid+" "+who, at)
	if !allowed || isCrawler(in.UserAgent) {
		p.Unwatched = true
		return p, nil
	}
	if s.Locator != nil {
		p.Place = s.Locator.Locate(in.Addr)
	}
	p.Key, p.Before, err = s.keys.of(ctx, t.id, who, at, rules.life())
	return p, err
}

// Downloaded counts a download of a video, once an hour for each address. It
// comes to the counters if the process does not die within seconds.
func (s *Service) Downloaded(ctx context.Context, id video.ID, from netip.Addr, userAgent string) error {
	s.ready()
	at := s.Now()
	what := "download " + strconv.FormatInt(int64(id), 10) + at.UTC().Format(" 15")
	if _, first := s.floods.allows(from, what, at); !first || isCrawler(userAgent) {
		return nil
	}
	return s.counts.add(ctx, Count{Video: id, At: at, Downloads: 1})
}

// commit keeps a group of pings in one transaction.
func (s *Service) commit(ctx context.Context, group []Ping) error {
	rules := s.Rules()
	return s.InTx(ctx, func(ctx context.Context) error {
		c := committing{store: s.Store, rules: rules, counted: s.Counted, over: s.Over, viewings: map[string]*viewing{}}
		c.gather(group)
		for _, step := range []func(context.Context) error{c.load, c.save, c.count, c.remember} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// committing is a commit under way.
type committing struct {
	store     Store
	rules     Rules
	counted   func(ctx context.Context, id video.ID, n int64) error
	over      func(ctx context.Context, list []*Session) error
	viewings  map[string]*viewing // by today's key
	order     []string            // their keys, sorted, so that nodes do not lock crosswise
	positions map[historyKey]Position
}

// viewing is a session and its new pings.
type viewing struct {
	pings   []Ping
	session *Session
	views   int64
}

type historyKey struct {
	user  user.ID
	video video.ID
}

func (c *committing) gather(group []Ping) {
	c.positions = map[historyKey]Position{}
	for _, p := range group {
		if p.Remember != 0 {
			c.positions[historyKey{p.Remember, p.Video}] = Position{p.Remember, p.Video, p.Time, p.At}
		}
		if p.Unwatched {
			continue
		}
		if c.viewings[p.Key] == nil {
			c.viewings[p.Key] = &viewing{}
			c.order = append(c.order, p.Key)
		}
		v := c.viewings[p.Key]
		v.pings = append(v.pings, p)
	}
	slices.Sort(c.order)
}

// load finds the sessions that go on, and ends those that were silent too
// long.
func (c *committing) load(ctx context.Context) error {
	if len(c.order) == 0 {
		return nil
	}
	keys := slices.Clone(c.order)
	for _, v := range c.viewings {
		if before := v.pings[0].Before; before != "" {
			keys = append(keys, before)
		}
	}
	slices.Sort(keys)
	list, err := c.store.Sessions(ctx, slices.Compact(keys))
	if err != nil {
		return err
	}
	byKey, over := map[string]*Session{}, []*Session{}
	for _, s := range list {
		byKey[s.Key] = s
	}
	for _, v := range c.viewings {
		for _, key := range []string{v.pings[0].Before, v.pings[0].Key} { // the newer counts
			s := byKey[key]
			switch {
			case s == nil:
			case v.pings[0].At.Sub(s.Seen) >= c.rules.life():
				s.Remote = v.pings[0].Remote
				over = append(over, s)
			default:
				v.session = s
			}
		}
	}
	if len(over) == 0 {
		return nil
	}
	return end(ctx, c.store, over, c.over)
}

// save writes the sessions with their pings.
func (c *committing) save(ctx context.Context) error {
	var added, changed []*Session
	for _, key := range c.order {
		v := c.viewings[key]
		if v.session == nil {
			v.session = &Session{Video: v.pings[0].Video, Key: key}
			added = append(added, v.session)
		} else {
			changed = append(changed, v.session)
		}
		v.watch(c.rules)
	}
	taken, err := c.store.Insert(ctx, added)
	if err != nil {
		return err
	}
	again, err := c.join(ctx, taken)
	if err != nil {
		return err
	}
	return c.store.Update(ctx, append(changed, again...))
}

func (v *viewing) watch(r Rules) {
	v.views = 0
	for _, p := range v.pings {
		if v.session.Watch(p, r) {
			v.views++
		}
	}
}

// join adds pings to sessions that another node has begun at the same time.
func (c *committing) join(ctx context.Context, taken []*Session) ([]*Session, error) {
	if len(taken) == 0 {
		return nil, nil
	}
	keys := make([]string, len(taken))
	for i, s := range taken {
		keys[i] = s.Key
	}
	slices.Sort(keys)
	list, err := c.store.Sessions(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		v := c.viewings[s.Key]
		v.session = s
		v.watch(c.rules)
	}
	return list, nil
}

func (c *committing) count(ctx context.Context) error {
	sums, remote := map[video.ID]*Count{}, map[video.ID]bool{}
	var list []Count
	for _, key := range c.order {
		v := c.viewings[key]
		if v.views == 0 {
			continue
		}
		id := v.pings[0].Video
		if sums[id] == nil {
			sums[id] = &Count{Video: id, At: v.pings[0].At}
		}
		sums[id].Views += v.views
		remote[id] = v.pings[0].Remote
	}
	for _, sum := range sums {
		list = append(list, *sum)
	}
	if len(list) == 0 {
		return nil
	}
	slices.SortFunc(list, func(a, b Count) int { return int(a.Video - b.Video) })
	if err := c.store.Buffer(ctx, list); err != nil || c.counted == nil {
		return err
	}
	for _, sum := range list {
		if !remote[sum.Video] {
			continue
		}
		if err := c.counted(ctx, sum.Video, sum.Views); err != nil {
			return err
		}
	}
	return nil
}

func (c *committing) remember(ctx context.Context) error {
	if len(c.positions) == 0 {
		return nil
	}
	list := make([]Position, 0, len(c.positions))
	for _, p := range c.positions {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Position) int {
		if a.User != b.User {
			return int(a.User - b.User)
		}
		return int(a.Video - b.Video)
	})
	return c.store.Remember(ctx, list)
}

// target is what a report needs of its video.
type target struct {
	id       video.ID
	uuid     string
	duration int
	live     bool
	remote   bool
	until    time.Time
}

// targets remembers videos that everybody may watch for targetLife.
type targets struct {
	mu sync.Mutex
	m  map[video.Ref]target
}

const (
	targetLife = 5 * time.Second
	maxTargets = 5000
)

func (s *Service) target(ctx context.Context, a video.Access, ref video.Ref, token string) (target, error) {
	now := s.Now()
	if t, ok := s.targets.get(ref); ok && now.Before(t.until) {
		return t, nil
	}
	v, err := s.Videos.See(ctx, a, ref)
	if err != nil && token != "" && !errs.Is(err, errs.NotFound) {
		v, err = s.byToken(ctx, ref, token, err)
	}
	if err != nil {
		return target{}, err
	}
	t := target{id: v.ID, uuid: v.UUID, duration: v.Duration, live: v.IsLive, remote: v.Remote, until: now.Add(targetLife)}
	if v.Privacy == video.Public || v.Privacy == video.Unlisted && ref.UUID != "" {
		s.targets.put(ref, t)
	}
	return t, nil
}

func (s *Service) byToken(ctx context.Context, ref video.Ref, token string, refused error) (*video.Video, error) {
	v, err := s.Anyhow.ByRef(ctx, ref)
	if err != nil {
		return nil, err
	}
	if s.Videos.CheckToken(token, v.UUID) != nil {
		return nil, refused
	}
	return v, nil
}

func (t *targets) get(ref video.Ref) (target, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	it, ok := t.m[ref]
	return it, ok
}

func (t *targets) put(ref video.Ref, it target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.m == nil || len(t.m) >= maxTargets {
		t.m = make(map[video.Ref]target)
	}
	ref.UUID = strings.Clone(ref.UUID) // not the whole request's
	t.m[ref] = it
}
