package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// VideoFiles keeps the rows of what was made of videos: media files, the
// playlist, storyboards. It must not be copied.
type VideoFiles struct {
	DB *sqldb.DB

	mu   sync.Mutex
	held map[video.ID]*heldLock
	once sync.Once
	slot chan struct{} // bounds the connections that locks take
}

// ForWork returns what work on a video needs to know of it, with Files (best
// first), Playlist and Channel's id.
func (s *VideoFiles) ForWork(ctx context.Context, id video.ID) (*video.Video, error) {
	v, err := sqldb.One(ctx, s.DB, scanWork, `
		SELECT v.id, v.uuid, v.channel_id, v.name, v.description, v.remote, v.privacy, v.state, v.is_live, v.duration, v.wait_transcoding
		FROM videos v WHERE v.id = $1`, id)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "Video not found")
	}
	if err != nil {
		return nil, err
	}
	if v.Files, err = s.files(ctx, id); err != nil {
		return nil, err
	}
	v.Playlist, err = s.playlist(ctx, id)
	if errs.Is(err, errs.NotFound) {
		err = nil
	}
	return v, err
}

func scanWork(r sqldb.Row) (*video.Video, error) {
	v := new(video.Video)
	return v, r.Scan(&v.ID, &v.UUID, &v.ChannelID, &v.Name, &v.Description, &v.Remote, &v.Privacy, &v.State, &v.IsLive, &v.Duration, &v.WaitTranscoding)
}

const fileWorkColumns = `f.id, f.video_id, COALESCE(f.playlist_id, 0), f.resolution, f.width, f.height, f.fps, f.size, f.extname,
	f.filename, f.torrent_filename, f.info_hash, f.has_audio, f.has_video, f.storage, f.created_at`

func scanFileWork(r sqldb.Row) (f video.File, err error) {
	return f, r.Scan(&f.ID, &f.VideoID, &f.PlaylistID, &f.Resolution, &f.Width, &f.Height, &f.FPS, &f.Size, &f.Extname,
		&f.Filename, &f.TorrentFilename, &f.InfoHash, &f.HasAudio, &f.HasVideo, &f.Storage, &f.CreatedAt)
}

func (s *VideoFiles) files(ctx context.Context, id video.ID) ([]video.File, error) {
	return sqldb.All(ctx, s.DB, scanFileWork, `
		SELECT `+fileWorkColumns+` FROM video_files f WHERE f.video_id = $1 ORDER BY f.resolution DESC, f.fps DESC, f.id`, id)
}

func (s *VideoFiles) playlist(ctx context.Context, id video.ID) (*video.StreamingPlaylist, error) {
	return sqldb.One(ctx, s.DB, scanPlaylistWork, `
		SELECT p.id, p.video_id, p.playlist_filename, p.segments_filename, p.p2p_info_hashes, p.storage
		FROM streaming_playlists p WHERE p.video_id = $1 AND p.type = 1`, id)
}

func scanPlaylistWork(r sqldb.Row) (*video.StreamingPlaylist, error) {
	p := new(video.StreamingPlaylist)
	var hashes []byte
	if err := r.Scan(&p.ID, &p.VideoID, &p.PlaylistFilename, &p.SegmentsFilename, &hashes, &p.Storage); err != nil {
		return nil, err
	}
	return p, json.Unmarshal(hashes, &p.P2PInfoHashes)
}

// EnsurePlaylist returns the playlist of a video; without one, p is inserted
// and gets its id.
func (s *VideoFiles) EnsurePlaylist(ctx context.Context, p video.StreamingPlaylist) (*video.StreamingPlaylist, error) {
	now := sqldb.Now()
	_, err := s.DB.Exec(ctx, `
		INSERT INTO streaming_playlists (video_id, type, playlist_filename, segments_filename, storage, created_at, updated_at)
		VALUES ($1, 1, $2, $3, $4, $5, $5) ON CONFLICT (video_id, type) DO NOTHING`,
		p.VideoID, p.PlaylistFilename, p.SegmentsFilename, p.Storage, now)
	if err != nil {
		return nil, err
	}
	return s.playlist(ctx, p.VideoID)
}

