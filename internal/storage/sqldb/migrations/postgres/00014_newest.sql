-- +goose Up

-- Feeds choose videos by their channels among the newest of the site, and
-- among the newest of each channel: both without looking at the videos.
DROP INDEX videos_listed_published;
CREATE INDEX videos_listed_published ON videos (published_at DESC, id DESC, privacy, state, nsfw, channel_id) WHERE privacy IN (1, 4) AND state = 1;
DROP INDEX videos_channel_published;
CREATE INDEX videos_channel_published ON videos (channel_id, published_at DESC, id DESC, privacy, state, nsfw);
