-- +goose Up

-- Playlists of people, and remote ones. Each account has one "watch later".
CREATE TABLE playlists (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid             TEXT NOT NULL UNIQUE,
    url              TEXT NOT NULL UNIQUE,
    remote           BOOLEAN NOT NULL DEFAULT FALSE,
    account_id       BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    channel_id       BIGINT REFERENCES video_channels (id) ON DELETE SET NULL,
    type             INTEGER NOT NULL, -- 1 regular, 2 watch later
    privacy          INTEGER NOT NULL, -- 1 public, 2 unlisted, 3 private
    name             TEXT NOT NULL,
    folded           TEXT NOT NULL,    -- name, folded in Go
    description      TEXT NOT NULL DEFAULT '',
    channel_position INTEGER,          -- of public ones in their channel, from 1
    videos_count     BIGINT NOT NULL DEFAULT 0, -- elements, kept by the changes to them
    created_at       TIMESTAMP NOT NULL,
    updated_at       TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX playlists_watch_later ON playlists (account_id) WHERE type = 2;
CREATE INDEX playlists_account ON playlists (account_id, created_at DESC, id DESC);
CREATE INDEX playlists_channel ON playlists (channel_id, channel_position, id) WHERE channel_id IS NOT NULL;
CREATE INDEX playlists_public_created ON playlists (created_at DESC, id DESC) WHERE privacy = 1;
CREATE INDEX playlists_public_updated ON playlists (updated_at DESC, id DESC) WHERE privacy = 1;
CREATE INDEX playlists_public_name ON playlists (folded, id) WHERE privacy = 1;
CREATE INDEX playlists_public_position ON playlists (channel_position, id) WHERE privacy = 1;

-- What is in them. Positions are 1, 2, 3 … without gaps.
CREATE TABLE playlist_elements (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    playlist_id     BIGINT NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
    video_id        BIGINT REFERENCES videos (id) ON DELETE SET NULL, -- NULL: the video is gone
    url             TEXT NOT NULL DEFAULT '', -- remote ones
    position        INTEGER NOT NULL,
    start_timestamp INTEGER, -- seconds
    stop_timestamp  INTEGER, -- seconds
    created_at      TIMESTAMP NOT NULL,
    updated_at      TIMESTAMP NOT NULL
);
CREATE INDEX playlist_elements_position ON playlist_elements (playlist_id, position, id);
CREATE INDEX playlist_elements_video ON playlist_elements (video_id, playlist_id) WHERE video_id IS NOT NULL;

-- Pictures that people chose; others show that of their first public video.
CREATE TABLE playlist_thumbnails (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    playlist_id  BIGINT NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
    filename     TEXT NOT NULL UNIQUE,
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    aspect_ratio TEXT NOT NULL, -- '16:9' or '1:1'
    file_url     TEXT NOT NULL DEFAULT '', -- remote ones
    created_at   TIMESTAMP NOT NULL
);
CREATE INDEX playlist_thumbnails_playlist ON playlist_thumbnails (playlist_id, aspect_ratio, width);
