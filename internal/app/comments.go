package app

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/api"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// newComments fills the services of what people say and think: comments,
// ratings, mutes.
func (s *services) newComments(l *live, db *sqldb.DB) {
	directory := &actor.Directory{Store: s.actors, Site: s.site}
	s.blocks = &user.Blocks{
		Store: mutes{store.Blocks{DB: db}, s.videoSQL}, Accounts: directory, Site: s.site,
		Ledger: store.PeerLedger{DB: db}, InTx: db.InTx, Now: sqldb.Now,
	}
	s.videos.Mutes = s.blocks
	s.comments = &comment.Service{
		Store:    &store.Comments{DB: db, Videos: s.videoSQL},
		Videos:   s.videos,
		AllVideo: s.videoSQL,
		Accounts: directory,
		Blocks:   s.blocks,
		Limits:   actLimits{s},
		Rate:     user.Rate{Max: l.base.RatesLimit.Comments.Max, Window: l.base.RatesLimit.Comments.Window},
		Queue:    s.queue,
		Site:     s.site,
		InTx:     db.InTx,
		Now:      sqldb.Now,
	}
	s.rates = &video.Rates{
		Store:      store.Rates{DB: db, Videos: s.videoSQL},
		Videos:     s.videos,
		Accounts:   directory,
		AccountURL: s.accountURL,
		InTx:       db.InTx,
		Now:        sqldb.Now,
	}
	s.newAbuses(db)
}

func (s *services) accountURL(ctx context.Context, id actor.AccountID) (string, error) {
	a, err := s.actors.Account(ctx, id)
	if err != nil {
		return "", err
	}
	return a.URL, nil
}

// actLimits is the users' limiter, which is made later.
type actLimits struct{ s *services }

// Act implements comment.Limiter.
func (l actLimits) Act(ctx context.Context, scope string, id user.ID, r user.Rate) error {
	return l.s.limiter.Act(ctx, scope, id, r)
}

// commentAPI are the parts of the API of what people say and think.
func (a *App) commentAPI() []resource {
	s := a.services
	return []resource{
		&api.Comments{Comments: s.comments, Site: s.site},
		&api.Rates{Rates: s.rates, Site: s.site},
		&api.Abuses{Abuses: s.abuses, Site: s.site},
		&api.Blocklist{Blocks: s.blocks, Account: s.actors.Account, Instance: s.actors.Instance, Site: s.site},
	}
}
