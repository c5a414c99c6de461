-- +goose Up

-- What other sites mirror of videos: a CacheFile each.
CREATE TABLE video_redundancies (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    url        TEXT NOT NULL UNIQUE,
    video_id   BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    actor_id   BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    base_url   TEXT NOT NULL,
    expires_at TIMESTAMP, -- null: until its site says otherwise
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX video_redundancies_video ON video_redundancies (video_id, id);
CREATE INDEX video_redundancies_actor ON video_redundancies (actor_id);
CREATE INDEX video_redundancies_expires ON video_redundancies (expires_at) WHERE expires_at IS NOT NULL;

-- The base URLs of a video's, beside its playlist, so that its details need no
-- further query. Triggers keep it, as rows go by cascades too. (SQLite before
-- 3.44, which may be what somebody looks at the file with, reads no ORDER BY in
-- an aggregate: a schema with one is malformed to it.)
ALTER TABLE streaming_playlists ADD COLUMN mirrors TEXT NOT NULL DEFAULT '[]';
CREATE VIEW video_mirrors AS
    SELECT v.id AS video_id, (SELECT json_group_array(o.base_url) FROM (SELECT r.base_url FROM video_redundancies r WHERE r.video_id = v.id ORDER BY r.id) o) AS mirrors
    FROM videos v;

-- +goose StatementBegin
CREATE TRIGGER video_redundancies_insert AFTER INSERT ON video_redundancies
BEGIN
    UPDATE streaming_playlists SET mirrors = (SELECT m.mirrors FROM video_mirrors m WHERE m.video_id = NEW.video_id) WHERE video_id = NEW.video_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER video_redundancies_update AFTER UPDATE OF base_url ON video_redundancies WHEN OLD.base_url <> NEW.base_url
BEGIN
    UPDATE streaming_playlists SET mirrors = (SELECT m.mirrors FROM video_mirrors m WHERE m.video_id = NEW.video_id) WHERE video_id = NEW.video_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER video_redundancies_delete AFTER DELETE ON video_redundancies
BEGIN
    UPDATE streaming_playlists SET mirrors = COALESCE((SELECT m.mirrors FROM video_mirrors m WHERE m.video_id = OLD.video_id), '[]') WHERE video_id = OLD.video_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER streaming_playlists_mirrors AFTER INSERT ON streaming_playlists
WHEN EXISTS (SELECT 1 FROM video_redundancies r WHERE r.video_id = NEW.video_id)
BEGIN
    UPDATE streaming_playlists SET mirrors = (SELECT m.mirrors FROM video_mirrors m WHERE m.video_id = NEW.video_id) WHERE id = NEW.id;
END;
-- +goose StatementEnd
