-- +goose Up

-- The logos that administrators chose, in the sizes that were made of each.
CREATE TABLE instance_logos (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    type       TEXT NOT NULL, -- favicon, header-wide, header-square, opengraph
    filename   TEXT NOT NULL UNIQUE,
    width      INTEGER NOT NULL, -- pixels
    height     INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX instance_logos_type ON instance_logos (type, width DESC, id);

-- The sites that may show a video in their pages, where
-- videos.embed_privacy_policy is 2.
CREATE TABLE video_embed_domains (
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    domain   TEXT NOT NULL, -- lower case, with the port if it has one
    PRIMARY KEY (video_id, domain)
);

-- Downloads and sweeps look originals up by name.
CREATE INDEX video_sources_kept ON video_sources (kept_filename);
