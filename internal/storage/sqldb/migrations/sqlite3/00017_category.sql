-- +goose Up

-- The videos of a category are counted by their index alone, as those of a
-- language are.
DROP INDEX videos_listed_category;
CREATE INDEX videos_listed_category ON videos (category, published_at DESC, id DESC, privacy, state, nsfw) WHERE privacy IN (1, 4) AND state = 1;
