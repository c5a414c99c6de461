package video

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// PictureName is the name of the picture that came with an upload, in the
// section of originals.
func PictureName(uuid, ext string) string { return uuid + "-picture" + ext }

// finish makes a video of an upload that is complete. What cannot become a
// video is failed for good and its bytes are removed; any other error leaves
// the bytes, and the next request tries again.
func (s *Uploads) finish(lease *uploadLease, up *Upload) (*Video, error) {
	ctx, cancel := context.WithTimeout(lease.ctx, finishTimeout)
	defer cancel()
	v, err := s.publish(ctx, lease, up)
	if err == nil {
		return v, nil
	}
	record := context.WithoutCancel(ctx)
	if final(err) {
		up.State, up.Failure = UploadFailed, encodeFailure(err)
	} else {
		up.State = UploadOpen
	}
	s.touch(up)
	if serr := s.save(record, lease, up, true); serr != nil {
		return nil, errors.Join(err, serr)
	}
	if up.State == UploadFailed {
		s.Log.InfoContext(record, "upload refused", "err", err, "upload", up.ID)
		s.removeFiles(record, up)
	}
	return nil, err
}

// final reports whether trying again cannot help.
func final(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Forbidden, errs.NotFound, errs.TooLarge, errs.UnsupportedType, errs.Unprocessable, errs.Gone:
		return true
	}
	return false
}

// publish examines the file, moves it to the originals, and records the video
// with all that belongs to it in one transaction. It may have been cut off
// before at any place: the file is looked for where it may lie, and the
// transaction succeeds once.
func (s *Uploads) publish(ctx context.Context, lease *uploadLease, up *Upload) (*Video, error) {
	m, err := up.metadata()
	if err != nil {
		return nil, err
	}
	input := m.inputName(up)
	if err := s.Files.Seal(ctx, m.UUID, up.Size, input); err != nil {
		return nil, s.incomplete(up, err)
	}
	probe, err := s.probe(ctx, m, input)
	if err == nil {
		err = s.checkAfter(ctx, up, m)
	}
	if err != nil {
		return nil, s.discard(ctx, err, input)
	}
	if err := s.adopt(ctx, m, input); err != nil {
		return nil, err
	}
	if up.Kind == replaces {
		v, err := s.recordReplace(ctx, lease, up, m, probe)
		if err != nil {
			return nil, s.discard(ctx, err, input)
		}
		return v, nil
	}
	v := s.newVideo(ctx, up, m, probe)
	f := s.inputFile(ctx, up, m, v, probe)
	if err := s.record(ctx, lease, up, m, v, f, newSource(up, v, probe)); err != nil {
		return nil, s.discard(ctx, err, input)
	}
	return v, nil
}

// incomplete takes back bytes that the disk does not have.
func (s *Uploads) incomplete(up *Upload, err error) error {
	if errs.Is(err, errs.Conflict) || errs.Is(err, errs.NotFound) {
		up.Received, up.Ahead = 0, nil
		return errs.Wrap(errs.Unavailable, err, "The bytes that were stored are gone from the server's disk. Send the file again.").WithCode(CodeUploadStorageFull)
	}
	return err
}

// discard removes what was adopted when err is for good.
func (s *Uploads) discard(ctx context.Context, err error, input string) error {
	if final(err) {
		err = errors.Join(err, s.Files.RemoveInput(context.WithoutCancel(ctx), input))
	}
	return err
}

func (s *Uploads) probe(ctx context.Context, m uploadMetadata, input string) (ProbeResult, error) {
	path, done, err := s.Files.Local(ctx, m.UUID, input)
	if err != nil {
		return ProbeResult{}, err
	}
	defer done()
	res, err := s.Prober.Probe(ctx, path)
	if err == nil && !res.HasVideo && !res.HasAudio {
		err = errs.New(errs.Unprocessable, "the file has neither a picture nor sound").Because("nothing")
	}
	if errs.Is(err, errs.Unprocessable) {
		e := errs.Wrap(errs.Unprocessable, err, "Video file unreadable.")
		e.Params = []errs.Param{{Name: "videofile", Msg: errs.As(err).Msg}}
		return res, e
	}
	return res, err
}

// checkAfter asks again what may have changed while bytes travelled.
func (s *Uploads) checkAfter(ctx context.Context, up *Upload, m uploadMetadata) error {
	who := user.ID(up.UserID)
	if up.Kind != replaces {
		if err := s.checkChannel(ctx, &user.User{ID: who}, *m.Fields.Channel); err != nil {
			return err
		}
	}
	return s.checkSize(ctx, who, up.Size, up.ID)
}

func (s *Uploads) adopt(ctx context.Context, m uploadMetadata, input string) error {
	if m.Picture != "" {
		if err := s.Files.Adopt(ctx, m.Picture, PictureName(m.UUID, pictureExtension(m.Picture))); err != nil {
			return diskFull(err)
		}
	}
	return diskFull(s.Files.Adopt(ctx, m.UUID, input))
}

func (s *Uploads) newVideo(ctx context.Context, up *Upload, m uploadMetadata, probe ProbeResult) *Video {
	set, now := s.Settings(ctx), s.Now()
	v := &Video{
		UUID: m.UUID, ChannelID: *m.Fields.Channel, URL: s.Site.VideoURL(m.UUID),
		Privacy: Private, State: ToTranscode, Licence: set.Licence,
		CommentsPolicy: cmp.Or(set.CommentsPolicy, CommentsEnabled), DownloadEnabled: set.DownloadEnabled,
		EmbedPrivacyPolicy: 1, QuotaBytes: up.Size,
		Duration:    int(probe.Duration.Round(time.Second) / time.Second),
		PublishedAt: now, CreatedAt: now, UpdatedAt: now,
	}
	m.Fields.Apply(v)
	v.AspectRatio = aspectRatio(probe)
	return v
}

