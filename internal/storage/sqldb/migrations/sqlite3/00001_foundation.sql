-- +goose Up

-- Other sites. A row without use is harmless; local actors have no server.
CREATE TABLE servers (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    host               TEXT NOT NULL UNIQUE,
    redundancy_allowed BOOLEAN NOT NULL DEFAULT FALSE,
    created_at         TIMESTAMP NOT NULL,
    updated_at         TIMESTAMP NOT NULL
);

-- Everything that acts in the fediverse: accounts, channels, the instance.
-- Local and remote ones alike; ids and URLs are stored, never rebuilt.
CREATE TABLE actors (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    type               TEXT NOT NULL,
    preferred_username TEXT NOT NULL,
    server_id          BIGINT REFERENCES servers (id),
    url                TEXT NOT NULL UNIQUE,
    inbox_url          TEXT NOT NULL,
    outbox_url         TEXT NOT NULL DEFAULT '',
    shared_inbox_url   TEXT NOT NULL DEFAULT '',
    followers_url      TEXT NOT NULL DEFAULT '',
    following_url      TEXT NOT NULL DEFAULT '',
    public_key         TEXT NOT NULL DEFAULT '',
    private_key        TEXT NOT NULL DEFAULT '',
    followers_count    BIGINT NOT NULL DEFAULT 0,
    following_count    BIGINT NOT NULL DEFAULT 0,
    remote_created_at  TIMESTAMP,
    created_at         TIMESTAMP NOT NULL,
    updated_at         TIMESTAMP NOT NULL
);
-- Accounts and channels of this site share one namespace.
CREATE UNIQUE INDEX actors_local_name ON actors (preferred_username) WHERE server_id IS NULL;
CREATE UNIQUE INDEX actors_remote_name ON actors (server_id, preferred_username) WHERE server_id IS NOT NULL;

