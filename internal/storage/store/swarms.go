package store

import (
	"context"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// Swarms finds what viewers may share.
type Swarms struct{ DB *sqldb.DB }

// Shareable reports whether an info hash (40 hex digits) is of a file or of
// the HLS playlist of a video that everybody with its address may watch:
// public or unlisted, and published, if the owners of video and channel let
// viewers share it. Others are not shared between viewers, who would learn of
// each other and could pass them on.
func (s Swarms) Shareable(ctx context.Context, hash string) (bool, error) {
	list, err := sqldb.All(ctx, s.DB, sqldb.Value[int], shareable, hash)
	return len(list) > 0, err
}

const shareable = `
	SELECT 1 FROM swarm_hashes h JOIN streaming_playlists p ON p.id = h.playlist_id JOIN videos v ON v.id = p.video_id JOIN video_channels c ON c.id = v.channel_id
		WHERE h.info_hash = $1 AND v.privacy IN (1, 2) AND v.state = 1 AND v.p2p_disabled = FALSE AND c.p2p_disabled = FALSE
	UNION ALL
	SELECT 1 FROM video_files f JOIN videos v ON v.id = f.video_id JOIN video_channels c ON c.id = v.channel_id
		WHERE f.info_hash = $1 AND f.info_hash <> '' AND v.privacy IN (1, 2) AND v.state = 1 AND v.p2p_disabled = FALSE AND c.p2p_disabled = FALSE
	LIMIT 1`

// setSwarms replaces the hashes of a playlist, in the transaction of ctx.
func (s *VideoFiles) setSwarms(ctx context.Context, id video.PlaylistID, hashes []string) error {
	if _, err := s.DB.Exec(ctx, `DELETE FROM swarm_hashes WHERE playlist_id = $1`, id); err != nil {
		return err
	}
	for _, h := range hashes {
		if _, err := s.DB.Exec(ctx, `INSERT INTO swarm_hashes (playlist_id, info_hash) VALUES ($1, $2) ON CONFLICT (playlist_id, info_hash) DO NOTHING`, id, h); err != nil {
			return err
		}
	}
	return nil
}
