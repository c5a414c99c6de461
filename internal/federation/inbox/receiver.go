package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/httpsig"
)

const (
	// RetryAfter is when who sent too much may send again.
	RetryAfter = time.Minute
	// maxWaiting is how much of one lane may wait, maxDoubts how much of one
	// host that is not verified yet, maxPostponed how much of one host that
	// waits until a key may be asked for again: it may well be forged.
	maxWaiting   = 10_000
	maxDoubts    = 2000
	maxPostponed = 50
	// maxAtOnce is how many activities one request may carry.
	maxAtOnce = 50
	// refreshKey is how old a key must be for a signature that it did not make
	// to be a reason to ask for a newer one. What comes before that waits.
	refreshKey = 5 * time.Minute
)

// doubtful marks lanes and ids of what is not verified.
const doubtful = "?"

// postponed marks lanes of what cannot be verified before a key is old enough
// to be asked for again. It holds up nobody else.
const postponed = doubtful + doubtful

// Doubtful reports whether what is in a lane has to be verified first.
func Doubtful(lane string) bool { return strings.HasPrefix(lane, doubtful) }

// Request is what arrived at an inbox. The caller has checked the digest of
// the body (httpsig.CheckDigest), and read no more of it than
// activity.MaxBytes.
type Request struct {
	Body      []byte
	Signature *httpsig.Signature
	// TargetURL is the actor of a personal inbox, "" for the shared one.
	TargetURL string
}

// Keys finds the owner of a key among the actors that are known; see
// origin.Actors.
type Keys interface {
	ByURL(ctx context.Context, url string) (*origin.Known, error)
	ByKey(ctx context.Context, keyID string) (*origin.Known, error)
}

// Blocked says which hosts and actors the site does not want to hear of; see
// peer.Servers.
type Blocked interface {
	Blocked(ctx context.Context, hosts, actorURLs []string) (map[string]bool, error)
}

// Servers hears of sites that write; see peer.Servers.
type Servers interface {
	Heard(ctx context.Context, host string, at time.Time) error
}

// Queue takes the work on lanes. Its call takes part in the transaction of
// ctx.
type Queue interface {
	// Lanes asks for Processor.Lane of each, soon.
	Lanes(ctx context.Context, lanes []string) error
}

// Receiver takes what arrives.
type Receiver struct {
	Inbox   peer.Inbox
	Keys    Keys
	Blocked Blocked
	Servers Servers
	Queue   Queue
	Site    instance.Site
	// InTx runs fn in one database transaction; Inbox and Queue take part.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
	Log  *slog.Logger

	keys    keyring
	blocks  kept[bool]
	waiting kept[*fill]
	heard   kept[bool] // hosts
	once    sync.Once
	rows    batches[*peer.Received]
}

// Unsigned is PeerTube's answer to a request without a signature.
func Unsigned() error {
	return errs.New(errs.Forbidden, "no authorization or signature header present in the request")
}

// Refuse is the answer to a request whose signature httpsig refuses, PeerTube's
// status with our reason.
func Refuse(err error) error {
	if errors.Is(err, httpsig.ErrNone) {
		return Unsigned()
	}
	if e := errs.As(err); e != nil {
		return errs.Wrap(errs.Forbidden, err, "%s", e.Msg)
	}
	return errs.Wrap(errs.Forbidden, err, "the signature is not valid")
}

// Receive takes a request. When it returns nil, what is to be done is written
// down; what was seen before, or means nothing, too. Refusals are Forbidden,
// Conflict when this site seems to write to itself, Invalid, and TooMany (after
// RetryAfter it may come again).
func (s *Receiver) Receive(ctx context.Context, r Request) error {
	host := hostOfKey(r.Signature.KeyID)
	switch {
	case host == "":
		return errs.New(errs.Forbidden, "the key %q is of no site", shorten(r.Signature.KeyID))
	case host == s.Site.Host:
		return errs.New(errs.Conflict, "this is a request of the site to itself")
	}
	if err := s.mayWrite(ctx, host, ""); err != nil {
		return err
	}
	key, wrong, err := s.verify(ctx, r.Signature)
	if err != nil {
		return err
	}
	if key != nil {
		if err := s.mayWrite(ctx, host, key.actor); err != nil {
			return err
		}
	}
	lane, most := host, maxWaiting
	var later *time.Time
	switch {
	case wrong != nil:
		at := key.fetched.Add(refreshKey)
		lane, most, later, key = postponed+host, maxPostponed, &at, nil
	case key == nil:
		lane, most = doubtful+host, maxDoubts
	}
	if err := s.room(ctx, lane, most); err != nil {
		if wrong != nil && errs.Is(err, errs.TooMany) {
			return wrong
		}
		return err
	}
	rows, err := s.read(ctx, r, key, lane, later)
	if err != nil || len(rows) == 0 {
		return err
	}
	if err := s.hear(ctx, host); err != nil {
		return err
	}
	s.filled(rows, lane)
	return s.add(ctx, rows)
}

