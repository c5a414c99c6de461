package video

import (
	"context"
	"crypto/subtle"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Viewer is who looks; nil is nobody in particular.
type Viewer = *user.User

// Access is what a request shows to get at a video.
type Access struct {
	Viewer Viewer
	// Password is of a password protected video; "" none.
	Password string
	// FileToken is one of Service.Token; it opens files only.
	FileToken string
}

// As is the access of somebody who shows nothing but who they are.
func As(w Viewer) Access { return Access{Viewer: w} }

// OwnedBy reports whether w publishes the video. The channel must be filled.
func (v *Video) OwnedBy(w Viewer) bool {
	return w != nil && !v.Remote && v.Channel != nil && w.AccountID != 0 && v.Channel.OwnerID == w.AccountID
}

// MayManage reports why w may not change the video, or nil. Right is the one
// that lets people who do not own the video change it.
func (v *Video) MayManage(w Viewer, right user.Right) error {
	switch {
	case w == nil:
		return notAuthenticated()
	case v.Remote:
		return errs.New(errs.Forbidden, "Cannot manage a video of another server.")
	case v.OwnedBy(w) || w.Has(right):
		return nil
	}
	return errs.New(errs.Forbidden, "Cannot manage a video of another user.")
}

func notAuthenticated() error { return errs.New(errs.Unauthorized, "Not authenticated") }

// sight is how far a video is open, before passwords.
type sight int

const (
	open sight = iota
	people
	keepers
	withPassword
)

// sightOf is the table of who may see what. byNumber says that the video was
// asked for by its number, to which unlisted ones do not answer.
func (v *Video) sightOf(byNumber bool) sight {
	switch v.Privacy {
	case Public:
		return open
	case Unlisted:
		if byNumber {
			return keepers
		}
		return open
	case InternalOnly:
		return people
	case PasswordProtected:
		return withPassword
	}
	return keepers
}

// maySee reports whether w sees the video without a password: nil, or
// PeerTube's refusal, on whose statuses clients act.
func (v *Video) maySee(w Viewer, byNumber bool) error {
	s := v.sightOf(byNumber)
	switch {
	case s == open, v.OwnedBy(w), w.Has(user.SeeAllVideos), s == people && w != nil:
		return nil
	case s == withPassword:
		return errs.New(errs.Forbidden, "Please provide a password to access this password protected video").WithCode("video_requires_password")
	case w == nil:
		return notAuthenticated()
	}
	return errs.New(errs.Forbidden, "Cannot fetch information of private/internal/blocked video").Because("video_private")
}

// see is maySee with the password that a shows.
func (s *Service) see(ctx context.Context, a Access, v *Video, byNumber bool) error {
	err := v.maySee(a.Viewer, byNumber)
	if err == nil || v.Privacy != PasswordProtected || a.Password == "" {
		return err
	}
	passwords, err := s.Store.Passwords(ctx, v.ID)
	if err != nil {
		return err
	}
	for _, p := range passwords {
		if subtle.ConstantTimeCompare([]byte(p.Password), []byte(a.Password)) == 1 {
			return nil
		}
	}
	return errs.New(errs.Forbidden, "Incorrect video password. Access to the video is denied.").WithCode("incorrect_video_password")
}

// CodeNotFollowed is PeerTube's code for videos of other sites that this one
// does not follow. Its clients, and our pages, lead people to the origin then.
const CodeNotFollowed = "does_not_respect_follow_constraints"

// OpenAnywhere reports whether people who are signed in, or not, may watch what
// is on sites that this one does not follow.
func (s *Service) OpenAnywhere(signedIn bool) bool { return s.Anywhere == nil || s.Anywhere(signedIn) }

// showsFrom reports why w may not watch a video of another site here, or nil.
// What somebody fetched by its address, or is subscribed to, is not what the
// site chose to show to everybody.
func (s *Service) showsFrom(ctx context.Context, w Viewer, v *Video) error {
	if s.OpenAnywhere(w != nil) {
		return nil
	}
	followed, err := s.Followed(ctx, v)
	if err != nil || followed {
		return err
	}
	return errs.New(errs.Forbidden, "This site does not follow where the video comes from.").
		WithCode(CodeNotFollowed).Because("video_not_followed").At(v.URL)
}

// See returns the video, with its channel and owner, when a opens it. The
// refusals are PeerTube's: Unauthorized or Forbidden, and NotFound only for
// what does not exist, because its clients ask for a login or a password by
// them.
func (s *Service) See(ctx context.Context, a Access, ref Ref) (*Video, error) {
	v, err := s.Store.ByRef(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := s.see(ctx, a, v, ref.ID != 0); err != nil {
		return nil, err
	}
	return v, nil
}

// Managed returns the video when w may change it, as its owner or by a right.
func (s *Service) Managed(ctx context.Context, w Viewer, ref Ref, right user.Right) (*Video, error) {
	v, err := s.Store.ByRef(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := v.MayManage(w, right); err != nil {
		return nil, err
	}
	return v, nil
}

// FileRef names a file that is guarded: by the video's UUID (HLS directories
// bear it) or by the name of a progressive file.
type FileRef struct {
	UUID     string
	Filename string
}

// MayReadFile reports whether a may read a file of a private directory: nil,
// or an error of kind Forbidden or NotFound. Players ask once a segment, so
// answers are kept for ten seconds; changed passwords and privacies count
// after that.
func (s *Service) MayReadFile(ctx context.Context, a Access, f FileRef) error {
	if a.Viewer == nil && a.Password == "" && a.FileToken == "" {
		return errs.New(errs.Forbidden, "Video password header, video file token query parameter and bearer token are all missing")
	}
	key := fileKey{user.IDOf(a.Viewer), a.Password, a.FileToken, f}
	if err, known := s.files.get(key, s.Now()); known {
		return err
	}
	err := s.mayReadFile(ctx, a, f)
	if err != nil && !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound) {
		return err
	}
	s.files.put(key, err, s.Now())
	return err
}

// FileIsOpen reports whether everybody may read a file of a public directory.
// Files of a video that was made private lie there until they are moved. The
// answers are kept as those of MayReadFile; what this process changes itself
// counts at once. A file of no video is errs.NotFound.
func (s *Service) FileIsOpen(ctx context.Context, f FileRef) (bool, error) {
	key := fileKey{file: f}
	err, known := s.openFiles.get(key, s.Now())
	if !known {
		var v *Video
		if v, err = s.videoOfFile(ctx, f); err == nil && v.Privacy.PrivateFiles() {
			err = errNotOpen
		}
		if err != nil && !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound) {
			return false, err
		}
		s.openFiles.put(key, err, s.Now())
	}
	if errs.Is(err, errs.Forbidden) {
		return false, nil
	}
	return err == nil, err
}

// errNotOpen is what is remembered of files that not everybody may read.
var errNotOpen = errs.New(errs.Forbidden, "not open to everybody")

func (s *Service) mayReadFile(ctx context.Context, a Access, f FileRef) error {
	v, err := s.videoOfFile(ctx, f)
	if err != nil {
		return err
	}
	if a.FileToken != "" {
		if s.validToken(a.FileToken, v.UUID) {
			return nil
		}
		if a.Viewer == nil && a.Password == "" {
			return errs.New(errs.Forbidden, "The video file token is not valid or has expired")
		}
	}
	if err := s.see(ctx, a, v, false); err != nil {
		if errs.Is(err, errs.Unauthorized) {
			return errs.Wrap(errs.Forbidden, err, "Cannot fetch files of this video")
		}
		return err
	}
	return nil
}

func (s *Service) videoOfFile(ctx context.Context, f FileRef) (*Video, error) {
	if f.UUID != "" {
		return s.Store.ByRef(ctx, ByUUID(f.UUID))
	}
	id, err := s.Store.OfFile(ctx, f.Filename)
	if err != nil {
		return nil, err
	}
	return s.Store.ByRef(ctx, ByID(id))
}

// fileAnswerLife is how long an answer of MayReadFile is kept; PeerTube's.
const fileAnswerLife = 10 * time.Second
