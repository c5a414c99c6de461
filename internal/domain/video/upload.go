package video

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Uploads receives files and makes videos of them.
//
// An upload is begun with Init, filled with Append, and becomes a video as
// soon as its last byte is on disk. Its state is a row, its bytes a file that
// every node reaches, so any node can go on where another one stopped. Whoever
// writes an upload holds its lease, which another node may take over once it
// has run out. Upload does the same for a file that comes in one piece.
//
// What was acknowledged survives a crash: bytes are synced before the row says
// that they are there, and the row becomes "processing" before the file is
// examined. Recover goes on with those that a crash interrupted.
type Uploads struct {
	Store  UploadStore
	Files  UploadFiles
	Videos UploadVideos
	Queue  UploadQueue
	Prober Prober
	// Inputs lists the uploaded files among those of their videos.
	Inputs UploadInputs
	// Torrent makes the torrent of the file f of v, which lies at path, and
	// names it in f. Without it there are none at first.
	Torrent func(ctx context.Context, v *Video, f *File, path string) error
	// InTx runs fn in one transaction, in which Store, Videos, Inputs and
	// Queue take part when they are given fn's context.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
	Site instance.Site
	// Settings are asked for each time: administrators edit them.
	Settings func(ctx context.Context) UploadSettings
	Log      *slog.Logger
	// LeaseTime is after how long a silent writer is taken for dead; 0 means
	// 15 s. Clocks of nodes must not differ by more than a third of it.
	LeaseTime time.Duration
	// Checkpoint is after how many bytes of a long chunk it is recorded what
	// is safe; 0 means 64 MiB.
	Checkpoint int64
}

// Bounds of uploads.
const (
	// MaxUploadSize is the largest file, in bytes; PeerTube's.
	MaxUploadSize int64 = 50 << 30
	// MaxPictureSize is the largest thumbnail, in bytes; PeerTube's.
	MaxPictureSize int64 = 8 << 20
	// UploadIdle is after how long without a byte an upload is removed.
	UploadIdle = time.Hour
	// maxAhead bounds how many spans an upload may have after a gap.
	maxAhead         = 64
	maxUploadName    = 1000 // characters of a file's name
	defaultLeaseTime = 15 * time.Second
	// defaultCheckpoint is some seconds of a quick line.
	defaultCheckpoint int64 = 64 << 20
	finishTimeout           = time.Hour // of examining, moving and recording a file
)

// UploadSettings is what administrators decide.
type UploadSettings struct {
	Transcoding          bool  // off: only what browsers play is taken
	AdditionalExtensions bool  // transcoding.allow_additional_extensions
	AudioFiles           bool  // transcoding.allow_audio_files
	Replace              bool  // video_file.update.enabled
	MaxSize              int64 // bytes; 0 means MaxUploadSize
	// FreeDisk is how many bytes must stay free on the disk.
	FreeDisk int64
	// Defaults of what was not sent (defaults.publish).
	Licence         int
	CommentsPolicy  CommentsPolicy // 0 means enabled
	DownloadEnabled bool
}

func (s UploadSettings) maxSize() int64 {
	if s.MaxSize > 0 {
		return s.MaxSize
	}
	return MaxUploadSize
}

