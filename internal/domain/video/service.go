package video

import (
	"context"
	"io"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
)

// Store keeps videos and what belongs to them. Missing things are
// errs.NotFound ("Video not found" for videos).
type Store interface {
	// Create inserts v with its Tags and Schedule, sets v.ID, and counts it
	// in its channel when it is public and published. A taken UUID or URL is
	// errs.Conflict.
	Create(ctx context.Context, v *Video) error
	// ByRef returns a video with Channel and Owner, without other relations.
	ByRef(ctx context.Context, ref Ref) (*Video, error)
	// Details returns a video with all relations. It may be a second old,
	// and its relations are shared: they must not be changed in place.
	Details(ctx context.Context, ref Ref) (*Video, error)
	// Load fills the other relations of v: Tags, Thumbnails, Files, Playlist
	// and Schedule, and the images of the channel and its owner.
	Load(ctx context.Context, v *Video) error
	// List returns a page with Channel, Owner and Thumbnails (more by
	// Include), and the number of all that match, which may be some seconds
	// old; -1 with SkipCount.
	List(ctx context.Context, p ListParams) ([]*Video, int, error)
	// OfChannel returns the videos of a channel, oldest first.
	OfChannel(ctx context.Context, id actor.ChannelID) ([]ID, error)
	// OfFile returns the video that a media file's name belongs to.
	OfFile(ctx context.Context, filename string) (ID, error)

	// Update writes what Edit may change, with Tags and Schedule, and keeps
	// the channel's count. Counters, state and files are not written.
	Update(ctx context.Context, v *Video) error
	// SetPlayerTheme writes how the player of a video looks, and no time of a
	// change: the video stays what it was.
	SetPlayerTheme(ctx context.Context, id ID, t instance.PlayerTheme) error
	// SetState moves a video from one state to another and reports whether
	// it did; false when it was not (any more) in from. With publishedAt it
	// also sets the date of publication and the hot score. The channel's
	// count follows.
	SetState(ctx context.Context, id ID, from, to State, publishedAt *time.Time) (bool, error)
	// Delete removes the video and all that belongs to it, and corrects the
	// channel's count.
	Delete(ctx context.Context, id ID) error
	// Touch sets the time of the last change.
	Touch(ctx context.Context, id ID) error
	// GiveBackQuota takes bytes off what a user's uploads use.
	GiveBackQuota(ctx context.Context, u user.ID, bytes int64) error

	// Channel returns a local channel with its owner.
	Channel(ctx context.Context, id actor.ChannelID) (*actor.Channel, error)

	// SetThumbnails replaces a video's thumbnails and returns the old ones.
	SetThumbnails(ctx context.Context, id ID, list []Thumbnail) (old []Thumbnail, err error)

	// Passwords lists a video's passwords, newest first.
	Passwords(ctx context.Context, id ID) ([]Password, error)
	// SetPasswords replaces them.
	SetPasswords(ctx context.Context, id ID, passwords []string) error
	// DeletePassword removes one.
	DeletePassword(ctx context.Context, id ID, password PasswordID) error

	// Captions lists captions by language.
	Captions(ctx context.Context, id ID) ([]Caption, error)
	// PutCaption adds or replaces the caption of a language and returns the
	// one that was there, or nil.
	PutCaption(ctx context.Context, c Caption) (old *Caption, err error)
	// DeleteCaption removes and returns a caption.
	DeleteCaption(ctx context.Context, id ID, language string) (*Caption, error)

	// Chapters lists chapters by time.
	Chapters(ctx context.Context, id ID) ([]Chapter, error)
	// SetChapters replaces them.
	SetChapters(ctx context.Context, id ID, list []Chapter) error

	// Storyboard returns the storyboard, or errs.NotFound.
	Storyboard(ctx context.Context, id ID) (*Storyboard, error)
	// Source returns the newest source, or errs.NotFound.
	Source(ctx context.Context, id ID) (*Source, error)
	// ForgetKeptSource records that originals are not kept any more and
	// returns the names of those that were.
	ForgetKeptSource(ctx context.Context, id ID) (names []string, err error)
	// FileMetadata returns ffprobe's JSON of one file of a video.
	FileMetadata(ctx context.Context, id ID, file FileID) ([]byte, error)
	// DeleteFiles removes media files (all of HLS with the playlist when
	// files is empty and hls is true, all progressive ones when it is false)
	// and corrects the video's size.
	DeleteFiles(ctx context.Context, id ID, hls bool, files []FileID) error

	// Transcodes lists what is still made of each of several videos, and what
	// is done with a remark.
	Transcodes(ctx context.Context, ids []ID) (map[ID][]Transcode, error)
}

