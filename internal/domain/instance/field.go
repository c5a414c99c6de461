package instance

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Field is one thing that administrators edit on the site: PeerTube's
// CustomConfig, piece by piece.
type Field struct {
	// Name is its path in the API: "transcoding.webVideos.enabled".
	Name string
	// Key is its path in the configuration: "transcoding.web_videos.enabled".
	Key  string
	kind kind
	// Required ones were there from the first; clients that leave out others
	// keep them as they are.
	Required bool
	// oneOf is what a text may be; nil for anything.
	oneOf []string
	// min is the smallest number, max the largest; 0 for any.
	min, max int64
}

type kind int

const (
	text kind = iota
	boolean
	number
	optionalNumber // null is a value
	milliseconds   // -1 is without limit
	seconds
	words   // a list of texts
	numbers // a list of numbers
)

// Fields returns what can be edited, in the API's order: fields of one section
// follow each other.
func Fields() []Field { return slices.Clone(fields) }

var fields = slices.Concat(
	fieldsOf(text, true, "instance.name", "instance.shortDescription", "instance.description", "instance.terms"),
	fieldsOf(text, false, "instance.codeOfConduct", "instance.creationReason", "instance.moderationInformation", "instance.administrator",
		"instance.maintenanceLifetime", "instance.businessModel", "instance.hardwareInformation", "instance.defaultLanguage"),
	fieldsOf(words, false, "instance.languages"),
	fieldsOf(numbers, false, "instance.categories"),
	fieldsOf(boolean, false, "instance.isNSFW"),
	[]Field{choice("instance.defaultNSFWPolicy", true, "do_not_list", "warn", "blur", "display")},
	fieldsOf(text, false, "instance.serverCountry", "instance.support.text", "instance.social.externalLink", "instance.social.mastodonLink",
		"instance.social.blueskyLink", "instance.social.xLink"),
	fieldsOf(text, true, "instance.defaultClientRoute", "instance.customizations.css", "instance.customizations.javascript"),
	fieldsOf(text, true, "theme.default"),
	fieldsOf(text, false, "theme.customization.primaryColor", "theme.customization.onPrimaryColor", "theme.customization.foregroundColor",
		"theme.customization.backgroundColor", "theme.customization.backgroundSecondaryColor", "theme.customization.menuForegroundColor",
		"theme.customization.menuBackgroundColor", "theme.customization.menuBorderRadius", "theme.customization.headerForegroundColor",
		"theme.customization.headerBackgroundColor", "theme.customization.inputBorderRadius"),
	fieldsOf(text, true, "services.twitter.username"),
	fieldsOf(boolean, false, "client.header.hideInstanceName", "client.videos.miniature.preferAuthorDisplayName"),
	[]Field{
		choice("client.browseVideos.defaultSort", false, "-publishedAt", "-originallyPublishedAt", "name", "-trending", "-hot", "-best", "-likes", "-views"),
		choice("client.browseVideos.defaultScope", false, "local", "federated"),
	},
	fieldsOf(boolean, false, "client.menu.login.redirectOnSingleExternalAuth"),
	fieldsOf(boolean, true, "signup.enabled"),
	[]Field{atLeast(-1, "signup.limit")},
	fieldsOf(boolean, true, "signup.requiresApproval", "signup.requiresEmailVerification"),
	[]Field{atLeast(0, "signup.minimumAge")},
	fieldsOf(text, true, "admin.email"),
	fieldsOf(text, false, "email.body.signature", "email.subject.prefix"),
	fieldsOf(boolean, true, "contactForm.enabled", "user.history.videos.enabled"),
	[]Field{atLeast(-1, "user.videoQuota"), atLeast(-1, "user.videoQuotaDaily")},
	fieldsOf(text, false, "user.defaultChannelName"),
	[]Field{atLeast(1, "videoChannels.maxPerUser")},
	fieldsOf(boolean, true, "transcoding.enabled", "transcoding.originalFile.keep", "transcoding.remoteRunners.enabled", "transcoding.allowAdditionalExtensions"),
	fieldsOf(boolean, false, "transcoding.allowAudioFiles"),
	[]Field{atLeast(0, "transcoding.threads"), atLeast(1, "transcoding.concurrency")},
	fieldsOf(text, false, "transcoding.profile"),
	resolutions("transcoding", true),
	fieldsOf(boolean, true, "transcoding.alwaysTranscodeOriginalResolution"),
	fieldsOf(boolean, false, "transcoding.alwaysTranscodePodcastOptimizedAudio"),
	[]Field{atLeast(-1, "transcoding.fps.max")},
	fieldsOf(boolean, true, "transcoding.webVideos.enabled", "transcoding.hls.enabled"),
	fieldsOf(boolean, false, "transcoding.hls.splitAudioAndVideo"),
	fieldsOf(boolean, true, "live.enabled", "live.allowReplay"),
	[]Field{withKey(Field{Name: "live.dvr.maxWindow", kind: seconds})},
	fieldsOf(boolean, false, "live.latencySetting.enabled"),
	[]Field{withKey(Field{Name: "live.maxDuration", kind: milliseconds, Required: true, min: -1}), atLeast(-1, "live.maxInstanceLives"), atLeast(-1, "live.maxUserLives")},
	fieldsOf(boolean, true, "live.transcoding.enabled", "live.transcoding.remoteRunners.enabled"),
	[]Field{atLeast(0, "live.transcoding.threads")},
	fieldsOf(text, false, "live.transcoding.profile"),
	resolutions("live.transcoding", false),
	fieldsOf(boolean, true, "live.transcoding.alwaysTranscodeOriginalResolution"),
	[]Field{atLeast(-1, "live.transcoding.fps.max")},
	fieldsOf(boolean, true, "videoStudio.enabled", "videoStudio.remoteRunners.enabled"),
	fieldsOf(boolean, false, "videoTranscription.enabled", "videoTranscription.remoteRunners.enabled"),
	fieldsOf(boolean, true, "videoFile.update.enabled"),
	[]Field{atLeast(1, "import.videos.concurrency")},
	fieldsOf(boolean, true, "import.videos.http.enabled", "import.videos.torrent.enabled", "import.videoChannelSynchronization.enabled"),
	[]Field{withKey(Field{Name: "import.videoChannelSynchronization.maxPerUser", kind: number, min: 1})},
	fieldsOf(boolean, true, "import.users.enabled", "export.users.enabled"),
	[]Field{
		withKey(Field{Name: "export.users.exportExpiration", kind: milliseconds, Required: true}),
		atLeast(-1, "export.users.maxUserVideoQuota"),
	},
	[]Field{
		withKey(Field{Name: "trending.videos.algorithms.enabled", kind: words, Required: true, oneOf: algorithms}),
		choice("trending.videos.algorithms.default", true, algorithms...),
	},
	fieldsOf(boolean, false, "autoBlacklist.videos.ofUsers.enabled"),
	fieldsOf(boolean, true, "followers.instance.enabled", "followers.instance.manualApproval"),
	fieldsOf(boolean, false, "followers.channels.enabled", "followings.instance.autoFollowBack.enabled", "followings.instance.autoFollowIndex.enabled"),
	fieldsOf(text, false, "followings.instance.autoFollowIndex.indexUrl"),
	fieldsOf(boolean, true, "broadcastMessage.enabled"),
	fieldsOf(text, true, "broadcastMessage.message"),
	[]Field{choice("broadcastMessage.level", true, "info", "warning", "error")},
	fieldsOf(boolean, true, "broadcastMessage.dismissable", "search.remoteUri.users", "search.remoteUri.anonymous", "search.searchIndex.enabled"),
	fieldsOf(text, true, "search.searchIndex.url"),
	fieldsOf(boolean, true, "search.searchIndex.disableLocalSearch", "search.searchIndex.isDefaultSearch"),
	fieldsOf(boolean, false, "storyboards.enabled", "storyboards.remoteRunners.enabled", "defaults.publish.downloadEnabled"),
	[]Field{
		withKey(Field{Name: "defaults.publish.commentsPolicy", kind: number, min: 1}),
		withKey(Field{Name: "defaults.publish.privacy", kind: number, min: 1}),
		withKey(Field{Name: "defaults.publish.licence", kind: optionalNumber, min: 1}),
	},
	fieldsOf(boolean, false, "defaults.live.saveReplay", "defaults.p2p.webapp.enabled", "defaults.p2p.embed.enabled"),
	[]Field{ // ours
		withKey(Field{Name: "sharing.minViewers", kind: number, max: 100_000}),
		withKey(Field{Name: "sharing.maxUpload", kind: number, max: 1_000_000}),
	},
	[]Field{choice("defaults.player.theme", false, "galaxy", "lucide")},
	fieldsOf(boolean, false, "defaults.player.autoPlay", "videoComments.acceptRemoteComments"),
)

