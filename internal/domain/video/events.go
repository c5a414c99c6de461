package video

import "context"

// Events hears of what people change of videos, in the transaction that does:
// what it writes is kept with the change or not at all.
type Events interface {
	// VideoEdited tells of a video (both with Channel and Owner) as it was and
	// as it is. before is nil when only what belongs to it has changed:
	// captions, chapters, files.
	VideoEdited(ctx context.Context, before, after *Video) error
	// VideoPlayerSet tells of a video (with Channel and Owner) whose player got
	// another look.
	VideoPlayerSet(ctx context.Context, v *Video) error
	// VideoDeleted tells of a video (with Channel and Owner) that is about to
	// be deleted. Of those that go with their channel it does not tell.
	VideoDeleted(ctx context.Context, v *Video) error
}

// edited tells of a change of a video.
func (s *Service) edited(ctx context.Context, before, after *Video) error {
	if s.Events == nil {
		return nil
	}
	return s.Events.VideoEdited(ctx, before, after)
}
