// Package video is the heart of the platform: what a video is, who may see
// it, and how it moves from upload to published.
//
// It knows nothing of HTTP, SQL or ffmpeg. Everything it needs from outside
// it names as an interface, which its callers satisfy.
package video

import (
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
)

// Ids of rows on this site.
type (
	// ID identifies a video.
	ID int64
	// FileID identifies a media file.
	FileID int64
	// PlaylistID identifies a streaming playlist.
	PlaylistID int64
)

// Privacy says who may watch a video. The numbers are PeerTube's.
type Privacy int

// The privacies.
const (
	Public            Privacy = 1
	Unlisted          Privacy = 2
	Private           Privacy = 3
	InternalOnly      Privacy = 4
	PasswordProtected Privacy = 5
)

// PrivateFiles reports whether the files lie in the private directories and
// are given out only to those who may see the video.
func (p Privacy) PrivateFiles() bool {
	return p == Private || p == InternalOnly || p == PasswordProtected
}

// State is the step of a video's life. The numbers are PeerTube's.
type State int

// The states.
const (
	Published             State = 1
	ToTranscode           State = 2
	ToImport              State = 3
	WaitingForLive        State = 4
	LiveEnded             State = 5
	ToMoveToObjectStorage State = 6
	TranscodingFailed     State = 7
	MoveFailed            State = 8
	ToEdit                State = 9
	ToMoveToFileSystem    State = 10
	MoveToFilesFailed     State = 11
	ToImportFailed        State = 12
)

// CommentsPolicy says who may comment. The numbers are PeerTube's.
type CommentsPolicy int

// The policies.
const (
	CommentsEnabled          CommentsPolicy = 1
	CommentsDisabled         CommentsPolicy = 2
	CommentsRequiresApproval CommentsPolicy = 3
)

// Video is a video, local or federated.
type Video struct {
	ID        ID
	UUID      string
	ChannelID actor.ChannelID
	// URL is the ActivityPub id. It is stored, never rebuilt.
	URL    string
	Remote bool

	Name        string
	Description string // markdown
	Support     string // markdown
	Category    int    // 0 unknown
	Licence     int    // 0 unknown
	Language    string // "" unknown
	Tags        []string
	Privacy     Privacy
	State       State
	NSFW        bool
	NSFWFlags   int
	NSFWSummary string

	Duration    int     // whole seconds, rounded
	AspectRatio float64 // width/height to 4 decimals; 0 unknown
	IsLive      bool

	CommentsPolicy     CommentsPolicy
	DownloadEnabled    bool
	WaitTranscoding    bool
	EmbedPrivacyPolicy int // 1 all, 2 allow-list
	// P2PDisabled keeps viewers from passing its pieces to each other.
	P2PDisabled bool
	// PlayerTheme is how its player looks; lists do not tell.
	PlayerTheme instance.PlayerTheme

	Views, Likes, Dislikes, Comments, Downloads int64

	// FilesSize is the bytes of all local files, QuotaBytes what counts
	// against the owner's quota: the size of the upload.
	FilesSize, QuotaBytes int64

	OriginallyPublishedAt *time.Time
	InputFileUpdatedAt    *time.Time
	PublishedAt           time.Time
	CreatedAt             time.Time
	UpdatedAt             time.Time

	// Relations, filled by the calls that say so.
	Channel    *actor.Channel // with Owner
	Thumbnails []Thumbnail
	Files      []File // best first; of the playlist and progressive ones
	Playlist   *StreamingPlaylist
	Schedule   *ScheduleUpdate
	Details    *Details // filled by Store.Details alone
	Extra      *Extra   // filled by lists that ask for it

	// Viewers is how many people watch now, and WatchedTo where who asks is
	// in it, in seconds; nil not watched or not asked. See Viewing.
	Viewers   int64
	WatchedTo *int
}

// File is one media file. With PlaylistID it is a rendition of the HLS
// playlist, without a progressive one ("web video").
type File struct {
	ID              FileID
	VideoID         ID
	PlaylistID      PlaylistID
	Resolution      int // the shorter edge; 0 audio only
	Width, Height   int
	FPS             int
	Size            int64
	Extname         string // ".mp4"
	Filename        string
	FileURL         string // remote ones
	TorrentFilename string
	TorrentURL      string // remote ones
	InfoHash        string // 40 hex digits, or ""
	HasAudio        bool
	HasVideo        bool
	Metadata        []byte // ffprobe's JSON; only filled by FileMetadata
	Storage         int    // 0 file system, 1 object storage
	CreatedAt       time.Time
}

