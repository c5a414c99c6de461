-- +goose Up

-- A page of somebody's notifications is read from its index alone: the rows of
-- one person lie far apart, as they came.
DROP INDEX notifications_user_created;
CREATE INDEX notifications_user_created ON notifications (user_id, created_at DESC, id DESC)
    INCLUDE (type, web, read, video_id, comment_id, account_id, follow_id, registration_id, abuse_id, updated_at) WHERE web = TRUE;
