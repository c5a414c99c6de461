package store

import (
	"context"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// FillFiles fills Files, Playlist and Tags of some videos.
func (s *Videos) FillFiles(ctx context.Context, list []*video.Video) error {
	if len(list) == 0 {
		return nil
	}
	for _, v := range list {
		v.Files, v.Playlist, v.Tags = nil, nil, nil
	}
	page := newVideoPage(list)
	for _, fill := range []func(context.Context, *videoPage) error{s.fillPlaylists, s.fillFiles, s.fillTags} {
		if err := fill(ctx, page); err != nil {
			return err
		}
	}
	return nil
}

// CaptionsOf lists the captions of several videos by language.
func (s *Videos) CaptionsOf(ctx context.Context, ids []video.ID) (map[video.ID][]video.Caption, error) {
	of := make(map[video.ID][]video.Caption)
	if len(ids) == 0 {
		return of, nil
	}
	text, args := sqldb.In(sqldb.From(`video_captions`), `video_id`, padded(ids)).OrderBy(`video_id, language`).Select(captionColumns)
	list, err := sqldb.All(ctx, s.DB, scanCaption, text, args...)
	for _, c := range list {
		of[c.VideoID] = append(of[c.VideoID], c)
	}
	return of, err
}

// HaveChapters tells which of several videos have chapters.
func (s *Videos) HaveChapters(ctx context.Context, ids []video.ID) (map[video.ID]bool, error) {
	have := make(map[video.ID]bool)
	if len(ids) == 0 {
		return have, nil
	}
	text, args := sqldb.In(sqldb.From(`video_chapters`), `video_id`, padded(ids)).Select(`DISTINCT video_id`)
	list, err := sqldb.All(ctx, s.DB, sqldb.Value[video.ID], text, args...)
	for _, id := range list {
		have[id] = true
	}
	return have, err
}