// StreamingPlaylist is the HLS form of a video.
type StreamingPlaylist struct {
	ID               PlaylistID
	VideoID          ID
	PlaylistFilename string // of the master playlist
	PlaylistURL      string // remote ones
	SegmentsFilename string // of segments-sha256.json
	SegmentsURL      string // remote ones
	P2PInfoHashes    []string
	// Trackers of remote ones.
	Trackers []string
	// Mirrors are directories of other sites that have the same files; they end
	// with a slash. See domain/redundancy.
	Mirrors []string
	Storage int
}

// Thumbnail is one size of a video's picture.
type Thumbnail struct {
	Filename      string
	Width, Height int
	AspectRatio   string // "16:9" or "1:1"
	FileURL       string // remote ones
	AutoGenerated bool
}

// Storyboard is the sprite sheet of a video's previews.
type Storyboard struct {
	VideoID                   ID
	Filename                  string
	TotalWidth, TotalHeight   int
	SpriteWidth, SpriteHeight int
	SpriteDuration            int // seconds
}

// Extra is what lists tell of a video to those who may see all of them, when
// they ask for it by bits of Include. It is shared: it must not be changed in
// place.
type Extra struct {
	Source *Source // WithSource; nil when nothing is known
	// OwnerMuted and HostMuted are BlockedOwner: whether the site or who asks
	// has muted the owner, or the site that the owner is of.
	OwnerMuted, HostMuted bool
}

// Source is what was uploaded.
type Source struct {
	VideoID       ID
	InputFilename string
	KeptFilename  string // "" when the original is not kept
	Resolution    int
	Width, Height int
	FPS           int
	Size          int64
	Metadata      []byte
	CreatedAt     time.Time
}

// Caption is a subtitle file.
type Caption struct {
	VideoID      ID
	Language     string
	Filename     string
	M3U8Filename string
	Automatic    bool
	UpdatedAt    time.Time
}

// Chapter is a titled place in a video.
type Chapter struct {
	Timecode int // seconds
	Title    string
}

// ScheduleUpdate is a privacy that a video gets at a time.
type ScheduleUpdate struct {
	UpdateAt time.Time
	Privacy  Privacy // 0 keeps it
}

// TranscodeKind is what a step of the work on a video makes.
type TranscodeKind string

// The kinds.
const (
	HLS      TranscodeKind = "hls"
	WebVideo TranscodeKind = "web"
)

// TranscodeState is how far such a step is.
type TranscodeState string

// The states of a step.
const (
	TranscodePending   TranscodeState = "pending"
	TranscodeRunning   TranscodeState = "running"
	TranscodeDone      TranscodeState = "done"
	TranscodeFailed    TranscodeState = "failed"
	TranscodeCancelled TranscodeState = "cancelled"
)

// Transcode is one file that is to be made of a video, and its progress, as
// its creator sees it.
type Transcode struct {
	VideoID     ID
	Kind        TranscodeKind
	Resolution  int
	FPS         int
	Required    bool // publishing waits for it
	State       TranscodeState
	Progress    float64 // 0 to 100
	SecondsLeft int     // -1 unknown
	Failure
}

// Remark is what the creator of a video should know of it though all is done:
// Error of a step that is done. It is empty when there is nothing.
func Remark(steps []Transcode) Failure {
	for _, s := range steps {
		if s.State == TranscodeDone && s.Error != "" {
			return s.Failure
		}
	}
	return Failure{}
}

// Failure is why work waits or failed, or what is remarkable of what was made:
// in English, and where it is known as a reason that pages have words for.
type Failure struct {
	Error  string
	Reason errs.Reason
}

// UploadState is how far an upload is.
type UploadState string

// The states of an upload.
const (
	UploadOpen       UploadState = "open"
	UploadProcessing UploadState = "processing"
	UploadDone       UploadState = "done"
	UploadFailed     UploadState = "failed"
)

// Upload is a resumable upload under way. Its bytes lie in the temporary
// section of the blob store under its id.
type Upload struct {
	ID        string
	UserID    int64
	Kind      string // "video" or "replace"
	TargetID  ID     // the video to replace
	Filename  string
	MIMEType  string
	Size      int64
	Received  int64  // bytes from the start, without a gap, safely on disk
	Ahead     []Span // what is stored after a gap, in order
	Metadata  []byte
	State     UploadState
	VideoID   ID
	Failure   string // why it failed, see Uploads
	CreatedAt time.Time
	UpdatedAt time.Time
	ExpiresAt time.Time
}
