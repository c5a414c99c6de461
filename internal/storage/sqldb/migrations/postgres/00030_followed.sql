-- +goose Up

-- Videos of other sites that this site has, because somebody asked for them or
-- is subscribed there, but whose channel, account or sharers the site itself does
-- not follow. Public lists leave them out. Triggers keep them, so that they are
-- right also when rows go because what they belong to is deleted.
CREATE TABLE videos_unfollowed (
    video_id BIGINT PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE
);

-- Who the site follows; found by both ends.
CREATE VIEW site_follows AS
    SELECT f.target_actor_id FROM actor_follows f
    WHERE f.actor_id = (SELECT me.id FROM actors me WHERE me.preferred_username = 'peertube' AND me.server_id IS NULL) AND f.state = 'accepted';

-- What the table is to hold.
CREATE VIEW unfollowed_videos AS
    SELECT v.id AS video_id FROM videos v JOIN video_channels c ON c.id = v.channel_id JOIN accounts a ON a.id = c.account_id
    WHERE v.remote = TRUE
        AND NOT EXISTS (SELECT 1 FROM site_follows f WHERE f.target_actor_id = c.actor_id)
        AND NOT EXISTS (SELECT 1 FROM site_follows f WHERE f.target_actor_id = a.actor_id)
        AND NOT EXISTS (SELECT 1 FROM video_shares h JOIN site_follows f ON f.target_actor_id = h.actor_id WHERE h.video_id = v.id);

-- The videos that are an actor's own or that it shared.
CREATE VIEW actor_videos AS
    SELECT c.actor_id, v.id AS video_id FROM video_channels c JOIN videos v ON v.channel_id = c.id
    UNION ALL
    SELECT a.actor_id, v.id FROM accounts a JOIN video_channels c ON c.account_id = a.id JOIN videos v ON v.channel_id = c.id
    UNION ALL
    SELECT h.actor_id, h.video_id FROM video_shares h;

INSERT INTO videos_unfollowed (video_id) SELECT video_id FROM unfollowed_videos;

-- A follow and a video or share of who is followed may come at once, in
-- transactions that do not see each other: whichever is second waits for the
-- first, and then sees it. Videos and shares do not wait for each other.
-- +goose StatementBegin
CREATE FUNCTION videos_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('sepiola site follows'));
    DELETE FROM videos_unfollowed WHERE video_id = NEW.id;
    INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id = NEW.id ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER videos_unfollowed_insert AFTER INSERT ON videos FOR EACH ROW WHEN (NEW.remote) EXECUTE FUNCTION videos_follow();
CREATE TRIGGER videos_unfollowed_move AFTER UPDATE OF channel_id, remote ON videos FOR EACH ROW
WHEN (OLD.channel_id <> NEW.channel_id OR OLD.remote <> NEW.remote) EXECUTE FUNCTION videos_follow();

-- +goose StatementBegin
CREATE FUNCTION video_shares_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('sepiola site follows'));
    IF TG_OP = 'INSERT' THEN
        DELETE FROM videos_unfollowed WHERE video_id = NEW.video_id AND EXISTS (SELECT 1 FROM site_follows f WHERE f.target_actor_id = NEW.actor_id);
    ELSE
        INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id = OLD.video_id ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER video_shares_followed AFTER INSERT OR DELETE ON video_shares FOR EACH ROW EXECUTE FUNCTION video_shares_follow();

-- +goose StatementBegin
CREATE FUNCTION actor_follows_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one actor_follows := COALESCE(NEW, OLD);
BEGIN
    IF one.actor_id IS DISTINCT FROM (SELECT me.id FROM actors me WHERE me.preferred_username = 'peertube' AND me.server_id IS NULL) THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('sepiola site follows'));
    IF TG_OP <> 'INSERT' AND OLD.state = 'accepted' THEN
        INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id IN (SELECT o.video_id FROM actor_videos o WHERE o.actor_id = OLD.target_actor_id) ON CONFLICT DO NOTHING;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state = 'accepted' THEN
        DELETE FROM videos_unfollowed WHERE video_id IN (SELECT o.video_id FROM actor_videos o WHERE o.actor_id = NEW.target_actor_id);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER actor_follows_followed AFTER INSERT OR DELETE ON actor_follows FOR EACH ROW EXECUTE FUNCTION actor_follows_follow();
CREATE TRIGGER actor_follows_accepted AFTER UPDATE OF state ON actor_follows FOR EACH ROW
WHEN ((OLD.state = 'accepted') <> (NEW.state = 'accepted')) EXECUTE FUNCTION actor_follows_follow();
