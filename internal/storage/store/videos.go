package store

import (
	"context"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/lately"
	"sepiola/internal/storage/sqldb"
)

// Videos is the video.Store. Use it by pointer: it remembers for seconds what
// is asked for often (see videoChannels, videoTotals and videoAnswers).
type Videos struct {
	DB *sqldb.DB

	channels     videoChannels
	totals       videoTotals
	pages        videoAnswers[listAnswer]
	details      videoAnswers[*video.Video]
	kept, cards  keptVideos
	videoCards   answers[video.ID, *video.Video]
	listed       lately.Keys // pages
	newestListed newestVideos
	sums         keptSums
	keptAccounts keptUntil[actor.AccountID, actor.Account]
	keptChannels keptUntil[actor.ChannelID, actor.Channel]
	mutes        videoMutes
	unfollowed   answers[struct{}, bool]
	feeds        feedSets
}

var _ video.Store = (*Videos)(nil)

// videoColumns are scanned by scanVideo; lists cut long texts, and leave out what
// cards do not show.
const (
	videoColumns = `v.id, v.uuid, v.channel_id, v.url, v.remote, v.name, v.description, v.support, v.player_theme, ` + videoColumnsRest
	listColumns  = `v.id, v.uuid, v.channel_id, v.url, v.remote, v.name, substr(v.description, 1, 300), '', '', ` + videoColumnsRest

	videoColumnsRest = `v.category, v.licence, v.language, v.privacy, v.state, v.nsfw, v.nsfw_flags, v.nsfw_summary,
		v.duration, v.aspect_ratio, v.is_live, v.comments_policy, v.download_enabled, v.wait_transcoding, v.embed_privacy_policy,
		v.views, v.likes, v.dislikes, v.comments, v.downloads, v.files_size, v.quota_bytes, v.pictures,
		v.originally_published_at, v.input_file_updated_at,
		COALESCE(v.published_at, NULL), COALESCE(v.created_at, NULL), COALESCE(v.updated_at, NULL), v.p2p_disabled` // see sqldb.Stamp
)

func scanVideo(r sqldb.Row) (*video.Video, error) {
	v := new(video.Video)
	return v, r.Scan(videoFields(v)...)
}

// videoFields are where videoColumns go.
func videoFields(v *video.Video) []any {
	return []any{
		&v.ID, &v.UUID, &v.ChannelID, &v.URL, &v.Remote, &v.Name, &v.Description, &v.Support, &v.PlayerTheme,
		&v.Category, &v.Licence, &v.Language, &v.Privacy, &v.State, &v.NSFW, &v.NSFWFlags, &v.NSFWSummary,
		&v.Duration, &v.AspectRatio, &v.IsLive, &v.CommentsPolicy, &v.DownloadEnabled, &v.WaitTranscoding, &v.EmbedPrivacyPolicy,
		&v.Views, &v.Likes, &v.Dislikes, &v.Comments, &v.Downloads, &v.FilesSize, &v.QuotaBytes, (*pictures)(&v.Thumbnails),
		&v.OriginallyPublishedAt, &v.InputFileUpdatedAt,
		(*sqldb.Stamp)(&v.PublishedAt), (*sqldb.Stamp)(&v.CreatedAt), (*sqldb.Stamp)(&v.UpdatedAt), &v.P2PDisabled,
	}
}

// Create inserts v; see video.Store. Zero times and policies get defaults.
func (s *Videos) Create(ctx context.Context, v *video.Video) error {
	videoDefaults(v)
	return s.DB.InTx(ctx, func(ctx context.Context) (err error) {
		v.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[video.ID], `
			INSERT INTO videos (uuid, channel_id, url, remote, name, search, description, support, category, licence, language,
				privacy, state, nsfw, nsfw_flags, nsfw_summary, duration, aspect_ratio, is_live, comments_policy, download_enabled,
				wait_transcoding, embed_privacy_policy, views, likes, dislikes, comments, downloads, hot_score, files_size, quota_bytes,
				originally_published_at, input_file_updated_at, published_at, created_at, updated_at, p2p_disabled)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
				$24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37)
			RETURNING id`,
			v.UUID, v.ChannelID, v.URL, v.Remote, v.Name, searchText(v), v.Description, v.Support, v.Category, v.Licence, v.Language,
			v.Privacy, v.State, v.NSFW, v.NSFWFlags, v.NSFWSummary, v.Duration, v.AspectRatio, v.IsLive, v.CommentsPolicy, v.DownloadEnabled,
			v.WaitTranscoding, v.EmbedPrivacyPolicy, v.Views, v.Likes, v.Dislikes, v.Comments, v.Downloads, hotScore(v), v.FilesSize, v.QuotaBytes,
			v.OriginallyPublishedAt, v.InputFileUpdatedAt, v.PublishedAt, v.CreatedAt, v.UpdatedAt, v.P2PDisabled)
		if err != nil {
			return err
		}
		if err := s.setTags(ctx, v.ID, v.Tags); err != nil {
			return err
		}
		if err := s.setSchedule(ctx, v.ID, v.Schedule); err != nil {
			return err
		}
		if err := s.index(ctx, v.ID); err != nil {
			return err
		}
		return s.count(ctx, v.ChannelID, false, counted(v.Privacy, v.State))
	})
}

