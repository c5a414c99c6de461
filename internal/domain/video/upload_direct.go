package video

import (
	"context"
	"errors"
	"io"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Received is a file that came in one piece and is on disk.
type Received struct {
	uuid     string
	filename string
	mimeType string
	size     int64
}

// Receive writes a file that comes in one piece to disk. It is refused while
// it comes as soon as it goes over the site's bound or the user's quota.
// Publish or Discard must follow.
func (s *Uploads) Receive(ctx context.Context, who *user.User, filename, mimeType string, r io.Reader) (*Received, error) {
	if err := checkUploadType(s.Settings(ctx), filename, mimeType); err != nil {
		return nil, err
	}
	if err := s.checkSpace(ctx, 0); err != nil {
		return nil, err
	}
	rec := &Received{uuid: NewUUID(), filename: filename, mimeType: mimeType}
	w, err := s.Files.Writer(ctx, rec.uuid, 0)
	if err != nil {
		return nil, diskFull(err)
	}
	defer w.Close()
	in := &quotaReader{r: r, allow: func(size int64) error {
		return errors.Join(s.checkSize(ctx, who.ID, size, ""), s.checkSpace(ctx, 0))
	}}
	rec.size, err = io.CopyBuffer(writerOnly{w}, in, make([]byte, copyBuffer))
	if err == nil {
		err = w.Sync()
	}
	if err != nil {
		s.Discard(ctx, rec)
		return nil, diskFull(err)
	}
	return rec, nil
}

// Discard removes a file that becomes no video.
func (s *Uploads) Discard(ctx context.Context, rec *Received) {
	if err := s.Files.Remove(context.WithoutCancel(ctx), rec.uuid); err != nil {
		s.Log.WarnContext(ctx, "the file of an upload cannot be removed now; it is tried again later", "err", err)
	}
}

// quotaReader asks every few megabytes whether so much may be sent.
type quotaReader struct {
	r           io.Reader
	read, asked int64
	allow       func(size int64) error
}

const quotaStep = 16 << 20 // bytes between two questions

func (q *quotaReader) Read(p []byte) (int, error) {
	n, err := q.r.Read(p)
	q.read += int64(n)
	if q.read-q.asked >= quotaStep || errors.Is(err, io.EOF) {
		q.asked = q.read
		if qerr := q.allow(q.read); qerr != nil {
			return n, qerr
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = errs.Wrap(errs.Invalid, err, "The file ended early.")
	}
	return n, err
}

// Publish makes a video of a file that was received; rec is nil when none
// came. On an error the file is removed.
func (s *Uploads) Publish(ctx context.Context, who *user.User, rec *Received, fields Changes, p *UploadPicture) (*Video, error) {
	if err := s.checkDirect(ctx, who, rec, &fields, p); err != nil {
		if rec != nil {
			s.Discard(ctx, rec)
		}
		return nil, err
	}
	m := uploadMetadata{UUID: rec.uuid, Salt: NewUUID(), Fields: fields}
	var err error
	if m.Picture, err = s.keepPicture(ctx, m.UUID, "", p); err != nil {
		s.Discard(ctx, rec)
		return nil, err
	}
	return s.direct(ctx, who, rec, m, 0)
}

// direct makes a whole file a video, or the new one of the video target.
func (s *Uploads) direct(ctx context.Context, who *user.User, rec *Received, m uploadMetadata, target ID) (*Video, error) {
	lease, up, err := s.beginDirect(ctx, who, rec, m, target)
	if up == nil {
		s.Discard(ctx, rec)
	}
	if err != nil { // with a row, Recover goes on
		return nil, err
	}
	defer s.letGo(lease)
	v, err := s.finish(lease, up)
	// Its client cannot come back, so nothing is kept of it.
	if derr := s.drop(context.WithoutCancel(ctx), up); derr != nil {
		s.Log.WarnContext(ctx, "the row of an upload stays until it expires", "err", derr, "upload", up.ID)
	}
	return v, err
}

func (s *Uploads) checkDirect(ctx context.Context, who *user.User, rec *Received, fields *Changes, p *UploadPicture) error {
	var bad []errs.Param
	if rec == nil {
		bad = append(bad, errs.Param{Name: "videofile", Msg: "Should have a file"})
	}
	if err := checkFields(fields, bad); err != nil {
		return err
	}
	if err := s.checkChannel(ctx, who, *fields.Channel); err != nil {
		return err
	}
	if err := checkPicture(p); err != nil {
		return err
	}
	return s.checkSize(ctx, who.ID, rec.size, "")
}

// beginDirect records a whole file as an upload that is being processed. With
// an error, the upload is nil unless its row is there.
func (s *Uploads) beginDirect(ctx context.Context, who *user.User, rec *Received, m uploadMetadata, target ID) (*uploadLease, *Upload, error) {
	kind := "video"
	if target != 0 {
		kind = replaces
	}
	up := &Upload{
		ID: uploadToken(userToken(who.ID)) + "-" + rec.uuid, UserID: int64(who.ID), Kind: kind, TargetID: target,
		Filename: cleanFilename(rec.filename), MIMEType: rec.mimeType,
		Size: rec.size, Received: rec.size, State: UploadProcessing, CreatedAt: s.Now(),
	}
	s.touch(up)
	var err error
	if up.Metadata, err = m.encode(); err != nil {
		return nil, nil, err
	}
	if err := s.Store.Create(ctx, up); err != nil {
		return nil, nil, err
	}
	lease, _, err := s.hold(ctx, up.ID)
	return lease, up, err
}
