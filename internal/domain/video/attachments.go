package video

import (
	"context"

	"sepiola/internal/errs"
)

// Attachments are what belongs to a video beside its relations and is only
// read by who plays it.
type Attachments struct {
	Chapters []Chapter
	Captions []Caption
	// Storyboard is nil when there is none.
	Storyboard *Storyboard
}

// Attachments returns those of a video that Watch or See has returned: who
// asks may see it, so nothing is checked, or read, a second time.
func (s *Service) Attachments(ctx context.Context, v *Video) (a Attachments, err error) {
	if a.Chapters, err = s.Store.Chapters(ctx, v.ID); err != nil {
		return a, err
	}
	if a.Captions, err = s.Store.Captions(ctx, v.ID); err != nil {
		return a, err
	}
	a.Storyboard, err = s.Store.Storyboard(ctx, v.ID)
	if errs.Is(err, errs.NotFound) {
		err = nil
	}
	return a, err
}
