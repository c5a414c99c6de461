-- +goose Up

-- A page of a history is read from its index alone: the rows of one person lie
-- far apart. Whatever changes a position changes updated_at, too.
DROP INDEX user_video_history_user;
CREATE INDEX user_video_history_user ON user_video_history (user_id, updated_at DESC, video_id DESC, position);
