package store

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Rates is the video.RateStore.
type Rates struct {
	DB *sqldb.DB
	// Videos fills the videos of lists, and forgets those that are rated.
	Videos *Videos
}

var _ video.RateStore = Rates{}

// Put is part of video.RateStore.
func (s Rates) Put(ctx context.Context, r video.Rate) (before video.RateType, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		// Held until the end: two clicks at once count as one after the other.
		if _, err := sqldb.Returning(ctx, s.DB, sqldb.Value[video.ID],
			`UPDATE videos SET likes = likes WHERE id = $1 RETURNING id`, r.VideoID); err != nil {
			return noVideo(err)
		}
		if before, err = s.Rating(ctx, r.AccountID, r.VideoID); err != nil {
			return err
		}
		if before == r.Type {
			return s.rename(ctx, r)
		}
		if err := s.keep(ctx, r); err != nil {
			return err
		}
		return s.count(ctx, r.VideoID, before, r.Type)
	})
	return before, err
}

func (s Rates) keep(ctx context.Context, r video.Rate) (err error) {
	if r.Type == video.RateNone {
		_, err = s.DB.Exec(ctx, `DELETE FROM video_rates WHERE account_id = $1 AND video_id = $2`, r.AccountID, r.VideoID)
		return err
	}
	_, err = s.DB.Exec(ctx, `
		INSERT INTO video_rates (account_id, video_id, type, url, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT (account_id, video_id) DO UPDATE SET type = excluded.type, url = excluded.url, updated_at = excluded.updated_at`,
		r.AccountID, r.VideoID, r.Type, r.URL, r.CreatedAt)
	return err
}

// rename takes the id of what is said another time under another one: its end
// may name nothing but that.
func (s Rates) rename(ctx context.Context, r video.Rate) error {
	if r.Type == video.RateNone || r.URL == "" {
		return nil
	}
	_, err := s.DB.Exec(ctx, `UPDATE video_rates SET url = $3 WHERE account_id = $1 AND video_id = $2 AND url <> $3
		AND NOT EXISTS (SELECT 1 FROM video_rates o WHERE o.url = $3)`, r.AccountID, r.VideoID, r.URL)
	return err
}

// count corrects the counters of a video, and its hot score.
func (s Rates) count(ctx context.Context, id video.ID, before, after video.RateType) error {
	by := func(t video.RateType) (n int) {
		if after == t {
			n++
		}
		if before == t {
			n--
		}
		return n
	}
	if s.Videos != nil {
		s.DB.AfterCommit(ctx, func(context.Context) { s.Videos.details.forget() })
	}
	return reacted(ctx, s.DB, `UPDATE videos SET likes = likes + $2, dislikes = dislikes + $3 WHERE id = $1`, id,
		by(video.RateLike), by(video.RateDislike))
}

// Rating is part of video.RateStore.
func (s Rates) Rating(ctx context.Context, account actor.AccountID, id video.ID) (video.RateType, error) {
	t, err := sqldb.One(ctx, s.DB, sqldb.Value[video.RateType],
		`SELECT r.type FROM video_rates r WHERE r.account_id = $1 AND r.video_id = $2`, account, id)
	if errs.Is(err, errs.NotFound) {
		return video.RateNone, nil
	}
	return t, err
}

const rateByURL = `SELECT r.account_id, r.video_id, r.type, r.url, r.created_at FROM video_rates r WHERE r.url = $1 AND r.account_id = $2`

// ByURL is part of video.RateStore.
func (s Rates) ByURL(ctx context.Context, account actor.AccountID, url string) (video.Rate, error) {
	return sqldb.One(ctx, s.DB, scanRate, rateByURL, url, account)
}

var rateOrders = map[string]string{
	"-createdAt": `r.created_at DESC, r.video_id DESC`,
	"createdAt":  `r.created_at, r.video_id`,
}

const rateTables = `video_rates r JOIN videos v ON v.id = r.video_id JOIN video_channels ch ON ch.id = v.channel_id`

// ratesQuery is what List reads.
func ratesQuery(p video.RateList) (*sqldb.Query, error) {
	order, err := orderOf(rateOrders, p.Sort)
	if err != nil {
		return nil, err
	}
	return sqldb.From(rateTables).Where(`r.account_id = ?`, p.AccountID).If(p.Type != "", `r.type = ?`, p.Type).
		If(!p.SeesAll, `v.privacy IN (1, 2, 4) OR ch.account_id = r.account_id`).OrderBy(order), nil
}

// List is part of video.RateStore. What one account rated is counted live: it
// is little.
func (s Rates) List(ctx context.Context, p video.RateList) ([]video.Rate, int, error) {
	q, err := ratesQuery(p)
	if err != nil {
		return nil, 0, err
	}
	list, total, err := page(ctx, s.DB, q.Page(p.Start, p.Count), `r.account_id, r.video_id, r.type, r.url, r.created_at`, scanRate)
	if err != nil || len(list) == 0 {
		return list, total, err
	}
	ids := make([]video.ID, len(list))
	for i, r := range list {
		ids[i] = r.VideoID
	}
	videos, err := s.Videos.ByIDs(ctx, ids)
	for i := range list {
		list[i].Video = videos[list[i].VideoID]
	}
	return list, total, err
}

func scanRate(r sqldb.Row) (rate video.Rate, err error) {
	return rate, r.Scan(&rate.AccountID, &rate.VideoID, &rate.Type, &rate.URL, &rate.CreatedAt)
}

// RemoveOfAccount is part of video.RateStore.
func (s Rates) RemoveOfAccount(ctx context.Context, id actor.AccountID) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		ids, err := sqldb.All(ctx, s.DB, sqldb.Value[video.ID], `SELECT r.video_id FROM video_rates r WHERE r.account_id = $1 ORDER BY r.video_id`, id)
		if err != nil {
			return err
		}
		for _, v := range ids {
			r := video.Rate{AccountID: id, VideoID: v, Type: video.RateNone}
			if _, err := s.Put(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}
