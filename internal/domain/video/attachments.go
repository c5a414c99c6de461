package video

import (
	"context"
	"time"

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

// Details are what is known of a video that was read with all its relations:
// most have neither chapters nor captions, and nothing is made of them any
// more, so that nobody needs to look.
type Details struct {
	// ReadAt is when the video was read, for who keeps what was made of it.
	ReadAt                     time.Time
	HaveChapters, HaveCaptions bool
	// InWork says that a step of the work on it is not done.
	InWork bool
	// Storyboard is nil when there is none.
	Storyboard *Storyboard
}

// InWork reports whether something may still be made of the video.
func (v *Video) InWork() bool { return !v.Remote && (v.Details == nil || v.Details.InWork) }

// Attachments returns those of a video that Watch or See has returned: who
// asks may see it, so nothing is checked, or read, a second time.
func (s *Service) Attachments(ctx context.Context, v *Video) (a Attachments, err error) {
	known := v.Details
	if known == nil || known.HaveChapters {
		if a.Chapters, err = s.Store.Chapters(ctx, v.ID); err != nil {
			return a, err
		}
	}
	if known == nil || known.HaveCaptions {
		if a.Captions, err = s.Store.Captions(ctx, v.ID); err != nil {
			return a, err
		}
	}
	if known != nil {
		a.Storyboard = known.Storyboard
		return a, nil
	}
	a.Storyboard, err = s.Store.Storyboard(ctx, v.ID)
	if errs.Is(err, errs.NotFound) {
		err = nil
	}
	return a, err
}