// SetSwarms writes the info hashes of a playlist's swarms and the version of
// the protocol they are for.
func (s *VideoFiles) SetSwarms(ctx context.Context, id video.PlaylistID, hashes []string, version int) error {
	b, err := json.Marshal(append([]string{}, hashes...))
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, `
			UPDATE streaming_playlists SET p2p_info_hashes = $2, p2p_version = $3, updated_at = $4 WHERE id = $1`,
			id, string(b), version, sqldb.Now()); err != nil {
			return err
		}
		return s.setSwarms(ctx, id, hashes)
	})
}

// PutFile inserts f and sets its id. The file of the same resolution, whatever
// its frame rate, in the same playlist (or among the progressive ones) is
// replaced and returned. The video's size follows.
func (s *VideoFiles) PutFile(ctx context.Context, f *video.File) (old []video.File, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		old, err = sqldb.ReturningAll(ctx, s.DB, scanFileWork, `
			DELETE FROM video_files WHERE video_id = $1 AND COALESCE(playlist_id, 0) = $2 AND resolution = $3
			RETURNING `+strings.ReplaceAll(fileWorkColumns, "f.", ""), f.VideoID, f.PlaylistID, f.Resolution)
		if err != nil {
			return fmt.Errorf("replace a file: %w", err)
		}
		if f.ID, err = s.insertFile(ctx, f); err != nil {
			return err
		}
		return s.recount(ctx, f.VideoID)
	})
	return old, err
}

func (s *VideoFiles) insertFile(ctx context.Context, f *video.File) (video.FileID, error) {
	metadata := cmp.Or(string(f.Metadata), "{}")
	playlist := sql.NullInt64{Int64: int64(f.PlaylistID), Valid: f.PlaylistID != 0}
	return sqldb.Returning(ctx, s.DB, sqldb.Value[video.FileID], `
		INSERT INTO video_files (video_id, playlist_id, resolution, width, height, fps, size, extname, filename,
			torrent_filename, info_hash, has_audio, has_video, metadata, storage, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
		RETURNING id`,
		f.VideoID, playlist, f.Resolution, f.Width, f.Height, f.FPS, f.Size, f.Extname, f.Filename,
		f.TorrentFilename, f.InfoHash, f.HasAudio, f.HasVideo, metadata, f.Storage, sqldb.Now())
}

func (s *VideoFiles) recount(ctx context.Context, id video.ID) error {
	_, err := s.DB.Exec(ctx, `
		UPDATE videos SET files_size = (SELECT COALESCE(sum(size), 0) FROM video_files WHERE video_id = $1) WHERE id = $1`, id)
	return err
}

// DropFiles removes rows of media files of a video, and the playlist too when
// none of its files is left.
func (s *VideoFiles) DropFiles(ctx context.Context, id video.ID, files []video.FileID) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		for _, f := range files {
			if _, err := s.DB.Exec(ctx, `DELETE FROM video_files WHERE id = $1 AND video_id = $2`, f, id); err != nil {
				return err
			}
		}
		_, err := s.DB.Exec(ctx, `
			DELETE FROM streaming_playlists WHERE video_id = $1
			AND NOT EXISTS (SELECT 1 FROM video_files f WHERE f.playlist_id = streaming_playlists.id)`, id)
		if err != nil {
			return err
		}
		return s.recount(ctx, id)
	})
}

// SetTorrent writes the torrent of a file.
func (s *VideoFiles) SetTorrent(ctx context.Context, id video.FileID, filename, infoHash string) error {
	_, err := s.DB.Exec(ctx, `
		UPDATE video_files SET torrent_filename = $2, info_hash = $3, updated_at = $4 WHERE id = $1`,
		id, filename, infoHash, sqldb.Now())
	return err
}

