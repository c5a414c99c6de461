package remote

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/origin"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/webfinger"
)

// Finger finds actors by their names; see webfinger.Client.
type Finger interface {
	Find(ctx context.Context, name, host string) (*webfinger.Found, error)
	Site(ctx context.Context, host string) (string, error)
	NodeInfo(ctx context.Context, host string) (*webfinger.NodeInfo, error)
}

// AccountStore is the part of actor.Store that reads.
type AccountStore interface {
	Account(ctx context.Context, id actor.AccountID) (*actor.Account, error)
	Channel(ctx context.Context, id actor.ChannelID) (*actor.Channel, error)
}

// Actors finds and keeps the actors of other sites.
type Actors struct {
	*Source
	Store    origin.Actors
	Accounts AccountStore
	Finger   Finger
	Queue    Queue
	Site     instance.Site
	Now      func() time.Time
	Log      *slog.Logger
}

// Found is an actor, of another site or of this one. Of Account, Channel and
// Site one is set.
type Found struct {
	*origin.Known
	Account *actor.Account
	Channel *actor.Channel // with Owner
	// Site is an Application, or a Group that is no channel.
	Site *actor.Actor
}

// Actor is the part that all have.
func (f *Found) Actor() *actor.Actor {
	switch {
	case f.Account != nil:
		return &f.Account.Actor
	case f.Channel != nil:
		return &f.Channel.Actor
	}
	return f.Site
}

// Found is ByURL with names and pictures.
func (s *Actors) Found(ctx context.Context, url string) (*Found, error) {
	k, err := s.ByURL(ctx, url)
	if err != nil {
		return nil, err
	}
	return s.fill(ctx, k)
}

// ByURL returns the actor with an id, of this site too. One that is not known
// is fetched; one that was fetched long ago is returned and refreshed later.
func (s *Actors) ByURL(ctx context.Context, url string) (*origin.Known, error) {
	k, err := s.Store.ByURL(ctx, url)
	if err == nil {
		return k, s.later(ctx, k)
	}
	if !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	if err := s.wanted(ctx, url); err != nil {
		return nil, err
	}
	return s.fetch(ctx, url, false)
}

// later asks for a copy that is old to be refreshed.
func (s *Actors) later(ctx context.Context, k *origin.Known) error {
	if k.Local() || !origin.Stale(k.RefreshedAt, s.Now()) {
		return nil
	}
	return s.Queue.Refresh(ctx, ActorKind, k.URL, false)
}

func (s *Actors) fetch(ctx context.Context, url string, force bool) (*origin.Known, error) {
	d, err := s.Load(ctx, url, force)
	if err != nil {
		return nil, err
	}
	return s.Put(ctx, d)
}

// Put stores an actor as its document says, which must come from its own
// host. Whoever calls it made sure of that.
func (s *Actors) Put(ctx context.Context, d activity.Doc) (*origin.Known, error) {
	a, err := activity.ReadActor(d)
	if err != nil {
		return nil, err
	}
	switch {
	case a.Former:
		return nil, errs.New(errs.Gone, "the actor %s does not exist any more", clip(a.URL))
	case s.own(a.URL):
		return nil, errs.New(errs.Forbidden, "this actor is of this site")
	}
	if err := s.allowed(ctx, a.URL, a.URL); err != nil {
		return nil, err
	}
	o := &origin.Actor{
		Actor: a.Actor, DisplayName: a.DisplayName, Description: a.Description, Support: a.Support,
		KeyID: a.KeyID, PlaylistsURL: a.PlaylistsURL, WebURL: a.WebURL,
	}
	o.Pictures = append(picturesOf(actor.Avatar, a.AvatarPictures), picturesOf(actor.Banner, a.BannerPictures)...)
	if o.Owner, err = s.owner(ctx, a); err != nil {
		return nil, err
	}
	if err := s.store(ctx, o); err != nil {
		return nil, err
	}
	if err := s.wonder(ctx, o.Host); err != nil {
		return nil, err
	}
	if a.PlayerSettingsURL != "" && o.Owner != 0 {
		if err := s.Queue.Crawl(ctx, Step{What: CrawlPlayer, URL: a.PlayerSettingsURL, Of: a.URL}); err != nil {
			return nil, err
		}
	}
	return s.Store.ByURL(ctx, a.URL)
}

// owner is the account of a channel: of the same host, and a person.
func (s *Actors) owner(ctx context.Context, a *activity.Actor) (actor.AccountID, error) {
	if a.Type != actor.Group || a.OwnerURL == "" {
		return 0, nil
	}
	k, err := s.Store.ByURL(ctx, a.OwnerURL)
	if errs.Is(err, errs.NotFound) {
		d, err := s.Load(ctx, a.OwnerURL, false)
		if err != nil {
			return 0, err
		}
		if d.Is("Group") {
			return 0, errs.New(errs.Invalid, "the channel %s is of a channel", clip(a.URL))
		}
		if !d.Is("Person") && !d.Is("Service") && !d.Is("Organization") {
			return 0, nil // group software names a list of moderators
		}
		if k, err = s.Put(ctx, d); err != nil {
			return 0, err
		}
	} else if err != nil {
		return 0, err
	}
	if k.AccountID == 0 || !activity.SameHost(k.URL, a.URL) {
		return 0, errs.New(errs.Invalid, "the channel %s has no proper owner", clip(a.URL))
	}
	return k.AccountID, nil
}

