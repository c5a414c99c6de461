package origin

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// Interaction is what somebody of another site said, liked or shared of a
// video of this one.
type Interaction struct {
	// Cursor is where it stands among those of its kind.
	Cursor, URL string
	VideoID     video.ID
	// Actor says it: AccountID is 0 of those who share.
	ActorID   actor.ID
	AccountID actor.AccountID
	ActorURL  string
	// Software is what its site runs, "" unknown.
	Software string
	// Theirs is false of what is this site's own, deleted, or of a video of
	// another site.
	Theirs bool
}

// InteractionKind is what somebody does with a video.
type InteractionKind string

// The kinds.
const (
	Said   InteractionKind = "comments"
	Shared InteractionKind = "shares"
	Rated  InteractionKind = "rates"
)

// Interactions goes through them.
type Interactions interface {
	// After returns those of a kind behind a place ("" the beginning) in a
	// stable order, at most limit; others than Theirs are among them.
	After(ctx context.Context, k InteractionKind, place string, limit int) ([]Interaction, error)
	// Named returns the one with an id, or errs.NotFound.
	Named(ctx context.Context, k InteractionKind, url string) (Interaction, error)
}