// hear says that a site has written: one that was left alone is asked again,
// for the key that signed this, too. Before it is, nothing is believed but that
// somebody named it.
func (s *Receiver) hear(ctx context.Context, host string) error {
	const life = time.Minute
	now := s.Now()
	if _, ok := s.heard.get(host, now); ok {
		return nil
	}
	s.heard.put(host, true, now.Add(life))
	return s.Servers.Heard(ctx, host, now)
}

// mayWrite refuses those whom the site does not want to hear of. The answer is
// kept for a while: it is asked for with each request. A no is kept shorter,
// because what is refused does not come again.
func (s *Receiver) mayWrite(ctx context.Context, host, actorURL string) error {
	const yes, no = 10 * time.Second, 2 * time.Second
	what, hosts, actors := host, []string{host}, []string(nil)
	if actorURL != "" {
		what, hosts, actors = actorURL, nil, []string{actorURL}
	}
	now := s.Now()
	blocked, ok := s.blocks.get(what, now)
	if !ok {
		m, err := s.Blocked.Blocked(ctx, hosts, actors)
		if err != nil {
			return err
		}
		blocked = m[what]
		life := yes
		if blocked {
			life = no
		}
		s.blocks.put(what, blocked, now.Add(life))
	}
	if blocked {
		return errs.New(errs.Forbidden, "this site does not take anything from there")
	}
	return nil
}

// verify returns the key that made the signature: nil when it is not known
// here, or may have been replaced, so that it has to be asked for. wrong is set
// when the key did not make it and was asked for just before, so that a newer
// one can only be asked for later.
func (s *Receiver) verify(ctx context.Context, sig *httpsig.Signature) (key *heldKey, wrong, err error) {
	for _, anew := range []bool{false, true} {
		key, err = s.keys.find(ctx, s.Keys, sig.KeyID, s.Now(), anew)
		if err != nil || key == nil {
			return nil, nil, err
		}
		err = sig.Verify(key.key)
		switch {
		case err == nil:
			return key, nil, nil
		case !errors.Is(err, httpsig.ErrWrong):
			return nil, nil, Refuse(err)
		case anew && s.Now().Sub(key.fetched) < refreshKey:
			return key, Refuse(err), nil
		}
	}
	s.keys.keys.drop(sig.KeyID)
	return nil, nil, nil
}

// fill is how much of a lane waits, as far as this process knows.
type fill struct {
	mu sync.Mutex
	n  int
}

