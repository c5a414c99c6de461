-- +goose Up

-- To begin or end the follow of a site that shares very many videos decides
-- about each of them. What an actor shared before its newest thousand is decided
-- about later, part by part, so that nobody else waits meanwhile. A row says how
-- far that came: shares from share_id on are done.
CREATE TABLE follows_unsorted (
    actor_id BIGINT PRIMARY KEY,
    share_id BIGINT NOT NULL
);

DROP TRIGGER actor_follows_followed;
DROP TRIGGER actor_follows_accepted;
DROP TRIGGER actor_follows_ended;
DROP TRIGGER actor_follows_unfollowed;
DROP VIEW actor_videos;

-- The videos that are an actor's own.
CREATE VIEW actor_videos AS
    SELECT c.actor_id, v.id AS video_id FROM video_channels c JOIN videos v ON v.channel_id = c.id
    UNION ALL
    SELECT a.actor_id, v.id FROM accounts a JOIN video_channels c ON c.account_id = a.id JOIN videos v ON v.channel_id = c.id;

-- +goose StatementBegin
CREATE TRIGGER actor_follows_followed AFTER INSERT ON actor_follows
WHEN NEW.state = 'accepted' AND NEW.actor_id = (SELECT me.id FROM actors me WHERE me.preferred_username = 'peertube' AND me.server_id IS NULL)
BEGIN
    DELETE FROM videos_unfollowed WHERE video_id IN (
        SELECT o.video_id FROM actor_videos o WHERE o.actor_id = NEW.target_actor_id
        UNION ALL SELECT n.video_id FROM (SELECT h.video_id FROM video_shares h WHERE h.actor_id = NEW.target_actor_id ORDER BY h.id DESC LIMIT 1000) n);
    INSERT INTO follows_unsorted (actor_id, share_id)
    SELECT NEW.target_actor_id, h.id FROM video_shares h WHERE h.actor_id = NEW.target_actor_id ORDER BY h.id DESC LIMIT 1 OFFSET 999
    ON CONFLICT (actor_id) DO UPDATE SET share_id = excluded.share_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER actor_follows_accepted AFTER UPDATE OF state ON actor_follows
WHEN NEW.state = 'accepted' AND OLD.state <> 'accepted' AND NEW.actor_id = (SELECT me.id FROM actors me WHERE me.preferred_username = 'peertube' AND me.server_id IS NULL)
BEGIN
    DELETE FROM videos_unfollowed WHERE video_id IN (
        SELECT o.video_id FROM actor_videos o WHERE o.actor_id = NEW.target_actor_id
        UNION ALL SELECT n.video_id FROM (SELECT h.video_id FROM video_shares h WHERE h.actor_id = NEW.target_actor_id ORDER BY h.id DESC LIMIT 1000) n);
    INSERT INTO follows_unsorted (actor_id, share_id)
    SELECT NEW.target_actor_id, h.id FROM video_shares h WHERE h.actor_id = NEW.target_actor_id ORDER BY h.id DESC LIMIT 1 OFFSET 999
    ON CONFLICT (actor_id) DO UPDATE SET share_id = excluded.share_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER actor_follows_ended AFTER UPDATE OF state ON actor_follows
WHEN NEW.state <> 'accepted' AND OLD.state = 'accepted' AND NEW.actor_id = (SELECT me.id FROM actors me WHERE me.preferred_username = 'peertube' AND me.server_id IS NULL)
BEGIN
    INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id IN (
        SELECT o.video_id FROM actor_videos o WHERE o.actor_id = NEW.target_actor_id
        UNION ALL SELECT n.video_id FROM (SELECT h.video_id FROM video_shares h WHERE h.actor_id = NEW.target_actor_id ORDER BY h.id DESC LIMIT 1000) n)
    ON CONFLICT DO NOTHING;
    INSERT INTO follows_unsorted (actor_id, share_id)
    SELECT NEW.target_actor_id, h.id FROM video_shares h WHERE h.actor_id = NEW.target_actor_id ORDER BY h.id DESC LIMIT 1 OFFSET 999
    ON CONFLICT (actor_id) DO UPDATE SET share_id = excluded.share_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER actor_follows_unfollowed AFTER DELETE ON actor_follows
WHEN OLD.state = 'accepted' AND OLD.actor_id = (SELECT me.id FROM actors me WHERE me.preferred_username = 'peertube' AND me.server_id IS NULL)
BEGIN
    INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id IN (
        SELECT o.video_id FROM actor_videos o WHERE o.actor_id = OLD.target_actor_id
        UNION ALL SELECT n.video_id FROM (SELECT h.video_id FROM video_shares h WHERE h.actor_id = OLD.target_actor_id ORDER BY h.id DESC LIMIT 1000) n)
    ON CONFLICT DO NOTHING;
    INSERT INTO follows_unsorted (actor_id, share_id)
    SELECT OLD.target_actor_id, h.id FROM video_shares h WHERE h.actor_id = OLD.target_actor_id ORDER BY h.id DESC LIMIT 1 OFFSET 999
    ON CONFLICT (actor_id) DO UPDATE SET share_id = excluded.share_id;
END;
-- +goose StatementEnd

-- To lower share_id is to decide about what lies between.
-- +goose StatementBegin
CREATE TRIGGER follows_unsorted_lowered AFTER UPDATE OF share_id ON follows_unsorted WHEN NEW.share_id < OLD.share_id
BEGIN
    DELETE FROM videos_unfollowed WHERE video_id IN (SELECT h.video_id FROM video_shares h WHERE h.actor_id = NEW.actor_id AND h.id >= NEW.share_id AND h.id < OLD.share_id)
        AND NOT EXISTS (SELECT 1 FROM unfollowed_videos u WHERE u.video_id = videos_unfollowed.video_id);
    INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u
        WHERE u.video_id IN (SELECT h.video_id FROM video_shares h WHERE h.actor_id = NEW.actor_id AND h.id >= NEW.share_id AND h.id < OLD.share_id) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
