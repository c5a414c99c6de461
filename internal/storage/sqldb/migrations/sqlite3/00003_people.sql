-- +goose Up

-- Who follows whom: accounts follow channels and accounts, sites follow sites.
-- Local and remote alike; a local follow of a local actor is accepted at once.
CREATE TABLE actor_follows (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_id        BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    target_actor_id BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    state           TEXT NOT NULL, -- pending, accepted, rejected
    score           INTEGER NOT NULL DEFAULT 1000, -- health of the follower, 0 to 10000
    url             TEXT NOT NULL UNIQUE,
    created_at      TIMESTAMP NOT NULL,
    updated_at      TIMESTAMP NOT NULL,
    UNIQUE (actor_id, target_actor_id)
);
CREATE INDEX actor_follows_following ON actor_follows (actor_id, state, created_at DESC, id DESC);
CREATE INDEX actor_follows_followers ON actor_follows (target_actor_id, state, created_at DESC, id DESC);

-- Comments of videos. A thread is a comment that answers none; its replies
-- name it as their thread, however deep they are. A deleted comment that has
-- replies stays as an empty place; one without is kept too, so that its
-- address is not given out again, but shown to nobody: it has vanished.
CREATE TABLE comments (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id        BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    owner_id        BIGINT NOT NULL, -- the account of the video's channel, kept with it
    account_id      BIGINT REFERENCES accounts (id) ON DELETE SET NULL, -- NULL: deleted
    url             TEXT NOT NULL UNIQUE,
    remote          BOOLEAN NOT NULL DEFAULT FALSE,
    text            TEXT NOT NULL, -- markdown; HTML of remote ones; '' when deleted
    thread_id       BIGINT REFERENCES comments (id) ON DELETE CASCADE, -- NULL: is a thread
    -- Not a reference: removing a thread of a thousand levels by cascades
    -- would nest a thousand deep, which SQLite refuses.
    reply_to_id     BIGINT,
    depth           INTEGER NOT NULL DEFAULT 0, -- 0 a thread
    held_for_review BOOLEAN NOT NULL DEFAULT FALSE,
    vanished        BOOLEAN NOT NULL DEFAULT FALSE,
    -- Counters, kept in the transactions that change them; of what everybody
    -- sees, so not of held ones.
    replies         BIGINT NOT NULL DEFAULT 0, -- direct ones, empty places too
    total_replies   BIGINT NOT NULL DEFAULT 0, -- of a thread, at any depth, not deleted
    author_replies  BIGINT NOT NULL DEFAULT 0, -- of those, by the video's owner
    deleted_at      TIMESTAMP,
    created_at      TIMESTAMP NOT NULL,
    updated_at      TIMESTAMP NOT NULL
);
CREATE INDEX comments_threads_created ON comments (video_id, created_at DESC, id DESC, held_for_review) WHERE thread_id IS NULL AND vanished = FALSE;
CREATE INDEX comments_threads_replies ON comments (video_id, total_replies DESC, id DESC, held_for_review) WHERE thread_id IS NULL AND vanished = FALSE;
CREATE INDEX comments_video ON comments (video_id, account_id);
CREATE INDEX comments_video_created ON comments (video_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX comments_thread ON comments (thread_id, created_at, id) WHERE thread_id IS NOT NULL;
CREATE INDEX comments_replies ON comments (reply_to_id, created_at, id) WHERE reply_to_id IS NOT NULL;
CREATE INDEX comments_account ON comments (account_id, created_at DESC, id DESC);
CREATE INDEX comments_created ON comments (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX comments_owner ON comments (owner_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX comments_owner_held ON comments (owner_id, created_at DESC, id DESC) WHERE held_for_review = TRUE;
CREATE INDEX comments_held ON comments (video_id, created_at DESC, id DESC) WHERE held_for_review = TRUE;

-- How many threads of a video everybody sees, empty places too.
ALTER TABLE videos ADD COLUMN comment_threads BIGINT NOT NULL DEFAULT 0;

-- Likes and dislikes; the sums are columns of videos.
CREATE TABLE video_rates (
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    video_id   BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    type       TEXT NOT NULL, -- like, dislike
    url        TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, video_id)
);
CREATE INDEX video_rates_account ON video_rates (account_id, created_at DESC, video_id DESC);
CREATE INDEX video_rates_video ON video_rates (video_id, type, created_at DESC);

-- Whom somebody does not want to hear of. Those of the site's own account
-- (NULL) hold for everybody.
CREATE TABLE account_blocks (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id        BIGINT REFERENCES accounts (id) ON DELETE CASCADE, -- NULL: the site
    target_account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at        TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX account_blocks_pair ON account_blocks (COALESCE(account_id, 0), target_account_id);
CREATE INDEX account_blocks_created ON account_blocks (account_id, created_at DESC, id DESC);

CREATE TABLE server_blocks (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id       BIGINT REFERENCES accounts (id) ON DELETE CASCADE, -- NULL: the site
    target_server_id BIGINT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    created_at       TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX server_blocks_pair ON server_blocks (COALESCE(account_id, 0), target_server_id);
CREATE INDEX server_blocks_created ON server_blocks (account_id, created_at DESC, id DESC);
