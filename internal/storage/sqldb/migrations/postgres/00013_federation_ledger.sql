-- +goose Up

-- The ledger is read by site, by who did something and by what it was. The
-- name of who did it stays when the person goes.
ALTER TABLE federation_log ADD COLUMN username TEXT NOT NULL DEFAULT ''; -- '' the site itself
ALTER TABLE federation_log ADD COLUMN host TEXT NOT NULL DEFAULT '';     -- of the subject, lower case
UPDATE federation_log SET action = replace(action, ' ', '-'),
    host = lower(CASE WHEN strpos(subject, '@') > 0 THEN substr(subject, strpos(subject, '@') + 1) ELSE subject END),
    username = COALESCE((SELECT u.username FROM users u WHERE u.id = federation_log.user_id), '');
CREATE INDEX federation_log_host ON federation_log (host, id DESC);
CREATE INDEX federation_log_username ON federation_log (username, id DESC);
CREATE INDEX federation_log_action ON federation_log (action, id DESC);
