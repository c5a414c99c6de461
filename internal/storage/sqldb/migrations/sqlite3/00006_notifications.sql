-- +goose Up

-- Subscriptions: feeds ask how many videos of a channel are listed, and
-- letters of a cause go to its followers in the order of their follows.
ALTER TABLE video_channels ADD COLUMN listed_count BIGINT NOT NULL DEFAULT 0; -- published, public or internal
ALTER TABLE video_channels ADD COLUMN listed_nsfw BIGINT NOT NULL DEFAULT 0;  -- of those, sensitive ones
UPDATE video_channels SET
    listed_count = (SELECT count(*) FROM videos v WHERE v.channel_id = video_channels.id AND v.privacy IN (1, 4) AND v.state = 1),
    listed_nsfw = (SELECT count(*) FROM videos v WHERE v.channel_id = video_channels.id AND v.privacy IN (1, 4) AND v.state = 1 AND v.nsfw = TRUE);
CREATE INDEX actor_follows_spread ON actor_follows (target_actor_id, id);

-- Counters are kept by triggers, so that they are right also when rows go
-- because what they belong to is deleted.
-- +goose StatementBegin
CREATE TRIGGER videos_listed_insert AFTER INSERT ON videos WHEN NEW.privacy IN (1, 4) AND NEW.state = 1
BEGIN
    UPDATE video_channels SET listed_count = listed_count + 1, listed_nsfw = listed_nsfw + NEW.nsfw WHERE id = NEW.channel_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER videos_listed_delete AFTER DELETE ON videos WHEN OLD.privacy IN (1, 4) AND OLD.state = 1
BEGIN
    UPDATE video_channels SET listed_count = listed_count - 1, listed_nsfw = listed_nsfw - OLD.nsfw WHERE id = OLD.channel_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER videos_listed_update AFTER UPDATE OF channel_id, privacy, state, nsfw ON videos
WHEN OLD.channel_id <> NEW.channel_id OR OLD.privacy <> NEW.privacy OR OLD.state <> NEW.state OR OLD.nsfw <> NEW.nsfw
BEGIN
    UPDATE video_channels SET listed_count = listed_count - 1, listed_nsfw = listed_nsfw - OLD.nsfw
    WHERE id = OLD.channel_id AND OLD.privacy IN (1, 4) AND OLD.state = 1;
    UPDATE video_channels SET listed_count = listed_count + 1, listed_nsfw = listed_nsfw + NEW.nsfw
    WHERE id = NEW.channel_id AND NEW.privacy IN (1, 4) AND NEW.state = 1;
END;
-- +goose StatementEnd

-- Followers and following of this site's actors; those of others say it
-- themselves.
-- +goose StatementBegin
CREATE TRIGGER actor_follows_insert AFTER INSERT ON actor_follows WHEN NEW.state = 'accepted'
BEGIN
    UPDATE actors SET followers_count = followers_count + 1 WHERE id = NEW.target_actor_id AND server_id IS NULL;
    UPDATE actors SET following_count = following_count + 1 WHERE id = NEW.actor_id AND server_id IS NULL;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER actor_follows_delete AFTER DELETE ON actor_follows WHEN OLD.state = 'accepted'
BEGIN
    UPDATE actors SET followers_count = followers_count - 1 WHERE id = OLD.target_actor_id AND server_id IS NULL;
    UPDATE actors SET following_count = following_count - 1 WHERE id = OLD.actor_id AND server_id IS NULL;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER actor_follows_update AFTER UPDATE OF state ON actor_follows WHEN (OLD.state = 'accepted') <> (NEW.state = 'accepted')
BEGIN
    UPDATE actors SET followers_count = followers_count + CASE WHEN NEW.state = 'accepted' THEN 1 ELSE -1 END
    WHERE id = NEW.target_actor_id AND server_id IS NULL;
    UPDATE actors SET following_count = following_count + CASE WHEN NEW.state = 'accepted' THEN 1 ELSE -1 END
    WHERE id = NEW.actor_id AND server_id IS NULL;
END;
-- +goose StatementEnd

-- Videos whose subscribers were told of them: once, whatever becomes of their
-- privacy. Those that could be seen before there were notifications count too.
CREATE TABLE video_announcements (
    video_id   BIGINT PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    created_at TIMESTAMP NOT NULL
);
INSERT INTO video_announcements (video_id, created_at) SELECT id, published_at FROM videos WHERE privacy IN (1, 4) AND state = 1;

