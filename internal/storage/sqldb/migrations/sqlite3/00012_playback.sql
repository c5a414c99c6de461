-- +goose Up

-- Owners may keep viewers from passing pieces of a video, or of all videos of
-- a channel, to each other.
ALTER TABLE videos ADD COLUMN p2p_disabled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE video_channels ADD COLUMN p2p_disabled BOOLEAN NOT NULL DEFAULT FALSE;

-- What players report, added up by video and day: bytes, and how it went.
-- Nothing of who watched. The columns starts_* say how many viewings began to
-- play within how long; their bounds are those of view.StartBounds.
CREATE TABLE playback_days (
    video_id    BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    day         BIGINT NOT NULL, -- days since 1970, UTC
    bytes_site  BIGINT NOT NULL,
    bytes_peers BIGINT NOT NULL,
    bytes_sent  BIGINT NOT NULL, -- by viewers to others
    sessions    BIGINT NOT NULL,
    shared      BIGINT NOT NULL, -- of the sessions, those that shared
    stalls      BIGINT NOT NULL,
    errors      BIGINT NOT NULL,
    starts_0    BIGINT NOT NULL,
    starts_1    BIGINT NOT NULL,
    starts_2    BIGINT NOT NULL,
    starts_3    BIGINT NOT NULL,
    starts_4    BIGINT NOT NULL,
    starts_5    BIGINT NOT NULL,
    starts_6    BIGINT NOT NULL,
    PRIMARY KEY (video_id, day)
);
CREATE INDEX playback_days_day ON playback_days (day, video_id);

-- The same of the whole site, which does not shrink when a video goes.
CREATE TABLE playback_site_days (
    day         BIGINT PRIMARY KEY,
    bytes_site  BIGINT NOT NULL,
    bytes_peers BIGINT NOT NULL,
    bytes_sent  BIGINT NOT NULL,
    sessions    BIGINT NOT NULL,
    shared      BIGINT NOT NULL,
    stalls      BIGINT NOT NULL,
    errors      BIGINT NOT NULL,
    starts_0    BIGINT NOT NULL,
    starts_1    BIGINT NOT NULL,
    starts_2    BIGINT NOT NULL,
    starts_3    BIGINT NOT NULL,
    starts_4    BIGINT NOT NULL,
    starts_5    BIGINT NOT NULL,
    starts_6    BIGINT NOT NULL
);
