-- +goose Up

-- What people report to the moderators. A report keeps what it is about as it
-- was: neither video_id nor comment_id is a reference, and what they name may be
-- gone (numbers are not given out again).
CREATE TABLE abuses (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    remote_key          TEXT UNIQUE, -- of what another site sent; NULL: reported here
    kind                TEXT NOT NULL, -- video, comment, account
    state               INTEGER NOT NULL, -- PeerTube's AbuseState
    reason              TEXT NOT NULL,
    reasons             INTEGER NOT NULL DEFAULT 0, -- a bit for each predefined reason, 1 for the first
    moderation_comment  TEXT NOT NULL DEFAULT '',
    reporter_account_id BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
    reporter_host       TEXT NOT NULL DEFAULT '', -- '': of this site
    reportee_account_id BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
    video_id            BIGINT, -- what is reported, or the video of the comment
    video_uuid          TEXT NOT NULL DEFAULT '',
    video_name          TEXT NOT NULL DEFAULT '',
    video_nsfw          BOOLEAN NOT NULL DEFAULT FALSE,
    channel_name        TEXT NOT NULL DEFAULT '',
    start_at            INTEGER, -- seconds
    end_at              INTEGER,
    comment_id          BIGINT,
    comment_thread_id   BIGINT,
    comment_text        TEXT NOT NULL DEFAULT '',
    comment_remote      BOOLEAN NOT NULL DEFAULT FALSE,
    -- What is searched in, in lower case.
    video_words         TEXT NOT NULL DEFAULT '',
    channel_words       TEXT NOT NULL DEFAULT '',
    words               TEXT NOT NULL DEFAULT '', -- reason, video, channel, comment
    messages            INTEGER NOT NULL DEFAULT 0, -- how many abuse_messages
    processed_at        TIMESTAMP, -- when it was decided on
    response_ms         BIGINT, -- from created_at to then
    created_at          TIMESTAMP NOT NULL,
    updated_at          TIMESTAMP NOT NULL
);
CREATE INDEX abuses_created ON abuses (created_at DESC, id DESC);
CREATE INDEX abuses_state ON abuses (state, created_at DESC, id DESC);
CREATE INDEX abuses_kind ON abuses (kind, created_at DESC, id DESC);
CREATE INDEX abuses_reporter ON abuses (reporter_account_id, created_at DESC, id DESC);
CREATE INDEX abuses_reportee ON abuses (reportee_account_id, state);
CREATE INDEX abuses_video ON abuses (video_id, id) WHERE kind = 'video';
CREATE INDEX abuses_received ON abuses (reporter_host, created_at, reporter_account_id) WHERE reporter_host <> '';
CREATE INDEX abuses_response ON abuses (response_ms) WHERE response_ms IS NOT NULL;

-- What reporter and moderators write to each other.
CREATE TABLE abuse_messages (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    abuse_id     BIGINT NOT NULL REFERENCES abuses (id) ON DELETE CASCADE,
    account_id   BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
    by_moderator BOOLEAN NOT NULL,
    message      TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL
);
CREATE INDEX abuse_messages_abuse ON abuse_messages (abuse_id, id);
CREATE INDEX abuse_messages_account ON abuse_messages (account_id) WHERE account_id IS NOT NULL;

-- Moderators are told of reports, reporters of what becomes of theirs.
ALTER TABLE notifications ADD COLUMN abuse_id BIGINT REFERENCES abuses (id) ON DELETE CASCADE;
CREATE INDEX notifications_abuse ON notifications (abuse_id) WHERE abuse_id IS NOT NULL;
