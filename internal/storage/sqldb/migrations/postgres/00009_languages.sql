-- +goose Up
-- Lists in the languages that somebody reads, also in those of few videos.
CREATE INDEX videos_listed_language ON videos (language, published_at DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
