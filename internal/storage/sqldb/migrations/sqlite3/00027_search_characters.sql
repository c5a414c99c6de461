-- +goose Up

-- In scripts without spaces the last character of a text is a word of the index
-- now, and a passage of captions knows when each of its lines is said: the job
-- that keeps the index reads all anew.
INSERT INTO search_stale (kind, ref_id) SELECT 1, id FROM videos WHERE privacy IN (1, 4) AND state = 1
ON CONFLICT (kind, ref_id) DO NOTHING;
INSERT INTO search_stale (kind, ref_id) SELECT 2, id FROM video_channels WHERE id > 0
ON CONFLICT (kind, ref_id) DO NOTHING;
INSERT INTO search_stale (kind, ref_id) SELECT DISTINCT 4, video_id FROM video_captions WHERE video_id > 0
ON CONFLICT (kind, ref_id) DO NOTHING;