// UploadStore keeps uploads. Its contract is tested in storage/store.
type UploadStore interface {
	// Create inserts up; an id that exists is errs.Conflict.
	Create(ctx context.Context, up *Upload) error
	// ByID returns the upload, or errs.NotFound.
	ByID(ctx context.Context, id string) (*Upload, error)
	// Lock gives the upload to lease until a time, unless somebody else has
	// it at now: then errs.Locked. It returns the upload as it is then.
	Lock(ctx context.Context, id, lease string, now, until time.Time) (*Upload, error)
	// Renew extends a lease; one that was lost is errs.Locked.
	Renew(ctx context.Context, id, lease string, until time.Time) error
	// Save writes what changes while an upload is filled (size, received,
	// ahead, metadata, state, failure, times), and gives it free if asked to.
	// A lease that was lost is errs.Locked, and nothing is written.
	Save(ctx context.Context, up *Upload, lease string, release bool) error
	// Finish records that the upload became a video, and gives it free. A
	// lease that was lost is errs.Locked.
	Finish(ctx context.Context, up *Upload, lease string) error
	// TouchInput records when a video got another file, of a size in bytes,
	// and lets its owner's quota follow; errs.TooLarge when that would go over
	// it. No video is errs.NotFound. The video's row is held until the
	// transaction ends.
	TouchInput(ctx context.Context, id ID, bytes int64, at time.Time) error
	// AwaitWork records that there is work to do on a video before it is known
	// what.
	AwaitWork(ctx context.Context, id ID) error
	// Delete removes the upload in whatever state; none is no error.
	Delete(ctx context.Context, id string) error
	// Expired returns uploads not in processing whose time is over and that
	// nobody writes at now, at most limit.
	Expired(ctx context.Context, now time.Time, limit int) ([]*Upload, error)
	// Interrupted returns the ids of uploads in processing that nobody works
	// on at now.
	Interrupted(ctx context.Context, now time.Time) ([]string, error)
	// Release ends all leases: for when no other process can be alive.
	Release(ctx context.Context) error
	// Unlock gives the upload free, if lease still has it.
	Unlock(ctx context.Context, id, lease string) error
	// Files returns the names of all files that uploads use.
	Files(ctx context.Context) (map[string]bool, error)
	// Quota returns what a user may upload and has: since is the beginning
	// of the daily quota's day, except an upload that is not counted.
	Quota(ctx context.Context, id user.ID, since time.Time, except string) (UploadQuota, error)
	// TakeQuota adds bytes to what a user has used, or is errs.TooLarge when
	// that would go over the total quota.
	TakeQuota(ctx context.Context, id user.ID, bytes int64) error
	// AddSource records what was uploaded.
	AddSource(ctx context.Context, src *Source) error
	// OwnsChannel reports whether a local channel belongs to the user.
	OwnsChannel(ctx context.Context, id user.ID, channel actor.ChannelID) (bool, error)
}

// UploadQuota is what a user may upload and has uploaded, in bytes.
type UploadQuota struct {
	Total, Daily    int64 // user.Unlimited is -1
	Used, UsedToday int64
	Pending         int64 // received of other uploads under way
	Blocked         bool
}

// UploadFiles keeps the bytes of uploads under way, in one directory that all
// nodes share. A full disk is errs.Unavailable.
type UploadFiles interface {
	// Writer opens a file for writing at an offset; it is made if needed.
	Writer(ctx context.Context, name string, at int64) (UploadWriter, error)
	// Seal cuts a file to its size, durably. A file that is shorter is
	// errs.Conflict, one that was adopted before is left as it is.
	Seal(ctx context.Context, name string, size int64, input string) error
	// Local gives a path at which the file, or the input that it became, can
	// be read until done is called.
	Local(ctx context.Context, name, input string) (path string, done func(), err error)
	// Adopt makes the file the input of a video. Again is no error.
	Adopt(ctx context.Context, name, input string) error
	// Remove removes a file of an upload; none is no error.
	Remove(ctx context.Context, name string) error
	// RemoveInput removes an adopted file that no video got.
	RemoveInput(ctx context.Context, input string) error
	// Old lists files that were last written before a time.
	Old(ctx context.Context, before time.Time) ([]string, error)
	// Free returns how many bytes the disks have left on which uploads and
	// what is made of them are kept: of the fullest.
	Free(ctx context.Context) (int64, error)
}

// UploadWriter is an open file.
type UploadWriter interface {
	io.WriteCloser
	// Size is the file's size when it was opened.
	Size() int64
	// Sync makes what was written durable.
	Sync() error
}

