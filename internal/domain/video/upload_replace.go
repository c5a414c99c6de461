package video

import (
	"cmp"
	"context"
	"io"
	"math"
	"strconv"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// A file that replaces the one of a video comes as the others do, and becomes
// the input of a video that exists. What people watch stays until the first
// file that is made of the new one is recorded; then all of the old go at once
// (see worker). Address, comments and views stay.

// replaces says that the file of an upload replaces that of a video.
const replaces = "replace"

// MayReplace returns the video whose file w may replace on this site.
func (s *Uploads) MayReplace(ctx context.Context, w Viewer, ref Ref) (*Video, error) {
	if !s.Settings(ctx).Replace {
		return nil, errs.New(errs.Forbidden, "Updating the file of an existing video is not allowed on this instance")
	}
	v, err := s.Videos.ByRef(ctx, ref)
	if err != nil {
		return nil, err
	}
	return v, v.MayManage(w, user.UpdateAnyVideo)
}

// Replaceable reports why the file of a video cannot be replaced now: it is
// being worked on (errs.Conflict), or it is not of that kind (errs.Invalid).
func (s *Uploads) Replaceable(ctx context.Context, v *Video) error {
	if v.IsLive {
		return errs.New(errs.Invalid, "Cannot edit a live video")
	}
	steps, err := s.Videos.Transcodes(ctx, []ID{v.ID})
	if err != nil {
		return err
	}
	switch {
	case v.State == ToTranscode, v.State == ToEdit, BeingTranscoded(steps[v.ID]):
		return errs.New(errs.Conflict, "Cannot edit video that is already waiting for transcoding/edition")
	case v.State != Published && v.State != TranscodingFailed && v.State != MoveFailed:
		return errs.New(errs.Invalid, "Video state is not compatible with edition")
	}
	return nil
}

// InitReplace begins an upload that replaces the file of a video, or finds the
// one that goes on; see Init. Of in.Fields and in.Picture nothing is used. A
// video that is being worked on is errs.Conflict.
func (s *Uploads) InitReplace(ctx context.Context, who *user.User, ref Ref, in UploadInit) (*Upload, error) {
	v, err := s.MayReplace(ctx, who, ref)
	if err != nil {
		return nil, err
	}
	if err := s.Replaceable(ctx, v); err != nil {
		return nil, err
	}
	if !within(in.Filename, 1, maxUploadName) {
		return nil, errs.Fields(errs.Param{Name: "filename"})
	}
	if err := checkUploadType(s.Settings(ctx), in.Filename, in.MIMEType); err != nil {
		return nil, err
	}
	in.target, in.Fields, in.Picture = v, Changes{}, nil
	id := uploadID(who.ID, in, s.Now())
	if err := s.checkSize(ctx, who.ID, in.Size, id); err != nil {
		return nil, err
	}
	return s.open(ctx, who, id, in)
}

// Replace makes a file that was received the new one of a video. On an error
// the file is removed.
func (s *Uploads) Replace(ctx context.Context, who *user.User, rec *Received, ref Ref) (*Video, error) {
	v, err := s.MayReplace(ctx, who, ref)
	if err == nil {
		err = s.Replaceable(ctx, v)
	}
	if err == nil && rec == nil {
		err = errs.Field("videofile", "Should have a file")
	}
	if err == nil {
		err = s.checkSize(ctx, who.ID, rec.size, "")
	}
	if err != nil {
		if rec != nil {
			s.Discard(ctx, rec)
		}
		return nil, err
	}
	return s.direct(ctx, who, rec, uploadMetadata{UUID: rec.uuid, Salt: NewUUID(), Target: v.UUID}, v.ID)
}

// AppendReplace writes a chunk of an upload that InitReplace began; see Append.
func (s *Uploads) AppendReplace(ctx context.Context, who *user.User, ref Ref, id string, c Chunk, body io.Reader) (UploadOutcome, error) {
	v, err := s.MayReplace(ctx, who, ref)
	if err != nil {
		return UploadOutcome{}, err
	}
	return s.appendTo(ctx, who, id, v.ID, c, body)
}

// CancelReplace ends an upload that InitReplace began; see Cancel.
func (s *Uploads) CancelReplace(ctx context.Context, who *user.User, ref Ref, id string) error {
	if _, err := s.MayReplace(ctx, who, ref); err != nil {
		return err
	}
	return s.Cancel(ctx, who, id)
}

// lastModified makes the ids of uploads that replace differ from those of new
// videos, and from each other.
func (in *UploadInit) lastModified(now time.Time) string {
	last := cmp.Or(in.LastModified, strconv.FormatInt(now.UnixNano(), 10))
	if in.target != nil {
		last += "-" + strconv.FormatInt(int64(in.target.ID), 10)
	}
	return last
}

// videoUUID is the UUID of the video that the upload becomes or changes.
func (m uploadMetadata) videoUUID() string { return cmp.Or(m.Target, m.UUID) }

// recordReplace is the one transaction of a replacement: the quota, what is
// known of the new file, the upload's outcome, and the job. Of two at once the
// second finds the video being worked on: the first holds its row.
func (s *Uploads) recordReplace(ctx context.Context, lease *uploadLease, up *Upload, m uploadMetadata, probe ProbeResult) (v *Video, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.TouchInput(ctx, up.TargetID, up.Size, s.Now()); err != nil {
			return err
		}
		if v, err = s.Videos.ByRef(ctx, ByUUID(m.Target)); err != nil {
			return err
		}
		if err := s.Replaceable(ctx, v); err != nil {
			return err
		}
		if err := s.Videos.Touch(ctx, v.ID); err != nil {
			return err
		}
		src := newSource(up, v, probe)
		src.CreatedAt = s.Now()
		if err := s.Store.AddSource(ctx, src); err != nil {
			return err
		}
		if err := s.Store.AwaitWork(ctx, v.ID); err != nil {
			return err
		}
		up.State, up.VideoID = UploadDone, v.ID
		if err := s.Store.Finish(ctx, up, lease.id); err != nil {
			return err
		}
		return s.Queue.ProcessUpload(ctx, ProcessUpload{VideoID: v.ID, Input: m.inputName(up), Replace: true})
	})
	return v, quotaError(err)
}

// StillAspectRatio is that of the still picture that sound is shown with,
// 854x480 (media/transcode), written as people write 16:9.
const StillAspectRatio = 1.7778

// aspectRatio is width divided by height, to four decimals. Clients lay the
// player out by it before they have the file.
func aspectRatio(probe ProbeResult) float64 {
	if probe.Height <= 0 {
		return StillAspectRatio
	}
	return math.Round(float64(probe.Width)/float64(probe.Height)*1e4) / 1e4
}