// store puts an actor. A name can pass to another actor of its host once the
// one who had it is gone.
func (s *Actors) store(ctx context.Context, o *origin.Actor) error {
	err := s.Store.Put(ctx, o, s.Now())
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	had, findErr := s.Store.ByHandle(ctx, o.Username, o.Host)
	if findErr != nil {
		return err
	}
	if had.URL == o.URL { // another job was faster
		if had.Type != o.Type {
			return err
		}
		return s.Store.Put(ctx, o, s.Now())
	}
	d, loadErr := s.Load(ctx, had.URL, false)
	switch {
	case missing(loadErr) || loadErr == nil && (d.Is("Tombstone") || d.ID() != had.URL):
	case loadErr != nil: // it may be gone, and is not known to be
		return fmt.Errorf("the name of %s is that of %s, which cannot be asked: %w", clip(o.URL), clip(had.URL), loadErr)
	default:
		return errs.New(errs.Conflict, "the name of %s is still that of %s", clip(o.URL), clip(had.URL))
	}
	if err := s.Store.Remove(ctx, had.ID); err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	return s.Store.Put(ctx, o, s.Now())
}

func picturesOf(t actor.ImageType, list []activity.Picture) []origin.Picture {
	var out []origin.Picture
	for _, p := range list {
		ext := ".jpg"
		switch p.MediaType {
		case "image/png":
			ext = ".png"
		case "image/webp":
			ext = ".webp"
		case "image/gif":
			ext = ".gif"
		}
		out = append(out, origin.Picture{Type: t, URL: p.URL, Ext: ext, Width: p.Width, Height: p.Height})
	}
	return out
}

func (s *Actors) fill(ctx context.Context, k *origin.Known) (f *Found, err error) {
	f = &Found{Known: k}
	switch {
	case k.AccountID != 0:
		f.Account, err = s.Accounts.Account(ctx, k.AccountID)
	case k.ChannelID != 0:
		f.Channel, err = s.Accounts.Channel(ctx, k.ChannelID)
	default:
		f.Site = &actor.Actor{
			ID: k.ID, Type: k.Type, Username: k.Username, Host: k.Host, URL: k.URL, InboxURL: k.InboxURL,
			OutboxURL: k.OutboxURL, SharedInboxURL: k.SharedInboxURL, PublicKey: k.PublicKey,
		}
	}
	return f, err
}

// ByHandle returns the actor name@host, found by WebFinger when it is not
// known.
func (s *Actors) ByHandle(ctx context.Context, name, host string) (*Found, error) {
	k, err := s.Store.ByHandle(ctx, name, host)
	if err == nil {
		if err := s.later(ctx, k); err != nil {
			return nil, err
		}
		return s.fill(ctx, k)
	}
	if !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	if host == "" || host == s.Host {
		return nil, errs.New(errs.NotFound, "there is nobody of that name here")
	}
	if err := s.wantedHost(ctx, host); err != nil {
		return nil, err
	}
	found, err := s.Finger.Find(ctx, name, host)
	if err != nil {
		return nil, err
	}
	return s.Found(ctx, found.ActorURL)
}

// wantedHost refuses a host of which this site wants nothing, before it is asked.
func (s *Actors) wantedHost(ctx context.Context, host string) error {
	blocked, err := s.Servers.Blocked(ctx, []string{host}, nil)
	if err == nil && blocked[host] {
		err = errs.New(errs.Forbidden, "this site wants nothing from there")
	}
	return err
}

// SiteOf returns the actor of another site itself.
func (s *Actors) SiteOf(ctx context.Context, host string) (*Found, error) {
	if err := s.wantedHost(ctx, strings.ToLower(host)); err != nil {
		return nil, err
	}
	url, err := s.Finger.Site(ctx, host)
	if err != nil {
		return nil, err
	}
	f, err := s.Found(ctx, url)
	if err == nil && (f.Type != actor.Application || f.Host != strings.ToLower(host)) {
		return nil, errs.New(errs.Invalid, "this is not the actor of a site")
	}
	return f, err
}

// keyPause is how long a key that was asked for is not asked for again:
// forged signatures must not make requests to others.
const keyPause = time.Minute

// Key returns the actor that a key belongs to, with PublicKey: of the host of
// keyID, and named by it. refresh asks the origin although a key is known,
// because a signature did not fit. A key of this site is found too.
func (s *Actors) Key(ctx context.Context, keyID string, refresh bool) (*origin.Known, error) {
	if handle, ok := strings.CutPrefix(keyID, "acct:"); ok {
		name, host, _ := strings.Cut(strings.TrimPrefix(handle, "@"), "@")
		f, err := s.ByHandle(ctx, name, strings.ToLower(host))
		if err != nil {
			return nil, err
		}
		keyID = f.URL
	}
	if !activity.ValidURL(keyID) {
		return nil, errs.New(errs.Invalid, "this is no id of a key")
	}
	k, err := s.keyOwner(ctx, keyID)
	switch {
	case errs.Is(err, errs.NotFound):
		return s.fetchKey(ctx, keyID)
	case err != nil:
		return nil, err
	case k.Local():
		return k, nil
	case k.PublicKey == "" || refresh && (k.RefreshedAt == nil || s.Now().Sub(*k.RefreshedAt) > keyPause):
		return s.fetchKey(ctx, keyID)
	case origin.Stale(k.RefreshedAt, s.Now()):
		return k, s.Queue.Refresh(ctx, ActorKind, k.URL, false)
	}
	return k, nil
}

