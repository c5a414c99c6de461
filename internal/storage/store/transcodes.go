package store

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Transcodes keeps what is to be made of videos, and how far it is.
type Transcodes struct{ DB *sqldb.DB }

const transcodeColumns = `t.video_id, t.kind, t.resolution, t.fps, t.required, t.state, t.progress, t.seconds_left, t.error, t.reason`

func scanTranscode(r sqldb.Row) (t video.Transcode, err error) {
	return t, r.Scan(&t.VideoID, &t.Kind, &t.Resolution, &t.FPS, &t.Required, &t.State, &t.Progress, &t.SecondsLeft, &t.Error, (*storedReason)(&t.Reason))
}

// storedReason is a JSON list of texts, ” for none. What was written before
// there were reasons has none, and what is no list counts as none: the text
// beside it says the same.
type storedReason errs.Reason

// Scan implements sql.Scanner.
func (s *storedReason) Scan(from any) error {
	*s = nil
	if text, ok := from.(string); ok && text != "" {
		_ = json.Unmarshal([]byte(text), (*[]string)(s))
	}
	return nil
}

func reasonText(r errs.Reason) string {
	if len(r) == 0 {
		return ""
	}
	b, _ := json.Marshal([]string(r)) // texts
	return string(b)
}

// OfVideo lists the steps of a video, best resolution first.
func (s Transcodes) OfVideo(ctx context.Context, id video.ID) ([]video.Transcode, error) {
	return sqldb.All(ctx, s.DB, scanTranscode, `
		SELECT `+transcodeColumns+` FROM video_transcodes t
		WHERE t.video_id = $1 ORDER BY t.resolution DESC, t.kind`, id)
}

// Plan makes steps the ones of their video. Those that are done stay done,
// others begin anew, and ones that are not in steps and not done are removed.
func (s Transcodes) Plan(ctx context.Context, id video.ID, steps []video.Transcode) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, `DELETE FROM video_transcodes WHERE video_id = $1 AND state <> 'done'`, id); err != nil {
			return err
		}
		for _, t := range steps {
			_, err := s.DB.Exec(ctx, `
				INSERT INTO video_transcodes (video_id, kind, resolution, fps, required, state, created_at, updated_at)
				VALUES ($1, $2, $3, $4, $5, 'pending', $6, $6)
				ON CONFLICT (video_id, kind, resolution) DO NOTHING`,
				id, t.Kind, t.Resolution, t.FPS, t.Required, sqldb.Now())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Forget removes the steps of the kinds that were planned before a time, so
// that they are made again.
func (s Transcodes) Forget(ctx context.Context, id video.ID, kinds []video.TranscodeKind, before time.Time) error {
	for _, kind := range kinds {
		_, err := s.DB.Exec(ctx, `
			DELETE FROM video_transcodes WHERE video_id = $1 AND kind = $2 AND created_at < $3`, id, kind, before)
		if err != nil {
			return err
		}
	}
	return nil
}

// Progress writes how far the steps of some resolutions are that are not done;
// they are running then. left is in seconds, -1 unknown. When there are none
// (any more: the video was deleted) it is errs.NotFound.
func (s Transcodes) Progress(ctx context.Context, id video.ID, resolutions []int, percent float64, left int) error {
	if len(resolutions) == 0 {
		return nil
	}
	n, err := s.DB.Exec(ctx, `
		UPDATE video_transcodes SET state = 'running', progress = $2, seconds_left = $3, error = '', reason = '', updated_at = $4
		WHERE video_id = $1 AND state IN ('pending', 'running') AND resolution IN (`+intList(resolutions)+`)`,
		id, percent, left, sqldb.Now())
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "nothing is to be made of this video")
	}
	return err
}

// intList writes numbers for an IN; numbers cannot be anything else.
func intList(list []int) string {
	var b strings.Builder
	for i, n := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

// Done records that a step was made.
func (s Transcodes) Done(ctx context.Context, id video.ID, kind video.TranscodeKind, resolution int) error {
	_, err := s.DB.Exec(ctx, `
		UPDATE video_transcodes SET state = 'done', progress = 100, seconds_left = 0, error = '', reason = '', updated_at = $4
		WHERE video_id = $1 AND kind = $2 AND resolution = $3`, id, kind, resolution, sqldb.Now())
	return err
}

// Remark writes beside the steps that are done what their creator should know of
// what was made.
func (s Transcodes) Remark(ctx context.Context, id video.ID, what video.Failure) error {
	_, err := s.DB.Exec(ctx, `
		UPDATE video_transcodes SET error = $2, reason = $3, updated_at = $4
		WHERE video_id = $1 AND state = 'done'`, id, what.Error, reasonText(what.Reason), sqldb.Now())
	return err
}

// Hold makes the steps that are not done wait, with a reason that the creator
// may read. It is gone as soon as the work goes on.
func (s Transcodes) Hold(ctx context.Context, id video.ID, why video.Failure) error {
	_, err := s.DB.Exec(ctx, `
		UPDATE video_transcodes SET state = 'pending', error = $2, reason = $3, seconds_left = -1, updated_at = $4
		WHERE video_id = $1 AND state IN ('pending', 'running')`, id, why.Error, reasonText(why.Reason), sqldb.Now())
	return err
}

// End gives the steps that are not done a last state, with a reason that the
// creator may read.
func (s Transcodes) End(ctx context.Context, id video.ID, state video.TranscodeState, why video.Failure) error {
	_, err := s.DB.Exec(ctx, `
		UPDATE video_transcodes SET state = $2, error = $3, reason = $4, seconds_left = -1, updated_at = $5
		WHERE video_id = $1 AND state IN ('pending', 'running')`, id, state, why.Error, reasonText(why.Reason), sqldb.Now())
	return err
}

// Overall returns how far all work on each of several videos is, in percent.
func (s Transcodes) Overall(ctx context.Context, ids []video.ID) (map[video.ID]int, error) {
	type part struct {
		id      video.ID
		percent float64
	}
	if len(ids) == 0 {
		return map[video.ID]int{}, nil
	}
	q := sqldb.In(sqldb.From(`video_transcodes t`), `t.video_id`, ids)
	text, args := q.Select(`t.video_id, avg(t.progress)`)
	rows, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (p part, err error) {
		return p, r.Scan(&p.id, &p.percent)
	}, text+` GROUP BY t.video_id`, args...)
	if err != nil {
		return nil, err
	}
	m := make(map[video.ID]int, len(rows))
	for _, r := range rows {
		m[r.id] = int(r.percent)
	}
	return m, nil
}