// index brings a video's document in the index of search up to date.
func (s *Videos) index(ctx context.Context, id video.ID) error {
	return Search{DB: s.DB}.IndexVideos(ctx, id)
}

func videoDefaults(v *video.Video) {
	now := sqldb.Now()
	for _, t := range []*time.Time{&v.CreatedAt, &v.UpdatedAt, &v.PublishedAt} {
		if t.IsZero() {
			*t = now
		}
	}
	if v.CommentsPolicy == 0 {
		v.CommentsPolicy = video.CommentsEnabled
	}
	if v.EmbedPrivacyPolicy == 0 {
		v.EmbedPrivacyPolicy = 1
	}
}

// searchText is what a simple search looks at.
func searchText(v *video.Video) string {
	return video.Searchable(v.Name + " " + strings.Join(v.Tags, " "))
}

func hotScore(v *video.Video) float64 {
	return video.HotScore(v.Views, v.Likes, v.Dislikes, v.Comments, v.PublishedAt)
}

// ByRef returns a video with its channel and owner; see video.Store.
func (s *Videos) ByRef(ctx context.Context, ref video.Ref) (v *video.Video, err error) {
	if s.kept.certain(ctx, s.DB) {
		if v, _ = s.kept.get(ref); v != nil {
			v.Tags, v.Files, v.Playlist, v.Schedule, v.Details = nil, nil, nil, nil, nil
			return v, s.fillChannels(ctx, []*video.Video{v})
		}
	}
	if ref.UUID != "" {
		v, err = sqldb.One(ctx, s.DB, scanVideo, `SELECT `+videoColumns+` FROM videos v WHERE v.uuid = $1`, ref.UUID)
	} else {
		v, err = sqldb.One(ctx, s.DB, scanVideo, `SELECT `+videoColumns+` FROM videos v WHERE v.id = $1`, ref.ID)
	}
	if err != nil {
		return nil, noVideo(err)
	}
	return v, s.fillChannels(ctx, []*video.Video{v})
}

func noVideo(err error) error {
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "Video not found")
	}
	return err
}

// OfFile returns the video that a media file's name belongs to.
func (s *Videos) OfFile(ctx context.Context, filename string) (video.ID, error) {
	if filename == "" {
		return 0, errs.New(errs.NotFound, "Video not found")
	}
	id, err := sqldb.One(ctx, s.DB, sqldb.Value[video.ID],
		`SELECT f.video_id FROM video_files f WHERE f.filename = $1 AND f.filename <> ''`, filename)
	return id, noVideo(err)
}

// held is what the counting of a channel depends on. Reading it with a write
// holds the row until the transaction ends.
type held struct {
	channel actor.ChannelID
	privacy video.Privacy
	state   video.State
}

func scanHeld(r sqldb.Row) (h held, err error) {
	err = r.Scan(&h.channel, &h.privacy, &h.state)
	return h, err
}

// counted reports whether a channel counts a video.
func counted(p video.Privacy, s video.State) bool { return p == video.Public && s == video.Published }

// count corrects a channel's number of videos. A channel with a new video has
// changed at that time.
func (s *Videos) count(ctx context.Context, ch actor.ChannelID, before, after bool) (err error) {
	s.changed(ctx)
	s.DB.AfterCommit(ctx, func(context.Context) { s.channels.forget(ch) })
	switch {
	case !before && after:
		_, err = s.DB.Exec(ctx, `UPDATE video_channels SET videos_count = videos_count + 1, updated_at = $2 WHERE id = $1`, ch, sqldb.Now())
	case before && !after:
		_, err = s.DB.Exec(ctx, `UPDATE video_channels SET videos_count = videos_count - 1 WHERE id = $1`, ch)
	}
	return err
}

// Update writes what people edit; see video.Store.
func (s *Videos) Update(ctx context.Context, v *video.Video) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		was, err := sqldb.Returning(ctx, s.DB, scanHeld,
			`UPDATE videos SET updated_at = $2 WHERE id = $1 RETURNING channel_id, privacy, state`, v.ID, v.UpdatedAt)
		if err != nil {
			return noVideo(err)
		}
		if _, err := s.DB.Exec(ctx, `
			UPDATE videos SET channel_id = $2, name = $3, search = $4, description = $5, support = $6, category = $7, licence = $8,
				language = $9, privacy = $10, nsfw = $11, nsfw_flags = $12, nsfw_summary = $13, comments_policy = $14,
				download_enabled = $15, wait_transcoding = $16, embed_privacy_policy = $17, originally_published_at = $18,
				published_at = $19, hot_score = $20, p2p_disabled = $21
			WHERE id = $1`,
			v.ID, v.ChannelID, v.Name, searchText(v), v.Description, v.Support, v.Category, v.Licence,
			v.Language, v.Privacy, v.NSFW, v.NSFWFlags, v.NSFWSummary, v.CommentsPolicy,
			v.DownloadEnabled, v.WaitTranscoding, v.EmbedPrivacyPolicy, v.OriginallyPublishedAt,
			v.PublishedAt, hotScore(v), v.P2PDisabled); err != nil {
			return err
		}
		if err := s.setTags(ctx, v.ID, v.Tags); err != nil {
			return err
		}
		if err := s.setSchedule(ctx, v.ID, v.Schedule); err != nil {
			return err
		}
		if err := s.index(ctx, v.ID); err != nil {
			return err
		}
		if was.channel != v.ChannelID {
			if err := s.moveComments(ctx, v.ID, v.ChannelID); err != nil {
				return err
			}
		}
		return s.recount(ctx, was, held{v.ChannelID, v.Privacy, was.state})
	})
}

