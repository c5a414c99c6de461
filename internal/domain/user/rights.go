package user

import "slices"

// Role is what somebody is on this site. The numbers are PeerTube's.
type Role int

// The roles.
const (
	Administrator Role = 0
	Moderator     Role = 1
	Member        Role = 2 // PeerTube's USER
)

// Label is PeerTube's name of a role.
func (r Role) Label() string {
	switch r {
	case Administrator:
		return "Administrator"
	case Moderator:
		return "Moderator"
	}
	return "User"
}

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return r >= Administrator && r <= Member }

// Right is something that not everyone may do. The numbers are PeerTube's
// UserRight.
type Right int

// The rights.
const (
	ManageUsers                Right = 1
	ManageServerFollow         Right = 2
	ManageLogs                 Right = 3
	ManageDebug                Right = 4
	ManageServerRedundancy     Right = 5
	ManageAbuses               Right = 6
	ManageJobs                 Right = 7
	ManageConfiguration        Right = 8
	ManageInstanceCustomPage   Right = 9
	ManageAccountsBlocklist    Right = 10
	ManageServersBlocklist     Right = 11
	ManageVideoBlacklist       Right = 12
	ManageAnyVideoChannel      Right = 13
	RemoveAnyVideo             Right = 14
	RemoveAnyVideoPlaylist     Right = 15
	ManageAnyVideoComment      Right = 16
	UpdateAnyVideo             Right = 17
	UpdateAnyVideoPlaylist     Right = 18
	GetAnyLive                 Right = 19
	SeeAllVideos               Right = 20
	SeeAllComments             Right = 21
	ChangeVideoOwnership       Right = 22
	ManagePlugins              Right = 23
	ManageVideosRedundancies   Right = 24
	ManageVideoFiles           Right = 25
	RunVideoTranscoding        Right = 26
	ManageVideoImports         Right = 27
	ManageRegistrations        Right = 28
	ManageRunners              Right = 29
	ManageUserExports          Right = 30
	ManageUserImports          Right = 31
	ManageInstanceWatchedWords Right = 32
	ManageInstanceAutoTags     Right = 33
)

var moderatorRights = []Right{
	ManageVideoBlacklist, ManageAbuses, ManageAnyVideoChannel, RemoveAnyVideo, RemoveAnyVideoPlaylist,
	ManageAnyVideoComment, UpdateAnyVideo, SeeAllVideos, ManageAccountsBlocklist, ManageServersBlocklist,
	ManageUsers, SeeAllComments, ManageRegistrations, ManageInstanceWatchedWords, ManageInstanceAutoTags,
}

// Has reports whether the role gives a right. Administrators have all.
// Moderators manage only members: see User.MayManage.
func (r Role) Has(right Right) bool {
	switch r {
	case Administrator:
		return true
	case Moderator:
		return slices.Contains(moderatorRights, right)
	}
	return false
}

// Has reports whether u may do something that needs a right. Nobody (nil)
// has none.
func (u *User) Has(right Right) bool { return u != nil && u.Role.Has(right) }

// MayManage reports whether u may change other's login: administrators anyone,
// moderators members.
func (u *User) MayManage(other *User) bool {
	return u.Has(ManageUsers) && (u.Role == Administrator || other.Role == Member)
}