var algorithms = []string{"hot", "best", "most-viewed", "most-liked"}

func fieldsOf(k kind, required bool, names ...string) []Field {
	list := make([]Field, len(names))
	for i, name := range names {
		list[i] = withKey(Field{Name: name, kind: k, Required: required})
	}
	return list
}

func choice(name string, required bool, oneOf ...string) Field {
	return withKey(Field{Name: name, kind: text, Required: required, oneOf: oneOf})
}

func atLeast(least int64, name string) Field {
	return withKey(Field{Name: name, kind: number, Required: true, min: least})
}

func resolutions(section string, audio bool) []Field {
	list := fieldsOf(boolean, audio, section+".resolutions.0p")
	for _, height := range []string{"144p", "240p", "360p", "480p", "720p", "1080p", "1440p", "2160p"} {
		list = append(list, fieldsOf(boolean, true, section+".resolutions."+height)...)
	}
	return list
}

func withKey(f Field) Field {
	f.Key = ConfigKey(f.Name)
	return f
}

// ConfigKey turns a path of the API into one of the configuration:
// "instance.defaultNSFWPolicy" is "instance.default_nsfw_policy".
func ConfigKey(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) {
			afterLower := i > 0 && !unicode.IsUpper(runes[i-1])
			beforeLower := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if afterLower || beforeLower && i > 0 {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// read turns what came from a client or the database into what the
// configuration holds. ok is false for what the field cannot be.
func (f *Field) read(v any) (out any, ok bool) {
	if v == nil {
		switch {
		case f.kind == optionalNumber:
			return nil, true
		case f.kind == text && !f.Required:
			return "", true
		case f.kind == words || f.kind == numbers:
			return []string{}, !f.Required
		}
		return nil, false
	}
	switch f.kind {
	case text:
		s, ok := v.(string)
		return s, ok && (f.oneOf == nil || slices.Contains(f.oneOf, s)) && len(s) <= maxText
	case boolean:
		return readBool(v)
	case words, numbers:
		return f.readList(v)
	}
	n, ok := readNumber(v)
	if !ok || n < f.min || f.max > 0 && n > f.max {
		return nil, false
	}
	return f.fromNumber(n), true
}

// maxText is the longest text that is kept, in bytes.
const maxText = 200_000

func (f *Field) fromNumber(n int64) any {
	switch f.kind {
	case milliseconds:
		return duration(n, time.Millisecond)
	case seconds:
		return duration(n, time.Second)
	}
	return n
}

func duration(n int64, unit time.Duration) time.Duration {
	if n < 0 {
		return -1
	}
	const longest = 1<<63 - 1
	if n > longest/int64(unit) {
		return longest
	}
	return time.Duration(n) * unit
}

func readBool(v any) (any, bool) {
	switch v {
	case true, "true":
		return true, true
	case false, "false":
		return false, true
	}
	return nil, false
}

func readNumber(v any) (int64, bool) {
	switch v := v.(type) {
	case float64:
		n := int64(v)
		return n, float64(n) == v
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}

// readList keeps lists of numbers as texts, as the configuration does.
func (f *Field) readList(v any) (any, bool) {
	items, ok := v.([]any)
	if !ok || len(items) > 200 {
		return nil, false
	}
	list := make([]string, 0, len(items))
	for _, item := range items {
		s, isText := item.(string)
		if f.kind == numbers {
			n, ok := readNumber(item)
			if !ok {
				return nil, false
			}
			s = strconv.FormatInt(n, 10)
		} else if !isText || f.oneOf != nil && !slices.Contains(f.oneOf, s) {
			return nil, false
		}
		list = append(list, s)
	}
	return list, true
}

// Show turns what the configuration holds into what the API shows.
func (f *Field) Show(v any) any {
	switch v := v.(type) {
	case time.Duration:
		if v < 0 {
			return int64(-1)
		}
		if f.kind == seconds {
			return int64(v / time.Second)
		}
		return v.Milliseconds()
	case []string:
		if f.kind == numbers {
			return showNumbers(v)
		}
		return append([]string{}, v...)
	}
	return v
}

func showNumbers(list []string) []int64 {
	out := make([]int64, 0, len(list))
	for _, s := range list {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			out = append(out, n)
		}
	}
	return out
}