// SetMedia writes what examining the file found: seconds, and width divided
// by height.
func (s *VideoFiles) SetMedia(ctx context.Context, id video.ID, duration int, aspectRatio float64) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, `UPDATE videos SET duration = $2, aspect_ratio = $3 WHERE id = $1`, id, duration, aspectRatio); err != nil {
			return err
		}
		return Search{DB: s.DB}.IndexVideos(ctx, id)
	})
}

// KeepSource records that the uploaded file is kept, under a name in the
// section of originals.
func (s *VideoFiles) KeepSource(ctx context.Context, id video.ID, filename string) error {
	_, err := s.DB.Exec(ctx, `
		UPDATE video_sources SET kept_filename = $2
		WHERE id = (SELECT max(id) FROM video_sources WHERE video_id = $1)`, id, filename)
	return err
}

// KeptSource returns the name of the uploaded file, or "" when it is not kept.
func (s *VideoFiles) KeptSource(ctx context.Context, id video.ID) (string, error) {
	name, err := sqldb.One(ctx, s.DB, sqldb.Value[string], `
		SELECT kept_filename FROM video_sources WHERE video_id = $1 ORDER BY id DESC LIMIT 1`, id)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return name, err
}

// DropOldSources records that the files of earlier uploads of a video are not
// kept any more, and returns their names.
func (s *VideoFiles) DropOldSources(ctx context.Context, id video.ID) (names []string, err error) {
	const old = `video_id = $1 AND kept_filename <> '' AND id < (SELECT max(id) FROM video_sources WHERE video_id = $1)`
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		if names, err = sqldb.All(ctx, s.DB, sqldb.Value[string], `SELECT kept_filename FROM video_sources WHERE `+old+` ORDER BY id`, id); err != nil {
			return err
		}
		_, err := s.DB.Exec(ctx, `UPDATE video_sources SET kept_filename = '' WHERE `+old, id)
		return err
	})
	return names, err
}

// OwnPictures reports whether a video has pictures and nobody chose them.
func (s *VideoFiles) OwnPictures(ctx context.Context, id video.ID) (bool, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[bool], `
		SELECT EXISTS (SELECT 1 FROM thumbnails WHERE video_id = $1)
			AND NOT EXISTS (SELECT 1 FROM thumbnails WHERE video_id = $1 AND NOT auto_generated)`, id)
}

// PutStoryboard makes b the storyboard of its video and returns the name of
// the file of the one before, or "".
func (s *VideoFiles) PutStoryboard(ctx context.Context, b video.Storyboard) (old string, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		old, err = sqldb.Returning(ctx, s.DB, sqldb.Value[string],
			`DELETE FROM storyboards WHERE video_id = $1 RETURNING filename`, b.VideoID)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		_, err := s.DB.Exec(ctx, `
			INSERT INTO storyboards (video_id, filename, total_width, total_height, sprite_width, sprite_height, sprite_duration, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			b.VideoID, b.Filename, b.TotalWidth, b.TotalHeight, b.SpriteWidth, b.SpriteHeight, b.SpriteDuration, sqldb.Now())
		return err
	})
	return old, err
}

// WithoutPictures reports whether a video has no thumbnail yet.
func (s *VideoFiles) WithoutPictures(ctx context.Context, id video.ID) (bool, error) {
	n, err := sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT count(*) FROM thumbnails WHERE video_id = $1`, id)
	return n == 0, err
}

// PlaylistCaptions lists the captions of a video that have an HLS playlist.
func (s *VideoFiles) PlaylistCaptions(ctx context.Context, id video.ID) ([]video.Caption, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (c video.Caption, err error) {
		return c, r.Scan(&c.VideoID, &c.Language, &c.Filename, &c.M3U8Filename)
	}, `SELECT c.video_id, c.language, c.filename, c.m3u8_filename FROM video_captions c
		WHERE c.video_id = $1 AND c.m3u8_filename <> '' ORDER BY c.language`, id)
}
