package app

import (
	"net/netip"

	"sepiola/internal/config"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/media/image"
	"sepiola/internal/media/transcode"
	"sepiola/internal/worker"
)

// How the configuration looks to the parts that know nothing of it.

func siteOf(cfg *config.Config) instance.Site {
	scheme := "http"
	if cfg.Secure() {
		scheme = "https"
	}
	return instance.Site{Scheme: scheme, Host: cfg.Host()}
}

func policyOf(cfg *config.Config) user.Policy {
	return user.Policy{
		Signup: user.Signup{
			Enabled:           cfg.Signup.Enabled,
			Limit:             cfg.Signup.Limit,
			Approval:          cfg.Signup.RequiresApproval,
			EmailVerification: cfg.Signup.RequiresEmailVerification,
			MinimumAge:        cfg.Signup.MinimumAge,
			Allowed:           networks(cfg.Signup.Filters.CIDR.Whitelist),
			Denied:            networks(cfg.Signup.Filters.CIDR.Blacklist),
		},
		VideoQuota:      int64(cfg.User.VideoQuota),
		VideoQuotaDaily: int64(cfg.User.VideoQuotaDaily),
		MinPassword:     cfg.User.PasswordConstraints.MinLength,
		ChannelName:     cfg.User.DefaultChannelName,
		NSFWPolicy:      cfg.Instance.DefaultNSFWPolicy,
		P2P:             cfg.Defaults.P2P.Webapp.Enabled,
		History:         cfg.User.History.Videos.Enabled,
		RootCannotLogIn: cfg.User.DisableRootAuth,
		Contact:         cfg.ContactForm.Enabled,
		AdminEmail:      cfg.Admin.Email,
		Mail:            cfg.MailEnabled(),
		Language:        cfg.Instance.DefaultLanguage,
	}
}

// networks parses networks that config has checked.
func networks(list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		if p, err := netip.ParsePrefix(s); err == nil {
			out = append(out, p)
		} else if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return out
}

func lifetimesOf(cfg *config.Config) user.Lifetimes {
	l := user.DefaultLifetimes()
	l.Access = cfg.OAuth2.TokenLifetime.AccessToken
	l.Refresh = cfg.OAuth2.TokenLifetime.RefreshToken
	l.Browser = cfg.Sessions.Lifetime
	return l
}

func ratesOf(cfg *config.Config) user.Rates {
	r := user.DefaultRates()
	r.Login = rate(cfg.RatesLimit.Login)
	r.Signup = rate(cfg.RatesLimit.Signup)
	r.AskEmail = rate(cfg.RatesLimit.AskSendEmail)
	return r
}

func rate(r config.RateLimit) user.Rate { return user.Rate{Max: r.Max, Window: r.Window} }

func uploadSettingsOf(cfg *config.Config) video.UploadSettings {
	s := video.UploadSettings{
		Transcoding:          cfg.Transcoding.Enabled,
		AdditionalExtensions: cfg.Transcoding.AllowAdditionalExtensions,
		AudioFiles:           cfg.Transcoding.AllowAudioFiles,
		Replace:              cfg.VideoFile.Update.Enabled,
		MaxSize:              max(0, int64(cfg.Limits.VideoSize)),
		FreeDisk:             int64(cfg.Limits.FreeDisk),
		CommentsPolicy:       video.CommentsPolicy(cfg.Defaults.Publish.CommentsPolicy),
		DownloadEnabled:      cfg.Defaults.Publish.DownloadEnabled,
	}
	if cfg.Defaults.Publish.Licence != nil {
		s.Licence = *cfg.Defaults.Publish.Licence
	}
	return s
}

func workSettingsOf(cfg *config.Config) worker.Settings {
	t := cfg.Transcoding
	return worker.Settings{
		Transcoding: t.Enabled,
		HLS:         t.HLS.Enabled,
		WebVideos:   t.WebVideos.Enabled,
		Options: transcode.Options{
			Resolutions:    t.Resolutions.Heights(),
			AlwaysOriginal: t.AlwaysTranscodeOriginalResolution,
			MaxFPS:         t.FPS.Max,
			SplitAudio:     t.HLS.SplitAudioAndVideo,
			PodcastAudio:   t.AlwaysTranscodePodcastOptimizedAudio,
		},
		KeepOriginal:    t.OriginalFile.Keep,
		Torrents:        cfg.Tracker.Enabled,
		Storyboards:     cfg.Storyboards.Enabled,
		ThumbnailSizes:  thumbnailSizes(cfg),
		FramesToAnalyze: cfg.Thumbnails.GenerationFromVideo.FramesToAnalyze,
		MaxDuration:     t.Timeout,
	}
}

func thumbnailSizes(cfg *config.Config) []image.Size {
	sizes := make([]image.Size, 0, len(cfg.Thumbnails.Sizes))
	for _, s := range cfg.Thumbnails.Sizes {
		sizes = append(sizes, image.Size{Width: s.Width, Height: s.Height})
	}
	return sizes
}
