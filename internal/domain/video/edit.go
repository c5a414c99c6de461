package video

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Bounds of texts in characters, PeerTube's.
const (
	MinName        = 3
	MaxName        = 120
	MinDescription = 3
	MaxDescription = 10_000
	MinSupport     = 3
	MaxSupport     = 1000
	MinTag         = 2
	MaxTag         = 30
	MaxTags        = 5 // of one video
	MinNSFWSummary = 3
	MaxNSFWSummary = 250
	MinPassword    = 2
	MaxPassword    = 100
	maxNSFWFlags   = 1 | 2
	maxPasswords   = 1000 // of one video
)

// Changes are what a person sets of a video, when it is made and later. Nil
// fields stay as they are; empty ones are cleared.
type Changes struct {
	Name, Description, Support *string
	Category, Licence          *int
	Language                   *string
	Tags                       *[]string
	Privacy                    *Privacy
	NSFW                       *bool
	NSFWFlags                  *int
	NSFWSummary                *string
	WaitTranscoding            *bool
	CommentsPolicy             *CommentsPolicy
	DownloadEnabled            *bool
	Sharing                    *bool // viewers may pass its pieces to each other
	OriginallyPublishedAt      **time.Time
	Schedule                   **ScheduleUpdate
	Channel                    *actor.ChannelID
	PlayerTheme                *instance.PlayerTheme
	Passwords                  *[]string
	// Thumbnail is an image that replaces the video's picture.
	Thumbnail io.Reader
	// Chapters and Captions are of videos that exist: Edit alone looks at
	// them.
	Chapters *[]Chapter
	Captions []CaptionChange
}

// Check returns all that is wrong with the changes as one errs.Invalid error,
// or nil. was is the privacy until now; 0 for a new video.
func (c *Changes) Check(was Privacy) error {
	if bad := c.Invalid(); len(bad) > 0 {
		return errs.Fields(bad...)
	}
	return c.together(was)
}

// Invalid returns the fields that are wrong by themselves, in PeerTube's words
// and order.
func (c *Changes) Invalid() []errs.Param {
	var bad []errs.Param
	wrong := func(is bool, name, msg string, value any, because ...any) {
		if is {
			bad = append(bad, errs.Param{Name: name, Msg: msg, Value: value, Reason: fieldReason(because)})
		}
	}
	wrong(c.Category != nil && CategoryLabel(*c.Category) == Unknown && *c.Category != 0, "category", "Should have a valid category", c.Category, "field_choice")
	wrong(c.Licence != nil && LicenceLabel(*c.Licence) == Unknown && *c.Licence != 0, "licence", "Should have a valid licence", c.Licence, "field_choice")
	wrong(c.Language != nil && *c.Language != "" && !KnownLanguage(*c.Language), "language", "Should have a valid language", c.Language, "field_choice")
	wrong(c.NSFWFlags != nil && (*c.NSFWFlags < 0 || *c.NSFWFlags > maxNSFWFlags), "nsfwFlags", "", c.NSFWFlags)
	wrong(!optionalText(c.NSFWSummary, MinNSFWSummary, MaxNSFWSummary), "nsfwSummary", "", c.NSFWSummary, "field_length", "least", MinNSFWSummary, "most", MaxNSFWSummary)
	wrong(c.Privacy != nil && !c.Privacy.Valid(), "privacy", "Should have correct video privacy", c.Privacy, "field_choice")
	wrong(!optionalText(c.Description, MinDescription, MaxDescription), "description", "Should have a valid description", nil, "field_length", "least", MinDescription, "most", MaxDescription)
	wrong(!optionalText(c.Support, MinSupport, MaxSupport), "support", "Should have a valid support text", nil, "field_length", "least", MinSupport, "most", MaxSupport)
	wrong(!validTags(c.Tags), "tags", "Should have an array of up to 5 tags between 2 and 30 characters each", c.Tags, "field_tags", "tags", MaxTags, "least", MinTag, "most", MaxTag)
	wrong(c.CommentsPolicy != nil && !c.CommentsPolicy.Valid(), "commentsPolicy", "", c.CommentsPolicy)
	wrong(!validSchedule(c.Schedule), "scheduleUpdate.privacy", "Should have correct schedule update privacy", nil, "field_choice")
	wrong(!validName(c.Name), "name", "Should have a video name between 3 and 120 characters long", c.Name, "field_length", "least", MinName, "most", MaxName)
	wrong(!validPasswords(c.Passwords), "videoPasswords", "Password list is invalid", nil, "field_passwords", "least", MinPassword, "most", MaxPassword)
	wrong(c.Chapters != nil && !validChapters(*c.Chapters), "chapters", badChapters, nil)
	wrong(!validPlayerTheme(c.PlayerTheme), "playerTheme", "Should have a valid player theme", c.PlayerTheme, "field_choice")
	return bad
}

