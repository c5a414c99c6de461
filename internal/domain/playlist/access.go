package playlist

import (
	"strconv"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Ref is how a request names a playlist: by number, or by UUID. Unlisted
// playlists answer only to their UUID.
type Ref struct {
	ID   ID     // 0 when named by UUID
	UUID string // "" when named by number
}

// ParseRef reads a number, a UUID or a short UUID. Anything else is
// errs.Invalid, said as PeerTube says it.
func ParseRef(s string) (Ref, error) {
	const version = 14 // where a UUID tells it; PeerTube takes only random ones
	if video.ValidUUID(s) && s[version] == '4' {
		return Ref{UUID: s}, nil
	}
	if uuid, ok := video.ExpandUUID(s); ok {
		return Ref{UUID: uuid}, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
		return Ref{ID: ID(n)}, nil
	}
	return Ref{}, errs.Fields(errs.Param{
		Name: "playlistId", In: "params", Value: s, Msg: "Should have a valid playlist id (id, short UUID or UUID)",
	})
}

func notFound() error { return errs.New(errs.NotFound, "Video playlist not found") }

// OwnedBy reports whether w made the playlist.
func (p *Playlist) OwnedBy(w video.Viewer) bool {
	return w != nil && !p.Remote && w.AccountID != 0 && w.AccountID == p.OwnerID
}

// maySee reports whether w sees the playlist. byNumber says that it was asked
// for by its number.
func (p *Playlist) maySee(w video.Viewer, byNumber bool) error {
	mine := p.OwnedBy(w) || w.Has(user.UpdateAnyVideoPlaylist)
	switch {
	case p.Privacy == Public, mine:
		return nil
	case p.Privacy == Unlisted && byNumber:
		return notFound()
	case p.Privacy == Unlisted:
		return nil
	case w == nil:
		return errs.New(errs.Unauthorized, "Not authenticated")
	}
	return errs.New(errs.Forbidden, "Cannot get this private video playlist.")
}

// mayManage reports why w may not change the playlist, or nil.
func (p *Playlist) mayManage(w video.Viewer, right user.Right) error {
	switch {
	case w == nil:
		return errs.New(errs.Unauthorized, "Not authenticated")
	case p.Remote:
		return errs.New(errs.Forbidden, "Cannot manage video playlist of another server.")
	case p.OwnedBy(w) || w.Has(right):
		return nil
	}
	return errs.New(errs.Forbidden, "Cannot manage video playlist of another user")
}

// typeFor says what w sees of an element. Its video has its channel.
func (e *Element) typeFor(w video.Viewer) ElementType {
	v := e.Video
	switch {
	case v == nil:
		return Deleted
	case v.OwnedBy(w) || w.Has(user.SeeAllVideos):
		return Watchable
	case v.State != video.Published:
		return Unavailable
	case v.Privacy == video.Public, v.Privacy == video.Unlisted, v.Privacy == video.InternalOnly && w != nil:
		return Watchable
	}
	return NotForYou
}

// mayAdd reports whether w may put v into a list: what w sees. Unlisted videos
// of others must be named by their UUID, or their numbers would be a way to
// find them all. A video that is still being made has its page already: in the
// list it waits as Unavailable until it can be watched.
func mayAdd(w video.Viewer, v *video.Video, byNumber bool) error {
	switch {
	case v.OwnedBy(w), w.Has(user.SeeAllVideos):
		return nil
	case v.Privacy == video.Private, v.Privacy == video.Unlisted && byNumber:
		return errs.New(errs.NotFound, "Video not found")
	}
	return nil
}