// UploadVideos records the videos that uploads become; it is part of Store.
type UploadVideos interface {
	// Create inserts v with its tags and schedule, and sets v.ID.
	Create(ctx context.Context, v *Video) error
	// SetPasswords sets the passwords of a video.
	SetPasswords(ctx context.Context, id ID, passwords []string) error
	// SetChapters sets the chapters of a video.
	SetChapters(ctx context.Context, id ID, list []Chapter) error
	// ByRef finds the video of an upload that is done, with its owner.
	ByRef(ctx context.Context, ref Ref) (*Video, error)
	// Touch says that a video was changed.
	Touch(ctx context.Context, id ID) error
	// Transcodes lists the steps of the work on videos.
	Transcodes(ctx context.Context, ids []ID) (map[ID][]Transcode, error)
}

// UploadQueue starts the work on a new video, in the transaction of ctx.
type UploadQueue interface {
	ProcessUpload(ctx context.Context, in ProcessUpload) error
}

// ProcessUpload says what there is to work with.
type ProcessUpload struct {
	VideoID ID
	// Input is the uploaded file, a name in the section of originals.
	Input string
	// Picture is the picture that came with it, a name in the same section,
	// or "".
	Picture string
	// Replace says that the video has files already, which are watched until
	// something is made of the new one.
	Replace bool
}

// Prober examines media files. A file that is not media is
// errs.Unprocessable, with a reason for people.
type Prober interface {
	Probe(ctx context.Context, path string) (ProbeResult, error)
}

// ProbeResult is what is recorded of an uploaded file.
type ProbeResult struct {
	Duration      time.Duration
	Width, Height int // as people see it; 0 without a picture
	FPS           float64
	HasVideo      bool
	HasAudio      bool
	Metadata      []byte // ffprobe's JSON
}

// UploadInit is the beginning of a resumable upload.
type UploadInit struct {
	Filename string
	MIMEType string
	Size     int64
	// LastModified, as the client names it, makes the same file the same
	// upload; "" begins a new one.
	LastModified string
	// Fields are the video's; Name and Channel are required.
	Fields Changes
	// Picture is the thumbnail that came with it, or nil.
	Picture *UploadPicture

	target *Video // whose file is replaced
}

// UploadPicture is a thumbnail chosen by whoever uploads.
type UploadPicture struct {
	Field    string // "thumbnailfile" or "previewfile"
	Filename string
	Bytes    []byte
}

// uploadMetadata is what the row keeps for the end of the upload.
type uploadMetadata struct {
	UUID    string // of the video to be; names its files
	Target  string `json:",omitempty"` // UUID of the video whose file is replaced
	Salt    string // in the name of the input
	Picture string // file of the picture, or ""
	Fields  Changes
}

func (up *Upload) metadata() (uploadMetadata, error) {
	var m uploadMetadata
	if err := json.Unmarshal(up.Metadata, &m); err != nil {
		return m, fmt.Errorf("metadata of upload %s: %w", up.ID, err)
	}
	return m, nil
}

// FileNames are the files that the upload uses, by their names or by what
// those begin with.
func (up *Upload) FileNames() []string {
	m, err := up.metadata()
	if err != nil {
		return nil
	}
	return appendName(appendName([]string{m.UUID}, m.Picture), m.Target)
}

func (m uploadMetadata) encode() ([]byte, error) { return json.Marshal(m) }

// Init begins an upload, or finds the one that the same user began of the same
// file (name, size, time of change) and that is still open: Received says how
// much of it is here. The newer title and other fields count.
func (s *Uploads) Init(ctx context.Context, who *user.User, in UploadInit) (*Upload, error) {
	id := uploadID(who.ID, in, s.Now())
	if err := s.checkInit(ctx, who, id, &in); err != nil {
		return nil, err
	}
	return s.open(ctx, who, id, in)
}