// Queue takes the work that follows from a change. Its calls take part in the
// transaction of ctx.
type Queue interface {
	// MoveFiles asks for the files to be moved into the directories that the
	// video's privacy calls for.
	MoveFiles(ctx context.Context, id ID) error
	// RemoveFiles asks for files to be removed whose rows are gone.
	RemoveFiles(ctx context.Context, r Removal) error
	// RefreshFiles asks for what is derived from the files and the name to
	// be made again: torrents, and the HLS master playlist.
	RefreshFiles(ctx context.Context, id ID) error
}

// Removal names files that no row names any more. All names are bare.
type Removal struct {
	UUID string `json:"uuid"`
	// HLS removes the whole HLS directory of the video, public and private.
	HLS bool `json:"hls,omitempty"`
	// HLSFiles are single files in it.
	HLSFiles    []string `json:"hlsFiles,omitempty"`
	WebVideos   []string `json:"webVideos,omitempty"`
	Torrents    []string `json:"torrents,omitempty"`
	Thumbnails  []string `json:"thumbnails,omitempty"`
	Captions    []string `json:"captions,omitempty"`
	Storyboards []string `json:"storyboards,omitempty"`
	// Avatars are images of accounts and channels, banners too.
	Avatars   []string `json:"avatars,omitempty"`
	Originals []string `json:"originals,omitempty"`
}

// Pictures makes thumbnails of an image that somebody sent, in every size
// that is kept, and stores them. Images that cannot be read are errs.Invalid.
type Pictures interface {
	Make(ctx context.Context, image io.Reader) ([]Thumbnail, error)
}

// CaptionFiles keeps the files of captions under their bare names.
type CaptionFiles interface {
	Put(ctx context.Context, filename string, vtt []byte) error
}

// Quota is what moving a video to another owner is checked by.
type Quota interface {
	// Fits returns errs.TooLarge when bytes more are over the user's quota.
	Fits(ctx context.Context, u user.ID, bytes int64) error
}

// Service does what people do with videos.
type Service struct {
	Store    Store
	Queue    Queue
	Pictures Pictures
	Captions CaptionFiles
	// Quota may be nil: then channels of other owners are refused.
	Quota Quota
	// InTx runs fn in one database transaction. Store and Queue take part
	// when they are given fn's context.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
	// NSFWPolicy is the site's: "do_not_list", "warn", "blur" or "display".
	NSFWPolicy func() string
	// Viewing may be nil: then nobody knows who watches.
	Viewing Viewing
	// Mutes is whom people, and the site, have muted. Only BlockedOwner asks; it
	// may be nil: then nobody is.
	Mutes Mutes
	// TokenKey signs file tokens; every node has the same.
	TokenKey []byte
	// OnPrivacy is called in the transaction that changes who may see a video;
	// scheduled says that the site did it at a time that was set. It may be
	// nil.
	OnPrivacy func(ctx context.Context, before, after *Video, scheduled bool) error
	// Events may be nil.
	Events Events
	// Shown is told of each video of another site that somebody opens: its
	// copy may be old. It waits for nothing, and may be nil.
	Shown func(ctx context.Context, v *Video)
	// Anywhere reports whether people who are signed in, or not, may watch what
	// is on other sites though this one does not follow it
	// (search.remote_uri); nil says that all may.
	Anywhere func(signedIn bool) bool
	// Followed reports whether a video of another site comes from, or was shared
	// by, whom this site follows. It is needed with Anywhere.
	Followed func(ctx context.Context, v *Video) (bool, error)

	files, openFiles fileAnswers
}

// Viewing knows what changes while people watch.
type Viewing interface {
	// Complete fills Viewers of each video, and WatchedTo for w, who may be
	// nobody.
	Complete(ctx context.Context, w Viewer, list []*Video) error
}

// Mutes is user.Blocks.
type Mutes interface {
	Muted(ctx context.Context, by actor.AccountID) (user.Muted, error)
}

// Complete fills in videos what Viewing knows. Lists that do not come from
// this service go through it before they are shown.
func (s *Service) Complete(ctx context.Context, w Viewer, list []*Video) error {
	if s.Viewing == nil {
		return nil
	}
	return s.Viewing.Complete(ctx, w, list)
}

// Watch returns the video with all its relations when a opens it, and the site
// follows where it comes from.
func (s *Service) Watch(ctx context.Context, a Access, ref Ref) (*Video, error) {
	v, err := s.Store.Details(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := s.see(ctx, a, v, ref.ID != 0); err != nil {
		return nil, err
	}
	if v.Remote {
		if err := s.showsFrom(ctx, a.Viewer, v); err != nil {
			return nil, err
		}
		if s.Shown != nil {
			s.Shown(ctx, v)
		}
	}
	return v, s.Complete(ctx, a.Viewer, []*Video{v})
}
