package playlist

import (
	"context"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Sorts are the keys that lists of playlists may be sorted by, the default
// first.
var Sorts = []string{"-createdAt", "name", "displayName", "updatedAt", "videoChannelPosition"}

// ListParams ask for a page of playlists.
type ListParams struct {
	Account      actor.AccountID // 0 of anybody
	Channel      actor.ChannelID // 0 of any
	ChannelNames []string        // local ones
	Type         Type            // 0 all
	Search       string          // in the name, in any case
	// AllPrivacies lists private and unlisted ones too.
	AllPrivacies bool
	Sort         string
	Start, Count int
}

// Store keeps playlists. Missing ones are errs.NotFound. What it returns has
// owner, channel and thumbnails.
type Store interface {
	ByRef(ctx context.Context, ref Ref) (*Playlist, error)
	// List returns a page and the number of all that match.
	List(ctx context.Context, p ListParams) ([]*Playlist, int, error)
	// CountOf returns how many playlists an account has.
	CountOf(ctx context.Context, id actor.AccountID) (int, error)
	// WatchLater returns an account's list "watch later".
	WatchLater(ctx context.Context, id actor.AccountID) (*Playlist, error)

	// Create inserts p and sets its ID. A second list "watch later" of an
	// account is errs.Conflict. Update writes what people edit. Both keep
	// the positions in channels.
	Create(ctx context.Context, p *Playlist) error
	Update(ctx context.Context, p *Playlist) error
	Delete(ctx context.Context, id ID) error
	// SetThumbnails replaces the playlist's own pictures and returns the
	// names of the old ones.
	SetThumbnails(ctx context.Context, id ID, list []video.Thumbnail) (old []string, err error)
	// LeaveChannel takes all playlists out of a channel and makes them
	// private.
	LeaveChannel(ctx context.Context, id actor.ChannelID) error
	// LockChannel keeps others from changing the places of a channel's public
	// playlists until the transaction ends.
	LockChannel(ctx context.Context, id actor.ChannelID) error
	// ReorderChannel moves length public playlists of a channel that begin at
	// position start behind position after.
	ReorderChannel(ctx context.Context, id actor.ChannelID, start, after, length int) error
	// CountInChannel returns how many positions a channel has.
	CountInChannel(ctx context.Context, id actor.ChannelID) (int, error)

	// Lock keeps others from changing the elements until the transaction
	// ends, marks the playlist as changed and returns the number of elements.
	Lock(ctx context.Context, id ID) (count int, err error)
	// Elements returns a page of elements, with their videos where these
	// exist, with channel, owner and thumbnails.
	Elements(ctx context.Context, id ID, start, count int) ([]*Element, error)
	// ElementsAt is Elements at positions, in any order.
	ElementsAt(ctx context.Context, id ID, positions []int) ([]*Element, error)
	// Element returns one, without its video.
	Element(ctx context.Context, id ID, element ElementID) (*Element, error)
	// AddElement appends e and sets its ID and Position.
	AddElement(ctx context.Context, e *Element) error
	// SetTimes changes where an element starts and stops.
	SetTimes(ctx context.Context, element ElementID, start, stop *int) error
	// RemoveElement removes it; those behind it move up.
	RemoveElement(ctx context.Context, e *Element) error
	// Reorder moves length elements that begin at position start behind
	// position after.
	Reorder(ctx context.Context, id ID, start, after, length int) error
	// Places returns where videos stand in the playlists of an account.
	Places(ctx context.Context, id actor.AccountID, videos []video.ID) ([]Place, error)
}

// Index is told of playlists that can be found by a search; it takes part in
// the transaction of ctx.
type Index interface {
	PutPlaylist(ctx context.Context, p *Playlist) error
	RemovePlaylist(ctx context.Context, id ID) error
}

// Events hears of playlists, in the transaction that changes them.
type Events interface {
	// PlaylistSaved tells of a playlist that was made or changed, or whose
	// elements were; before is what its privacy was, 0 for a new one.
	PlaylistSaved(ctx context.Context, p *Playlist, before Privacy) error
	// PlaylistDeleted tells of a playlist that is about to be deleted.
	PlaylistDeleted(ctx context.Context, p *Playlist) error
}

func (s *Service) saved(ctx context.Context, p *Playlist, before Privacy) error {
	if s.Events == nil {
		return nil
	}
	return s.Events.PlaylistSaved(ctx, p, before)
}

// Videos finds videos, with their channels.
type Videos interface {
	ByRef(ctx context.Context, ref video.Ref) (*video.Video, error)
}

// Channels finds local channels.
type Channels interface {
	Channel(ctx context.Context, id actor.ChannelID) (*actor.Channel, error)
}

// Removals takes the names of pictures that no row names any more.
type Removals interface {
	RemoveFiles(ctx context.Context, r video.Removal) error
}

// Service does what people do with playlists.
type Service struct {
	Store    Store
	Videos   Videos
	Channels Channels
	Pictures video.Pictures
	Files    Removals
	Site     instance.Site
	// Index and Events may be nil.
	Index  Index
	Events Events
	// Shown is told of each playlist of another site that somebody opens: its
	// copy may be old. It may be nil.
	Shown func(ctx context.Context, p *Playlist)
	InTx  func(ctx context.Context, fn func(ctx context.Context) error) error
	Now   func() time.Time
}

// Changes are what a person sets of a playlist. Nil fields stay as they are.
type Changes struct {
	Name, Description *string
	Privacy           *Privacy
	Channel           *actor.ChannelID // 0 none
	// Thumbnail is an image that becomes the playlist's picture.
	Thumbnail io.Reader
}

// Invalid returns the fields that are wrong by themselves, in PeerTube's words.
func (c *Changes) Invalid() []errs.Param {
	var bad []errs.Param
	if c.Name != nil && !validText(video.CleanName(*c.Name), 1, MaxName) {
		bad = append(bad, errs.Param{Name: "displayName", Value: *c.Name})
	}
	if c.Description != nil && *c.Description != "" && !validText(*c.Description, MinDescription, MaxDescription) {
		bad = append(bad, errs.Param{Name: "description", Value: *c.Description})
	}
	if c.Privacy != nil && !c.Privacy.Valid() {
		bad = append(bad, errs.Param{Name: "privacy", Value: int(*c.Privacy), Msg: "Should have correct playlist privacy"})
	}
	return bad
}

func validText(s string, lo, hi int) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && n >= lo && n <= hi
}