// open finds the upload that goes on, or begins it.
func (s *Uploads) open(ctx context.Context, who *user.User, id string, in UploadInit) (*Upload, error) {
	up, err := s.reopen(ctx, who, id, in)
	if !errs.Is(err, errs.NotFound) {
		return up, err
	}
	up, err = s.begin(ctx, who, id, in)
	if errs.Is(err, errs.Conflict) { // two inits at once
		return s.reopen(ctx, who, id, in)
	}
	return up, err
}

func (s *Uploads) checkInit(ctx context.Context, who *user.User, id string, in *UploadInit) error {
	var bad []errs.Param
	if !within(in.Filename, 1, maxUploadName) {
		bad = append(bad, errs.Param{Name: "filename"})
	}
	if err := checkFields(&in.Fields, bad); err != nil {
		return err
	}
	if err := s.checkChannel(ctx, who, *in.Fields.Channel); err != nil {
		return err
	}
	if err := checkUploadType(s.Settings(ctx), in.Filename, in.MIMEType); err != nil {
		return err
	}
	if err := checkPicture(in.Picture); err != nil {
		return err
	}
	return s.checkSize(ctx, who.ID, in.Size, id)
}

// checkChannel refuses channels of others as PeerTube does.
func (s *Uploads) checkChannel(ctx context.Context, who *user.User, channel actor.ChannelID) error {
	ok, err := s.Store.OwnsChannel(ctx, who.ID, channel)
	if err == nil && !ok {
		err = errs.New(errs.Invalid, `Unknown video "video channel" for this account.`)
	}
	return err
}

// checkSize holds the size of a file against the site's bound and the quotas.
func (s *Uploads) checkSize(ctx context.Context, who user.ID, size int64, except string) error {
	if size > s.Settings(ctx).maxSize() {
		return errs.New(errs.TooLarge, "This file is too large. It exceeds the maximum file size authorized.").WithCode("max_file_size_reached")
	}
	q, err := s.Store.Quota(ctx, who, s.Now().Add(-24*time.Hour), except)
	if err != nil {
		return err
	}
	return q.allow(size)
}

// checkSpace refuses bytes for which the disk has no room. It is better to say
// so before they travel, and the disk is never filled to the last byte: the
// database and the jobs need some.
func (s *Uploads) checkSpace(ctx context.Context, size int64) error {
	keep := s.Settings(ctx).FreeDisk
	if keep <= 0 {
		return nil
	}
	free, err := s.Files.Free(ctx)
	if err != nil {
		s.Log.WarnContext(ctx, "it is not known how much of the disk is free", "err", err)
		return nil // writing will tell
	}
	if free-size >= keep {
		return nil
	}
	s.Log.ErrorContext(ctx, "an upload was refused because the disk is nearly full; make room", "free", free, "upload", size, "keepFree", keep)
	return diskFull(errs.New(errs.Unavailable, "the disk is nearly full"))
}

// allow reports whether size more bytes fit.
func (q UploadQuota) allow(size int64) error {
	if q.Blocked {
		return errs.New(errs.Forbidden, "This account is blocked.").WithCode("account_blocked")
	}
	if fits(q.Total, q.Used+q.Pending, size) && fits(q.Daily, q.UsedToday+q.Pending, size) {
		return nil
	}
	return quotaReached()
}

func fits(quota, used, size int64) bool {
	return quota == user.Unlimited || size <= quota-used
}

func quotaReached() error {
	return errs.New(errs.TooLarge, "The user video quota is exceeded with this video.").WithCode("quota_reached")
}

