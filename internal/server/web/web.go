// Package web serves the pages that people see.
//
// A handler reads the request, asks the services of the domain (the same that
// the API asks, never the API itself) and renders a templ component. Each page
// has a folder with its markup, styles and scripts beside each other; package
// ui holds what they share, package assets what web/build.mjs made of styles
// and scripts. Every page works without scripts as far as it can: forms post
// and are answered with a redirect, or with themselves and what was wrong.
//
// Mount adds the routes to a router behind auth.Authenticator.Pages; NotFound
// serves what nobody serves. One file per page: browse.go, watch.go, login.go …
package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/i18n"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/assets"
	"sepiola/internal/server/web/keyboard"
	"sepiola/internal/server/web/markdown"
	"sepiola/internal/server/web/people"
	"sepiola/internal/server/web/ui"
)

// Pages serves the pages.
type Pages struct {
	Videos    VideoService
	Work      WorkReader
	Uploads   UploadService
	Users     UserService
	Sessions  SessionService
	TwoFactor TwoFactorService
	Limits    Limiter
	Channels  ChannelService
	Playlists PlaylistService
	Embeds    EmbedService
	Finding   SearchService
	Overview  OverviewService
	// Related may be nil: then nothing stands beside a video.
	Related RelatedService
	Actors  ActorReader
	Images  ImageService
	// Logos may be nil: then pages have those of the program, which stay.
	Logos LogoService
	// Comments, with Rates and Blocks, may be nil: then there are none.
	Comments CommentService
	Rates    RateService
	Blocks   BlockService
	// Abuses may be nil: then nothing can be reported but by a letter to the
	// administrators.
	Abuses  AbuseService
	History HistoryService
	Stats   StatsService
	// Played, with Editor, may be nil: then nothing is known of how playing
	// goes, and there is no page of it.
	Played PlayedService
	Editor SettingsEditor
	// Homepage may be nil: then administrators have written none.
	Homepage HomepageService
	// Instance returns the site's own actor, with its images; nil: it has none.
	Instance func(ctx context.Context) (*actor.Actor, error)
	// Subscriptions and Notifications may be nil: then there are no such
	// pages, and no bell.
	Subscriptions SubscriptionService
	// Sites may be nil: then this site knows no others. HomeOf returns where
	// the site of a handle wants to be told what to follow, with {uri} in it.
	// Audit is who did what with them, Mirrors which of them mirror videos.
	Sites         SiteFollowService
	Audit         AuditService
	Mirrors       MirrorService
	HomeOf        func(ctx context.Context, name, host string) (template string, err error)
	Notifications NotificationService
	// PushKey is what browsers subscribe with to pushed messages.
	PushKey string
	// Elsewhere asks an index of many sites; nil is none.
	Elsewhere ElsewhereService
	// Countries says that the countries of viewers are known.
	Countries bool
	// Jobs may be nil: then there is no page of jobs.
	Jobs JobService

	Auth     *auth.Authenticator
	Words    *i18n.Bundle
	Assets   *assets.Set
	Markdown *markdown.Renderer
	Site     instance.Site
	// Settings and Policy are asked for each time: administrators edit them.
	Settings func() Settings
	Policy   func() user.Policy
	Now      func() time.Time
	Log      *slog.Logger

	playerWords playerWords
	embedStyle  writtenStyle
	fragments   ui.Fragments
}

// Settings is what the pages show of the site's settings.
type Settings struct {
	Name             string
	ShortDescription string
	Description      string // markdown
	Terms            string // markdown
	Language         string // of people who say nothing
	// WatchingAnonymous and WatchingUsers are how often players say where
	// they are.
	WatchingAnonymous, WatchingUsers time.Duration
	// NSFWPolicy is "do_not_list", "warn", "blur" or "display".
	NSFWPolicy string
	// AutoPlay lets videos play by themselves, for people without an account.
	AutoPlay bool
	// MaxChunk is the most bytes of one request of a resumable upload; 0
	// means no bound.
	MaxChunk int64
	// UploadExtensions are the endings of files that may be uploaded, with
	// the dot.
	UploadExtensions []string
	// FetchUsers and FetchAnonymous are who makes this site ask others for what
	// an address names.
	FetchUsers, FetchAnonymous bool
	// PlayerTheme is how players look where nobody chose otherwise.
	PlayerTheme instance.PlayerTheme
	// Share and ShareEmbeds let viewers pass pieces of videos to each other
	// unless they chose otherwise; STUN are servers that tell browsers their
	// own address.
	Share, ShareEmbeds bool
	STUN               []string
	// ShareFrom is how many people must watch a video for its viewers to
	// share it.
	ShareFrom int
	// Federated says that the site talks to others; Answered that it takes
	// comments from them.
	Federated, Answered bool
	// MirrorsOf is whose mirrors of videos are taken: one of the three words of
	// redundancy.
	MirrorsOf string
	// ShareUpTo is how many megabytes of a video a viewer passes on at most;
	// 0 is no limit.
	ShareUpTo int
	// ReportEvery is how often players say how playing goes; 0 never.
	ReportEvery time.Duration
	// Tracker says that viewers can meet at all, ShareByDefault and
	// ShareEmbedsByDefault what administrators chose beside that, and
	// KeepPlayed that figures of playing are kept.
	Tracker, ShareByDefault, ShareEmbedsByDefault, KeepPlayed bool
	// CardAvatars says that cards show the pictures of channels, CardNames that
	// they name them as they call themselves.
	CardAvatars, CardNames bool
	// ReplaceFiles says that the files of videos may be replaced.
	ReplaceFiles bool
	// Landing is the path of the page that "/" is, "" for all videos.
	// BrowseSort and BrowseLocal are how all videos are listed when nothing
	// else is asked for.
	Landing, BrowseSort string
	BrowseLocal         bool
	// Trending are PeerTube's names of the orders of all videos that
	// administrators enabled, nil for all, and TrendingBy is the one of
	// /videos/trending.
	Trending   []string
	TrendingBy string
	Broadcast  Broadcast
	// Setup is what is set up of the site.
	Setup Setup
	// Apps are what phones are offered to open the site with.
	Apps ui.Apps
}

