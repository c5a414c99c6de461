package video

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"hash"
	"io"
	"strings"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Codes of the upload protocol's own errors (those of the uploadx library,
// which PeerTube uses).
const (
	CodeUploadBadRequest  = "BadRequest"
	CodeUploadForbidden   = "Forbidden"
	CodeUploadNotFound    = "FileNotFound"
	CodeUploadConflict    = "FileConflict"
	CodeUploadGone        = "Gone"
	CodeUploadLocked      = "Locked"
	CodeUploadChecksum    = "ChecksumMismatch"
	CodeUploadStorageFull = "StorageError"
)

// Chunk is a piece of an upload.
type Chunk struct {
	// Status only asks how far the upload is; there are no bytes.
	Status bool
	// First is the position of the first byte, Length the number of bytes.
	First, Length int64
	// Total is the size of the file as the client now says; 0 means as before.
	Total int64
	// Checksum of the bytes, when the client sent one.
	Checksum *Checksum
}

// Checksum is what the bytes of a chunk must give.
type Checksum struct {
	Hash hash.Hash
	Sum  []byte
}

// UploadOutcome is the answer to a chunk.
type UploadOutcome struct {
	// Video is set when the upload is complete and has become a video.
	Video *Video
	// Stored is the number of bytes that the client shall take as stored.
	Stored int64
}

// Append writes a chunk of an upload. The chunk's bytes are synced to disk
// before it returns. A chunk that was cut off is kept as far as it came, unless
// it has a checksum. Sending a byte again means all that follows it, too.
//
// A chunk may leave a gap; Stored is then the end of the chunk, as with
// PeerTube. When the last byte comes and a gap is left, Stored goes back to its
// beginning, so that the client sends what is missing. With every byte here,
// the file is examined and becomes a video; this goes on when ctx ends.
//
// Somebody else's upload is errs.Forbidden, an unknown one errs.NotFound, one
// that expired errs.Gone, bytes beyond the size errs.Conflict, a chunk beside
// another one errs.Locked, and one while the video is made errs.Unavailable.
func (s *Uploads) Append(ctx context.Context, who *user.User, id string, c Chunk, body io.Reader) (UploadOutcome, error) {
	return s.appendTo(ctx, who, id, 0, c, body)
}

// appendTo is Append for an upload that replaces the file of target, or is a
// new video when that is 0.
func (s *Uploads) appendTo(ctx context.Context, who *user.User, id string, target ID, c Chunk, body io.Reader) (UploadOutcome, error) {
	up, err := s.own(ctx, who, id)
	if err == nil && up.TargetID != target {
		err = errs.New(errs.NotFound, "Not found").WithCode(CodeUploadNotFound)
	}
	if err != nil {
		return UploadOutcome{}, err
	}
	if out, settled, err := s.outcome(ctx, up); settled {
		return out, err
	}
	if c.Status && !up.complete() && (c.Total == 0 || c.Total == up.Size) {
		return UploadOutcome{Stored: up.Received}, nil
	}
	lease, up, err := s.hold(ctx, id)
	if err != nil {
		return UploadOutcome{}, s.whyLocked(ctx, id, err)
	}
	defer s.letGo(lease)
	if out, settled, err := s.outcome(ctx, up); settled {
		return out, err
	}
	if up.State == UploadOpen {
		if err := s.fill(ctx, lease, up, c, body); err != nil || !up.complete() {
			return UploadOutcome{Stored: s.told(up, c)}, err
		}
	}
	v, err := s.finish(lease, up)
	return UploadOutcome{Video: v}, err
}

// told is how much the client shall take as stored.
func (s *Uploads) told(up *Upload, c Chunk) int64 {
	if c.Status {
		return up.Received
	}
	return up.stored()
}

// own finds an upload of somebody.
func (s *Uploads) own(ctx context.Context, who *user.User, id string) (*Upload, error) {
	if !strings.HasPrefix(id, uploadToken(userToken(who.ID))+"-") {
		return nil, notYours()
	}
	up, err := s.Store.ByID(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap(errs.NotFound, err, "Not found").WithCode(CodeUploadNotFound)
	}
	if err != nil {
		return nil, err
	}
	if up.UserID != int64(who.ID) {
		return nil, notYours()
	}
	if up.State != UploadProcessing && s.Now().After(up.ExpiresAt) {
		return nil, errs.New(errs.Gone, "This upload has expired: nothing came for an hour. Begin again.").WithCode(CodeUploadGone)
	}
	return up, nil
}

