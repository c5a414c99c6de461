-- +goose Up

-- What this site itself mirrors of others: why (a strategy, or manual; empty
-- for mirrors of other sites), how many bytes and files.
ALTER TABLE video_redundancies ADD COLUMN strategy TEXT NOT NULL DEFAULT '';
ALTER TABLE video_redundancies ADD COLUMN size BIGINT NOT NULL DEFAULT 0;
ALTER TABLE video_redundancies ADD COLUMN files INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX video_redundancies_own ON video_redundancies (video_id) WHERE strategy <> '';
