package api

import (
	"cmp"
	"strconv"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/rest"
)

// userJSON is PeerTube's User and MyUser. What is a pointer or has omitempty
// is not in every answer.
type userJSON struct {
	ID                        user.ID                  `json:"id"`
	Username                  string                   `json:"username"`
	Email                     string                   `json:"email"`
	Theme                     string                   `json:"theme"`
	PendingEmail              *string                  `json:"pendingEmail"`
	EmailPublic               bool                     `json:"emailPublic"`
	EmailVerified             *bool                    `json:"emailVerified"`
	NSFWPolicy                string                   `json:"nsfwPolicy"`
	NSFWFlagsDisplayed        int                      `json:"nsfwFlagsDisplayed"`
	NSFWFlagsHidden           int                      `json:"nsfwFlagsHidden"`
	NSFWFlagsWarned           int                      `json:"nsfwFlagsWarned"`
	NSFWFlagsBlurred          int                      `json:"nsfwFlagsBlurred"`
	P2PEnabled                bool                     `json:"p2pEnabled"`
	VideosHistoryEnabled      bool                     `json:"videosHistoryEnabled"`
	AutoPlayVideo             bool                     `json:"autoPlayVideo"`
	AutoPlayNextVideo         bool                     `json:"autoPlayNextVideo"`
	AutoPlayNextVideoPlaylist bool                     `json:"autoPlayNextVideoPlaylist"`
	VideoLanguages            []string                 `json:"videoLanguages"`
	Language                  *string                  `json:"language"`
	Role                      rest.Labelled[user.Role] `json:"role"`
	VideoQuota                int64                    `json:"videoQuota"`
	VideoQuotaDaily           int64                    `json:"videoQuotaDaily"`
	*userUsageJSON
	*userStatsJSON
	NoInstanceConfigWarningModal bool                   `json:"noInstanceConfigWarningModal"`
	NoWelcomeModal               bool                   `json:"noWelcomeModal"`
	NoAccountSetupWarningModal   bool                   `json:"noAccountSetupWarningModal"`
	Blocked                      bool                   `json:"blocked"`
	BlockedReason                *string                `json:"blockedReason"`
	Account                      *accountJSON           `json:"account,omitempty"`
	NotificationSettings         notificationsJSON      `json:"notificationSettings,omitempty"`
	VideoChannels                []userChannelJSON      `json:"videoChannels"`
	CreatedAt                    isoTime                `json:"createdAt"`
	PluginAuth                   *string                `json:"pluginAuth"`
	LastLoginDate                isoTime                `json:"lastLoginDate"`
	TwoFactorEnabled             bool                   `json:"twoFactorEnabled"`
	NewFeaturesInfoRead          int                    `json:"newFeaturesInfoRead"`
	AdminFlags                   int                    `json:"adminFlags"`
	SpecialPlaylists             *[]specialPlaylistJSON `json:"specialPlaylists,omitempty"`
}

// userUsageJSON is what a user has uploaded, in bytes.
type userUsageJSON struct {
	TotalVideoFileSize  int64 `json:"totalVideoFileSize"`
	VideoQuotaUsed      int64 `json:"videoQuotaUsed"`
	VideoQuotaUsedDaily int64 `json:"videoQuotaUsedDaily"`
}

// userStatsJSON counts what a user did. Comments are not counted by account,
// so theirs is 0.
type userStatsJSON struct {
	VideosCount         int `json:"videosCount"`
	AbusesCount         int `json:"abusesCount"`
	AbusesAcceptedCount int `json:"abusesAcceptedCount"`
	AbusesCreatedCount  int `json:"abusesCreatedCount"`
	VideoCommentsCount  int `json:"videoCommentsCount"`
}

// userChannelJSON is PeerTube's UserVideoChannel.
type userChannelJSON struct {
	channelJSON
	OwnerAccountID   actor.AccountID `json:"ownerAccountId"`
	OwnerAccountName string          `json:"ownerAccountName"`
}

// specialPlaylistJSON is PeerTube's MyUserSpecialPlaylist.
type specialPlaylistJSON struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Type int    `json:"type"`
}

// presentUser presents what every answer about a user has. account may be nil.
func presentUser(site instance.Site, u *user.User, account *actor.Account) userJSON {
	p := u.Preferences
	out := userJSON{
		ID: u.ID, Username: u.Username, Email: u.Email, EmailVerified: u.EmailVerified, PendingEmail: nullable(u.PendingEmail),
		Theme: cmp.Or(p.Theme, "instance-default"), EmailPublic: p.EmailPublic, NSFWPolicy: cmp.Or(p.NSFWPolicy, "do_not_list"),
		NSFWFlagsDisplayed: p.NSFWFlagsDisplayed, NSFWFlagsHidden: p.NSFWFlagsHidden,
		NSFWFlagsWarned: p.NSFWFlagsWarned, NSFWFlagsBlurred: p.NSFWFlagsBlurred,
		P2PEnabled: !p.P2PDisabled, VideosHistoryEnabled: !p.HistoryDisabled, AutoPlayVideo: !p.AutoPlayDisabled,
		AutoPlayNextVideo: p.AutoPlayNext, AutoPlayNextVideoPlaylist: !p.AutoPlayNextPlaylistDisabled,
		VideoLanguages: p.VideoLanguages, Language: nullable(p.Language),
		Role:       rest.Labelled[user.Role]{ID: u.Role, Label: u.Role.Label()},
		VideoQuota: u.VideoQuota, VideoQuotaDaily: u.VideoQuotaDaily,
		NoInstanceConfigWarningModal: p.NoInstanceConfigWarning, NoWelcomeModal: p.NoWelcome,
		NoAccountSetupWarningModal: p.NoAccountSetupWarning,
		Blocked:                    u.Blocked, BlockedReason: nullable(u.BlockedReason),
		VideoChannels: []userChannelJSON{},
		CreatedAt:     isoTime(u.CreatedAt), LastLoginDate: isoTimeOf(u.LastLoginAt),
		TwoFactorEnabled: u.HasTwoFactor(), NewFeaturesInfoRead: p.NewFeaturesRead, AdminFlags: u.AdminFlags,
	}
	if account != nil {
		a := presentAccount(site, account)
		out.Account = &a
	}
	return out
}

func (out *userJSON) addChannels(site instance.Site, channels []*actor.Channel) {
	for _, c := range channels {
		j := userChannelJSON{channelJSON: presentChannel(site, c), OwnerAccountID: c.OwnerID}
		j.OwnerAccount = nil
		if c.Owner != nil {
			j.OwnerAccountName = c.Owner.Username
		}
		out.VideoChannels = append(out.VideoChannels, j)
	}
}

func (out *userJSON) addUsage(u user.Usage) {
	out.userUsageJSON = &userUsageJSON{TotalVideoFileSize: u.Files, VideoQuotaUsed: u.Used, VideoQuotaUsedDaily: u.Daily}
}

// notificationsJSON is PeerTube's UserNotificationSetting, in its order.
type notificationsJSON map[string]int

// MarshalJSON implements json.Marshaler.
func (m notificationsJSON) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, name := range user.NotificationNames() {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, name...)
		b = append(b, `":`...)
		b = strconv.AppendInt(b, int64(m[name]), 10)
	}
	return append(b, '}'), nil
}

// notificationsOf fills settings that a user's stored ones lack.
func notificationsOf(u *user.User) notificationsJSON {
	m := notificationsJSON(user.DefaultNotifications())
	for name, value := range u.Notifications {
		m[name] = value
	}
	return m
}
