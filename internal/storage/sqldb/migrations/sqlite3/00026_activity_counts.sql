-- +goose Up

-- Follows that nobody has answered: they are asked for again, by when they were
-- asked for last.
CREATE INDEX actor_follows_pending ON actor_follows (updated_at, id) WHERE state = 'pending';

-- How many activities of other sites were done and how many could not be, by
-- their type, and since when that is counted.
CREATE TABLE activity_counts (
    type       TEXT PRIMARY KEY,
    successes  BIGINT NOT NULL DEFAULT 0,
    errors     BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL
);
