-- +goose Up

-- To begin or end the follow of a site that shares very many videos decides
-- about each of them. What an actor shared before its newest thousand is decided
-- about later, part by part, so that nobody else waits meanwhile. A row says how
-- far that came: shares from share_id on are done.
CREATE TABLE follows_unsorted (
    actor_id BIGINT PRIMARY KEY,
    share_id BIGINT NOT NULL
);

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION actor_follows_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one actor_follows := COALESCE(NEW, OLD);
    followed BOOLEAN := TG_OP <> 'DELETE' AND NEW.state = 'accepted';
BEGIN
    IF one.actor_id IS DISTINCT FROM (SELECT me.id FROM actors me WHERE me.preferred_username = 'peertube' AND me.server_id IS NULL)
        OR followed = (TG_OP <> 'INSERT' AND OLD.state = 'accepted') THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('sepiola site follows'));
    IF followed THEN
        DELETE FROM videos_unfollowed WHERE video_id IN (
        SELECT o.video_id FROM actor_videos o WHERE o.actor_id = one.target_actor_id
        UNION ALL SELECT n.video_id FROM (SELECT h.video_id FROM video_shares h WHERE h.actor_id = one.target_actor_id ORDER BY h.id DESC LIMIT 1000) n);
    ELSE
        INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id IN (
        SELECT o.video_id FROM actor_videos o WHERE o.actor_id = one.target_actor_id
        UNION ALL SELECT n.video_id FROM (SELECT h.video_id FROM video_shares h WHERE h.actor_id = one.target_actor_id ORDER BY h.id DESC LIMIT 1000) n)
        ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO follows_unsorted (actor_id, share_id)
    SELECT one.target_actor_id, h.id FROM video_shares h WHERE h.actor_id = one.target_actor_id ORDER BY h.id DESC LIMIT 1 OFFSET 999
    ON CONFLICT (actor_id) DO UPDATE SET share_id = excluded.share_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- The videos that are an actor's own.
DROP VIEW actor_videos;
CREATE VIEW actor_videos AS
    SELECT c.actor_id, v.id AS video_id FROM video_channels c JOIN videos v ON v.channel_id = c.id
    UNION ALL
    SELECT a.actor_id, v.id FROM accounts a JOIN video_channels c ON c.account_id = a.id JOIN videos v ON v.channel_id = c.id;

-- Waits before a row is locked: a follow, too, waits first and then takes the row.
-- +goose StatementBegin
CREATE FUNCTION follows_unsorted_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('sepiola site follows'));
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER follows_unsorted_wait BEFORE UPDATE OR DELETE ON follows_unsorted FOR EACH STATEMENT EXECUTE FUNCTION follows_unsorted_wait();

-- To lower share_id is to decide about what lies between.
-- +goose StatementBegin
CREATE FUNCTION follows_unsorted_sort() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    list BIGINT[] := ARRAY(SELECT h.video_id FROM video_shares h WHERE h.actor_id = NEW.actor_id AND h.id >= NEW.share_id AND h.id < OLD.share_id);
BEGIN
    DELETE FROM videos_unfollowed n WHERE n.video_id = ANY (list)
        AND NOT EXISTS (SELECT 1 FROM unfollowed_videos u WHERE u.video_id = n.video_id);
    INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id = ANY (list) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER follows_unsorted_lowered AFTER UPDATE OF share_id ON follows_unsorted FOR EACH ROW
WHEN (NEW.share_id < OLD.share_id) EXECUTE FUNCTION follows_unsorted_sort();