// Broadcast is what administrators tell everybody on all pages; none without a
// message.
type Broadcast struct {
	Message string // markdown
	Level   string // "info", "warning" or "error"
	// Dismissable messages can be put away.
	Dismissable bool
}

// Mount adds the routes.
func (s *Pages) Mount(r *rest.Router) {
	r.Handle(assets.Prefix+"*", s.Assets)
	r = r.With(rest.ReadableQuery).Refusing(s.fail)
	s.mountPlayer(r)
	s.mountEmbeds(r)
	s.mountOffline(r)
	s.mountPublic(r)
	s.mountTelling(r)
	s.mountPeople(r)
	s.mountManage(r)
	s.mountAccount(r)
	s.mountHistory(r)
	s.mountVideoStats(r)
	s.mountAdmin(r)
	s.mountPlaylists(r)
	if s.Comments != nil {
		s.mountComments(r)
	}
	if s.Abuses != nil {
		s.mountAbuses(r)
	}
}

func (s *Pages) mountPublic(r *rest.Router) {
	r.Get("/", s.page(s.home))
	r.Get(homeRoute, s.page(s.writtenPage))
	s.mountSearch(r)
	r.Get("/w/{id}", s.page(s.linksToComments(s.watch)))
	r.Post("/w/{id}", s.page(s.openWatch))
	s.mountWatchPlaylist(r)
	r.Get("/w/{id}/menu", s.page(s.cardMenu))
	r.Get("/w/{id}/progress", s.page(s.watchProgress))
	r.Get("/w/{id}/files/{file}", s.page(s.fileFacts))
	r.Get("/w/{id}/qr.svg", s.page(s.watchQR))
	r.Get("/videos/watch/{id}", s.page(s.oldWatch))
	r.Get("/c/{handle}", s.page(s.channel))
	r.Get("/c/{handle}/videos", s.page(s.channel))
	r.Get("/a/{handle}", s.page(s.account))
	r.Get("/a/{handle}/video-channels", s.page(s.account))
	r.Get("/a/{handle}/videos", s.page(s.accountVideos))
	s.mountAddresses(r)
	s.mountSites(r)
	r.Get(keyboard.Path, s.page(s.keyboard))
	r.Get("/about", s.page(s.about))
	r.Get("/about/instance", s.page(s.about))
	r.Get("/about/contact", s.page(s.contactForm))
	r.Post("/about/contact", s.page(s.contact))
	s.mountPreferences(r)
}

func (s *Pages) mountPeople(r *rest.Router) {
	r.Get("/login", s.page(s.loginForm))
	r.Post("/login", s.page(s.login))
	r.Get(codePath, s.page(s.codeForm))
	r.Post(codePath, s.page(s.enterCode))
	r.Post("/logout", s.page(s.logout))
	r.Get("/signup", s.page(s.signupForm))
	r.Post("/signup", s.page(s.signup))
	r.Get("/recover-password", s.page(s.recoverForm))
	r.Post("/recover-password", s.page(s.askRecover))
	r.Get("/reset-password", s.page(s.resetForm))
	r.Post("/reset-password", s.page(s.reset))
	r.Get("/verify-account/email", s.page(s.verifyEmailForm))
	r.Post("/verify-account/email", s.page(s.verifyEmail))
	r.Get(people.AskVerify, s.page(s.askVerifyForm))
	r.Post(people.AskVerify, s.page(s.askVerify))
}

