package follow

import (
	"context"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Ask is a follow that was asked for and came to nothing, or has not yet: whom
// it is about could not be found.
type Ask struct {
	ID int64
	// By is who wants to follow.
	By   actor.ID
	Name string // "" the site itself
	Host string
	// Error is what the last attempt ended with, and At when.
	Error string
	At    time.Time
	// Over says that it is not tried again by itself.
	Over bool
}

// Handle is how administrators name whom an Ask is about.
func (a Ask) Handle() string { return target{a.Name, a.Host}.handle() }

// Asks is what waits to be asked, and what failed not long ago.
type Asks interface {
	// Failed returns what failed last, newest first; there is a bound.
	Failed(ctx context.Context) ([]Ask, error)
	// Again tries one at once.
	Again(ctx context.Context, id int64) error
}

const (
	// maxFailed is how many asks that failed are shown.
	maxFailed = 20
	// maxAsked is how many of those that failed last are looked at for them:
	// each takes a query to find out whether it is followed by now.
	maxAsked = 100
)

// Failed returns the asks of this site that failed, newest first, each target
// once and without what is followed by now.
func (s *Sites) Failed(ctx context.Context) ([]Ask, error) {
	if s.Asked == nil {
		return nil, nil
	}
	all, err := s.Asked.Failed(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	me, err := s.Own(ctx)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var list []Ask
	for _, a := range all {
		if len(list) == maxFailed || len(seen) == maxAsked {
			break
		}
		if a.By != me.ID || seen[a.Handle()] {
			continue
		}
		seen[a.Handle()] = true
		found, err := s.follows(ctx, me.ID, a)
		if err != nil {
			return nil, err
		}
		if !found {
			list = append(list, a)
		}
	}
	return list, nil
}

func (s *Sites) follows(ctx context.Context, me actor.ID, a Ask) (bool, error) {
	if a.Name == "" {
		list, err := s.applications(ctx, me, strings.ToLower(a.Host))
		return len(list) > 0, err
	}
	list, err := s.Store.Ends(ctx, me, true, a.Name, strings.ToLower(a.Host))
	return len(list) > 0, err
}

// TryAgain tries one of Failed at once.
func (s *Sites) TryAgain(ctx context.Context, u *user.User, id int64) error {
	if err := may(u); err != nil {
		return err
	}
	list, err := s.Failed(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(a Ask) bool { return a.ID == id })
	if i < 0 {
		return errs.New(errs.NotFound, "Nothing of that number has failed.")
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Asked.Again(ctx, id); err != nil {
			return err
		}
		return s.Ledger.Note(ctx, u.ID, Followed, list[i].Handle(), s.Now())
	})
}
