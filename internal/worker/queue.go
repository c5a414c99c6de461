package worker

import (
	"context"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

// Queues, each with its own number of jobs at once. A long encoding must not
// keep an upload from being published, nor a letter from being sent.
const (
	QueueDefault   = "default"   // short ones: letters, removals, schedules
	QueuePrepare   = "prepare"   // what makes an upload playable
	QueueTranscode = "transcode" // encodings, for hours
	QueueMedia     = "media"     // storyboards, moves, sweeps
	QueueFetch     = "fetch"     // questions to other sites, which may be slow
	QueueMirrors   = "mirrors"   // files of videos of other sites, for hours
	// What other sites say and are told; deliveries mostly wait for others.
	QueueFederation = "federation"
	QueueDoubts     = "doubts" // what strangers say: their sites are asked first
	QueueDeliveries = "deliveries"
)

// Queues returns how many jobs of each queue run at once in one process, when
// transcodings encodings may.
func Queues(transcodings int) map[string]int {
	return map[string]int{
		QueueDefault: 4, QueuePrepare: 2, QueueTranscode: max(transcodings, 1), QueueMedia: 1, QueueFetch: 4, QueueMirrors: 1,
		QueueFederation: 16, QueueDoubts: 8, QueueDeliveries: 96,
	}
}

// TranscodeArgs asks for a part of the work on a video. The parts follow each
// other: see video.Stage.
type TranscodeArgs struct {
	VideoID video.ID    `json:"videoId"`
	Stage   video.Stage `json:"type"`
	// Input is the uploaded file in the section of originals. Without one the
	// best file that the video has is used.
	Input string `json:"input,omitempty"`
	// Picture that came with the upload, in the same section.
	Picture string `json:"picture,omitempty"`
	// Replace says that Input takes the place of an earlier upload, whose
	// files are watched until then.
	Replace bool `json:"replace,omitempty"`
	// Kinds to make although the configuration does not ask for them, and
	// although they exist: an administrator wants them anew.
	Kinds []video.TranscodeKind `json:"kinds,omitempty"`
}

// Kind implements river.JobArgs.
func (TranscodeArgs) Kind() string { return "video-transcoding" }

// StoryboardArgs asks for a video's storyboard.
type StoryboardArgs struct {
	VideoID video.ID `json:"videoId"`
}

// Kind implements river.JobArgs.
func (StoryboardArgs) Kind() string { return "generate-video-storyboard" }

// EmailArgs is a letter to one person; see user.Mail.
type EmailArgs struct {
	Template string `json:"template"`
	To       string `json:"to"`
	Language string `json:"language,omitempty"`
	Username string `json:"username,omitempty"`
	// Link may let whoever has it in; it is not shown to administrators.
	Link string `json:"link,omitempty"`
	Text string `json:"text,omitempty"`
	// ReplyTo is where answers go, if not to the site.
	ReplyTo string `json:"replyTo,omitempty"`
}

// Kind implements river.JobArgs.
func (EmailArgs) Kind() string { return "email" }

// RemoveFilesArgs asks for files to be removed that no row names any more.
type RemoveFilesArgs struct {
	video.Removal
}

// Kind implements river.JobArgs.
func (RemoveFilesArgs) Kind() string { return "delete-files" }

// MoveFilesArgs asks for a video's files to be moved to where its privacy
// wants them.
type MoveFilesArgs struct {
	VideoID video.ID `json:"videoId"`
}

// Kind implements river.JobArgs.
func (MoveFilesArgs) Kind() string { return "move-video-files" }

// RefreshFilesArgs asks for torrents, swarms and playlists of a video to be
// made again, after its name or its files changed.
type RefreshFilesArgs struct {
	VideoID video.ID `json:"videoId"`
}

// Kind implements river.JobArgs.
func (RefreshFilesArgs) Kind() string { return "manage-video-torrent" }

// TaskArgs asks for one of the tasks that come by themselves.
type TaskArgs struct {
	Task string `json:"task"`
}

// Kind implements river.JobArgs.
func (TaskArgs) Kind() string { return "periodic-task" }

// Inserter is the part of job.Queue that inserts.
type Inserter interface {
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (int64, error)
}

// Queue is how the rest of the program asks for work. All its calls take part
// in the transaction of ctx.
type Queue struct {
	Jobs Inserter
}

var (
	_ video.Queue       = (*Queue)(nil)
	_ video.UploadQueue = (*Queue)(nil)
)

// Attempts of each kind: how often is it tried before it has failed.
const (
	mediaAttempts  = 12 // over more than an hour: a full disk may be emptied
	mediaFailures  = 3  // of which so many may have another cause
	letterAttempts = 10 // over about half an hour
	fileAttempts   = 12
)

// once keeps a job from being queued while the same one waits or runs.
var once = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
	rivertype.JobStateRunning, rivertype.JobStateScheduled,
}}