func notYours() error {
	return errs.New(errs.Forbidden, "Authenticated user is not allowed access").WithCode(CodeUploadForbidden)
}

// outcome answers for uploads whose end is known.
func (s *Uploads) outcome(ctx context.Context, up *Upload) (UploadOutcome, bool, error) {
	switch up.State {
	case UploadDone:
		m, err := up.metadata()
		if err != nil {
			return UploadOutcome{}, true, err
		}
		v, err := s.Videos.ByRef(ctx, ByUUID(m.videoUUID()))
		if errs.Is(err, errs.NotFound) { // made, and removed since
			err = errs.Wrap(errs.NotFound, err, "Not found").WithCode(CodeUploadNotFound)
		}
		return UploadOutcome{Video: v}, true, err
	case UploadFailed:
		return UploadOutcome{}, true, decodeFailure(up.Failure)
	}
	return UploadOutcome{}, false, nil
}

// Told removes an upload whose outcome (a video, or why there is none) has
// reached its client; repeating its last chunk then is errs.NotFound. Until it
// is called, or the upload expires, the outcome can be asked for again.
func (s *Uploads) Told(ctx context.Context, who *user.User, id string) error {
	up, err := s.own(ctx, who, id)
	if err != nil || up.State != UploadDone && up.State != UploadFailed {
		return err
	}
	return s.drop(ctx, up)
}

// Cancel ends an upload and removes its bytes. One that does not exist is no
// error; one that is becoming a video is errs.Locked.
func (s *Uploads) Cancel(ctx context.Context, who *user.User, id string) error {
	up, err := s.own(ctx, who, id)
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Gone):
		return nil
	case err != nil:
		return err
	case up.State == UploadProcessing:
		return errs.New(errs.Locked, "The file is complete and its video is being created.").WithCode(CodeUploadLocked)
	}
	return s.drop(ctx, up)
}

// fill writes the bytes of a chunk and records them.
func (s *Uploads) fill(ctx context.Context, lease *uploadLease, up *Upload, c Chunk, body io.Reader) error {
	if err := s.resize(ctx, lease, up, &c); err != nil {
		return err
	}
	if c.Status {
		return s.seal(ctx, lease, up)
	}
	if err := s.checkSize(ctx, user.ID(up.UserID), up.Size, up.ID); err != nil {
		return err
	}
	if err := s.checkSpace(ctx, c.Length); err != nil {
		return errors.Join(err, s.seal(ctx, lease, up))
	}
	m, err := up.metadata()
	if err != nil {
		return err
	}
	w, err := s.Files.Writer(ctx, m.UUID, c.First)
	if err != nil {
		return diskFull(err)
	}
	defer w.Close()
	up.cut(w.Size()) // somebody may have removed the file
	err = s.write(ctx, lease, up, w, c, body)
	return errors.Join(err, s.seal(ctx, lease, up))
}

// write copies a chunk to w. What is safe is counted in up; of a long chunk it
// is recorded now and then, so that a crash does not lose all of it.
func (s *Uploads) write(ctx context.Context, lease *uploadLease, up *Upload, w UploadWriter, c Chunk, body io.Reader) error {
	step := cmp.Or(s.Checkpoint, defaultCheckpoint)
	if c.Checksum != nil {
		step = c.Length // all or nothing
	}
	in := &chunkReader{r: body, left: c.Length}
	buf := make([]byte, min(copyBuffer, max(c.Length, 1)))
	for at := c.First; ; {
		n, err := writePart(lease, w, c.Checksum, io.LimitReader(in, step), buf)
		up.cover(Span{at, at + n})
		at += n
		if err == nil && in.left == 0 {
			if err = in.end(); err != nil {
				up.cut(c.First)
			}
			return err
		}
		if err != nil {
			return err
		}
		s.touch(up)
		if err := s.save(context.WithoutCancel(ctx), lease, up, false); err != nil {
			return gone(err)
		}
	}
}

