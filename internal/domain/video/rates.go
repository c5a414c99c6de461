package video

import (
	"context"
	"strconv"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// RateType is what somebody thinks of a video. The words are PeerTube's.
type RateType string

// The types. RateNone is never kept.
const (
	RateNone    RateType = "none"
	RateLike    RateType = "like"
	RateDislike RateType = "dislike"
)

// Valid reports whether r is one of the types.
func (r RateType) Valid() bool { return r == RateNone || r == RateLike || r == RateDislike }

// Rate is a rating of a video by an account.
type Rate struct {
	AccountID actor.AccountID
	VideoID   ID
	Type      RateType
	// URL is the ActivityPub id. It is stored, never rebuilt.
	URL       string
	CreatedAt time.Time
	// Video is filled in lists, with Channel, Owner and Thumbnails.
	Video *Video
}

// RateList says which ratings of an account are listed.
type RateList struct {
	AccountID actor.AccountID
	Type      RateType // "" all
	// SeesAll names private and password protected videos too; otherwise only
	// those of the account itself.
	SeesAll      bool
	Start, Count int
	Sort         string // createdAt, or "-" before it for newest first
}

// RateStore keeps ratings.
type RateStore interface {
	// Put replaces an account's rating of a video, RateNone taking it away,
	// and returns what it was. The video's counters and its hot score change
	// in the same transaction. When it was the same, nothing changes but its id.
	Put(ctx context.Context, r Rate) (before RateType, err error)
	// Rating returns an account's rating of a video, or RateNone.
	Rating(ctx context.Context, account actor.AccountID, id ID) (RateType, error)
	// ByURL returns the rating with an id, if it is of account.
	ByURL(ctx context.Context, account actor.AccountID, url string) (Rate, error)
	// List returns a page of an account's ratings with their videos, and the
	// number of all that match.
	List(ctx context.Context, p RateList) ([]Rate, int, error)
	// RemoveOfAccount takes all ratings of an account back.
	RemoveOfAccount(ctx context.Context, id actor.AccountID) error
}

// RateEvents hears of ratings, in the transaction that changes them.
type RateEvents interface {
	// VideoRated tells that an account's rating of v (with Channel and Owner)
	// changed from before to r.Type; either may be RateNone.
	VideoRated(ctx context.Context, r Rate, before RateType, v *Video) error
}

// Rates is what people think of videos.
type Rates struct {
	Store RateStore
	// Videos says who may see what.
	Videos interface {
		See(ctx context.Context, a Access, ref Ref) (*Video, error)
	}
	// Events may be nil.
	Events RateEvents
	// Accounts finds the account of a handle.
	Accounts interface {
		Account(ctx context.Context, handle string) (*actor.Account, error)
	}
	// AccountURL is the ActivityPub id of a local account.
	AccountURL func(ctx context.Context, id actor.AccountID) (string, error)
	InTx       func(ctx context.Context, fn func(ctx context.Context) error) error
	Now        func() time.Time
}

// Rate sets what the viewer of a thinks of a video; RateNone takes it back.
func (s *Rates) Rate(ctx context.Context, a Access, ref Ref, t RateType) (*Video, error) {
	if a.Viewer == nil {
		return nil, notAuthenticated()
	}
	if !t.Valid() {
		return nil, errs.Fields(errs.Param{Name: "rating", Value: string(t), In: "body"})
	}
	v, err := s.Videos.See(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	r := Rate{AccountID: a.Viewer.AccountID, VideoID: v.ID, Type: t, CreatedAt: s.Now()}
	if t != RateNone {
		by, err := s.AccountURL(ctx, r.AccountID)
		if err != nil {
			return nil, err
		}
		r.URL = RateURL(by, t, v.ID)
	}
	err = s.InTx(ctx, func(ctx context.Context) error {
		before, err := s.Store.Put(ctx, r)
		if err != nil || before == t || s.Events == nil {
			return err
		}
		return s.Events.VideoRated(ctx, r, before, v)
	})
	return v, err
}

// RateURL is the ActivityPub id of a rating by a local account, PeerTube's.
func RateURL(account string, t RateType, id ID) string {
	return account + "/" + string(t) + "s/" + strconv.FormatInt(int64(id), 10)
}

// Mine returns what the viewer of a thinks of a video.
func (s *Rates) Mine(ctx context.Context, a Access, ref Ref) (*Video, RateType, error) {
	if a.Viewer == nil {
		return nil, RateNone, notAuthenticated()
	}
	v, err := s.Videos.See(ctx, a, ref)
	if err != nil {
		return nil, RateNone, err
	}
	t, err := s.Store.Rating(ctx, a.Viewer.AccountID, v.ID)
	return v, t, err
}

// Of returns what an account thinks of a video that it may see.
func (s *Rates) Of(ctx context.Context, id actor.AccountID, v *Video) (RateType, error) {
	return s.Store.Rating(ctx, id, v.ID)
}

// ListOf lists the ratings of the account of a handle (p.AccountID is not
// looked at): w's own, or anybody's for those who manage users.
func (s *Rates) ListOf(ctx context.Context, w Viewer, handle string, p RateList) ([]Rate, int, error) {
	if w == nil {
		return nil, 0, notAuthenticated()
	}
	a, err := s.Accounts.Account(ctx, handle)
	if err != nil {
		return nil, 0, err
	}
	if a.AccountID != w.AccountID && !w.Has(user.ManageUsers) {
		return nil, 0, errs.New(errs.Forbidden, "Only owner of the account can access this resource.")
	}
	p.AccountID, p.SeesAll = a.AccountID, w.Has(user.SeeAllVideos)
	return s.Store.List(ctx, p)
}
