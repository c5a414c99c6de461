package app

import (
	"context"

	"github.com/go-chi/chi/v5"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/feeds"
	"sepiola/internal/server/listen"
	"sepiola/internal/storage/store"
)

// mountFeeds serves /feeds.
func (a *App) mountFeeds(root chi.Router, limits *listen.Limits) {
	s := a.services
	r := a.router("")
	(&feeds.Server{
		Videos:        s.videos,
		Captions:      s.videoSQL,
		Actors:        s.actors,
		Playlists:     s.playlists,
		Subscriptions: s.users,
		Comments:      feedComments{&store.Comments{DB: a.db, Videos: s.videoSQL}},
		PublicEmail: func(ctx context.Context, id actor.AccountID) (string, error) {
			return publicEmail(ctx, s.actors, s.users, id)
		},
		Site:     s.site,
		Markdown: s.texts,
		Settings: a.feedSettings(),
	}).Mount(r)
	h := limits.Middleware(listen.Rule{Scope: "feeds", Limit: limitOf(a.cfg.RatesLimit.Feeds)})(r)
	root.Handle("/feeds/*", h)
}

func (a *App) feedSettings() func() feeds.Settings {
	icon, cover := programPicture("icon-512.png"), programPicture("cover-1400.png")
	return func() feeds.Settings {
		cfg := a.live.cfg()
		return feeds.Settings{
			Name: cfg.Instance.Name, Description: cfg.Instance.ShortDescription, Language: cfg.Instance.DefaultLanguage, Icon: icon, Cover: cover,
			Videos: cfg.Feeds.Videos.Count, Comments: cfg.Feeds.Comments.Count, STUN: cfg.WebRTC.STUNServers,
		}
	}
}

// feedComments is a feeds.Comments.
type feedComments struct{ store *store.Comments }

// Newest implements feeds.Comments.
func (c feedComments) Newest(ctx context.Context, of feeds.CommentScope, count int) ([]*comment.Comment, error) {
	return c.store.Newest(ctx, store.NewestComments(of), count)
}

// publicEmail is the address that an account's owner wants to be seen, or "".
func publicEmail(ctx context.Context, actors store.Actors, users *user.Service, id actor.AccountID) (string, error) {
	account, err := actors.Account(ctx, id)
	if err != nil || account.UserID == 0 {
		return "", err
	}
	u, err := users.Get(ctx, user.ID(account.UserID))
	if err != nil || !u.Preferences.EmailPublic {
		return "", err
	}
	return u.Email, nil
}