-- Who has been told of whom as a new follower: who leaves and comes back is not
-- told of again.
CREATE TABLE follow_announcements (
    actor_id        BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    target_actor_id BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    created_at      TIMESTAMP NOT NULL,
    PRIMARY KEY (actor_id, target_actor_id)
);
CREATE INDEX follow_announcements_target ON follow_announcements (target_actor_id);

-- What people are told. cause names what happened, so that nobody is told of
-- it twice.
CREATE TABLE notifications (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id         BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type            INTEGER NOT NULL, -- PeerTube's UserNotificationType
    cause           TEXT NOT NULL,
    web             BOOLEAN NOT NULL, -- shown on the site; others are only sent
    read            BOOLEAN NOT NULL DEFAULT FALSE,
    mail_at         TIMESTAMP, -- waits to be mailed since then; NULL: not (any more)
    video_id        BIGINT REFERENCES videos (id) ON DELETE CASCADE,
    comment_id      BIGINT REFERENCES comments (id) ON DELETE CASCADE,
    account_id      BIGINT REFERENCES accounts (id) ON DELETE CASCADE,
    follow_id       BIGINT REFERENCES actor_follows (id) ON DELETE CASCADE,
    registration_id BIGINT REFERENCES user_registrations (id) ON DELETE CASCADE,
    created_at      TIMESTAMP NOT NULL,
    updated_at      TIMESTAMP NOT NULL,
    UNIQUE (user_id, cause)
);
CREATE INDEX notifications_user_created ON notifications (user_id, created_at DESC, id DESC) WHERE web = TRUE;
CREATE INDEX notifications_user_read ON notifications (user_id, read, created_at DESC, id DESC) WHERE web = TRUE;
CREATE INDEX notifications_user_type ON notifications (user_id, type, created_at DESC, id DESC) WHERE web = TRUE;
CREATE INDEX notifications_mail ON notifications (mail_at, user_id) WHERE mail_at IS NOT NULL;
CREATE INDEX notifications_mail_user ON notifications (user_id, mail_at) WHERE mail_at IS NOT NULL;
CREATE INDEX notifications_created ON notifications (created_at);
CREATE INDEX notifications_video ON notifications (video_id) WHERE video_id IS NOT NULL;
CREATE INDEX notifications_comment ON notifications (comment_id) WHERE comment_id IS NOT NULL;
CREATE INDEX notifications_account ON notifications (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX notifications_follow ON notifications (follow_id) WHERE follow_id IS NOT NULL;
CREATE INDEX notifications_registration ON notifications (registration_id) WHERE registration_id IS NOT NULL;

-- How many of each kind somebody has on the site.
CREATE TABLE notification_counts (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type    INTEGER NOT NULL,
    total   BIGINT NOT NULL,
    unread  BIGINT NOT NULL,
    PRIMARY KEY (user_id, type)
);
-- +goose StatementBegin
CREATE TRIGGER notifications_insert AFTER INSERT ON notifications WHEN NEW.web = TRUE
BEGIN
    INSERT INTO notification_counts (user_id, type, total, unread) VALUES (NEW.user_id, NEW.type, 1, NOT NEW.read)
    ON CONFLICT (user_id, type) DO UPDATE SET total = total + 1, unread = unread + excluded.unread;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER notifications_delete AFTER DELETE ON notifications WHEN OLD.web = TRUE
BEGIN
    UPDATE notification_counts SET total = total - 1, unread = unread - (NOT OLD.read) WHERE user_id = OLD.user_id AND type = OLD.type;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER notifications_update AFTER UPDATE OF read ON notifications WHEN NEW.web = TRUE AND OLD.read <> NEW.read
BEGIN
    UPDATE notification_counts SET unread = unread + OLD.read - NEW.read WHERE user_id = NEW.user_id AND type = NEW.type;
END;
-- +goose StatementEnd

-- When somebody was last written to of notifications.
CREATE TABLE notification_mails (
    user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    sent_at TIMESTAMP NOT NULL
);

-- Browsers that take pushed messages. One goes with the login it came from.
CREATE TABLE push_devices (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id BIGINT REFERENCES sessions (id) ON DELETE CASCADE,
    endpoint   TEXT NOT NULL UNIQUE,
    p256dh     TEXT NOT NULL, -- base64url, its public key
    auth       TEXT NOT NULL, -- base64url, shared secret
    agent      TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX push_devices_user ON push_devices (user_id, id);
CREATE INDEX push_devices_session ON push_devices (session_id) WHERE session_id IS NOT NULL;

-- Kinds that somebody does not want pushed, by PeerTube's names of settings.
CREATE TABLE push_muted (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    setting TEXT NOT NULL,
    PRIMARY KEY (user_id, setting)
);