func (s *Videos) recount(ctx context.Context, was, is held) error {
	before, after := counted(was.privacy, was.state), counted(is.privacy, is.state)
	if was.channel == is.channel {
		return s.count(ctx, is.channel, before, after)
	}
	if err := s.count(ctx, was.channel, before, false); err != nil {
		return err
	}
	return s.count(ctx, is.channel, false, after)
}

// SetState moves a video from one state to another; see video.Store.
func (s *Videos) SetState(ctx context.Context, id video.ID, from, to video.State, publishedAt *time.Time) (done bool, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		is, err := sqldb.Returning(ctx, s.DB, scanHeld,
			`UPDATE videos SET state = $3, updated_at = $4 WHERE id = $1 AND state = $2 RETURNING channel_id, privacy, state`,
			id, from, to, sqldb.Now())
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		done = true
		if publishedAt != nil {
			if err := s.publishedAt(ctx, id, *publishedAt); err != nil {
				return err
			}
		}
		if err := s.index(ctx, id); err != nil {
			return err
		}
		return s.recount(ctx, held{is.channel, is.privacy, from}, is)
	})
	return done && err == nil, err
}

func (s *Videos) publishedAt(ctx context.Context, id video.ID, at time.Time) error {
	v, err := sqldb.One(ctx, s.DB, scanVideo, `SELECT `+videoColumns+` FROM videos v WHERE v.id = $1`, id)
	if err != nil {
		return err
	}
	v.PublishedAt = at
	_, err = s.DB.Exec(ctx, `UPDATE videos SET published_at = $2, hot_score = $3 WHERE id = $1`, id, at, hotScore(v))
	return err
}

// Delete removes a video; see video.Store. Its other rows go with it.
func (s *Videos) Delete(ctx context.Context, id video.ID) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := (Search{DB: s.DB}).Remove(ctx, search.VideoKind, int64(id)); err != nil {
			return err
		}
		was, err := sqldb.Returning(ctx, s.DB, scanHeld, `DELETE FROM videos WHERE id = $1 RETURNING channel_id, privacy, state`, id)
		if err != nil {
			return noVideo(err)
		}
		return s.count(ctx, was.channel, counted(was.privacy, was.state), false)
	})
}

// Touch sets the time of the last change.
func (s *Videos) Touch(ctx context.Context, id video.ID) error {
	_, err := s.DB.Exec(ctx, `UPDATE videos SET updated_at = $2 WHERE id = $1`, id, sqldb.Now())
	s.changed(ctx)
	return err
}

// GiveBackQuota takes bytes off what a user's uploads use.
func (s *Videos) GiveBackQuota(ctx context.Context, u user.ID, bytes int64) error {
	_, err := s.DB.Exec(ctx, `UPDATE users SET video_quota_used = video_quota_used - $2 WHERE id = $1`, u, bytes)
	return err
}

func (s *Videos) setTags(ctx context.Context, id video.ID, tags []string) error {
	if _, err := s.DB.Exec(ctx, `DELETE FROM video_tags WHERE video_id = $1`, id); err != nil {
		return err
	}
	for i, tag := range tags {
		if _, err := s.DB.Exec(ctx, `INSERT INTO tags (name, folded) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, tag, video.Fold(tag)); err != nil {
			return err
		}
		if _, err := s.DB.Exec(ctx, `
			INSERT INTO video_tags (video_id, tag_id, position) SELECT $1, t.id, $2 FROM tags t WHERE t.name = $3`,
			id, i, tag); err != nil {
			return err
		}
	}
	return nil
}

func (s *Videos) setSchedule(ctx context.Context, id video.ID, u *video.ScheduleUpdate) (err error) {
	if u == nil {
		_, err = s.DB.Exec(ctx, `DELETE FROM video_schedule_updates WHERE video_id = $1`, id)
		return err
	}
	_, err = s.DB.Exec(ctx, `
		INSERT INTO video_schedule_updates (video_id, update_at, privacy) VALUES ($1, $2, $3)
		ON CONFLICT (video_id) DO UPDATE SET update_at = excluded.update_at, privacy = excluded.privacy`,
		id, u.UpdateAt, u.Privacy)
	return err
}