// fieldReason is the reason of a wrong field: a code, then names and values.
func fieldReason(because []any) errs.Reason {
	if len(because) == 0 {
		return nil
	}
	return errs.NewReason(because[0].(string), because[1:]...)
}

// together checks what depends on several fields.
func (c *Changes) together(was Privacy) error {
	becomesProtected := c.Privacy != nil && *c.Privacy == PasswordProtected && was != PasswordProtected
	if becomesProtected && (c.Passwords == nil || len(*c.Passwords) == 0) {
		return noPassword()
	}
	if c.NSFW == nil && was != 0 {
		return nil // the video may be sensitive already
	}
	return c.warnings(false)
}

// warnings checks that only sensitive videos are told to be so in some way.
// already says that the video is.
func (c *Changes) warnings(already bool) error {
	if c.NSFW != nil {
		already = *c.NSFW
	}
	if !already && (c.NSFWFlags != nil && *c.NSFWFlags != 0 || c.NSFWSummary != nil && *c.NSFWSummary != "") {
		return errs.New(errs.Invalid, "Cannot set NSFW flags or summary if the video is not NSFW")
	}
	return nil
}

func noPassword() error {
	return errs.Fields(errs.Param{
		Name: "videoPasswords", Msg: "At least one password is required for a password protected video", Reason: errs.NewReason("field_password"),
	})
}

func within(s string, lo, hi int) bool {
	n := utf8.RuneCountInString(s)
	return n >= lo && n <= hi
}

func optionalText(s *string, lo, hi int) bool {
	return s == nil || *s == "" || utf8.ValidString(*s) && within(*s, lo, hi)
}

func validName(s *string) bool { return s == nil || within(CleanName(*s), MinName, MaxName) }

func validTags(tags *[]string) bool {
	if tags == nil {
		return true
	}
	return len(*tags) <= MaxTags && !slices.ContainsFunc(*tags, func(t string) bool { return !within(CleanName(t), MinTag, MaxTag) })
}

func validSchedule(u **ScheduleUpdate) bool {
	if u == nil || *u == nil {
		return true
	}
	p := (*u).Privacy
	return p == 0 || p == Public || p == Unlisted || p == InternalOnly
}

func validPasswords(list *[]string) bool {
	if list == nil {
		return true
	}
	seen := map[string]bool{}
	for _, p := range *list {
		if !within(p, MinPassword, MaxPassword) || !utf8.ValidString(p) || strings.ContainsRune(p, 0) || seen[p] {
			return false
		}
		seen[p] = true
	}
	return len(*list) <= maxPasswords
}

// CleanName trims a line of text and drops what could disguise it or break
// pages and file names: control characters, and marks that turn the direction
// of the text around it.
func CleanName(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s))
}