// Get returns a playlist that w may see.
func (s *Service) Get(ctx context.Context, w video.Viewer, ref Ref) (*Playlist, error) {
	p, err := s.Store.ByRef(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := p.maySee(w, ref.ID != 0); err != nil {
		return p, err
	}
	if p.Remote && s.Shown != nil {
		s.Shown(ctx, p)
	}
	return p, nil
}

// List returns a page of public playlists, and to an account's owner also the
// others.
func (s *Service) List(ctx context.Context, w video.Viewer, p ListParams) ([]*Playlist, int, error) {
	p.AllPrivacies = w != nil && p.Account != 0 && p.Account == w.AccountID
	if p.AllPrivacies {
		if _, err := s.WatchLater(ctx, w); err != nil {
			return nil, 0, err
		}
	}
	return s.Store.List(ctx, p)
}

// WatchLater returns w's list "watch later", and makes it when there is none.
func (s *Service) WatchLater(ctx context.Context, w video.Viewer) (*Playlist, error) {
	p, err := s.Store.WatchLater(ctx, w.AccountID)
	if !errs.Is(err, errs.NotFound) {
		return p, err
	}
	p = s.blank(w)
	p.Type, p.Name = WatchLater, WatchLater.Label()
	if err := s.Store.Create(ctx, p); err != nil && !errs.Is(err, errs.Conflict) {
		return nil, err
	}
	return s.Store.WatchLater(ctx, w.AccountID)
}

func (s *Service) blank(w video.Viewer) *Playlist {
	p := &Playlist{UUID: video.NewUUID(), Type: Regular, Privacy: Private, OwnerID: w.AccountID, CreatedAt: s.Now()}
	p.UpdatedAt = p.CreatedAt
	p.URL = s.Site.URL("/video-playlists/" + p.UUID)
	return p
}

// Create makes a playlist of w. It has a name; it is private unless said
// otherwise.
func (s *Service) Create(ctx context.Context, w video.Viewer, c Changes) (*Playlist, error) {
	if w == nil {
		return nil, errs.New(errs.Unauthorized, "Not authenticated")
	}
	if c.Name == nil {
		return nil, errs.Fields(errs.Param{Name: "displayName"})
	}
	p := s.blank(w)
	return p, s.save(ctx, w, p, c, func(ctx context.Context) error {
		n, err := s.Store.CountOf(ctx, p.OwnerID)
		if err != nil {
			return err
		}
		if n >= MaxPlaylists {
			return errs.New(errs.Invalid, "You cannot create more than %d playlists", MaxPlaylists)
		}
		return s.Store.Create(ctx, p)
	})
}

// Update changes a playlist for w.
func (s *Service) Update(ctx context.Context, w video.Viewer, ref Ref, c Changes) (*Playlist, error) {
	p, err := s.Managed(ctx, w, ref, user.UpdateAnyVideoPlaylist)
	if err != nil {
		return nil, err
	}
	if p.Type == WatchLater {
		return nil, errs.New(errs.Invalid, "Cannot update a watch later playlist.")
	}
	p.UpdatedAt = s.Now()
	return p, s.save(ctx, w, p, c, func(ctx context.Context) error { return s.Store.Update(ctx, p) })
}

// save applies changes to p and writes them with its picture.
func (s *Service) save(ctx context.Context, w video.Viewer, p *Playlist, c Changes, write func(context.Context) error) error {
	if bad := c.Invalid(); len(bad) > 0 {
		return errs.Fields(bad...)
	}
	before := p.Privacy
	if p.ID == 0 {
		before = 0
	}
	if err := s.apply(ctx, w, p, c); err != nil {
		return err
	}
	var pictures []video.Thumbnail
	if c.Thumbnail != nil {
		var err error
		if pictures, err = s.Pictures.Make(ctx, c.Thumbnail); err != nil {
			return err
		}
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := write(ctx); err != nil {
			return err
		}
		if len(pictures) > 0 {
			if err := s.setPictures(ctx, p.ID, pictures); err != nil {
				return err
			}
		}
		if err := s.saved(ctx, p, before); err != nil {
			return err
		}
		return s.index(ctx, p)
	})
}