// gone says that an upload was cancelled meanwhile.
func gone(err error) error {
	if errs.Is(err, errs.Locked) {
		return errs.Wrap(errs.NotFound, err, "Not found").WithCode(CodeUploadNotFound)
	}
	return err
}

// resize checks where the chunk lies and takes a smaller size.
func (s *Uploads) resize(ctx context.Context, lease *uploadLease, up *Upload, c *Chunk) error {
	total := up.Size
	if c.Total > 0 {
		total = c.Total
	}
	if c.Status {
		c.First = min(total, up.stored())
	}
	switch {
	case total > up.Size:
		return conflict("The size of the file is %d bytes, not %d.", up.Size, total)
	case c.First < 0 || c.Length < 0 || c.First > total || c.Length > total-c.First:
		return conflict("The bytes lie beyond the end of the file, which has %d.", total)
	case c.Status && up.stored() > total:
		return conflict("%d bytes are stored already.", up.stored())
	case c.First > up.stored() && len(up.Ahead) >= maxAhead:
		return conflict("There are too many gaps. Go on from byte %d.", up.Received)
	}
	again := c.First < up.stored()
	up.Size = total
	if !again {
		return nil
	}
	// What will be overwritten must not count as stored if we die meanwhile.
	up.cut(c.First)
	return s.save(context.WithoutCancel(ctx), lease, up, false)
}

func conflict(format string, args ...any) error {
	return errs.New(errs.Conflict, format, args...).WithCode(CodeUploadConflict)
}

// seal records what is on disk now: as far as it came, or that all is there.
// A gap that is left when the end is here is given back to the client.
func (s *Uploads) seal(ctx context.Context, lease *uploadLease, up *Upload) error {
	if up.stored() == up.Size {
		up.Ahead = nil
	}
	if up.complete() {
		up.State = UploadProcessing
	}
	s.touch(up)
	// What is on disk is recorded even when the client is gone.
	return gone(s.save(context.WithoutCancel(ctx), lease, up, !up.complete()))
}

// copyBuffer is the size of one write, in bytes.
const copyBuffer = 256 << 10

// writePart copies bytes to w and syncs them. It returns how many are safe;
// with an error, too.
func writePart(lease *uploadLease, w UploadWriter, sum *Checksum, in io.Reader, buf []byte) (int64, error) {
	var out io.Writer = leaseWriter{lease, w}
	if sum != nil {
		out = io.MultiWriter(out, sum.Hash)
	}
	n, err := io.CopyBuffer(writerOnly{out}, in, buf)
	if serr := w.Sync(); serr != nil {
		return 0, diskFull(errors.Join(err, serr))
	}
	if sum == nil {
		return n, diskFull(err)
	}
	if err == nil && !bytes.Equal(sum.Hash.Sum(nil), sum.Sum) {
		err = errs.New(errs.Invalid, "The checksum of the chunk does not match. Send it again.").WithCode(CodeUploadChecksum)
	}
	if err != nil {
		return 0, diskFull(err)
	}
	return n, nil
}

// writerOnly hides other methods, so that our buffer is used.
type writerOnly struct{ io.Writer }

// chunkReader reads left bytes; fewer are an error.
type chunkReader struct {
	r    io.Reader
	left int64
}

func (c *chunkReader) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err != nil && c.left > 0 {
		return n, errs.Wrap(errs.Invalid, err, "The chunk ended early.").WithCode(CodeUploadBadRequest)
	}
	return n, nil
}

// end reports bytes that come after the chunk.
func (c *chunkReader) end() error {
	var more [1]byte
	if n, _ := io.ReadFull(c.r, more[:]); n > 0 {
		return conflict("The chunk has more bytes than its range says.")
	}
	return nil
}

// diskFull gives a full disk the protocol's code.
func diskFull(err error) error {
	if e := errs.As(err); e != nil && e.Kind == errs.Unavailable && e.Code == "" {
		return errs.Wrap(errs.Unavailable, err, "The server cannot store the file now: %s. What it has is kept; try again later.", e.Msg).WithCode(CodeUploadStorageFull)
	}
	return err
}
