package store

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// stale is a thing that is to be read into the index.
type stale struct {
	kind search.Kind
	id   int64
}

// IndexStale reads at most limit videos and channels into the index that wait
// for it, or takes out as many that are deleted, or makes as many names
// comparable anew, and returns how many it did. It goes on where it was cut off:
// what it has read waits no more.
func (s Search) IndexStale(ctx context.Context, limit int) (n int, err error) {
	if n, err = s.sweepDeleted(ctx, limit); err != nil || n > 0 {
		return n, err
	}
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		// Deleted before they are read: what changes meanwhile waits again.
		list, err := sqldb.ReturningAll(ctx, s.DB, func(r sqldb.Row) (t stale, err error) {
			err = r.Scan(&t.kind, &t.id)
			return t, err
		}, `DELETE FROM search_stale WHERE (kind, ref_id) IN
			(SELECT kind, ref_id FROM search_stale WHERE kind IN (1, 2, 5, 6) ORDER BY kind, ref_id LIMIT $1) RETURNING kind, ref_id`, limit)
		if err != nil {
			return err
		}
		n = len(list)
		byKind := map[search.Kind][]int64{}
		for _, t := range list {
			byKind[t.kind] = append(byKind[t.kind], t.id)
		}
		for _, of := range []struct {
			kind search.Kind
			read func(ids []int64) error
		}{
			{search.VideoKind, func(ids []int64) error { return s.IndexVideos(ctx, as[video.ID](ids)...) }},
			{search.ChannelKind, func(ids []int64) error { return s.IndexChannels(ctx, as[actor.ChannelID](ids)...) }},
			{foldedVideo, func(ids []int64) error { return s.foldVideos(ctx, ids) }},
			{foldedPlaylist, func(ids []int64) error { return s.foldPlaylists(ctx, ids) }},
		} {
			if ids := byKind[of.kind]; len(ids) > 0 {
				if err := of.read(ids); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return n, err
}

func as[T ~int64](ids []int64) []T {
	out := make([]T, len(ids))
	for i, id := range ids {
		out[i] = T(id)
	}
	return out
}

// StaleAll makes everything wait to be read into the index.
func (s Search) StaleAll(ctx context.Context) error {
	return s.staleFrom(ctx,
		`SELECT 1, id FROM videos WHERE privacy IN (1, 4) AND state = 1`,
		`SELECT 2, id FROM video_channels WHERE TRUE`,
		`SELECT DISTINCT 4, video_id FROM video_captions WHERE TRUE`)
}

func (s Search) staleFrom(ctx context.Context, queries ...string) error {
	for _, q := range queries {
		if _, err := s.DB.Exec(ctx, `INSERT INTO search_stale (kind, ref_id) `+q+` ON CONFLICT (kind, ref_id) DO NOTHING`); err != nil {
			return err
		}
	}
	return nil
}

// staleOfChannel makes the videos of a channel wait: it is called otherwise
// now.
func (s Search) staleOfChannel(ctx context.Context, id actor.ChannelID) error {
	_, err := s.DB.Exec(ctx, `INSERT INTO search_stale (kind, ref_id)
		SELECT 1, v.id FROM videos v WHERE v.channel_id = $1 AND v.privacy IN (1, 4) AND v.state = 1 ON CONFLICT (kind, ref_id) DO NOTHING`, id)
	return err
}

// staleOfAccount makes the channels of an account and their videos wait.
func (s Search) staleOfAccount(ctx context.Context, id actor.AccountID) error {
	if _, err := s.DB.Exec(ctx, `INSERT INTO search_stale (kind, ref_id)
		SELECT 2, c.id FROM video_channels c WHERE c.account_id = $1 ON CONFLICT (kind, ref_id) DO NOTHING`, id); err != nil {
		return err
	}
	_, err := s.DB.Exec(ctx, `INSERT INTO search_stale (kind, ref_id)
		SELECT 1, v.id FROM videos v JOIN video_channels c ON c.id = v.channel_id
		WHERE c.account_id = $1 AND v.privacy IN (1, 4) AND v.state = 1 ON CONFLICT (kind, ref_id) DO NOTHING`, id)
	return err
}

// Upkeep makes videos wait whose number of views has another number of digits
// than the index knows, and corrects how many documents have each word: what
// goes with its channel or account is not counted when it goes.
func (s Search) Upkeep(ctx context.Context) error {
	if err := s.staleFrom(ctx, `SELECT 1, v.id FROM search_docs d JOIN videos v ON v.id = d.video_id
		WHERE d.band <> CASE WHEN v.views > 0 THEN length(CAST(v.views AS TEXT)) ELSE 0 END`); err != nil {
		return err
	}
	counts, err := s.countWords(ctx)
	if err != nil {
		return err
	}
	const atOnce = 5000
	for last := int64(0); ; {
		words, err := s.Words(ctx, last, atOnce)
		if err != nil || len(words) == 0 {
			return err
		}
		last = words[len(words)-1].ID
		change := map[string]int64{}
		for _, w := range words {
			if n := counts[w.Text]; n != w.Docs {
				change[w.Text] = n - w.Docs
			}
		}
		if err := s.correct(ctx, change); err != nil {
			return err
		}
	}
}

// correct changes counts, and forgets words that no document has.
func (s Search) correct(ctx context.Context, change map[string]int64) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if len(change) > 0 {
			if err := s.count(ctx, change); err != nil {
				return err
			}
		}
		_, err := s.DB.Exec(ctx, `DELETE FROM search_words WHERE docs <= 0`)
		return err
	})
}

// countWords reads all documents, some at a time.
func (s Search) countWords(ctx context.Context) (map[string]int64, error) {
	const atOnce = 2000
	type row struct {
		id   int64
		text string
	}
	counts := map[string]int64{}
	for last := int64(0); ; {
		rows, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (d row, err error) {
			err = r.Scan(&d.id, &d.text)
			return d, err
		}, `SELECT id, title || tags || owner FROM search_docs WHERE id > $1 ORDER BY id LIMIT $2`, last, atOnce)
		if err != nil || len(rows) == 0 {
			return counts, err
		}
		last = rows[len(rows)-1].id
		for _, d := range rows {
			for _, w := range search.VocabularyOf(d.text) {
				counts[w]++
			}
		}
	}
}
