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

-- +goose StatementBegin
CREATE TRIGGER videos_unfollowed_insert AFTER INSERT ON videos WHEN NEW.remote = TRUE
BEGIN
    INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id = NEW.id ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER videos_unfollowed_move AFTER UPDATE OF channel_id, remote ON videos
WHEN OLD.channel_id <> NEW.channel_id OR OLD.remote <> NEW.remote
BEGIN
    DELETE FROM videos_unfollowed WHERE video_id = NEW.id;
    INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id = NEW.id ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER video_shares_followed AFTER INSERT ON video_shares
BEGIN
    DELETE FROM videos_unfollowed WHERE video_id = NEW.video_id AND EXISTS (SELECT 1 FROM site_follows f WHERE f.target_actor_id = NEW.actor_id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER video_shares_unfollowed AFTER DELETE ON video_shares
BEGIN
    INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id = OLD.video_id ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER actor_follows_followed AFTER INSERT ON actor_follows WHEN NEW.state = 'accepted' AND NEW.actor_id = (SELECT me.id FROM actors me WHERE me.preferred_username = 'peertube' AND me.server_id IS NULL)
BEGIN
    DELETE FROM videos_unfollowed WHERE video_id IN (SELECT o.video_id FROM actor_videos o WHERE o.actor_id = NEW.target_actor_id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER actor_follows_accepted AFTER UPDATE OF state ON actor_follows
WHEN NEW.state = 'accepted' AND OLD.state <> 'accepted' AND NEW.actor_id = (SELECT me.id FROM actors me WHERE me.preferred_username = 'peertube' AND me.server_id IS NULL)
BEGIN
    DELETE FROM videos_unfollowed WHERE video_id IN (SELECT o.video_id FROM actor_videos o WHERE o.actor_id = NEW.target_actor_id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER actor_follows_ended AFTER UPDATE OF state ON actor_follows
WHEN NEW.state <> 'accepted' AND OLD.state = 'accepted' AND NEW.actor_id = (SELECT me.id FROM actors me WHERE me.preferred_username = 'peertube' AND me.server_id IS NULL)
BEGIN
    INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id IN (SELECT o.video_id FROM actor_videos o WHERE o.actor_id = NEW.target_actor_id) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER actor_follows_unfollowed AFTER DELETE ON actor_follows WHEN OLD.state = 'accepted' AND OLD.actor_id = (SELECT me.id FROM actors me WHERE me.preferred_username = 'peertube' AND me.server_id IS NULL)
BEGIN
    INSERT INTO videos_unfollowed (video_id) SELECT u.video_id FROM unfollowed_videos u WHERE u.video_id IN (SELECT o.video_id FROM actor_videos o WHERE o.actor_id = OLD.target_actor_id) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
