package view

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// HistoryParams ask for a page of a person's history.
type HistoryParams struct {
	User user.ID
	// Account is the person's: what they published themselves they see
	// whatever its privacy.
	Account      actor.AccountID
	Search       string // in the name and tags, in any case
	Start, Count int
}

// HistoryStore keeps histories.
type HistoryStore interface {
	// History returns what a person watched, last first, with their
	// positions, and the number of all: videos that they may still see, by
	// their address at least.
	History(ctx context.Context, p HistoryParams) ([]*video.Video, int, error)
	// Forget removes a video from a history. One that is not in it is no
	// error.
	Forget(ctx context.Context, u user.ID, id video.ID) error
	// ForgetBefore removes what was watched last before a time, or at it.
	ForgetBefore(ctx context.Context, u user.ID, t time.Time) error
}

// History is what people who are logged in have watched.
type History struct {
	Store HistoryStore
	// Viewers may be nil; see Service.
	Viewers func(ctx context.Context) (map[video.ID]int64, error)
	Now     func() time.Time
}

// maxSearch is the most characters of a search.
const maxSearch = 200

// List returns a page of w's history.
func (h *History) List(ctx context.Context, w video.Viewer, search string, start, count int) ([]*video.Video, int, error) {
	if w == nil {
		return nil, 0, notAuthenticated()
	}
	search = strings.TrimSpace(search)
	if !utf8.ValidString(search) || utf8.RuneCountInString(search) > maxSearch {
		return nil, 0, errs.Fields(errs.Param{Name: "search", In: "query"})
	}
	list, total, err := h.Store.History(ctx, HistoryParams{User: w.ID, Account: w.AccountID, Search: search, Start: start, Count: count})
	if err != nil || h.Viewers == nil || len(list) == 0 {
		return list, total, err
	}
	viewers, err := h.Viewers(ctx)
	if err != nil {
		return nil, 0, err
	}
	for _, v := range list {
		v.Viewers = viewers[v.ID]
	}
	return list, total, nil
}

// Remove takes one video out of w's history.
func (h *History) Remove(ctx context.Context, w video.Viewer, id video.ID) error {
	if w == nil {
		return notAuthenticated()
	}
	return h.Store.Forget(ctx, w.ID, id)
}

// Clear takes out of w's history what was watched before a time; all of it
// when the time is zero.
func (h *History) Clear(ctx context.Context, w video.Viewer, before time.Time) error {
	if w == nil {
		return notAuthenticated()
	}
	if before.IsZero() {
		before = h.Now()
	}
	return h.Store.ForgetBefore(ctx, w.ID, before)
}

func notAuthenticated() error { return errs.New(errs.Unauthorized, "Not authenticated") }
