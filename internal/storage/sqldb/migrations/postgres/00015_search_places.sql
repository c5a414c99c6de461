-- +goose Up

-- The index of search has where a video has its words (title, or tags and
-- names) as words of their own. The job that keeps the index reads all videos anew.
INSERT INTO search_stale (kind, ref_id) SELECT 1, id FROM videos WHERE privacy IN (1, 4) AND state = 1
ON CONFLICT (kind, ref_id) DO NOTHING;
