package video

import (
	"context"

	"sepiola/internal/errs"
)

// Reruns has files of videos made again, as administrators ask.
type Reruns struct {
	Store RerunStore
	Queue RerunQueue
	// Enabled reports whether the site transcodes.
	Enabled func(ctx context.Context) bool
}

// RerunStore is the part of Store that Reruns needs.
type RerunStore interface {
	ByRef(ctx context.Context, ref Ref) (*Video, error)
	Transcodes(ctx context.Context, ids []ID) (map[ID][]Transcode, error)
}

// RerunQueue starts the work.
type RerunQueue interface {
	Transcode(ctx context.Context, id ID, kind TranscodeKind) error
}

// Transcode makes the files of a kind of a video again. While the video is
// being worked on it is errs.Conflict, unless forced. Whether w may do that at
// all is the caller's to check: it needs the right user.RunVideoTranscoding.
func (s *Reruns) Transcode(ctx context.Context, ref Ref, kind TranscodeKind, force bool) error {
	v, err := s.Store.ByRef(ctx, ref)
	if err != nil {
		return err
	}
	switch {
	case v.Remote:
		return errs.New(errs.Invalid, "Cannot run transcoding job on a remote video")
	case v.IsLive:
		return errs.New(errs.Invalid, "Cannot run transcoding job on a live video")
	case !s.Enabled(ctx):
		return errs.New(errs.Invalid, "Cannot run transcoding job because transcoding is disabled on this instance")
	}
	steps, err := s.Store.Transcodes(ctx, []ID{v.ID})
	if err != nil {
		return err
	}
	if !force && (v.State == ToTranscode || BeingTranscoded(steps[v.ID])) {
		return errs.New(errs.Conflict, "This video is already being transcoded").WithCode("video_already_being_transcoded")
	}
	return s.Queue.Transcode(ctx, v.ID, kind)
}