func (s *Pages) mountManage(r *rest.Router) {
	in := func(h rest.HandlerFunc) rest.HandlerFunc { return s.page(auth.Required(h)) }
	r.Get("/videos/upload", in(s.uploadForm))
	r.Get("/videos/publish", in(s.uploadForm))
	r.Post("/videos/upload", in(s.upload))
	r.Get("/my-library", in(s.myVideos))
	r.Get("/my-library/videos", in(s.myVideos))
	r.Get("/videos/update/{id}", in(s.editVideoForm))
	r.Post("/videos/update/{id}", in(s.editVideo))
	r.Get("/videos/replace/{id}", in(s.replaceForm))
	r.Post("/videos/replace/{id}", in(s.replace))
	r.Post("/videos/delete/{id}", in(s.deleteVideo))
	r.Get("/my-library/video-channels", in(s.myChannels))
	r.Get("/my-library/video-channels/create", in(s.newChannelForm))
	r.Post("/my-library/video-channels/create", in(s.newChannel))
	r.Get("/my-library/video-channels/update/{handle}", in(s.editChannelForm))
	r.Post("/my-library/video-channels/update/{handle}", in(s.editChannel))
	r.Post("/my-library/video-channels/delete/{handle}", in(s.deleteChannel))
	r.Get("/my-account", in(s.settings))
	r.Get("/my-account/settings", in(s.settings))
	r.Post("/my-account/profile", in(s.saveProfile))
	r.Post("/my-account/avatar", in(s.saveAvatar))
	r.Post("/my-account/password", in(s.savePassword))
	r.Post("/my-account/email", in(s.saveEmail))
	r.Post("/my-account/email/prove", in(s.askProof))
	r.Post("/my-account/email/public", in(s.saveEmailPublic))
	r.Get("/my-account/two-factor-auth", in(s.twoFactor))
	r.Post("/my-account/two-factor-auth", in(s.askTwoFactor))
	r.Post("/my-account/two-factor-auth/confirm", in(s.confirmTwoFactor))
	r.Post("/my-account/two-factor-auth/disable", in(s.disableTwoFactor))
	r.Get("/my-account/sessions", in(s.sessions))
	r.Post("/my-account/sessions/{id}/revoke", in(s.revokeSession))
}

func (s *Pages) mountAdmin(r *rest.Router) {
	with := func(right user.Right, h rest.HandlerFunc) rest.HandlerFunc {
		return s.page(auth.RequiredRight(right, h))
	}
	r.Get("/admin", with(user.ManageUsers, s.users))
	r.Get("/admin/overview/users", with(user.ManageUsers, s.users))
	r.Get("/admin/overview/users/create", with(user.ManageUsers, s.newUserForm))
	r.Post("/admin/overview/users/create", with(user.ManageUsers, s.newUser))
	r.Get("/admin/overview/users/update/{id}", with(user.ManageUsers, s.editUserForm))
	r.Post("/admin/overview/users/update/{id}", with(user.ManageUsers, s.editUser))
	r.Post("/admin/overview/users/{id}/block", with(user.ManageUsers, s.blockUser))
	r.Post("/admin/overview/users/{id}/unblock", with(user.ManageUsers, s.unblockUser))
	r.Post("/admin/overview/users/{id}/delete", with(user.ManageUsers, s.deleteUser))
	r.Get("/admin/moderation/registrations/list", with(user.ManageRegistrations, s.registrations))
	r.Post("/admin/moderation/registrations/{id}/{answer}", with(user.ManageRegistrations, s.answerRegistration))
	s.mountSharing(r)
	if s.Homepage != nil && s.Editor != nil {
		r.Get(homepagePath, with(user.ManageInstanceCustomPage, s.homepageForm))
		r.Post(homepagePath, with(user.ManageInstanceCustomPage, s.saveHomepage))
	}
	if s.Editor != nil {
		r.Get(playersPath, with(user.ManageConfiguration, s.players))
		r.Post(playersPath, with(user.ManageConfiguration, s.savePlayers))
	}
	if s.Logos != nil {
		r.Get(logosPath, with(user.ManageConfiguration, s.logos))
		r.Post(logosPath+"/{type}", with(user.ManageConfiguration, s.changeLogo))
	}
	if s.Jobs == nil {
		return
	}
	r.Get("/admin/system/jobs", with(user.ManageJobs, s.jobs))
	r.Post("/admin/system/jobs/{type}/{id}/cancel", with(user.ManageJobs, s.cancelJob))
	r.Post("/admin/system/jobs/{type}/{id}/retry", with(user.ManageJobs, s.retryJob))
	r.Post("/admin/system/jobs/pause", with(user.ManageJobs, s.pauseJobs))
	r.Post("/admin/system/jobs/resume", with(user.ManageJobs, s.resumeJobs))
}

// keyboard serves the page of all keys.
func (s *Pages) keyboard(w http.ResponseWriter, r *http.Request) error {
	return s.ok(w, r, keyboard.Page(s.newPage(r, "web.keys.title")))
}

// NotFound serves what nobody serves.
func (s *Pages) NotFound(w http.ResponseWriter, r *http.Request) error {
	s.fail(w, r, notFound())
	return nil
}

// Refuse is the answer of auth.Authenticator.Pages to what it refuses.
func (s *Pages) Refuse(w http.ResponseWriter, r *http.Request, err error) { s.fail(w, r, err) }