// cleanText drops control characters of a text of several lines.
func cleanText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// Apply sets the fields of v that are columns of its own, its tags and its
// schedule. Check must have passed. Channel, passwords and thumbnail are left
// to the caller.
func (c *Changes) Apply(v *Video) {
	setMapped(&v.Name, c.Name, CleanName)
	setMapped(&v.Description, c.Description, cleanText)
	setMapped(&v.Support, c.Support, cleanText)
	set(&v.Category, c.Category)
	set(&v.Licence, c.Licence)
	set(&v.Language, c.Language)
	set(&v.Privacy, c.Privacy)
	set(&v.NSFW, c.NSFW)
	set(&v.NSFWFlags, c.NSFWFlags)
	setMapped(&v.NSFWSummary, c.NSFWSummary, cleanText)
	set(&v.WaitTranscoding, c.WaitTranscoding)
	set(&v.CommentsPolicy, c.CommentsPolicy)
	set(&v.DownloadEnabled, c.DownloadEnabled)
	if c.Sharing != nil {
		v.P2PDisabled = !*c.Sharing
	}
	set(&v.OriginallyPublishedAt, c.OriginallyPublishedAt)
	set(&v.Schedule, c.Schedule)
	if c.Tags != nil {
		v.Tags = cleanTags(*c.Tags)
	}
	if !v.NSFW {
		v.NSFWFlags, v.NSFWSummary = 0, ""
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func setMapped(to, from *string, f func(string) string) {
	if from != nil {
		*to = f(*from)
	}
}

func cleanTags(tags []string) []string {
	list := make([]string, 0, len(tags))
	for _, t := range tags {
		if t = CleanName(t); !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list
}

// Edit changes a video for w, all of it or nothing. What follows outside the
// database (moving files between public and private directories, making
// torrents again under the new name) is queued in the same transaction.
func (s *Service) Edit(ctx context.Context, w Viewer, ref Ref, c Changes) error {
	v, err := s.Managed(ctx, w, ref, user.UpdateAnyVideo)
	if err != nil {
		return err
	}
	if err := c.Check(v.Privacy); err != nil {
		return err
	}
	if err := c.warnings(v.NSFW); err != nil {
		return err
	}
	if v.IsLive && c.Privacy != nil && *c.Privacy != v.Privacy && v.State == Published {
		return errs.New(errs.Invalid, "Cannot update privacy of a live that has already started")
	}
	var pictures []Thumbnail
	if c.Thumbnail != nil {
		if pictures, err = s.Pictures.Make(ctx, c.Thumbnail); err != nil {
			return err
		}
	}
	captions, err := s.writeCaptions(ctx, v.ID, c.Captions)
	if err != nil {
		return err
	}
	defer s.openFiles.forget()
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Touch(ctx, v.ID); err != nil { // who edits it too has to wait
			return err
		}
		return s.edit(ctx, w, ref, c, pictures, captions)
	})
}

// edit reads the video again, in the transaction that holds its row: two edits
// at once change what they name and nothing else.
func (s *Service) edit(ctx context.Context, w Viewer, ref Ref, c Changes, pictures []Thumbnail, captions []Caption) error {
	v, err := s.Managed(ctx, w, ref, user.UpdateAnyVideo)
	if err != nil {
		return err
	}
	if err := s.Store.Load(ctx, v); err != nil {
		return err
	}
	before := *v
	c.Apply(v)
	if c.Channel != nil && *c.Channel != v.ChannelID {
		if err := s.moveTo(ctx, w, v, *c.Channel); err != nil {
			return err
		}
	}
	if wasHidden(before.Privacy) && !wasHidden(v.Privacy) && v.State == Published {
		v.PublishedAt = s.Now()
	}
	v.UpdatedAt = s.Now()
	if err := s.Store.Update(ctx, v); err != nil {
		return err
	}
	if err := s.editPasswords(ctx, v, &before, c.Passwords); err != nil {
		return err
	}
	if err := s.replacePictures(ctx, v, pictures); err != nil {
		return err
	}
	if err := s.editChapters(ctx, &before, v, c.Chapters); err != nil {
		return err
	}
	if err := s.editCaptions(ctx, v, captions); err != nil {
		return err
	}
	if err := s.editPlayer(ctx, v, c.PlayerTheme); err != nil {
		return err
	}
	if err := s.opened(ctx, &before, v, false); err != nil {
		return err
	}
	if err := s.edited(ctx, &before, v); err != nil {
		return err
	}
	return s.follow(ctx, &before, v)
}

// opened tells of a change of who may see a video.
func (s *Service) opened(ctx context.Context, before, v *Video, scheduled bool) error {
	if s.OnPrivacy == nil || before.Privacy == v.Privacy {
		return nil
	}
	return s.OnPrivacy(ctx, before, v, scheduled)
}

// wasHidden reports whether videos of a privacy are known only to some, so
// that opening them is their publication.
func wasHidden(p Privacy) bool { return p != Public && p != Unlisted }

// follow queues the work on files that the change calls for.
func (s *Service) follow(ctx context.Context, before, v *Video) error {
	if before.Privacy.PrivateFiles() != v.Privacy.PrivateFiles() {
		return s.Queue.MoveFiles(ctx, v.ID)
	}
	if before.Name != v.Name {
		return s.Queue.RefreshFiles(ctx, v.ID)
	}
	return nil
}

func (s *Service) editPasswords(ctx context.Context, v, before *Video, passwords *[]string) error {
	if v.Privacy != PasswordProtected {
		if before.Privacy == PasswordProtected {
			return s.Store.SetPasswords(ctx, v.ID, nil)
		}
		return nil
	}
	if passwords == nil {
		return nil
	}
	if len(*passwords) == 0 {
		return noPassword()
	}
	return s.Store.SetPasswords(ctx, v.ID, *passwords)
}

func (s *Service) replacePictures(ctx context.Context, v *Video, pictures []Thumbnail) error {
	if len(pictures) == 0 {
		return nil
	}
	old, err := s.Store.SetThumbnails(ctx, v.ID, pictures)
	if err != nil || len(old) == 0 {
		return err
	}
	r := Removal{UUID: v.UUID}
	for _, t := range old {
		r.Thumbnails = append(r.Thumbnails, t.Filename)
	}
	return s.Queue.RemoveFiles(ctx, r)
}

// moveTo puts the video into another channel: one of the same owner, or, for
// those who may change any video, of another person whose quota has room.
func (s *Service) moveTo(ctx context.Context, w Viewer, v *Video, id actor.ChannelID) error {
	ch, err := s.Store.Channel(ctx, id)
	if err != nil {
		if errs.Is(err, errs.NotFound) {
			return errs.New(errs.Invalid, "Unknown video \"video channel\" for this instance.")
		}
		return err
	}
	if ch.OwnerID != w.AccountID && !w.Has(user.UpdateAnyVideo) || ch.OwnerID != v.Channel.OwnerID && s.Quota == nil {
		return errs.New(errs.Invalid, "Unknown video \"video channel\" for this account.")
	}
	if ch.OwnerID != v.Channel.OwnerID {
		if err := s.moveQuota(ctx, v, ch); err != nil {
			return err
		}
	}
	v.ChannelID, v.Channel = ch.ChannelID, ch
	return nil
}

func (s *Service) moveQuota(ctx context.Context, v *Video, to *actor.Channel) error {
	newOwner := user.ID(to.Owner.UserID)
	if err := s.Quota.Fits(ctx, newOwner, v.QuotaBytes); err != nil {
		return err
	}
	if err := s.Store.GiveBackQuota(ctx, user.ID(v.Channel.Owner.UserID), v.QuotaBytes); err != nil {
		return err
	}
	return s.Store.GiveBackQuota(ctx, newOwner, -v.QuotaBytes)
}

// Delete removes a video for w: its rows and its quota at once, its files by
// a job that is queued in the same transaction.
func (s *Service) Delete(ctx context.Context, w Viewer, ref Ref) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.Managed(ctx, w, ref, user.RemoveAnyVideo)
		if err != nil {
			return err
		}
		if s.Events != nil {
			if err := s.Events.VideoDeleted(ctx, v); err != nil {
				return err
			}
		}
		return s.remove(ctx, v)
	})
}

