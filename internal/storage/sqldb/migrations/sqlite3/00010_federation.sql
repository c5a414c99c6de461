-- +goose Up

-- How other sites are reached. A site that does not answer is left alone until
-- retry_at; the time doubles with each failure.
ALTER TABLE servers ADD COLUMN software TEXT NOT NULL DEFAULT '';         -- of its NodeInfo, '' unknown
ALTER TABLE servers ADD COLUMN software_version TEXT NOT NULL DEFAULT '';
ALTER TABLE servers ADD COLUMN nodeinfo_at TIMESTAMP;                     -- when that was asked
ALTER TABLE servers ADD COLUMN signature TEXT NOT NULL DEFAULT '';        -- the form it accepted: 'cavage', 'rfc9421', '' unknown
ALTER TABLE servers ADD COLUMN seen_at TIMESTAMP;                         -- its last good answer
ALTER TABLE servers ADD COLUMN failing_since TIMESTAMP;                   -- NULL: it answers
ALTER TABLE servers ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;       -- in a row
ALTER TABLE servers ADD COLUMN retry_at TIMESTAMP;
CREATE INDEX servers_failing ON servers (failing_since) WHERE failing_since IS NOT NULL;

-- What only remote actors have, and sites of their own name.
ALTER TABLE actors ADD COLUMN display_name TEXT NOT NULL DEFAULT '';  -- of sites; others have theirs
ALTER TABLE actors ADD COLUMN key_id TEXT NOT NULL DEFAULT '';        -- publicKey.id as it was given; '' the url with #main-key
ALTER TABLE actors ADD COLUMN playlists_url TEXT NOT NULL DEFAULT '';
ALTER TABLE actors ADD COLUMN web_url TEXT NOT NULL DEFAULT '';       -- its page for people
ALTER TABLE actors ADD COLUMN refreshed_at TIMESTAMP;                 -- when it was last fetched
CREATE INDEX actors_key ON actors (key_id) WHERE key_id <> '';
CREATE INDEX actors_stale ON actors (refreshed_at) WHERE server_id IS NOT NULL;
CREATE INDEX actors_server ON actors (server_id, id) WHERE server_id IS NOT NULL;

-- What only remote videos have. Their totals are what their origin says.
ALTER TABLE videos ADD COLUMN refreshed_at TIMESTAMP;
ALTER TABLE videos ADD COLUMN origin_hash TEXT NOT NULL DEFAULT '';     -- of the object as it was last read: the same again changes nothing
ALTER TABLE videos ADD COLUMN likes_url TEXT NOT NULL DEFAULT '';
ALTER TABLE videos ADD COLUMN dislikes_url TEXT NOT NULL DEFAULT '';
ALTER TABLE videos ADD COLUMN shares_url TEXT NOT NULL DEFAULT '';
ALTER TABLE videos ADD COLUMN comments_url TEXT NOT NULL DEFAULT '';
ALTER TABLE videos ADD COLUMN web_url TEXT NOT NULL DEFAULT '';         -- its page for people
ALTER TABLE videos ADD COLUMN embed_url TEXT NOT NULL DEFAULT '';
CREATE INDEX videos_stale ON videos (refreshed_at) WHERE remote = TRUE;
-- Lists of this site's own videos beside many remote ones.
CREATE INDEX videos_local_published ON videos (published_at DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1 AND remote = FALSE;
CREATE INDEX videos_local_views ON videos (views DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1 AND remote = FALSE;
CREATE INDEX videos_local_recent_views ON videos (recent_views DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1 AND remote = FALSE;
CREATE INDEX videos_local_hot ON videos (hot_score DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1 AND remote = FALSE;
CREATE INDEX videos_local_likes ON videos (likes DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1 AND remote = FALSE;
ALTER TABLE streaming_playlists ADD COLUMN trackers TEXT NOT NULL DEFAULT '[]'; -- of remote ones: JSON list of URLs
ALTER TABLE video_files ADD COLUMN magnet_url TEXT NOT NULL DEFAULT '';         -- remote ones

-- Who announced a video: channels and sites, this one's too.
CREATE TABLE video_shares (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_id   BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    video_id   BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    url        TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (video_id, actor_id)
);
CREATE INDEX video_shares_actor ON video_shares (actor_id, id DESC);

-- Ids that are gone for good: those given out here answer 410, and remote ones
-- are not fetched again.
CREATE TABLE tombstones (
    url         TEXT PRIMARY KEY,
    former_type TEXT NOT NULL DEFAULT '',
    deleted_at  TIMESTAMP NOT NULL
);
CREATE INDEX tombstones_deleted ON tombstones (deleted_at);

-- What other sites sent, until it is done. Those of one lane (the host of the
-- actor who sent it) are done one after the other.
CREATE TABLE inbox_activities (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    activity_url TEXT NOT NULL,
    lane         TEXT NOT NULL,
    actor_url    TEXT NOT NULL,          -- whose signature it carries
    via_url      TEXT NOT NULL DEFAULT '', -- who forwarded it, '' nobody
    target_url   TEXT NOT NULL DEFAULT '', -- the personal inbox's actor, '' the shared one
    body         TEXT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    retry_at     TIMESTAMP,
    error        TEXT NOT NULL DEFAULT '',
    received_at  TIMESTAMP NOT NULL
);
CREATE INDEX inbox_activities_lane ON inbox_activities (lane, id);

-- Activities that were received, so that none is done twice. Kept some days.
CREATE TABLE inbox_seen (
    activity_url TEXT PRIMARY KEY,
    received_at  TIMESTAMP NOT NULL
);
CREATE INDEX inbox_seen_received ON inbox_seen (received_at);

-- What this site says, once; deliveries say to whom.
CREATE TABLE outbox_activities (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    activity_url TEXT NOT NULL,
    type         TEXT NOT NULL,
    actor_id     BIGINT NOT NULL,  -- who signs. Not a reference: it may be deleted before all have heard of it
    key          TEXT NOT NULL DEFAULT '', -- its private key, when the actor goes with this activity
    body         TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL
);
CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    activity_id BIGINT NOT NULL REFERENCES outbox_activities (id) ON DELETE CASCADE,
    host        TEXT NOT NULL,
    inbox_url   TEXT NOT NULL,
    priority    INTEGER NOT NULL, -- 1 first, 4 may be dropped
    attempts    INTEGER NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',
    created_at  TIMESTAMP NOT NULL,
    UNIQUE (activity_id, inbox_url)
);
CREATE INDEX deliveries_host ON deliveries (host, priority, id);
CREATE INDEX deliveries_created ON deliveries (created_at);

-- Pictures of other sites that are kept for a while, by the name under which
-- they are served here.
CREATE TABLE remote_pictures (
    filename   TEXT PRIMARY KEY,
    section    TEXT NOT NULL,
    bytes      BIGINT NOT NULL,
    used_at    TIMESTAMP NOT NULL
);
CREATE INDEX remote_pictures_used ON remote_pictures (used_at);

-- Who did what with other sites, for administrators.
CREATE TABLE federation_log (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    BIGINT REFERENCES users (id) ON DELETE SET NULL, -- NULL: the site itself
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX federation_log_created ON federation_log (created_at DESC, id DESC);