-- Names of deleted local actors stay taken: their ids were given out.
CREATE TABLE reserved_names (
    name       TEXT PRIMARY KEY,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE actor_images (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_id   BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    type       INTEGER NOT NULL, -- 1 avatar, 2 banner
    filename   TEXT NOT NULL UNIQUE,
    width      INTEGER NOT NULL,
    height     INTEGER NOT NULL,
    file_url   TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX actor_images_actor ON actor_images (actor_id, type, width DESC);

CREATE TABLE users (
    id                     INTEGER PRIMARY KEY AUTOINCREMENT,
    username               TEXT NOT NULL UNIQUE,
    email                  TEXT NOT NULL,
    email_folded           TEXT NOT NULL UNIQUE, -- lower case, folded in Go
    email_verified         BOOLEAN, -- NULL: nobody asked for it
    pending_email          TEXT NOT NULL DEFAULT '',
    password_hash          TEXT NOT NULL,
    role                   INTEGER NOT NULL,
    blocked                BOOLEAN NOT NULL DEFAULT FALSE,
    blocked_reason         TEXT NOT NULL DEFAULT '',
    admin_flags            INTEGER NOT NULL DEFAULT 0,
    video_quota            BIGINT NOT NULL,
    video_quota_daily      BIGINT NOT NULL,
    video_quota_used       BIGINT NOT NULL DEFAULT 0, -- bytes, kept by narrow updates
    otp_secret             TEXT NOT NULL DEFAULT '',  -- encrypted with secrets.peertube
    feed_token             TEXT NOT NULL,
    preferences            TEXT NOT NULL DEFAULT '{}',
    notification_settings  TEXT NOT NULL DEFAULT '{}',
    last_login_at          TIMESTAMP,
    created_at             TIMESTAMP NOT NULL,
    updated_at             TIMESTAMP NOT NULL
);
CREATE INDEX users_created ON users (created_at, id);

CREATE TABLE accounts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_id    BIGINT NOT NULL UNIQUE REFERENCES actors (id) ON DELETE CASCADE,
    user_id     BIGINT UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    created_at  TIMESTAMP NOT NULL,
    updated_at  TIMESTAMP NOT NULL
);
CREATE INDEX accounts_created ON accounts (created_at, id);

CREATE TABLE video_channels (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_id     BIGINT NOT NULL UNIQUE REFERENCES actors (id) ON DELETE CASCADE,
    account_id   BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    description  TEXT NOT NULL DEFAULT '',
    support      TEXT NOT NULL DEFAULT '',
    videos_count BIGINT NOT NULL DEFAULT 0, -- published public videos, kept by narrow updates
    created_at   TIMESTAMP NOT NULL,
    updated_at   TIMESTAMP NOT NULL
);
CREATE INDEX video_channels_account ON video_channels (account_id, id);
CREATE INDEX video_channels_created ON video_channels (created_at, id);

CREATE TABLE user_registrations (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    state                INTEGER NOT NULL, -- 1 pending, 2 rejected, 3 accepted
    username             TEXT NOT NULL,
    email                TEXT NOT NULL,
    email_folded         TEXT NOT NULL,
    password_hash        TEXT NOT NULL,
    email_verified       BOOLEAN, -- NULL: nobody asked for it
    account_display_name TEXT NOT NULL DEFAULT '',
    channel_handle       TEXT NOT NULL DEFAULT '',
    channel_display_name TEXT NOT NULL DEFAULT '',
    registration_reason  TEXT NOT NULL DEFAULT '',
    moderation_response  TEXT NOT NULL DEFAULT '',
    user_id              BIGINT REFERENCES users (id) ON DELETE SET NULL,
    processed_at         TIMESTAMP,
    created_at           TIMESTAMP NOT NULL,
    updated_at           TIMESTAMP NOT NULL
);
CREATE INDEX user_registrations_created ON user_registrations (created_at, id);
CREATE UNIQUE INDEX user_registrations_pending_name ON user_registrations (username) WHERE state = 1;
CREATE UNIQUE INDEX user_registrations_pending_email ON user_registrations (email_folded) WHERE state = 1;

CREATE TABLE oauth_clients (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id     TEXT NOT NULL UNIQUE,
    client_secret TEXT NOT NULL,
    created_at    TIMESTAMP NOT NULL
);

-- Logins: of API clients (two tokens) and of browsers (one cookie). Only
-- hashes of the tokens are kept.
CREATE TABLE sessions (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id            BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind               TEXT NOT NULL, -- 'oauth' or 'browser'
    access_hash        TEXT NOT NULL UNIQUE,
    refresh_hash       TEXT UNIQUE,
    access_expires_at  TIMESTAMP NOT NULL,
    refresh_expires_at TIMESTAMP,
    login_device       TEXT NOT NULL DEFAULT '',
    login_ip           TEXT NOT NULL DEFAULT '',
    last_device        TEXT NOT NULL DEFAULT '',
    last_ip            TEXT NOT NULL DEFAULT '',
    last_activity_at   TIMESTAMP NOT NULL,
    created_at         TIMESTAMP NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, created_at, id);
CREATE INDEX sessions_expiry ON sessions (access_expires_at);

-- Secrets sent by mail or held between two steps (reset a password, verify an
-- address, confirm two-factor). Only hashes are kept.
CREATE TABLE verifications (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    purpose         TEXT NOT NULL,
    user_id         BIGINT REFERENCES users (id) ON DELETE CASCADE,
    registration_id BIGINT REFERENCES user_registrations (id) ON DELETE CASCADE,
    token_hash      TEXT NOT NULL UNIQUE,
    payload         TEXT NOT NULL DEFAULT '',
    expires_at      TIMESTAMP NOT NULL,
    created_at      TIMESTAMP NOT NULL
);
CREATE INDEX verifications_user ON verifications (user_id, purpose);
CREATE INDEX verifications_expiry ON verifications (expires_at);

-- Rate limits that must hold across nodes and restarts (login, sign-up, mail).
CREATE TABLE rate_limits (
    scope        TEXT NOT NULL,
    key          TEXT NOT NULL,
    window_end   TIMESTAMP NOT NULL,
    hits         INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
);

-- What an admin edits on the site; layered over the configuration.
CREATE TABLE settings (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE videos (
    id                      INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid                    TEXT NOT NULL UNIQUE,
    channel_id              BIGINT NOT NULL REFERENCES video_channels (id) ON DELETE CASCADE,
    url                     TEXT NOT NULL UNIQUE,
    remote                  BOOLEAN NOT NULL DEFAULT FALSE,
    name                    TEXT NOT NULL,
    search                  TEXT NOT NULL DEFAULT '', -- name and tags, folded in Go
    description             TEXT NOT NULL DEFAULT '',
    support                 TEXT NOT NULL DEFAULT '',
    category                INTEGER NOT NULL DEFAULT 0,
    licence                 INTEGER NOT NULL DEFAULT 0,
    language                TEXT NOT NULL DEFAULT '',
    privacy                 INTEGER NOT NULL,
    state                   INTEGER NOT NULL,
    nsfw                    BOOLEAN NOT NULL DEFAULT FALSE,
    nsfw_flags              INTEGER NOT NULL DEFAULT 0,
    nsfw_summary            TEXT NOT NULL DEFAULT '',
    duration                INTEGER NOT NULL DEFAULT 0, -- seconds
    aspect_ratio            DOUBLE PRECISION NOT NULL DEFAULT 0,
    is_live                 BOOLEAN NOT NULL DEFAULT FALSE,
    comments_policy         INTEGER NOT NULL DEFAULT 1,
    download_enabled        BOOLEAN NOT NULL DEFAULT TRUE,
    wait_transcoding        BOOLEAN NOT NULL DEFAULT FALSE,
    embed_privacy_policy    INTEGER NOT NULL DEFAULT 1,
    views                   BIGINT NOT NULL DEFAULT 0,
    recent_views            BIGINT NOT NULL DEFAULT 0,
    likes                   BIGINT NOT NULL DEFAULT 0,
    dislikes                BIGINT NOT NULL DEFAULT 0,
    comments                BIGINT NOT NULL DEFAULT 0,
    downloads               BIGINT NOT NULL DEFAULT 0,
    hot_score               DOUBLE PRECISION NOT NULL DEFAULT 0,
    files_size              BIGINT NOT NULL DEFAULT 0, -- bytes of all local files
    quota_bytes             BIGINT NOT NULL DEFAULT 0, -- what counts against the owner's quota
    originally_published_at TIMESTAMP,
    input_file_updated_at   TIMESTAMP,
    published_at            TIMESTAMP NOT NULL,
    created_at              TIMESTAMP NOT NULL,
    updated_at              TIMESTAMP NOT NULL
);
-- One index per public order; "listed" is published and public, or internal,
-- which people who are logged in see beside the public ones. The last columns
-- let far pages be found without reading the videos before them.
CREATE INDEX videos_listed_published ON videos (published_at DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
CREATE INDEX videos_listed_created ON videos (created_at DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
CREATE INDEX videos_listed_original ON videos (COALESCE(originally_published_at, published_at) DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
CREATE INDEX videos_listed_name ON videos (name, id, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
CREATE INDEX videos_listed_duration ON videos (duration, id, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
CREATE INDEX videos_listed_views ON videos (views DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
CREATE INDEX videos_listed_recent_views ON videos (recent_views DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
CREATE INDEX videos_listed_likes ON videos (likes DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
CREATE INDEX videos_listed_comments ON videos (comments DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
CREATE INDEX videos_listed_hot ON videos (hot_score DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
CREATE INDEX videos_listed_size ON videos (files_size DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
CREATE INDEX videos_channel_published ON videos (channel_id, published_at DESC, id DESC);
CREATE INDEX videos_channel_created ON videos (channel_id, created_at DESC, id DESC);
CREATE INDEX videos_unfinished ON videos (state, id) WHERE state <> 1;

CREATE TABLE tags (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    name   TEXT NOT NULL UNIQUE,
    folded TEXT NOT NULL
);
CREATE INDEX tags_folded ON tags (folded);

CREATE TABLE video_tags (
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    tag_id   BIGINT NOT NULL REFERENCES tags (id),
    position INTEGER NOT NULL,
    PRIMARY KEY (video_id, tag_id)
);
CREATE INDEX video_tags_tag ON video_tags (tag_id, video_id);

CREATE TABLE streaming_playlists (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id             BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    type                 INTEGER NOT NULL, -- 1 HLS
    playlist_filename    TEXT NOT NULL DEFAULT '',
    playlist_url         TEXT NOT NULL DEFAULT '', -- remote ones
    segments_filename    TEXT NOT NULL DEFAULT '',
    segments_url         TEXT NOT NULL DEFAULT '',
    p2p_info_hashes      TEXT NOT NULL DEFAULT '[]',
    p2p_version          INTEGER NOT NULL DEFAULT 0,
    storage              INTEGER NOT NULL DEFAULT 0, -- 0 file system, 1 object storage
    created_at           TIMESTAMP NOT NULL,
    updated_at           TIMESTAMP NOT NULL,
    UNIQUE (video_id, type)
);

-- Media files: of a playlist (HLS) or, without one, progressive.
CREATE TABLE video_files (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id         BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    playlist_id      BIGINT REFERENCES streaming_playlists (id) ON DELETE CASCADE,
    resolution       INTEGER NOT NULL,
    width            INTEGER NOT NULL DEFAULT 0,
    height           INTEGER NOT NULL DEFAULT 0,
    fps              INTEGER NOT NULL,
    size             BIGINT NOT NULL,
    extname          TEXT NOT NULL,
    filename         TEXT NOT NULL DEFAULT '',
    file_url         TEXT NOT NULL DEFAULT '', -- remote ones
    torrent_filename TEXT NOT NULL DEFAULT '',
    torrent_url      TEXT NOT NULL DEFAULT '', -- remote ones
    info_hash        TEXT NOT NULL DEFAULT '',
    has_audio        BOOLEAN NOT NULL,
    has_video        BOOLEAN NOT NULL,
    metadata         TEXT NOT NULL DEFAULT '{}', -- ffprobe's
    storage          INTEGER NOT NULL DEFAULT 0,
    created_at       TIMESTAMP NOT NULL,
    updated_at       TIMESTAMP NOT NULL
);
CREATE INDEX video_files_video ON video_files (video_id, resolution DESC);
CREATE UNIQUE INDEX video_files_filename ON video_files (filename) WHERE filename <> '';
CREATE UNIQUE INDEX video_files_torrent ON video_files (torrent_filename) WHERE torrent_filename <> '';
CREATE INDEX video_files_info_hash ON video_files (info_hash) WHERE info_hash <> '';
CREATE UNIQUE INDEX video_files_rung ON video_files (video_id, COALESCE(playlist_id, 0), resolution, fps);

CREATE TABLE video_sources (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id       BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    input_filename TEXT NOT NULL,
    kept_filename  TEXT NOT NULL DEFAULT '', -- '' when the original is not kept
    resolution     INTEGER NOT NULL DEFAULT 0,
    width          INTEGER NOT NULL DEFAULT 0,
    height         INTEGER NOT NULL DEFAULT 0,
    fps            INTEGER NOT NULL DEFAULT 0,
    size           BIGINT NOT NULL DEFAULT 0,
    metadata       TEXT NOT NULL DEFAULT '{}',
    storage        INTEGER NOT NULL DEFAULT 0,
    created_at     TIMESTAMP NOT NULL
);
CREATE INDEX video_sources_video ON video_sources (video_id, id DESC);

CREATE TABLE thumbnails (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id       BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    filename       TEXT NOT NULL UNIQUE,
    width          INTEGER NOT NULL,
    height         INTEGER NOT NULL,
    aspect_ratio   TEXT NOT NULL, -- '16:9' or '1:1'
    file_url       TEXT NOT NULL DEFAULT '',
    auto_generated BOOLEAN NOT NULL,
    created_at     TIMESTAMP NOT NULL
);
CREATE INDEX thumbnails_video ON thumbnails (video_id, aspect_ratio, width);

CREATE TABLE storyboards (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id        BIGINT NOT NULL UNIQUE REFERENCES videos (id) ON DELETE CASCADE,
    filename        TEXT NOT NULL UNIQUE,
    file_url        TEXT NOT NULL DEFAULT '',
    total_width     INTEGER NOT NULL,
    total_height    INTEGER NOT NULL,
    sprite_width    INTEGER NOT NULL,
    sprite_height   INTEGER NOT NULL,
    sprite_duration INTEGER NOT NULL, -- seconds
    created_at      TIMESTAMP NOT NULL
);

CREATE TABLE video_captions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id      BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    language      TEXT NOT NULL,
    filename      TEXT NOT NULL UNIQUE,
    m3u8_filename TEXT NOT NULL DEFAULT '',
    file_url      TEXT NOT NULL DEFAULT '',
    automatic     BOOLEAN NOT NULL DEFAULT FALSE,
    storage       INTEGER NOT NULL DEFAULT 0,
    created_at    TIMESTAMP NOT NULL,
    updated_at    TIMESTAMP NOT NULL,
    UNIQUE (video_id, language)
);

CREATE TABLE video_chapters (
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    timecode INTEGER NOT NULL, -- seconds
    title    TEXT NOT NULL,
    PRIMARY KEY (video_id, timecode)
);

CREATE TABLE video_passwords (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id   BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    password   TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (video_id, password)
);

CREATE TABLE video_schedule_updates (
    video_id   BIGINT PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    update_at  TIMESTAMP NOT NULL,
    privacy    INTEGER NOT NULL -- 0 keeps it
);
CREATE INDEX video_schedule_updates_at ON video_schedule_updates (update_at);

-- What is to be made of a video, and how far it is: shown to its creator.
CREATE TABLE video_transcodes (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id     BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL, -- 'hls' or 'web'
    resolution   INTEGER NOT NULL,
    fps          INTEGER NOT NULL,
    required     BOOLEAN NOT NULL, -- publishing waits for it
    state        TEXT NOT NULL,    -- pending, running, done, failed, cancelled
    progress     DOUBLE PRECISION NOT NULL DEFAULT 0, -- 0 to 100
    seconds_left INTEGER NOT NULL DEFAULT -1,         -- -1 unknown
    error        TEXT NOT NULL DEFAULT '',
    created_at   TIMESTAMP NOT NULL,
    updated_at   TIMESTAMP NOT NULL,
    UNIQUE (video_id, kind, resolution)
);

-- Uploads under way. The bytes lie in a file named by its id.
CREATE TABLE uploads (
    id           TEXT PRIMARY KEY,
    user_id      BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL, -- 'video' or 'replace'
    target_id    BIGINT NOT NULL DEFAULT 0, -- the video to replace
    filename     TEXT NOT NULL,
    mime_type    TEXT NOT NULL,
    size         BIGINT NOT NULL,
    received     BIGINT NOT NULL DEFAULT 0, -- bytes from the start, without a gap, safely on disk
    ahead        TEXT NOT NULL DEFAULT '',  -- spans stored after a gap: '300-400,500-600'
    metadata     TEXT NOT NULL,
    state        TEXT NOT NULL, -- open, processing, done, failed
    video_id     BIGINT REFERENCES videos (id) ON DELETE SET NULL,
    failure      TEXT NOT NULL DEFAULT '',  -- why it failed, as it was or will be told
    lease_id     TEXT NOT NULL DEFAULT '',  -- who writes it now; '' nobody
    lease_until  TIMESTAMP,                 -- after this the writer is taken for dead
    created_at   TIMESTAMP NOT NULL,
    updated_at   TIMESTAMP NOT NULL,
    expires_at   TIMESTAMP NOT NULL
);
CREATE INDEX uploads_user ON uploads (user_id, created_at, id);
CREATE INDEX uploads_expiry ON uploads (expires_at);

-- A job that somebody asked to stop while it runs, wherever it runs.
CREATE TABLE job_cancellations (
    job_id     BIGINT PRIMARY KEY,
    created_at TIMESTAMP NOT NULL
);

-- The processes that run jobs. One that has not been seen for a while is dead,
-- and its jobs are given to others.
CREATE TABLE job_nodes (
    id      TEXT PRIMARY KEY,
    seen_at TIMESTAMP NOT NULL -- by the clock of the database
);
