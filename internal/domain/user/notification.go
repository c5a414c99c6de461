package user

// What somebody wants to hear of, as bits: on the site, by mail.
const (
	notifyWeb  = 1
	notifyBoth = 3
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
}

// NotificationNames are the names of the settings, in PeerTube's order.
func NotificationNames() []string {
	return []string{
		"newCommentOnMyVideo", "newVideoFromSubscription", "abuseAsModerator", "videoAutoBlacklistAsModerator",
		"blacklistOnMyVideo", "myVideoPublished", "myVideoImportFinished", "newUserRegistration", "commentMention",
		"newFollow", "newInstanceFollower", "autoInstanceFollowing", "abuseNewMessage", "abuseStateChange",
		"newPeerTubeVersion", "myVideoStudioEditionFinished", "myVideoTranscriptionGenerated", "newPluginVersion",
	}
}

// DefaultNotifications are the settings of new users.
func DefaultNotifications() map[string]int {
	m := make(map[string]int, len(notificationDefaults))
	for name, value := range notificationDefaults {
		m[name] = value
	}
	return m
}

// checkNotifications wants every setting, each 0 to 3.
func checkNotifications(in map[string]int) error {
	var p problems
	for _, name := range NotificationNames() {
		value, ok := in[name]
		p.check(ok && value >= 0 && value <= notifyBoth, name, value)
	}
	return p.err()
}
