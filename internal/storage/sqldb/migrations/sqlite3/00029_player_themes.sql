-- +goose Up

-- How the players of a video, and of the videos of a channel, look: 'galaxy',
-- 'lucide', 'instance-default' as the site's, '' as what is above it (the channel
-- for videos, the site for channels). Of other sites it is what their origin says.
ALTER TABLE videos ADD COLUMN player_theme TEXT NOT NULL DEFAULT '';
ALTER TABLE video_channels ADD COLUMN player_theme TEXT NOT NULL DEFAULT '';
