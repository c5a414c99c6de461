-- +goose Up

-- The sites of the directory. All but what stands before "name" is what a site
-- says of itself; "listed" is worked out by the program from the rest.
CREATE TABLE directory_sites (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    host            TEXT NOT NULL UNIQUE,
    created_at      TIMESTAMP NOT NULL,
    visited_at      TIMESTAMP,           -- the last good visit
    next_visit_at   TIMESTAMP NOT NULL,
    failures        INTEGER NOT NULL DEFAULT 0, -- in a row
    failing_since   TIMESTAMP,
    health          INTEGER NOT NULL DEFAULT 0, -- 0 to 100
    blocked         BOOLEAN NOT NULL DEFAULT FALSE,
    listed          BOOLEAN NOT NULL DEFAULT FALSE,
    name            TEXT NOT NULL DEFAULT '',
    sort_name       TEXT NOT NULL DEFAULT '',   -- name in small letters
    search_text     TEXT NOT NULL DEFAULT '',   -- what searches look at, in small letters
    short_description TEXT NOT NULL DEFAULT '',
    description     TEXT NOT NULL DEFAULT '',
    software        TEXT NOT NULL DEFAULT '',
    version         TEXT NOT NULL DEFAULT '',
    languages       TEXT NOT NULL DEFAULT '[]', -- JSON; directory_languages has them for filters
    categories      TEXT NOT NULL DEFAULT '[]', -- JSON; directory_categories has them for filters
    signup_allowed  BOOLEAN NOT NULL DEFAULT FALSE,
    signup_requires_approval BOOLEAN NOT NULL DEFAULT FALSE,
    user_video_quota BIGINT NOT NULL DEFAULT 0, -- bytes, -1 no limit
    live_enabled    BOOLEAN NOT NULL DEFAULT FALSE,
    auto_blacklist  BOOLEAN NOT NULL DEFAULT FALSE,
    nsfw_policy     TEXT NOT NULL DEFAULT 'do_not_list',
    is_nsfw         BOOLEAN NOT NULL DEFAULT FALSE,
    customizations  INTEGER NOT NULL DEFAULT 1,
    avatars         TEXT NOT NULL DEFAULT '[]', -- JSON
    banners         TEXT NOT NULL DEFAULT '[]', -- JSON
    logo_url        TEXT NOT NULL DEFAULT '',
    logo_hash       TEXT NOT NULL DEFAULT '',
    total_users     BIGINT NOT NULL DEFAULT 0,
    total_videos    BIGINT NOT NULL DEFAULT 0,
    total_local_videos BIGINT NOT NULL DEFAULT 0,
    total_followers BIGINT NOT NULL DEFAULT 0,
    total_following BIGINT NOT NULL DEFAULT 0,
    supports_ipv6   BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX directory_sites_due ON directory_sites (next_visit_at, id) WHERE blocked = FALSE;
-- Searches read all of it, which is much less than the table.
CREATE INDEX directory_sites_search ON directory_sites (search_text, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_created ON directory_sites (created_at, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_host ON directory_sites (host, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_name ON directory_sites (sort_name, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_health ON directory_sites (health, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_users ON directory_sites (total_users, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_videos ON directory_sites (total_videos, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_local_videos ON directory_sites (total_local_videos, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_followers ON directory_sites (total_followers, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_following ON directory_sites (total_following, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_signup ON directory_sites (signup_allowed, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_live ON directory_sites (live_enabled, id) WHERE listed = TRUE;
CREATE INDEX directory_sites_by_version ON directory_sites (version, id) WHERE listed = TRUE;

-- What filters look at, of listed sites only.
CREATE TABLE directory_languages (
    site_id  BIGINT NOT NULL REFERENCES directory_sites (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    PRIMARY KEY (language, site_id)
);
CREATE INDEX directory_languages_site ON directory_languages (site_id);

CREATE TABLE directory_categories (
    site_id  BIGINT NOT NULL REFERENCES directory_sites (id) ON DELETE CASCADE,
    category INTEGER NOT NULL,
    PRIMARY KEY (category, site_id)
);
CREATE INDEX directory_categories_site ON directory_categories (site_id);

-- Small copies of the sites' pictures, PNG of some kilobytes.
CREATE TABLE directory_logos (
    site_id BIGINT PRIMARY KEY REFERENCES directory_sites (id) ON DELETE CASCADE,
    content BLOB NOT NULL
);
