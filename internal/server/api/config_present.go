package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
)

// configPaths are the members of PeerTube's ServerConfig that are settings,
// in its order. Those with a "?" are computed, see Config.present. Those with a
// "!" turn something on that this version does not do yet, whatever the
// setting: clients that read true would offer what every request then refuses.
// config.laterFeatures has the same; whoever builds one removes it in both.
const configPaths = `
client.newFeaturesInfo client.header.hideInstanceName client.videos.miniature.displayAuthorAvatar?
client.videos.miniature.preferAuthorDisplayName client.videos.resumableUpload.maxChunkSize
client.browseVideos.defaultSort client.browseVideos.defaultScope client.menu.login.redirectOnSingleExternalAuth
client.openInApp.android.intent.enabled client.openInApp.android.intent.host client.openInApp.android.intent.scheme
client.openInApp.android.intent.fallbackUrl client.openInApp.ios.enabled client.openInApp.ios.host
client.openInApp.ios.scheme client.openInApp.ios.fallbackUrl
defaults.publish.downloadEnabled defaults.publish.commentsPolicy defaults.publish.commentsEnabled?
defaults.publish.privacy defaults.publish.licence defaults.live.saveReplay defaults.p2p.webapp.enabled
defaults.p2p.embed.enabled defaults.player.theme defaults.player.autoPlay
webadmin.configuration.edition.allowed
instance.name instance.shortDescription instance.isNSFW instance.defaultNSFWPolicy instance.serverCountry
instance.support.text instance.social.externalLink instance.social.mastodonLink instance.social.blueskyLink
instance.social.xLink instance.defaultClientRoute instance.customizations.javascript instance.customizations.css
instance.defaultLanguage instance.avatars? instance.banners? instance.logo?
search.remoteUri.users search.remoteUri.anonymous search.searchIndex.enabled search.searchIndex.url
search.searchIndex.disableLocalSearch search.searchIndex.isDefaultSearch
plugin.registered? plugin.registeredExternalAuths? plugin.registeredIdAndPassAuths?
theme.registered? theme.builtIn? theme.default theme.customization.primaryColor theme.customization.onPrimaryColor
theme.customization.foregroundColor theme.customization.backgroundColor theme.customization.backgroundSecondaryColor
theme.customization.menuForegroundColor theme.customization.menuBackgroundColor theme.customization.menuBorderRadius
theme.customization.headerForegroundColor theme.customization.headerBackgroundColor theme.customization.inputBorderRadius
email.enabled? contactForm.enabled serverVersion? serverCommit?
transcoding.remoteRunners.enabled! transcoding.hls.enabled? transcoding.web_videos.enabled?
transcoding.enabledResolutions? transcoding.profile transcoding.availableProfiles?
live.enabled! live.allowReplay live.dvr.maxWindow? live.latencySetting.enabled live.maxDuration live.maxInstanceLives
live.maxUserLives live.transcoding.enabled live.transcoding.remoteRunners.enabled!
live.transcoding.enabledResolutions? live.transcoding.profile live.transcoding.availableProfiles? live.rtmp.port
videoStudio.enabled! videoStudio.remoteRunners.enabled! videoFile.update.enabled
videoTranscription.enabled! videoTranscription.remoteRunners.enabled!
import.videos.http.enabled! import.videos.torrent.enabled! import.videoChannelSynchronization.enabled! import.users.enabled!
export.users.enabled! export.users.exportExpiration export.users.maxUserVideoQuota
autoBlacklist.videos.ofUsers.enabled!
avatar.file? banner.file? logo.file? video.image? video.file.extensions? videoCaption.file?
user.videoQuota user.videoQuotaDaily videoChannels.maxPerUser
trending.videos.intervalDays trending.videos.algorithms.enabled trending.videos.algorithms.default
tracker.enabled followings.instance.autoFollowIndex.indexUrl federation.enabled
broadcastMessage.enabled broadcastMessage.message broadcastMessage.level broadcastMessage.dismissable
homepage.enabled? openTelemetry.metrics.enabled openTelemetry.metrics.playbackStatsInterval
views.videos.remote.maxAge views.videos.local.maxAge
views.videos.watchingInterval.anonymous views.videos.watchingInterval.users
storyboards.enabled storyboards.remoteRunners.enabled! webrtc.stunServers nsfwFlagsSettings.enabled
fieldsConstraints.users.password.minLength? fieldsConstraints.users.password.maxLength?
signup.allowed? signup.allowedForCurrentIP? signup.minimumAge signup.requiresApproval signup.requiresEmailVerification`

