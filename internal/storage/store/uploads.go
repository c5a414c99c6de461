package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Uploads is the video.UploadStore.
type Uploads struct{ DB *sqldb.DB }

var _ video.UploadStore = Uploads{}

const uploadColumns = `id, user_id, kind, target_id, filename, mime_type, size, received, ahead,
	metadata, state, video_id, failure, created_at, updated_at, expires_at`

func scanUpload(r sqldb.Row) (*video.Upload, error) {
	up := new(video.Upload)
	var ahead string
	var id sql.NullInt64
	err := r.Scan(&up.ID, &up.UserID, &up.Kind, &up.TargetID, &up.Filename, &up.MIMEType, &up.Size, &up.Received, &ahead,
		&up.Metadata, &up.State, &id, &up.Failure, &up.CreatedAt, &up.UpdatedAt, &up.ExpiresAt)
	if err != nil {
		return nil, err
	}
	up.VideoID = video.ID(id.Int64)
	up.Ahead, err = parseSpans(ahead)
	return up, err
}

// formatSpans writes "300-400,500-600"; ends are exclusive.
func formatSpans(spans []video.Span) string {
	parts := make([]string, len(spans))
	for i, s := range spans {
		parts[i] = strconv.FormatInt(s.First, 10) + "-" + strconv.FormatInt(s.End, 10)
	}
	return strings.Join(parts, ",")
}

func parseSpans(text string) ([]video.Span, error) {
	if text == "" {
		return nil, nil
	}
	var spans []video.Span
	for part := range strings.SplitSeq(text, ",") {
		var s video.Span
		if _, err := fmt.Sscanf(part, "%d-%d", &s.First, &s.End); err != nil {
			return nil, fmt.Errorf("spans of an upload %q: %w", text, err)
		}
		spans = append(spans, s)
	}
	return spans, nil
}

// Create implements video.UploadStore.
func (s Uploads) Create(ctx context.Context, up *video.Upload) error {
	_, err := s.DB.Exec(ctx, `
		INSERT INTO uploads (id, user_id, kind, target_id, filename, mime_type, size, received, ahead, metadata, state, created_at, updated_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		up.ID, up.UserID, up.Kind, up.TargetID, up.Filename, up.MIMEType, up.Size, up.Received, formatSpans(up.Ahead),
		string(up.Metadata), up.State, up.CreatedAt, up.UpdatedAt, up.ExpiresAt)
	return err
}

// ByID implements video.UploadStore.
func (s Uploads) ByID(ctx context.Context, id string) (*video.Upload, error) {
	return sqldb.One(ctx, s.DB, scanUpload, `SELECT `+uploadColumns+` FROM uploads WHERE id = $1`, id)
}

// longestLease is far more than any lease lasts: one that ends later was taken
// before the clock was set back, and its writer would have renewed it.
const longestLease = 10 * time.Minute

// Lock implements video.UploadStore.
func (s Uploads) Lock(ctx context.Context, id, lease string, now, until time.Time) (*video.Upload, error) {
	up, err := sqldb.Returning(ctx, s.DB, scanUpload, `
		UPDATE uploads SET lease_id = $2, lease_until = $4
		WHERE id = $1 AND (lease_id = '' OR lease_until < $3 OR lease_until > $5)
		RETURNING `+uploadColumns, id, lease, now, until, now.Add(longestLease))
	if !errs.Is(err, errs.NotFound) {
		return up, err
	}
	if _, err := s.ByID(ctx, id); err != nil {
		return nil, err
	}
	return nil, uploadLocked()
}

func uploadLocked() error { return errs.New(errs.Locked, "somebody else writes this upload") }

// leaseHeld turns "no row was changed" into the loss of the lease.
func leaseHeld(n int64, err error) error {
	if err == nil && n == 0 {
		return uploadLocked()
	}
	return err
}

// Renew implements video.UploadStore.
func (s Uploads) Renew(ctx context.Context, id, lease string, until time.Time) error {
	return leaseHeld(s.DB.Exec(ctx, `UPDATE uploads SET lease_until = $3 WHERE id = $1 AND lease_id = $2`, id, lease, until))
}

// Unlock implements video.UploadStore.
func (s Uploads) Unlock(ctx context.Context, id, lease string) error {
	_, err := s.DB.Exec(ctx, `UPDATE uploads SET lease_id = '' WHERE id = $1 AND lease_id = $2`, id, lease)
	return err
}

// Save implements video.UploadStore.
func (s Uploads) Save(ctx context.Context, up *video.Upload, lease string, release bool) error {
	next := lease
	if release {
		next = ""
	}
	return leaseHeld(s.DB.Exec(ctx, `
		UPDATE uploads SET lease_id = $3, size = $4, received = $5, ahead = $6, metadata = $7, state = $8, failure = $9,
			updated_at = $10, expires_at = $11
		WHERE id = $1 AND lease_id = $2`,
		up.ID, lease, next, up.Size, up.Received, formatSpans(up.Ahead), string(up.Metadata), up.State, up.Failure,
		up.UpdatedAt, up.ExpiresAt))
}

// Finish implements video.UploadStore.
func (s Uploads) Finish(ctx context.Context, up *video.Upload, lease string) error {
	return leaseHeld(s.DB.Exec(ctx, `UPDATE uploads SET lease_id = '', state = $3, video_id = $4 WHERE id = $1 AND lease_id = $2`,
		up.ID, lease, up.State, up.VideoID))
}

// Delete implements video.UploadStore.
func (s Uploads) Delete(ctx context.Context, id string) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM uploads WHERE id = $1`, id)
	return err
}