func (s *Service) remove(ctx context.Context, v *Video) error {
	r, err := s.removalOf(ctx, v)
	if err != nil {
		return err
	}
	if err := s.Store.Delete(ctx, v.ID); err != nil {
		return err
	}
	if v.Channel.Owner != nil && v.Channel.Owner.UserID != 0 && v.QuotaBytes > 0 {
		if err := s.Store.GiveBackQuota(ctx, user.ID(v.Channel.Owner.UserID), v.QuotaBytes); err != nil {
			return err
		}
	}
	return s.Queue.RemoveFiles(ctx, r)
}

// removalOf names all files of a video.
func (s *Service) removalOf(ctx context.Context, v *Video) (Removal, error) {
	r := Removal{UUID: v.UUID, HLS: true}
	if err := s.Store.Load(ctx, v); err != nil {
		return r, err
	}
	for _, f := range v.Files {
		if f.PlaylistID == 0 {
			r.AddProgressive(&f)
		}
		r.Torrents = appendName(r.Torrents, f.TorrentFilename)
	}
	for _, t := range v.Thumbnails {
		r.Thumbnails = appendName(r.Thumbnails, t.Filename)
	}
	captions, err := s.Store.Captions(ctx, v.ID)
	if err != nil {
		return r, err
	}
	for _, c := range captions {
		r.Captions = appendName(r.Captions, c.Filename)
	}
	if board, err := s.Store.Storyboard(ctx, v.ID); err == nil {
		r.Storyboards = appendName(r.Storyboards, board.Filename)
	} else if !errs.Is(err, errs.NotFound) {
		return r, err
	}
	r.Originals, err = s.Store.ForgetKeptSource(ctx, v.ID)
	return r, err
}

func appendName(list []string, name string) []string {
	if name == "" {
		return list
	}
	return append(list, name)
}
