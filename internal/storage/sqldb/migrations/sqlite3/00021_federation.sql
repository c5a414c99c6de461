-- +goose Up

-- What an activity is about: those about one thing reach a site in their order,
-- and what says how it is now replaces what says how it was.
ALTER TABLE outbox_activities ADD COLUMN subject TEXT NOT NULL DEFAULT '';
CREATE INDEX outbox_activities_subject ON outbox_activities (subject) WHERE subject <> '';

-- When somebody was here last: sessions are forgotten, and live long after a
-- login.
ALTER TABLE users ADD COLUMN last_seen_at TIMESTAMP;
