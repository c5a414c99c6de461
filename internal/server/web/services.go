package web

import (
	"context"
	"io"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

// VideoService is the part of video.Service that pages need.
type VideoService interface {
	List(ctx context.Context, w video.Viewer, p video.ListParams) ([]*video.Video, int, error)
	Mine(ctx context.Context, w video.Viewer, p video.ListParams) ([]*video.Video, int, error)
	OpenAnywhere(signedIn bool) bool
	Watch(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, error)
	Complete(ctx context.Context, w video.Viewer, list []*video.Video) error
	Managed(ctx context.Context, w video.Viewer, ref video.Ref, right user.Right) (*video.Video, error)
	Edit(ctx context.Context, w video.Viewer, ref video.Ref, c video.Changes) error
	Delete(ctx context.Context, w video.Viewer, ref video.Ref) error
	Token(ctx context.Context, a video.Access, ref video.Ref) (token string, expires time.Time, err error)
	Attachments(ctx context.Context, v *video.Video) (video.Attachments, error)
	FileMetadata(ctx context.Context, a video.Access, ref video.Ref, file video.FileID) ([]byte, error)
	Passwords(ctx context.Context, w video.Viewer, ref video.Ref) ([]video.Password, error)
}

// HomepageService is the part of instance.Settings that has the page which
// administrators wrote, errs.NotFound when there is none.
type HomepageService interface {
	Homepage(ctx context.Context) (string, error)
	// SetHomepage writes it, "" removes it; one that is too long is
	// errs.Invalid.
	SetHomepage(ctx context.Context, content string) error
}

// WorkReader is the part of video.Store that says what is still made of
// videos.
type WorkReader interface {
	Transcodes(ctx context.Context, ids []video.ID) (map[video.ID][]video.Transcode, error)
}

// UploadService is the part of video.Uploads that takes a file in one piece, of
// a new video or for one that exists.
type UploadService interface {
	Receive(ctx context.Context, who *user.User, filename, mimeType string, r io.Reader) (*video.Received, error)
	Discard(ctx context.Context, rec *video.Received)
	Publish(ctx context.Context, who *user.User, rec *video.Received, fields video.Changes, p *video.UploadPicture) (*video.Video, error)
	MayReplace(ctx context.Context, w video.Viewer, ref video.Ref) (*video.Video, error)
	Replaceable(ctx context.Context, v *video.Video) error
	Replace(ctx context.Context, who *user.User, rec *video.Received, ref video.Ref) (*video.Video, error)
}

// UserService is the part of user.Service that pages need.
type UserService interface {
	Get(ctx context.Context, id user.ID) (*user.User, error)
	ContactOpen() error
	Contact(ctx context.Context, m user.ContactMessage, ip string) error
	SignupOpen(ctx context.Context) (bool, error)
	SignupAllowed(ctx context.Context, ip string) error
	Register(ctx context.Context, in user.NewRegistration, ip string) (*user.User, error)
	RequestRegistration(ctx context.Context, in user.NewRegistration, ip string) (*user.Registration, error)
	AskResetPassword(ctx context.Context, email string) error
	ResetPassword(ctx context.Context, id user.ID, token, password string) error
	AskVerifyEmail(ctx context.Context, email string) error
	AskVerifyPending(ctx context.Context, id user.ID) error
	VerifyEmail(ctx context.Context, id user.ID, token string, pending bool) error
	AskVerifyRegistration(ctx context.Context, email string) error
	VerifyRegistration(ctx context.Context, id user.RegistrationID, token string) error
	UpdateMe(ctx context.Context, u *user.User, in user.MeChange) error
	SetNotifications(ctx context.Context, u *user.User, in map[string]int) error
	RenewFeedToken(ctx context.Context, u *user.User) (string, error)
	Usage(ctx context.Context, id user.ID) (user.Usage, error)

	Managed(ctx context.Context, by *user.User, id user.ID) (*user.User, error)
	List(ctx context.Context, p user.ListParams) ([]*user.User, int, error)
	Create(ctx context.Context, by *user.User, in user.New) (*user.User, error)
	Update(ctx context.Context, by *user.User, id user.ID, in user.AdminChange) error
	Block(ctx context.Context, by *user.User, id user.ID, reason string) error
	Unblock(ctx context.Context, by *user.User, id user.ID) error
	Delete(ctx context.Context, by *user.User, id user.ID) error
	DeleteMe(ctx context.Context, u *user.User) error
	ListRegistrations(ctx context.Context, p user.RegistrationList) ([]*user.Registration, int, error)
	WaitingRegistrations(ctx context.Context, by *user.User) (int, error)
	Accept(ctx context.Context, id user.RegistrationID, a user.Answer) error
	Reject(ctx context.Context, id user.RegistrationID, a user.Answer) error
	DeleteRegistration(ctx context.Context, id user.RegistrationID) error
}

// SessionService is the part of user.Sessions that pages need.
type SessionService interface {
	LogIn(ctx context.Context, c user.Credentials) (*user.Tokens, *user.User, error)
	Enter(ctx context.Context, c user.Credentials) (*user.Entry, error)
	EnterCode(ctx context.Context, pending, code string, kind user.SessionKind, from user.Device) (*user.Tokens, *user.User, error)
	StepPending(ctx context.Context, pending string) bool
	Revoke(ctx context.Context, ses *user.Session) error
	List(ctx context.Context, by *user.User, of user.ID, sort string, start, count int) ([]*user.Session, int, error)
	RevokeID(ctx context.Context, by *user.User, of user.ID, id int64) error
}

// TwoFactorService is user.TwoFactor.
type TwoFactorService interface {
	Request(ctx context.Context, by *user.User, id user.ID, password *string) (*user.OTPRequest, error)
	Confirm(ctx context.Context, by *user.User, id user.ID, token, code string) error
	Disable(ctx context.Context, by *user.User, id user.ID, password *string) error
}

// Limiter is user.Limiter.
type Limiter interface {
	Login(ctx context.Context, ip string) (user.Limit, error)
	AskEmail(ctx context.Context, ip string) (user.Limit, error)
}

// ChannelService is actor.Channels.
type ChannelService interface {
	ByHandle(ctx context.Context, handle string) (*actor.Channel, error)
	Managed(ctx context.Context, m actor.Manager, handle string) (*actor.Channel, error)
	Create(ctx context.Context, owner actor.AccountID, name string, in actor.ChannelTexts) (*actor.Channel, error)
	Update(ctx context.Context, m actor.Manager, handle string, change actor.ChannelChange) error
	Delete(ctx context.Context, m actor.Manager, handle string) error
}

// ActorReader is the part of actor.Store that pages need.
type ActorReader interface {
	Account(ctx context.Context, id actor.AccountID) (*actor.Account, error)
	AccountByName(ctx context.Context, name, host string) (*actor.Account, error)
	ChannelsOf(ctx context.Context, id actor.AccountID) ([]*actor.Channel, error)
}

// ImageService replaces the pictures of actors.
type ImageService interface {
	// Set replaces an avatar or a banner. Pictures that cannot be read are
	// errs.Invalid, too large ones errs.TooLarge.
	Set(ctx context.Context, id actor.ID, t actor.ImageType, picture io.Reader) ([]actor.Image, error)
	// Remove takes it away.
	Remove(ctx context.Context, id actor.ID, t actor.ImageType) error
}

// JobService shows and steers the queue of jobs: worker.Admin. A job that does
// not exist is errs.NotFound, one whose state does not allow it errs.Conflict.
type JobService interface {
	List(ctx context.Context, f instance.JobFilter) ([]instance.Job, int, error)
	// Types are the kinds of jobs that there are.
	Types() []string
	Cancel(ctx context.Context, jobType string, id int64) error
	Retry(ctx context.Context, jobType string, id int64) error
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
	// Paused reports whether no new job is begun.
	Paused(ctx context.Context) (bool, error)
}