func (q *Queue) insert(ctx context.Context, args river.JobArgs, opts river.InsertOpts) error {
	_, err := q.Jobs.Insert(ctx, args, &opts)
	return err
}

// ProcessUpload starts the work on a new video or on its new file. The video
// and its source must be recorded in the same transaction.
func (q *Queue) ProcessUpload(ctx context.Context, in video.ProcessUpload) error {
	return q.transcode(ctx, TranscodeArgs{
		VideoID: in.VideoID, Stage: video.StagePrepare, Input: in.Input, Picture: in.Picture, Replace: in.Replace,
	})
}

// Transcode makes the renditions of a kind of a finished video anew.
func (q *Queue) Transcode(ctx context.Context, id video.ID, kind video.TranscodeKind) error {
	return q.transcode(ctx, TranscodeArgs{VideoID: id, Stage: video.StagePrepare, Kinds: []video.TranscodeKind{kind}})
}

func (q *Queue) transcode(ctx context.Context, args TranscodeArgs) error {
	queue := QueuePrepare
	if args.Stage == video.StageEncode {
		queue = QueueTranscode
	}
	return q.insert(ctx, args, river.InsertOpts{
		Queue: queue, MaxAttempts: mediaAttempts, UniqueOpts: once,
	})
}

// Storyboard asks for a video's storyboard.
func (q *Queue) Storyboard(ctx context.Context, id video.ID) error {
	return q.insert(ctx, StoryboardArgs{id}, river.InsertOpts{
		Queue: QueueMedia, MaxAttempts: mediaAttempts, Priority: 3, UniqueOpts: once,
	})
}

// Mailer queues letters. It is a user.Mailer.
type Mailer struct {
	Jobs Inserter
	// Enabled reports whether the site can send mail; what it cannot send is
	// dropped.
	Enabled func() bool
}

var _ user.Mailer = Mailer{}

// Queue implements user.Mailer.
func (m Mailer) Queue(ctx context.Context, mail user.Mail) error {
	if !m.Enabled() {
		return nil
	}
	_, err := m.Jobs.Insert(ctx, EmailArgs{
		Template: string(mail.Kind), To: mail.To, Language: mail.Language,
		Username: mail.Username, Link: mail.Link, Text: mail.Text, ReplyTo: mail.ReplyTo,
	}, &river.InsertOpts{Queue: QueueDefault, MaxAttempts: letterAttempts})
	return err
}

// RemoveFiles implements video.Queue.
func (q *Queue) RemoveFiles(ctx context.Context, r video.Removal) error {
	return q.insert(ctx, RemoveFilesArgs{r}, river.InsertOpts{Queue: QueueDefault, MaxAttempts: fileAttempts, Priority: 2})
}

// MoveFiles implements video.Queue. It is not unique: one that runs may have
// read the old privacy. Two of one video wait for each other.
func (q *Queue) MoveFiles(ctx context.Context, id video.ID) error {
	return q.insert(ctx, MoveFilesArgs{id}, river.InsertOpts{Queue: QueueDefault, MaxAttempts: fileAttempts})
}

// RefreshFiles implements video.Queue. It is not unique, as MoveFiles.
func (q *Queue) RefreshFiles(ctx context.Context, id video.ID) error {
	return q.insert(ctx, RefreshFilesArgs{id}, river.InsertOpts{Queue: QueueDefault, MaxAttempts: fileAttempts, Priority: 2})
}
