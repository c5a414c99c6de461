-- +goose Up

-- Two who begin to follow each other at once count each other in the same
-- order, that of their rows. Before, each took the row of whom it follows
-- first, and both waited for the other's.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION actor_follows_counts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    f actor_follows := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM 1 FROM actors WHERE id IN (f.actor_id, f.target_actor_id) AND server_id IS NULL ORDER BY id FOR NO KEY UPDATE;
    IF TG_OP <> 'INSERT' AND OLD.state = 'accepted' THEN
        UPDATE actors SET followers_count = followers_count - 1 WHERE id = OLD.target_actor_id AND server_id IS NULL;
        UPDATE actors SET following_count = following_count - 1 WHERE id = OLD.actor_id AND server_id IS NULL;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state = 'accepted' THEN
        UPDATE actors SET followers_count = followers_count + 1 WHERE id = NEW.target_actor_id AND server_id IS NULL;
        UPDATE actors SET following_count = following_count + 1 WHERE id = NEW.actor_id AND server_id IS NULL;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
