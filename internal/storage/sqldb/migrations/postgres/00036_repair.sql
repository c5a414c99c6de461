-- +goose Up

-- What other sites said before its bounds were checked: seconds that are no
-- number, and years of five digits, which no reader takes for a time. One such
-- row broke each page on which it stood.
UPDATE video_sessions SET watch_time = GREATEST(watch_time, 0), counted_watch = GREATEST(counted_watch, 0) WHERE watch_time < 0 OR counted_watch < 0;
UPDATE videos SET duration = 0 WHERE duration < 0;
UPDATE videos SET
    originally_published_at = CASE WHEN originally_published_at >= '10000-01-01' THEN NULL ELSE originally_published_at END,
    input_file_updated_at = CASE WHEN input_file_updated_at >= '10000-01-01' THEN NULL ELSE input_file_updated_at END,
    updated_at = CASE WHEN updated_at >= '10000-01-01' THEN created_at ELSE updated_at END
WHERE originally_published_at >= '10000-01-01' OR input_file_updated_at >= '10000-01-01' OR updated_at >= '10000-01-01';
UPDATE video_redundancies SET expires_at = NULL WHERE expires_at >= '10000-01-01';

-- A change that is still to come would make all that its site says later old.
UPDATE videos SET updated_at = created_at WHERE remote = TRUE AND updated_at > (now() AT TIME ZONE 'utc') + INTERVAL '1 day';