// room refuses what would make too much wait in a lane.
func (s *Receiver) room(ctx context.Context, lane string, most int) error {
	const life = 2 * time.Second
	now := s.Now()
	f, ok := s.waiting.get(lane, now)
	if !ok {
		n, err := s.Inbox.Count(ctx, lane, most)
		if err != nil {
			return err
		}
		f = &fill{n: n}
		s.waiting.put(lane, f, now.Add(life))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n >= most {
		return errs.New(errs.TooMany, "Too much from %s waits to be done here. Please send again later", strings.TrimLeft(lane, doubtful))
	}
	f.n++
	return nil
}

// filled counts rows that a list brought, of which room has counted one.
func (s *Receiver) filled(rows []*peer.Received, counted string) {
	for i, r := range rows {
		if i == 0 && r.Lane == counted {
			continue
		}
		if f, ok := s.waiting.get(r.Lane, s.Now()); ok {
			f.mu.Lock()
			f.n++
			f.mu.Unlock()
		}
	}
}

// read makes rows of a request. Without a key they are doubts, for a lane, to
// be looked into at once or later.
func (s *Receiver) read(ctx context.Context, r Request, key *heldKey, lane string, later *time.Time) ([]*peer.Received, error) {
	d, err := activity.Decode(r.Body)
	if err != nil {
		return nil, err
	}
	list, err := unfold(d, r.Body)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	mark, err := json.Marshal(r.Signature)
	if err != nil {
		return nil, err
	}
	if key == nil {
		if len(list) == 1 && s.farewell(ctx, list[0].Activity) {
			return nil, nil
		}
		row, err := doubt(r, now)
		row.Lane, row.RetryAt = lane, later
		return []*peer.Received{row}, err
	}
	var rows []*peer.Received
	for _, l := range list {
		row, err := rowOf(l, key.actor, r.TargetURL, digest(mark), now)
		if err != nil {
			return nil, err
		}
		if row != nil {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// farewell reports whether an actor that nobody here knows says that it is
// gone: there is nothing to do, and no key to be had.
func (s *Receiver) farewell(ctx context.Context, a *activity.Activity) bool {
	if a.Type != "Delete" || a.ObjectURL != a.ActorURL {
		return false
	}
	_, err := s.Keys.ByURL(ctx, a.ActorURL)
	return errs.Is(err, errs.NotFound)
}

// letter is an activity with the text in which it came.
type letter struct {
	*activity.Activity
	body []byte
}

// unfold reads an activity, or the activities of a list.
func unfold(d activity.Doc, body []byte) ([]letter, error) {
	if !d.IsCollection() {
		a, err := activity.ReadActivity(d)
		return []letter{{a, body}}, err
	}
	docs := append(d.Docs("orderedItems"), d.Docs("items")...)
	if len(docs) > maxAtOnce {
		return nil, errs.New(errs.TooLarge, "a list of more than %d activities", maxAtOnce)
	}
	var out []letter
	for _, it := range docs {
		a, err := activity.ReadActivity(it)
		if err != nil {
			continue
		}
		b, err := json.Marshal(it)
		if err != nil {
			return nil, err
		}
		out = append(out, letter{a, b})
	}
	return out, nil
}

// rowOf is the row of an activity that signer sent; nil when it can be of no
// use. What others pass on is doubtful. mark tells requests apart.
func rowOf(l letter, signer, target, mark string, now time.Time) (*peer.Received, error) {
	if !handled[l.Type] {
		return nil, nil //nolint:nilnil // see the comment
	}
	row := &peer.Received{
		ActivityURL: idOf(l, mark), Lane: activity.Host(l.ActorURL), ActorURL: l.ActorURL, TargetURL: target, Body: l.body, ReceivedAt: now,
	}
	if l.ActorURL == signer {
		return row, nil
	}
	b, err := json.Marshal(sealed{Body: string(l.body)})
	row.Lane, row.ViaURL, row.Body = doubtful+activity.Host(signer), signer, b
	row.ActivityURL = digest([]byte(signer), l.body)
	return row, err
}

// again are the activities that come under the same id when somebody does the
// same another time (PeerTube's ids are made of who and what). To do them twice
// does no harm; that the same request is not played again is for the mark.
var again = map[string]bool{
	"Like": true, "Dislike": true, "Follow": true, "Undo": true, "Announce": true, "Accept": true, "Reject": true, "Delete": true,
}

// recurs reports whether an activity may come again under its id. A video that
// is hidden and shown again has one id for each Delete and one for each Create,
// and an Update that only tells of other totals has that of the last change.
// What is said is said once, and what was watched was watched once.
func recurs(a *activity.Activity) bool {
	return again[a.Type] || (a.Type == "Create" || a.Type == "Update") && a.ObjectType != "Note" && a.ObjectType != "WatchAction"
}

// idOf is what an activity is known by: it is done once. mark tells apart what
// may come again under its id.
func idOf(l letter, mark string) string {
	id := l.URL
	if id == "" {
		id = "none:" + l.ActorURL + "#" + digest(l.body)
	}
	switch {
	case recurs(l.Activity):
		return id + " " + mark
	case l.Type == "View" && !l.Expires.IsZero(): // still there
		return id + " " + l.Expires.Format(time.RFC3339)
	}
	return id
}

func digest(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
		h.Write([]byte{0})
	}
	return doubtful + hex.EncodeToString(h.Sum(nil))
}

// sealed is what a doubtful row holds: the text, and the signature unless that
// is verified.
type sealed struct {
	Signature *httpsig.Signature `json:"signature,omitempty"`
	Body      string             `json:"body"`
}

// doubt is the row of a request whose key is not known, without its lane.
func doubt(r Request, now time.Time) (*peer.Received, error) {
	b, err := json.Marshal(sealed{Signature: r.Signature, Body: string(r.Body)})
	return &peer.Received{
		ActivityURL: digest(b), ActorURL: stripKey(r.Signature.KeyID), TargetURL: r.TargetURL, Body: b, ReceivedAt: now,
	}, err
}

// add writes rows down, together with those of others that come meanwhile.
func (s *Receiver) add(ctx context.Context, rows []*peer.Received) error {
	s.once.Do(func() { s.rows.commit = s.keep })
	return s.rows.add(ctx, rows)
}

// keep writes rows down and asks for the work on them.
func (s *Receiver) keep(ctx context.Context, rows []*peer.Received) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		added, err := s.Inbox.Add(ctx, rows)
		if err != nil {
			return err
		}
		return s.Queue.Lanes(ctx, lanesOf(rows, added))
	})
}

// lanesOf are the lanes of what was added, but for those in which all waits: a
// sweep finds these when it is time.
func lanesOf(rows []*peer.Received, added []bool) []string {
	var lanes []string
	seen := map[string]bool{}
	for i, r := range rows {
		if added[i] && r.RetryAt == nil && !seen[r.Lane] {
			seen[r.Lane] = true
			lanes = append(lanes, r.Lane)
		}
	}
	return lanes
}

func shorten(s string) string {
	const most = 100
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