// KnownKey is Key without asking anybody: errs.NotFound when it is not known.
func (s *Actors) KnownKey(ctx context.Context, keyID string) (*origin.Known, error) {
	k, err := s.keyOwner(ctx, keyID)
	if err == nil && k.PublicKey == "" {
		return nil, errs.New(errs.NotFound, "this key is not known")
	}
	return k, err
}

func (s *Actors) keyOwner(ctx context.Context, keyID string) (*origin.Known, error) {
	k, err := s.Store.ByURL(ctx, ownerURL(keyID))
	if errs.Is(err, errs.NotFound) {
		return s.Store.ByKey(ctx, keyID)
	}
	return k, err
}

// ownerURL is the actor that a key's id names in one of the usual forms:
// with #main-key or another fragment, with /main-key, or bare.
func ownerURL(keyID string) string {
	url, _, _ := strings.Cut(keyID, "#")
	return strings.TrimSuffix(url, "/main-key")
}

// fetchKey fetches the owner of a key. The id may lead to the actor, or to
// the key, which names its owner.
func (s *Actors) fetchKey(ctx context.Context, keyID string) (*origin.Known, error) {
	if err := s.wanted(ctx, ownerURL(keyID)); err != nil {
		return nil, err
	}
	d, err := s.loadKey(ctx, keyID)
	if err != nil {
		return nil, err
	}
	if owner := d.Ref("owner"); owner != "" && !d.Has("inbox") {
		if !activity.SameHost(owner, keyID) {
			return nil, errs.New(errs.Forbidden, "the key %s is of another host", clip(keyID))
		}
		if d, err = s.Load(ctx, owner, false); err != nil {
			return nil, err
		}
	}
	k, err := s.Put(ctx, d)
	if err != nil {
		return nil, err
	}
	if !activity.SameHost(k.URL, keyID) || k.KeyID != keyID && ownerURL(keyID) != k.URL && ownerURL(k.KeyID) != ownerURL(keyID) {
		return nil, errs.New(errs.Forbidden, "%s has another key than %s", clip(k.URL), clip(keyID))
	}
	return k, nil
}

// loadKey loads what lies under a key's id: under its usual owner first, and
// where that has nothing, under the id itself.
func (s *Actors) loadKey(ctx context.Context, keyID string) (activity.Doc, error) {
	bare, _, _ := strings.Cut(keyID, "#")
	owner := ownerURL(keyID)
	if owner == bare {
		return s.Load(ctx, bare, false)
	}
	d, err := s.Load(ctx, owner, false)
	if missing(err) {
		return s.Load(ctx, bare, false)
	}
	return d, err
}

// Refresh asks the origin of a copy. NotFound and Gone are what the origin
// says: the copy is still there. What is not known is fetched.
func (s *Actors) Refresh(ctx context.Context, url string) (*origin.Known, error) {
	k, err := s.Store.ByURL(ctx, url)
	if err != nil && !errs.Is(err, errs.NotFound) || err == nil && k.Local() {
		return k, err
	}
	if err := s.wanted(ctx, url); err != nil {
		return nil, err
	}
	fresh, err := s.fetch(ctx, url, false)
	if err == nil && fresh.URL != url {
		return nil, errs.New(errs.Gone, "%s is another actor now", clip(url))
	}
	return fresh, err
}

// Remove removes an actor of another site with all that is its own, for good.
func (s *Actors) Remove(ctx context.Context, url string) error {
	k, err := s.Store.ByURL(ctx, url)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.Store.Remove(ctx, k.ID); err != nil {
		return err
	}
	return s.Tombs.Bury(ctx, url, string(k.Type), s.Now())
}

// Lookup is Actors for those who want actors alone.
type Lookup struct{ Actors *Actors }

// ByURL is Actors.Found.
func (l Lookup) ByURL(ctx context.Context, url string) (*actor.Actor, error) {
	return actorOf(l.Actors.Found(ctx, url))
}

// ByHandle is Actors.ByHandle.
func (l Lookup) ByHandle(ctx context.Context, name, host string) (*actor.Actor, error) {
	return actorOf(l.Actors.ByHandle(ctx, name, host))
}

// SiteOf is Actors.SiteOf.
func (l Lookup) SiteOf(ctx context.Context, host string) (*actor.Actor, error) {
	return actorOf(l.Actors.SiteOf(ctx, host))
}

func actorOf(f *Found, err error) (*actor.Actor, error) {
	if err != nil {
		return nil, err
	}
	return f.Actor(), nil
}
