-- +goose Up

-- The pictures of a video as its lists show them: a line for each of its
-- thumbnails, so that a list is read with one query. See store/videos_pictures.go.
ALTER TABLE videos ADD COLUMN pictures TEXT NOT NULL DEFAULT '';
UPDATE videos SET pictures = COALESCE((
    SELECT string_agg(l.line, chr(10) ORDER BY l.aspect_ratio, l.width, l.id)
    FROM (SELECT t.filename || chr(9) || t.width || chr(9) || t.height || chr(9) || t.aspect_ratio || chr(9)
            || CASE WHEN t.auto_generated THEN '1' ELSE '0' END || chr(9) || t.file_url AS line, t.aspect_ratio, t.width, t.id
        FROM thumbnails t WHERE t.video_id = videos.id) l), '');

-- Why work on a video waits or failed: a code and its values as a JSON list of
-- texts, '' where only the text is known.
ALTER TABLE video_transcodes ADD COLUMN reason TEXT NOT NULL DEFAULT '';

-- The language in which somebody asked for an account, for the answer.
ALTER TABLE user_registrations ADD COLUMN language TEXT NOT NULL DEFAULT '';
