package app

import (
	"context"
	"net/http"
	"runtime/debug"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/media/image"
	"sepiola/internal/server/api"
	"sepiola/internal/server/listen"
	"sepiola/internal/server/web/assets"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// peertubeVersion is the release whose contracts are kept.
const peertubeVersion = "8.2.0"

// siteResources are the parts of the API that show the site and who is on it.
func (a *App) siteResources() []resource {
	s, settings := a.services, a.live.settings
	directory := &actor.Directory{Store: s.actors, Site: s.site}
	a.images = &actor.Images{
		Store:    s.actors,
		Pictures: actorPictures{files: s.files, limits: image.Limits{Bytes: int64(a.cfg.Limits.ImageSize), Pixels: a.cfg.Limits.FramePixels}},
		Files:    actorFiles{files: s.files, queue: s.queue},
		InTx:     a.db.InTx,
		Now:      sqldb.Now,
		NewName:  video.NewUUID,
		Edited:   s.said.outbox.ActorEdited,
	}
	a.logos = newLogos(a.db, s.files, image.Limits{Bytes: instance.MaxLogo, Pixels: a.cfg.Limits.FramePixels})
	a.stats = &instance.StatsKeeper[instance.Stats]{Count: store.Stats{DB: a.db}.Count, MaxAge: a.cfg.Intervals.Stats, Now: sqldb.Now}
	mirroring := &instance.StatsKeeper[[]redundancy.Usage]{
		Count:  func(ctx context.Context, _ time.Time) ([]redundancy.Usage, error) { return s.said.mirrors.Usage(ctx) },
		MaxAge: a.cfg.Intervals.Stats, Now: sqldb.Now,
	}
	site := &api.Config{
		Settings:        settings,
		Instance:        s.actors.Instance,
		Images:          a.images,
		Logos:           a.logos,
		Icon:            programIcon(),
		SignupOpen:      s.users.SignupOpen,
		SignupFrom:      func(ip string) bool { return policyOf(a.live.cfg()).Signup.AllowsIP(ip) },
		ClientIP:        func(r *http.Request) string { return listen.ClientIP(r.Context()).String() },
		VideoExtensions: func() []string { return uploadSettingsOf(a.live.cfg()).Extensions() },
		Mail:            a.cfg.MailEnabled(),
		Version:         peertubeVersion,
		Commit:          commit(),
		Site:            s.site,
		Now:             sqldb.Now,
	}
	a.about = site
	logLimits := &listen.Limits{Counter: listen.NewMemory(), Now: sqldb.Now}
	settings.OnChange(func(instance.Values) { site.Forget() })
	return []resource{
		api.Constants{},
		&api.OpenAPI{Title: "Sepiola", Version: peertubeVersion},
		site,
		&api.Accounts{Directory: directory, Views: s.actors.ChannelViews, Days: s.viewing.stats.ChannelDays, Site: s.site},
		&api.Channels{Channels: s.channels, Directory: directory, Images: a.images, Site: s.site},
		&api.MyAvatar{Account: s.actors.Account, Images: a.images, Site: s.site},
		&api.Stats{
			Stats: a.stats.Stats, Mirroring: mirroring.Stats, Registrations: a.cfg.Stats.RegistrationRequests.Enabled,
			Moderators: a.cfg.Stats.TotalModerators.Enabled, Admins: a.cfg.Stats.TotalAdmins.Enabled,
			Abuses: a.cfg.Stats.Abuses.Enabled,
		},
		&api.Contact{Messages: s.users, ClientIP: site.ClientIP},
		&api.ClientLanguage{Site: s.site},
		&api.ClientLogs{
			Accept: func() bool { return a.live.cfg().Log.AcceptClientLog },
			Limit:  logLimits.Middleware(listen.Rule{Scope: "client-log", Limit: limitOf(a.cfg.RatesLimit.ReceiveClientLog)}),
			Log:    a.log,
		},
		&api.PlayerSettings{Videos: s.videos, Channels: s.channels, Theme: a.live.playerTheme},
		&api.EmbedPrivacy{Embeds: &video.Embeds{Videos: s.videos, Store: s.videoSQL, Site: s.site, InTx: a.db.InTx}},
	}
}

// programIcon is the path of the icon that comes with the program.
func programIcon() string { return programPicture("favicon.svg") }

// programPicture is the path of a picture that comes with the program.
func programPicture(name string) string {
	set, err := assets.Load()
	if err != nil {
		return "" // the pages, which cannot be without, say so
	}
	return set.URL(name)
}

// commit is the revision this program was built from, or "".
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

// actorFiles keeps the files of avatars and banners. It is an
// actor.ImageFiles.
type actorFiles struct {
	files blob.Store
	queue *worker.Queue
}

// Adopt implements actor.ImageFiles.
func (f actorFiles) Adopt(ctx context.Context, path, filename string) error {
	return f.files.Adopt(ctx, path, blob.Key{Section: blob.Avatars, Name: filename})
}

// Drop implements actor.ImageFiles.
func (f actorFiles) Drop(ctx context.Context, filenames []string) error {
	if len(filenames) == 0 {
		return nil
	}
	return f.queue.RemoveFiles(ctx, video.Removal{Avatars: filenames})
}
