-- +goose Up

-- Names are searched without accents and in all ways of writing now, in lists of
-- one's own too: the job that keeps the index of search writes them anew.
INSERT INTO search_stale (kind, ref_id) SELECT 5, id FROM videos WHERE TRUE
ON CONFLICT (kind, ref_id) DO NOTHING;
INSERT INTO search_stale (kind, ref_id) SELECT 6, id FROM playlists WHERE TRUE
ON CONFLICT (kind, ref_id) DO NOTHING;
