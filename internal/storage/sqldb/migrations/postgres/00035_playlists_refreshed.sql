-- +goose Up

-- When a playlist of another site was last fetched, or sent by it.
ALTER TABLE playlists ADD COLUMN refreshed_at TIMESTAMP;
