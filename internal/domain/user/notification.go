package user

import "slices"

// What somebody wants to hear of, as bits: on the site, by mail.
const (
	notifyWeb  = 1
	notifyMail = 2
	notifyBoth = notifyWeb | notifyMail
)

// notificationDefaults are PeerTube's settings and what new users have.
var notificationDefaults = map[string]int{
	"newCommentOnMyVideo":           notifyWeb,
	"newVideoFromSubscription":      notifyWeb,
	"abuseAsModerator":              notifyBoth,
	"videoAutoBlacklistAsModerator": notifyBoth,
	"blacklistOnMyVideo":            notifyBoth,
	"myVideoPublished":              notifyWeb,
	"myVideoImportFinished":         notifyWeb,
	"newUserRegistration":           notifyWeb,
	"commentMention":                notifyWeb,
	"newFollow":                     notifyWeb,
	"newInstanceFollower":           notifyWeb,
	"autoInstanceFollowing":         notifyWeb,
	"abuseNewMessage":               notifyBoth,
	"abuseStateChange":              notifyBoth,
	"newPeerTubeVersion":            notifyBoth,
	"myVideoStudioEditionFinished":  notifyWeb,
	"myVideoTranscriptionGenerated": notifyWeb,
	"newPluginVersion":              notifyWeb,
	"automaticBlocklist":            notifyWeb,
}

// NotificationNames are the names of the settings, in PeerTube's order.
func NotificationNames() []string {
	return []string{
		"newCommentOnMyVideo", "newVideoFromSubscription", "abuseAsModerator", "videoAutoBlacklistAsModerator",
		"blacklistOnMyVideo", "myVideoPublished", "myVideoImportFinished", "newUserRegistration", "commentMention",
		"newFollow", "newInstanceFollower", "autoInstanceFollowing", "abuseNewMessage", "abuseStateChange",
		"newPeerTubeVersion", "myVideoStudioEditionFinished", "myVideoTranscriptionGenerated", "newPluginVersion",
		"automaticBlocklist",
	}
}

// requiredNotifications are those that PeerTube wants whenever settings are
// changed; the newer ones may be left out, and stay as they are.
func requiredNotifications() []string {
	return []string{
		"newVideoFromSubscription", "newCommentOnMyVideo", "abuseAsModerator", "videoAutoBlacklistAsModerator",
		"blacklistOnMyVideo", "myVideoImportFinished", "myVideoPublished", "commentMention", "newFollow",
		"newUserRegistration", "newInstanceFollower", "autoInstanceFollowing",
	}
}

// Wants reports whether the user wants to hear of a kind of things on the site
// and by mail. Kinds that came after the settings were kept are as they are
// for new users.
func (u *User) Wants(setting string) (web, mail bool) {
	value := u.NotificationSetting(setting)
	return value&notifyWeb != 0, value&notifyMail != 0
}

// NotificationSetting is the value of a setting, 0 to 3; that of new users
// where none was kept.
func (u *User) NotificationSetting(setting string) int {
	if value, ok := u.Notifications[setting]; ok {
		return value
	}
	return notificationDefaults[setting]
}

// DefaultNotifications are the settings of new users.
func DefaultNotifications() map[string]int {
	m := make(map[string]int, len(notificationDefaults))
	for name, value := range notificationDefaults {
		m[name] = value
	}
	return m
}

// checkNotifications wants every setting that PeerTube wants, and each 0 to 3.
func checkNotifications(in map[string]int) error {
	var p problems
	required := requiredNotifications()
	for _, name := range required {
		value, ok := in[name]
		var sent any // nothing is said of what was not sent
		if ok {
			sent = value
		}
		p.check(ok && validNotification(value), name, sent)
	}
	for _, name := range NotificationNames() {
		if value, ok := in[name]; ok && !slices.Contains(required, name) {
			p.check(validNotification(value), name, value)
		}
	}
	return p.err()
}

func validNotification(value int) bool { return value >= 0 && value <= notifyBoth }

// Reachable reports whether the user may be written to: at an address that is
// proved, where a proof was asked for, and that is not the one root begins
// with, which is nobody's.
func (u *User) Reachable() bool {
	return u.Email != rootEmail && (u.EmailVerified == nil || *u.EmailVerified)
}

// WithoutMail returns the user's settings without letters of some kinds.
func (u *User) WithoutMail(settings []string) map[string]int {
	m := make(map[string]int, len(notificationDefaults))
	for name := range notificationDefaults {
		m[name] = u.NotificationSetting(name)
		if slices.Contains(settings, name) {
			m[name] &^= notifyMail
		}
	}
	return m
}
