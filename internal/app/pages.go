package app

import (
	"net/http"
	"strings"
	"sync/atomic"

	"sepiola/internal/config"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/listen"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web"
	"sepiola/internal/server/web/assets"
	"sepiola/internal/server/web/ui"
	"sepiola/internal/storage/sqldb"
)

// pages serves what people see, and every path that nothing else serves.
func (a *App) pages(authenticator *auth.Authenticator, limits *listen.Limits) (http.Handler, error) {
	set, err := assets.Load()
	if err != nil {
		return nil, err
	}
	s := a.services
	p := &web.Pages{
		Videos:    s.videos,
		Work:      s.videoSQL,
		Uploads:   s.uploads,
		Users:     s.users,
		Sessions:  s.sessions,
		TwoFactor: s.twoFactor,
		Limits:    s.limiter,
		Channels:  s.channels,
		Playlists: s.playlists,
		Embeds:    &video.Embeds{Videos: s.videos, Store: s.videoSQL, Site: s.site, InTx: a.db.InTx},
		Finding:   s.finding.search,
		Overview:  s.finding.overview,
		Related:   s.finding.related,
		Actors:    s.actors,

		Subscriptions: s.telling.subscriptions,
		Sites:         s.said.sites,
		Audit:         s.said.audit,
		Mirrors:       s.said.mirrors,
		HomeOf:        s.homeOf,
		Notifications: s.telling.notifications,
		PushKey:       s.telling.pusher.PublicKey(),

		Images:    a.images,
		Logos:     a.logos,
		Comments:  s.comments,
		Rates:     s.rates,
		Blocks:    s.blocks,
		Abuses:    s.abuses,
		History:   s.viewing.history,
		Stats:     s.viewing.stats,
		Played:    s.viewing.played,
		Editor:    a.live.settings,
		Homepage:  a.live.settings,
		Instance:  s.actors.Instance,
		Elsewhere: s.finding.elsewhere,
		Countries: s.viewing.views.Locator != nil,
		Jobs:      a.jobAdmin(),
		Auth:      authenticator,
		Words:     a.bundle,
		Assets:    set,
		Markdown:  s.texts,
		Site:      s.site,
		Settings:  a.pageSettings(),
		Policy:    s.users.Policy,
		Now:       sqldb.Now,
		Log:       a.log,
	}
	r := a.router("")
	r.Use(
		limits.Middleware(listen.Rule{Scope: "client", Limit: limitOf(a.cfg.RatesLimit.Client)}),
		authenticator.Pages(p.Refuse),
	)
	r.With(rest.ReadableQuery).NotFound(p.NotFound)
	p.Mount(r)
	return r, nil
}

// pageSettings returns what pages show of the settings as they are now. Every
// page asks for it, so it is made once for each state of the settings.
func (a *App) pageSettings() func() web.Settings {
	type made struct {
		of       *config.Config
		settings web.Settings
	}
	var last atomic.Pointer[made]
	return func() web.Settings {
		cfg := a.live.cfg()
		m := last.Load()
		if m == nil || m.of != cfg {
			m = &made{cfg, pageSettingsOf(cfg)}
			last.Store(m)
		}
		return m.settings
	}
}

func pageSettingsOf(cfg *config.Config) web.Settings {
	return web.Settings{
		Name:             cfg.Instance.Name,
		ShortDescription: cfg.Instance.ShortDescription,
		Description:      cfg.Instance.Description,
		Terms:            cfg.Instance.Terms,
		Language:         cfg.Instance.DefaultLanguage,
		NSFWPolicy:       cfg.Instance.DefaultNSFWPolicy,

		WatchingAnonymous: cfg.Views.Videos.WatchingInterval.Anonymous,
		WatchingUsers:     cfg.Views.Videos.WatchingInterval.Users,

		AutoPlay:         cfg.Defaults.Player.AutoPlay,
		PlayerTheme:      instance.PlayerTheme(cfg.Defaults.Player.Theme),
		MaxChunk:         max(0, int64(cfg.Client.Videos.ResumableUpload.MaxChunkSize)),
		UploadExtensions: uploadSettingsOf(cfg).Extensions(),
		ReplaceFiles:     cfg.VideoFile.Update.Enabled,
		CardAvatars:      cfg.Client.Videos.Miniature.DisplayAuthorAvatar,
		CardNames:        cfg.Client.Videos.Miniature.PreferAuthorDisplayName,

		Share:          cfg.Tracker.Enabled && cfg.Defaults.P2P.Webapp.Enabled,
		ShareEmbeds:    cfg.Tracker.Enabled && cfg.Defaults.P2P.Embed.Enabled,
		STUN:           cfg.WebRTC.STUNServers,
		ShareFrom:      cfg.Sharing.MinViewers,
		ShareUpTo:      cfg.Sharing.MaxUpload,
		Federated:      cfg.Federation.Enabled,
		MirrorsOf:      cfg.RemoteRedundancy.Videos.AcceptFrom,
		FetchUsers:     cfg.Federation.Enabled && (cfg.Search.RemoteURI.Users || cfg.Search.RemoteURI.Anonymous),
		FetchAnonymous: cfg.Federation.Enabled && cfg.Search.RemoteURI.Anonymous,
		Answered:       cfg.VideoComments.AcceptRemoteComments,
		ReportEvery:    reportEvery(cfg),

		Tracker: cfg.Tracker.Enabled, ShareByDefault: cfg.Defaults.P2P.Webapp.Enabled, ShareEmbedsByDefault: cfg.Defaults.P2P.Embed.Enabled,
		KeepPlayed: cfg.Sharing.Statistics.Enabled,

		Landing: cfg.Instance.DefaultClientRoute, BrowseSort: cfg.Client.BrowseVideos.DefaultSort,
		Trending: append([]string{}, cfg.Trending.Videos.Algorithms.Enabled...), TrendingBy: cfg.Trending.Videos.Algorithms.Default,
		BrowseLocal: cfg.Client.BrowseVideos.DefaultScope == "local", Broadcast: broadcastOf(cfg.BroadcastMessage),
		Setup: setupOf(cfg),
		Apps:  appsOf(cfg.Client.OpenInApp),
	}
}

// setupOf is what a site has of its own: names that PeerTube and this program
// start with are none.
func setupOf(cfg *config.Config) web.Setup {
	in, first := cfg.Instance, config.Default().Instance
	return web.Setup{
		Name:  in.Name != "" && in.Name != first.Name && !strings.EqualFold(in.Name, "PeerTube"),
		About: in.ShortDescription != "" && in.ShortDescription != first.ShortDescription || in.Description != "" && in.Description != first.Description,
		Terms: in.Terms != "" && in.Terms != first.Terms, Administrator: in.Administrator != "", Mail: cfg.MailEnabled(),
	}
}

func appsOf(o config.ClientOpenInApp) ui.Apps {
	a, i := o.Android.Intent, o.IOS
	return ui.Apps{Android: web.AppLink(a.Enabled, a.Host, a.Scheme, a.FallbackURL), IOS: web.AppLink(i.Enabled, i.Host, i.Scheme, i.FallbackURL)}
}

func broadcastOf(m config.BroadcastMessage) web.Broadcast {
	if !m.Enabled {
		return web.Broadcast{}
	}
	return web.Broadcast{Message: m.Message, Level: m.Level, Dismissable: m.Dismissable}
}
