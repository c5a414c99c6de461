package store

import (
	"context"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

var _ video.EmbedStore = (*Videos)(nil)

// EmbedDomains is part of video.EmbedStore.
func (s *Videos) EmbedDomains(ctx context.Context, id video.ID) ([]string, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[string], `SELECT domain FROM video_embed_domains WHERE video_id = $1 ORDER BY domain`, id)
}

// EmbedDomainsOf is part of video.EmbedStore.
func (s *Videos) EmbedDomainsOf(ctx context.Context, ids []video.ID) (map[video.ID][]string, error) {
	type row struct {
		id     video.ID
		domain string
	}
	of := make(map[video.ID][]string, len(ids))
	if len(ids) == 0 {
		return of, nil
	}
	text, args := embedDomainsQuery(ids)
	list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (d row, err error) {
		err = r.Scan(&d.id, &d.domain)
		return d, err
	}, text, args...)
	for _, d := range list {
		of[d.id] = append(of[d.id], d.domain)
	}
	return of, err
}

func embedDomainsQuery(ids []video.ID) (text string, args []any) {
	return sqldb.In(sqldb.From(`video_embed_domains`), `video_id`, padded(ids)).OrderBy(`video_id, domain`).Select(`video_id, domain`)
}

// SetPlayerTheme is part of video.Store.
func (s *Videos) SetPlayerTheme(ctx context.Context, id video.ID, t instance.PlayerTheme) error {
	s.changed(ctx)
	_, err := s.DB.Exec(ctx, `UPDATE videos SET player_theme = $2 WHERE id = $1`, id, t)
	return err
}

// SetEmbedPrivacy is part of video.EmbedStore.
func (s *Videos) SetEmbedPrivacy(ctx context.Context, id video.ID, p video.EmbedPrivacy) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		s.changed(ctx)
		if _, err := s.DB.Exec(ctx, `UPDATE videos SET embed_privacy_policy = $2, updated_at = $3 WHERE id = $1`, id, p.Policy, sqldb.Now()); err != nil {
			return err
		}
		if _, err := s.DB.Exec(ctx, `DELETE FROM video_embed_domains WHERE video_id = $1`, id); err != nil {
			return err
		}
		for _, d := range p.Domains {
			if _, err := s.DB.Exec(ctx, `INSERT INTO video_embed_domains (video_id, domain) VALUES ($1, $2)`, id, d); err != nil {
				return err
			}
		}
		return nil
	})
}
