-- +goose Up

-- The swarms of HLS playlists, for the tracker, which is asked by hash.
CREATE TABLE swarm_hashes (
    playlist_id BIGINT NOT NULL REFERENCES streaming_playlists (id) ON DELETE CASCADE,
    info_hash   TEXT NOT NULL, -- 40 hex digits
    PRIMARY KEY (playlist_id, info_hash)
);
CREATE INDEX swarm_hashes_hash ON swarm_hashes (info_hash);

INSERT INTO swarm_hashes (playlist_id, info_hash)
SELECT DISTINCT p.id, j.value FROM streaming_playlists p, json_each(p.p2p_info_hashes) j;