// reopen finds the upload that goes on; errs.NotFound when there is none.
func (s *Uploads) reopen(ctx context.Context, who *user.User, id string, in UploadInit) (*Upload, error) {
	up, err := s.Store.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if up.UserID != int64(who.ID) {
		return nil, errs.New(errs.Conflict, "this upload belongs to somebody else")
	}
	switch {
	case up.State == UploadDone, up.State == UploadProcessing:
		return up, nil // a PUT brings the outcome
	case up.State == UploadFailed, s.Now().After(up.ExpiresAt):
		if err := s.drop(ctx, up); err != nil {
			return nil, err
		}
		return nil, errs.New(errs.NotFound, "not found")
	}
	lease, locked, err := s.hold(ctx, id)
	if errs.Is(err, errs.Locked) {
		return up, nil // a chunk is on its way; the fields stay as they are
	}
	if err != nil {
		return nil, err
	}
	defer s.letGo(lease)
	up = locked
	m, err := up.metadata()
	if err != nil {
		return nil, err
	}
	if m.Picture, err = s.keepPicture(ctx, m.UUID, m.Picture, in.Picture); err != nil {
		return nil, err
	}
	m.Fields = in.Fields
	if up.Metadata, err = m.encode(); err != nil {
		return nil, err
	}
	s.touch(up)
	return up, s.save(ctx, lease, up, true)
}

func (s *Uploads) begin(ctx context.Context, who *user.User, id string, in UploadInit) (*Upload, error) {
	if err := s.checkSpace(ctx, in.Size); err != nil {
		return nil, err
	}
	up, err := s.newUpload(ctx, who, id, in)
	if err != nil {
		return nil, err
	}
	return up, s.Store.Create(ctx, up)
}

func (s *Uploads) newUpload(ctx context.Context, who *user.User, id string, in UploadInit) (*Upload, error) {
	m := uploadMetadata{UUID: NewUUID(), Salt: NewUUID(), Fields: in.Fields}
	kind, target := "video", ID(0)
	if in.target != nil {
		m.Target, kind, target = in.target.UUID, replaces, in.target.ID
	}
	var err error
	if m.Picture, err = s.keepPicture(ctx, m.UUID, "", in.Picture); err != nil {
		return nil, err
	}
	up := &Upload{
		ID: id, UserID: int64(who.ID), Kind: kind, TargetID: target, Filename: cleanFilename(in.Filename),
		MIMEType: in.MIMEType, Size: in.Size, State: UploadOpen, CreatedAt: s.Now(),
	}
	s.touch(up)
	up.Metadata, err = m.encode()
	return up, err
}

// keepPicture writes a picture that came with an init; without a new one the
// old one stays.
func (s *Uploads) keepPicture(ctx context.Context, uuid, old string, p *UploadPicture) (string, error) {
	if p == nil {
		return old, nil
	}
	name := uuid + "-picture" + pictureExtension(p.Filename)
	w, err := s.Files.Writer(ctx, name, 0)
	if err != nil {
		return "", err
	}
	defer w.Close()
	if _, err := w.Write(p.Bytes); err != nil {
		return "", err
	}
	if err := w.Sync(); err != nil {
		return "", err
	}
	return name, s.Files.Seal(ctx, name, int64(len(p.Bytes)), "")
}

// touch notes that the upload is alive.
func (s *Uploads) touch(up *Upload) {
	up.UpdatedAt = s.Now()
	up.ExpiresAt = up.UpdatedAt.Add(UploadIdle)
}

// drop removes an upload, its row first: bytes without a row are swept.
func (s *Uploads) drop(ctx context.Context, up *Upload) error {
	if err := s.Store.Delete(ctx, up.ID); err != nil {
		return err
	}
	s.removeFiles(ctx, up)
	return nil
}

// removeFiles removes what is left of an upload on disk. What cannot be
// removed now is swept later.
func (s *Uploads) removeFiles(ctx context.Context, up *Upload) {
	m, err := up.metadata()
	if err == nil {
		err = s.Files.Remove(ctx, m.UUID)
	}
	if err == nil && m.Picture != "" {
		err = s.Files.Remove(ctx, m.Picture)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "the file of an upload cannot be removed now; it is tried again later", "err", err, "upload", up.ID)
	}
}
