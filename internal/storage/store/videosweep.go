package store

import (
	"context"
	"path"
	"slices"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// knownFiles tells for each section of files how its names are found: a
// query for the ones of a list that some row names.
var knownFiles = map[string]struct{ from, column string }{
	"web-videos":  {`video_files f`, `f.filename`},
	"torrents":    {`video_files f`, `f.torrent_filename`},
	"thumbnails":  {`(SELECT filename FROM thumbnails UNION ALL SELECT filename FROM playlist_thumbnails) f`, `f.filename`},
	"storyboards": {`storyboards f`, `f.filename`},
	"captions":    {`video_captions f`, `f.filename`},
	"avatars":     {`actor_images f`, `f.filename`},
}

// Unnamed returns those of names (paths in a section of files, at most a few
// hundred) that no row names. Of a section that is not known it returns none.
func (s *VideoFiles) Unnamed(ctx context.Context, section string, names []string) ([]string, error) {
	switch known, ok := knownFiles[section]; {
	case len(names) == 0:
		return nil, nil
	case section == "streaming-playlists":
		return s.unnamedHLS(ctx, names)
	case section == "original-video-files":
		return s.unnamedOriginals(ctx, names)
	case ok:
		return s.unnamed(ctx, names, path.Base, known.from, known.column)
	}
	return nil, nil
}

// unnamed looks the keys of names up in one column.
func (s *VideoFiles) unnamed(ctx context.Context, names []string, key func(string) string, from, column string) ([]string, error) {
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = key(name)
	}
	text, args := sqldb.In(sqldb.From(from), column, keys).Select(column)
	found, err := sqldb.All(ctx, s.DB, sqldb.Value[string], text, args...)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(found))
	for _, k := range found {
		known[k] = true
	}
	var left []string
	for i, name := range names {
		if !known[keys[i]] {
			left = append(left, name)
		}
	}
	return left, nil
}

// unnamedHLS: a name may be that of a media file, of its playlist, of the
// video's playlist or hashes, or of a caption's playlist.
func (s *VideoFiles) unnamedHLS(ctx context.Context, names []string) (left []string, err error) {
	media := func(name string) string {
		return strings.TrimSuffix(strings.TrimSuffix(path.Base(name), "-fragmented.mp4"), ".m3u8") + "-fragmented.mp4"
	}
	if left, err = s.unnamed(ctx, names, media, `video_files f`, `f.filename`); err != nil {
		return nil, err
	}
	for _, in := range []struct{ from, column string }{
		{`streaming_playlists f`, `f.playlist_filename`},
		{`streaming_playlists f`, `f.segments_filename`},
		{`video_captions f`, `f.m3u8_filename`},
	} {
		if len(left) == 0 {
			return nil, nil
		}
		if left, err = s.unnamed(ctx, left, path.Base, in.from, in.column); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// unnamedOriginals: kept and listed ones are named, others are needed while their video,
// whose UUID begins their name, is being worked on or is still being made of
// an upload.
func (s *VideoFiles) unnamedOriginals(ctx context.Context, names []string) ([]string, error) {
	left, err := s.unnamed(ctx, names, path.Base, `video_sources f`, `f.kept_filename`)
	if err != nil || len(left) == 0 {
		return nil, err
	}
	if left, err = s.unnamed(ctx, left, path.Base, `video_files f`, `f.filename`); err != nil || len(left) == 0 {
		return nil, err
	}
	const uuidLength = 36
	uuid := func(name string) string { return name[:min(uuidLength, len(name))] }
	uploads, err := Uploads{s.DB}.Files(ctx)
	if err != nil {
		return nil, err
	}
	left = slices.DeleteFunc(left, func(name string) bool { return uploads[uuid(name)] })
	return s.unnamed(ctx, left, uuid, `(SELECT v.uuid FROM videos v WHERE v.state IN (2, 7, 9)
		OR EXISTS (SELECT 1 FROM video_transcodes t WHERE t.video_id = v.id AND t.state IN ('pending', 'running'))) f`, `f.uuid`)
}

// FilesAfter lists local media files by id, of all videos, with the UUID and
// privacy of their video, for checking that they are there.
func (s *VideoFiles) FilesAfter(ctx context.Context, after video.FileID, limit int) ([]video.FilePlace, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (p video.FilePlace, err error) {
		return p, r.Scan(&p.File, &p.VideoID, &p.UUID, &p.Privacy, &p.Filename, &p.HLS)
	}, `SELECT f.id, v.id, v.uuid, v.privacy, f.filename, f.playlist_id IS NOT NULL
		FROM video_files f JOIN videos v ON v.id = f.video_id
		WHERE f.id > $1 AND f.filename <> '' AND NOT v.remote ORDER BY f.id LIMIT $2`, after, limit)
}

// DueUpdates lists videos whose scheduled change of privacy has come.
func (s *VideoFiles) DueUpdates(ctx context.Context, limit int) ([]video.DueUpdate, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (d video.DueUpdate, err error) {
		return d, r.Scan(&d.VideoID, &d.Privacy)
	}, `SELECT u.video_id, u.privacy FROM video_schedule_updates u
		WHERE u.update_at <= $1 ORDER BY u.update_at, u.video_id LIMIT $2`, sqldb.Now(), limit)
}