func (s *Service) apply(ctx context.Context, w video.Viewer, p *Playlist, c Changes) error {
	if c.Name != nil {
		p.Name = video.CleanName(*c.Name)
	}
	if c.Description != nil {
		p.Description = cleanText(*c.Description)
	}
	if c.Privacy != nil {
		p.Privacy = *c.Privacy
	}
	if c.Channel != nil && *c.Channel != p.ChannelID {
		if err := s.checkChannel(ctx, w, p, *c.Channel); err != nil {
			return err
		}
		p.ChannelID = *c.Channel
	}
	if p.Privacy != Private && p.ChannelID == 0 {
		return errs.New(errs.Invalid, `Cannot set "public" or "unlisted" a playlist that is not assigned to a channel.`)
	}
	return nil
}

// checkChannel wants a channel of the playlist's owner.
func (s *Service) checkChannel(ctx context.Context, w video.Viewer, p *Playlist, id actor.ChannelID) error {
	if id == 0 {
		return nil
	}
	ch, err := s.Channels.Channel(ctx, id)
	if err != nil {
		return err
	}
	if !ch.Local() || ch.OwnerID != p.OwnerID {
		if w != nil && ch.OwnerID == w.AccountID {
			return errs.New(errs.Invalid, "The channel must belong to the owner of the playlist")
		}
		return errs.New(errs.Forbidden, "Cannot manage this video channel")
	}
	return nil
}

func cleanText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

func (s *Service) setPictures(ctx context.Context, id ID, list []video.Thumbnail) error {
	old, err := s.Store.SetThumbnails(ctx, id, list)
	if err != nil || len(old) == 0 {
		return err
	}
	return s.Files.RemoveFiles(ctx, video.Removal{Thumbnails: old})
}