// present makes PeerTube's ServerConfig; fromHere says that the address of
// who asks may register.
func (h *Config) present(ctx context.Context, fromHere bool) (*object, error) {
	v := h.Settings.Values()
	computed, err := h.computed(ctx, v, fromHere)
	if err != nil {
		return nil, err
	}
	o := new(object)
	for path := range strings.FieldsSeq(configPaths) {
		if name, ok := strings.CutSuffix(path, "?"); ok {
			o.set(name, computed[name])
			continue
		}
		if name, ok := strings.CutSuffix(path, "!"); ok {
			o.set(name, false)
			continue
		}
		o.set(path, shownSetting(v, path))
	}
	return o, nil
}

// shownSetting shows a setting: durations in milliseconds, lists never null.
func shownSetting(v instance.Values, path string) any {
	field := instance.Field{}
	if i := slices.IndexFunc(editable, func(f instance.Field) bool { return f.Name == path }); i >= 0 {
		field = editable[i]
	}
	return field.Show(v[instance.ConfigKey(path)])
}

var editable = instance.Fields()

func (h *Config) computed(ctx context.Context, v instance.Values, fromHere bool) (map[string]any, error) {
	site, err := h.Instance(ctx)
	if err != nil {
		return nil, err
	}
	open, err := h.SignupOpen(ctx)
	if err != nil {
		return nil, err
	}
	_, err = h.Settings.Homepage(ctx)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	hasHomepage := err == nil
	logos, err := h.presentLogos(ctx)
	if err != nil {
		return nil, err
	}
	none := []string{}
	transcoding := v.Bool("transcoding.enabled")
	captions := []string{".vtt", ".srt"}
	pictures := []string{".png", ".jpeg", ".jpg", ".gif", ".webp"}
	return map[string]any{
		"client.videos.miniature.displayAuthorAvatar": v.Bool("client.videos.miniature.display_author_avatar"),
		"defaults.publish.commentsEnabled":            v.Int("defaults.publish.comments_policy") != 2,
		"instance.avatars":                            presentActorImages(h.Site, site.Avatars),
		"instance.banners":                            presentActorImages(h.Site, site.Banners),
		"instance.logo":                               logos,
		"plugin.registered":                           none,
		"plugin.registeredExternalAuths":              none,
		"plugin.registeredIdAndPassAuths":             none,
		"theme.registered":                            none,
		"theme.builtIn":                               none,
		"email.enabled":                               h.Mail,
		"serverVersion":                               h.Version,
		"serverCommit":                                h.Commit,
		"transcoding.hls.enabled":                     transcoding && v.Bool("transcoding.hls.enabled"),
		"transcoding.web_videos.enabled":              transcoding && v.Bool("transcoding.web_videos.enabled"),
		"transcoding.enabledResolutions":              enabledResolutions(v, "transcoding"),
		"transcoding.availableProfiles":               []string{"default"},
		"live.dvr.maxWindow":                          int64(v.Duration("live.dvr.max_window") / time.Second),
		"live.transcoding.enabledResolutions":         enabledResolutions(v, "live.transcoding"),
		"live.transcoding.availableProfiles":          []string{"default"},
		"avatar.file":                                 fileLimits(actor.MaxImage, pictures),
		"banner.file":                                 fileLimits(actor.MaxImage, pictures),
		"logo.file":                                   fileLimits(actor.MaxImage, pictures),
		"video.image":                                 fileLimits(actor.MaxImage, []string{".png", ".jpg", ".jpeg", ".webp"}),
		"video.file.extensions":                       h.VideoExtensions(),
		"videoCaption.file":                           fileLimits(20<<20, captions),
		"homepage.enabled":                            hasHomepage,
		"fieldsConstraints.users.password.minLength":  v.Int("user.password_constraints.min_length"),
		"fieldsConstraints.users.password.maxLength":  50,
		"signup.allowed":                              open,
		"signup.allowedForCurrentIP":                  fromHere,
	}, nil
}

func fileLimits(bytes int64, extensions []string) object {
	return object{{"size", object{{"max", bytes}}}, {"extensions", extensions}}
}

// enabledResolutions lists the qualities that are made, lowest first; sound
// alone is 0. Nothing is made when transcoding is off.
func enabledResolutions(v instance.Values, section string) []int {
	list := []int{}
	if !v.Bool(section + ".enabled") {
		return list
	}
	for _, r := range []struct {
		name   string
		height int
	}{
		{"0p", 0}, {"144p", 144}, {"240p", 240}, {"360p", 360}, {"480p", 480}, {"720p", 720}, {"1080p", 1080}, {"1440p", 1440}, {"2160p", 2160},
	} {
		if v.Bool(section + ".resolutions." + r.name) {
			list = append(list, r.height)
		}
	}
	return list
}
