-- +goose Up

-- Salts of the keys by which viewing sessions are known, one for each day.
-- Once a salt is deleted nobody can tell any more whose a key was.
CREATE TABLE view_salts (
    day  TEXT PRIMARY KEY, -- 2006-01-02, UTC
    salt TEXT NOT NULL
);

-- One viewing of a video by somebody unknown. Times are numbers of seconds
-- since 1970: statistics divide them, which both databases can do with
-- numbers in the same words.
CREATE TABLE video_sessions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id      BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    session_key   TEXT UNIQUE, -- NULL once it is over
    started_at    BIGINT NOT NULL,
    seen_at       BIGINT NOT NULL,
    counted_at    BIGINT NOT NULL DEFAULT 0, -- when it last counted as a view; 0 never
    counted_watch INTEGER NOT NULL DEFAULT 0, -- watch_time then
    watch_time    INTEGER NOT NULL DEFAULT 0, -- seconds
    sections      TEXT NOT NULL DEFAULT '', -- JSON [[start, end], ...] in seconds; '' once it is over
    country       TEXT NOT NULL DEFAULT '', -- ISO 3166-1
    subdivision   TEXT NOT NULL DEFAULT '',
    client        TEXT NOT NULL DEFAULT '',
    device        TEXT NOT NULL DEFAULT '',
    os            TEXT NOT NULL DEFAULT ''
);
CREATE INDEX video_sessions_video ON video_sessions (video_id, started_at);
CREATE INDEX video_sessions_seen ON video_sessions (seen_at, video_id);
CREATE INDEX video_sessions_open ON video_sessions (video_id, seen_at) WHERE session_key IS NOT NULL;

-- How many viewers of ended sessions saw each second of a video: the sum of
-- change up to it. At second -1 is the number of all viewers.
CREATE TABLE video_retention (
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    second   INTEGER NOT NULL,
    change   BIGINT NOT NULL,
    PRIMARY KEY (video_id, second)
);

-- Views and downloads that were counted and are not in the counters of their
-- videos yet. Each commit of pings adds its own rows, so that nodes do not
-- wait for each other; a task takes them away and adds them up.
CREATE TABLE view_buffer (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id  BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    minute    BIGINT NOT NULL, -- minutes since 1970
    views     BIGINT NOT NULL,
    downloads BIGINT NOT NULL
);
CREATE INDEX view_buffer_video ON view_buffer (video_id);

CREATE TABLE video_views (
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    hour     BIGINT NOT NULL, -- hours since 1970
    views    BIGINT NOT NULL,
    recent   BOOLEAN NOT NULL, -- videos.recent_views holds them
    PRIMARY KEY (video_id, hour)
);
CREATE INDEX video_views_recent ON video_views (recent, hour, video_id);

CREATE TABLE channel_views (
    channel_id BIGINT NOT NULL REFERENCES video_channels (id) ON DELETE CASCADE,
    day        BIGINT NOT NULL, -- days since 1970
    views      BIGINT NOT NULL,
    PRIMARY KEY (channel_id, day)
);

CREATE TABLE video_downloads (
    video_id  BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    minute    BIGINT NOT NULL,
    downloads BIGINT NOT NULL,
    PRIMARY KEY (video_id, minute)
);

-- Where people are in the videos they watched.
CREATE TABLE user_video_history (
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    video_id   BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL, -- seconds
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, video_id)
);
CREATE INDEX user_video_history_user ON user_video_history (user_id, updated_at DESC, video_id DESC);
CREATE INDEX user_video_history_video ON user_video_history (video_id);
CREATE INDEX user_video_history_updated ON user_video_history (updated_at);