func (s *Service) index(ctx context.Context, p *Playlist) error {
	if s.Index == nil || p.Type != Regular {
		return nil
	}
	if p.Privacy != Public {
		return s.Index.RemovePlaylist(ctx, p.ID)
	}
	return s.Index.PutPlaylist(ctx, p)
}

// Managed returns a playlist that w may change, as its owner or by a right.
func (s *Service) Managed(ctx context.Context, w video.Viewer, ref Ref, right user.Right) (*Playlist, error) {
	p, err := s.Store.ByRef(ctx, ref)
	if err != nil {
		return nil, err
	}
	return p, p.mayManage(w, right)
}

// Delete removes a playlist for w.
func (s *Service) Delete(ctx context.Context, w video.Viewer, ref Ref) error {
	p, err := s.Managed(ctx, w, ref, user.RemoveAnyVideoPlaylist)
	if err != nil {
		return err
	}
	if p.Type == WatchLater {
		return errs.New(errs.Invalid, "Cannot delete a watch later playlist.")
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.hold(ctx, p); err != nil {
			return err
		}
		if s.Events != nil {
			if err := s.Events.PlaylistDeleted(ctx, p); err != nil {
				return err
			}
		}
		if err := s.setPictures(ctx, p.ID, nil); err != nil {
			return err
		}
		if s.Index != nil {
			if err := s.Index.RemovePlaylist(ctx, p.ID); err != nil {
				return err
			}
		}
		return s.Store.Delete(ctx, p.ID)
	})
}

// hold locks a playlist and before it its channel, in the order in which edits
// take them, before anything else of it is touched.
func (s *Service) hold(ctx context.Context, p *Playlist) error {
	if p.ChannelID != 0 {
		if err := s.Store.LockChannel(ctx, p.ChannelID); err != nil {
			return err
		}
	}
	_, err := s.Store.Lock(ctx, p.ID)
	return err
}

// ChannelRemoved takes all playlists out of a channel that is about to be
// deleted and makes them private, in the transaction of ctx.
func (s *Service) ChannelRemoved(ctx context.Context, id actor.ChannelID) error {
	if s.Index != nil {
		list, _, err := s.Store.List(ctx, ListParams{Channel: id, Sort: "-createdAt", Count: MaxPlaylists})
		if err != nil {
			return err
		}
		for _, p := range list {
			if err := s.Index.RemovePlaylist(ctx, p.ID); err != nil {
				return err
			}
		}
	}
	return s.Store.LeaveChannel(ctx, id)
}

// ReorderChannel moves public playlists among those of a channel, which m may
// change.
func (s *Service) ReorderChannel(ctx context.Context, id actor.ChannelID, start, after, length int) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.LockChannel(ctx, id); err != nil {
			return err
		}
		n, err := s.Store.CountInChannel(ctx, id)
		if err != nil {
			return err
		}
		if err := checkMove(start, after, length, n); err != nil {
			return err
		}
		return s.Store.ReorderChannel(ctx, id, start, after, length)
	})
}

// MoveInChannel puts a public playlist of a channel behind another of it, or
// first when after is 0. Unlike positions, playlists mean the same in two tabs.
func (s *Service) MoveInChannel(ctx context.Context, channel actor.ChannelID, id, after ID) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		// Where they stand is read once nobody else moves them.
		if err := s.Store.LockChannel(ctx, channel); err != nil {
			return err
		}
		at, err := s.positionIn(ctx, channel, id)
		if err != nil {
			return err
		}
		behind := 0
		if after != 0 {
			if behind, err = s.positionIn(ctx, channel, after); err != nil {
				return err
			}
		}
		return s.Store.ReorderChannel(ctx, channel, at, behind, 1)
	})
}

// positionIn is the place of a playlist among the public ones of a channel.
func (s *Service) positionIn(ctx context.Context, channel actor.ChannelID, id ID) (int, error) {
	p, err := s.Store.ByRef(ctx, Ref{ID: id})
	if err != nil {
		return 0, err
	}
	if p.ChannelID != channel || p.ChannelPosition == 0 {
		return 0, notFound()
	}
	return p.ChannelPosition, nil
}