// Expired implements video.UploadStore.
func (s Uploads) Expired(ctx context.Context, now time.Time, limit int) ([]*video.Upload, error) {
	return sqldb.All(ctx, s.DB, scanUpload, `
		SELECT `+uploadColumns+` FROM uploads
		WHERE expires_at < $1 AND state <> $2 AND (lease_id = '' OR lease_until < $1 OR lease_until > $4)
		ORDER BY expires_at, id LIMIT $3`, now, video.UploadProcessing, limit, now.Add(longestLease))
}

// Interrupted implements video.UploadStore.
func (s Uploads) Interrupted(ctx context.Context, now time.Time) ([]string, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[string], `
		SELECT id FROM uploads WHERE state = $1 AND (lease_id = '' OR lease_until < $2 OR lease_until > $3) ORDER BY created_at, id`,
		video.UploadProcessing, now, now.Add(longestLease))
}

// Release implements video.UploadStore.
func (s Uploads) Release(ctx context.Context) error {
	_, err := s.DB.Exec(ctx, `UPDATE uploads SET lease_id = '' WHERE lease_id <> ''`)
	return err
}

// Files implements video.UploadStore.
func (s Uploads) Files(ctx context.Context) (map[string]bool, error) {
	list, err := sqldb.All(ctx, s.DB, scanUpload, `SELECT `+uploadColumns+` FROM uploads ORDER BY id`)
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool, len(list))
	for _, up := range list {
		for _, name := range up.FileNames() {
			names[name] = true
		}
	}
	return names, nil
}

// Quota implements video.UploadStore.
func (s Uploads) Quota(ctx context.Context, id user.ID, since time.Time, except string) (video.UploadQuota, error) {
	return sqldb.One(ctx, s.DB, func(r sqldb.Row) (q video.UploadQuota, err error) {
		err = r.Scan(&q.Total, &q.Daily, &q.Used, &q.Blocked, &q.UsedToday, &q.Pending)
		return q, err
	}, `SELECT p.video_quota, p.video_quota_daily, p.video_quota_used, p.blocked,
			CAST((SELECT COALESCE(SUM(v.quota_bytes), 0) FROM videos v
				JOIN video_channels c ON c.id = v.channel_id
				JOIN accounts a ON a.id = c.account_id
				WHERE a.user_id = p.id AND v.created_at > $2) AS BIGINT),
			CAST((SELECT COALESCE(SUM(received), 0) FROM uploads
				WHERE user_id = p.id AND id <> $3 AND state IN ('open', 'processing')) AS BIGINT)
		FROM users p WHERE p.id = $1`, id, since, except)
}