// record is the one transaction: the video, what belongs to it, the quota, the
// upload's outcome, and the job.
func (s *Uploads) record(ctx context.Context, lease *uploadLease, up *Upload, m uploadMetadata, v *Video, f *File, src *Source) error {
	job := ProcessUpload{Input: f.Filename}
	if m.Picture != "" {
		job.Picture = PictureName(m.UUID, pictureExtension(m.Picture))
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.TakeQuota(ctx, user.ID(up.UserID), up.Size); err != nil {
			return quotaError(err)
		}
		if err := s.Videos.Create(ctx, v); err != nil {
			return err
		}
		src.VideoID, f.VideoID = v.ID, v.ID
		if err := s.Store.AddSource(ctx, src); err != nil {
			return err
		}
		if _, err := s.Inputs.PutFile(ctx, f); err != nil {
			return err
		}
		if v.Privacy == PasswordProtected {
			if err := s.Videos.SetPasswords(ctx, v.ID, *m.Fields.Passwords); err != nil {
				return err
			}
		}
		if list := v.DescribedChapters(); len(list) > 0 {
			if err := s.Videos.SetChapters(ctx, v.ID, list); err != nil {
				return err
			}
		}
		up.State, up.VideoID = UploadDone, v.ID
		if err := s.Store.Finish(ctx, up, lease.id); err != nil {
			return err
		}
		job.VideoID = v.ID
		return s.Queue.ProcessUpload(ctx, job)
	})
}

func quotaError(err error) error {
	if errs.Is(err, errs.TooLarge) {
		return quotaReached()
	}
	return err
}

func newSource(up *Upload, v *Video, probe ProbeResult) *Source {
	return &Source{
		VideoID: v.ID, InputFilename: up.Filename, Resolution: min(probe.Width, probe.Height),
		Width: probe.Width, Height: probe.Height, FPS: int(probe.FPS + 0.5),
		Size: up.Size, Metadata: probe.Metadata, CreatedAt: v.CreatedAt,
	}
}

// Recover goes on with the uploads whose video was being made when a process
// died. alone says that no other process can be alive: then leases do not
// count. It is called at the start, and now and then for the sake of other
// nodes; it returns how many videos it finished.
func (s *Uploads) Recover(ctx context.Context, alone bool) (int, error) {
	if alone {
		if err := s.Store.Release(ctx); err != nil {
			return 0, err
		}
	}
	ids, err := s.Store.Interrupted(ctx, s.Now())
	if err != nil {
		return 0, err
	}
	finished := 0
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return finished, err
		}
		if err := s.resume(ctx, id); err != nil {
			s.Log.WarnContext(ctx, "an interrupted upload could not be finished", "err", err, "upload", id)
			continue
		}
		finished++
	}
	return finished, nil
}

func (s *Uploads) resume(ctx context.Context, id string) error {
	lease, up, err := s.hold(ctx, id)
	if errs.Is(err, errs.Locked) || errs.Is(err, errs.NotFound) {
		return nil // somebody else was faster
	}
	if err != nil {
		return err
	}
	defer s.letGo(lease)
	if up.State != UploadProcessing {
		return s.save(ctx, lease, up, true)
	}
	_, err = s.finish(lease, up)
	return err
}

// Sweep removes uploads for which nothing came for an hour, and files that
// belong to no upload. It returns how many uploads it removed.
func (s *Uploads) Sweep(ctx context.Context) (int, error) {
	const batch = 100
	expired, err := s.Store.Expired(ctx, s.Now(), batch)
	if err != nil {
		return 0, err
	}
	for i, up := range expired {
		if err := s.drop(ctx, up); err != nil {
			return i, err
		}
	}
	return len(expired), s.sweepFiles(ctx)
}

// sweepFiles removes old files that belong to no upload.
func (s *Uploads) sweepFiles(ctx context.Context) error {
	files, err := s.Files.Old(ctx, s.Now().Add(-2*UploadIdle))
	if err != nil || len(files) == 0 {
		return err
	}
	used, err := s.Store.Files(ctx)
	if err != nil {
		return err
	}
	for _, name := range files {
		if used[name] {
			continue
		}
		if err := s.Files.Remove(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// failure is an error as the row keeps it.
type failure struct {
	Kind   errs.Kind
	Msg    string
	Code   string
	Reason string
	Why    errs.Reason
}

func encodeFailure(err error) string {
	f := failure{Msg: "The video could not be created."}
	if e := errs.As(err); e != nil {
		f = failure{Kind: e.Kind, Msg: e.Msg, Code: e.Code, Why: e.Reason}
		if len(e.Params) > 0 {
			f.Reason = e.Params[0].Msg
		}
	}
	b, _ := json.Marshal(f) // strings and a number
	return string(b)
}

func decodeFailure(s string) error {
	var f failure
	if err := json.Unmarshal([]byte(s), &f); err != nil {
		return err
	}
	e := errs.New(f.Kind, "%s", f.Msg).WithCode(f.Code)
	e.Reason = f.Why
	if f.Reason != "" {
		e.Params = []errs.Param{{Name: "videofile", Msg: f.Reason}}
	}
	return e
}