// TakeQuota implements video.UploadStore.
func (s Uploads) TakeQuota(ctx context.Context, id user.ID, bytes int64) error {
	n, err := s.DB.Exec(ctx, `
		UPDATE users SET video_quota_used = video_quota_used + $2
		WHERE id = $1 AND (video_quota = $3 OR video_quota_used + $2 <= video_quota)`, id, bytes, user.Unlimited)
	if err == nil && n == 0 {
		err = errs.New(errs.TooLarge, "over the quota")
	}
	return err
}

// TouchInput implements video.UploadStore.
func (s Uploads) TouchInput(ctx context.Context, id video.ID, bytes int64, at time.Time) error {
	type change struct {
		owner user.ID
		more  int64
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		// The first statement holds the row, before anything is read of it.
		if _, err := s.DB.Exec(ctx, `UPDATE videos SET input_file_updated_at = $2, updated_at = $2 WHERE id = $1`, id, at); err != nil {
			return err
		}
		c, err := sqldb.One(ctx, s.DB, func(r sqldb.Row) (c change, err error) {
			return c, r.Scan(&c.owner, &c.more)
		}, `SELECT a.user_id, CAST($2 - v.quota_bytes AS BIGINT) FROM videos v
			JOIN video_channels c ON c.id = v.channel_id JOIN accounts a ON a.id = c.account_id WHERE v.id = $1`, id, bytes)
		if err != nil {
			return noVideo(err)
		}
		if c.more > 0 {
			err = s.TakeQuota(ctx, c.owner, c.more)
		} else { // smaller: also for who is over the quota
			_, err = s.DB.Exec(ctx, `UPDATE users SET video_quota_used = video_quota_used + $2 WHERE id = $1`, c.owner, c.more)
		}
		if err != nil {
			return err
		}
		_, err = s.DB.Exec(ctx, `UPDATE videos SET quota_bytes = $2 WHERE id = $1`, id, bytes)
		return err
	})
}

// AwaitWork implements video.UploadStore.
func (s Uploads) AwaitWork(ctx context.Context, id video.ID) error {
	_, err := s.DB.Exec(ctx, `
		INSERT INTO video_transcodes (video_id, kind, resolution, fps, required, state, created_at, updated_at)
		VALUES ($1, $2, 0, 0, $3, 'pending', $4, $4)
		ON CONFLICT (video_id, kind, resolution) DO UPDATE
		SET state = 'pending', progress = 0, seconds_left = -1, error = '', created_at = $4, updated_at = $4`,
		id, video.HLS, true, sqldb.Now())
	return err
}

// AddSource implements video.UploadStore.
func (s Uploads) AddSource(ctx context.Context, src *video.Source) error {
	metadata := string(src.Metadata)
	if metadata == "" {
		metadata = "{}"
	}
	_, err := s.DB.Exec(ctx, `
		INSERT INTO video_sources (video_id, input_filename, kept_filename, resolution, width, height, fps, size, metadata, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		src.VideoID, src.InputFilename, src.KeptFilename, src.Resolution, src.Width, src.Height, src.FPS, src.Size, metadata, src.CreatedAt)
	return err
}

// OwnsChannel implements video.UploadStore.
func (s Uploads) OwnsChannel(ctx context.Context, id user.ID, channel actor.ChannelID) (bool, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[bool], `
		SELECT EXISTS (SELECT 1 FROM video_channels c JOIN accounts a ON a.id = c.account_id WHERE c.id = $2 AND a.user_id = $1)`,
		id, channel)
}
