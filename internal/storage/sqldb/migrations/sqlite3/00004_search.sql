-- +goose Up

-- What search finds: public and internal videos, channels, public playlists.
-- The words are normalised by domain/search, so that both databases find the
-- same. The id counts down, so that in its order the newest come first:
-- 4398046511104 - (4 * the thing's id + its kind: 1 video, 2 channel, 3 playlist).
CREATE TABLE search_docs (
    id         INTEGER PRIMARY KEY,
    video_id   BIGINT UNIQUE REFERENCES videos (id) ON DELETE CASCADE,
    channel_id BIGINT UNIQUE REFERENCES video_channels (id) ON DELETE CASCADE,
    title      TEXT NOT NULL, -- words of it, one space before and after each
    tags       TEXT NOT NULL,
    owner      TEXT NOT NULL,
    band       INTEGER NOT NULL -- digits of the number of views
);

-- All words of a document, its text too; PostgreSQL has them in the row.
CREATE VIRTUAL TABLE search_fts USING fts5(
    words, content = '', contentless_delete = 1, detail = column,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co So'"
);
-- +goose StatementBegin
CREATE TRIGGER search_docs_deleted AFTER DELETE ON search_docs BEGIN
    DELETE FROM search_fts WHERE rowid = old.id;
END;
-- +goose StatementEnd

-- The vocabulary of titles, tags and names: what typing errors are corrected
-- by. "docs" is how many documents have the word, give or take.
CREATE TABLE search_words (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    word TEXT NOT NULL UNIQUE,
    docs BIGINT NOT NULL
);

-- What is said in videos: a row for some seconds of a caption.
CREATE TABLE search_cues (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    second   INTEGER NOT NULL,
    text     TEXT NOT NULL
);
CREATE INDEX search_cues_video ON search_cues (video_id, language, id);
CREATE VIRTUAL TABLE search_cues_fts USING fts5(
    words, content = '', contentless_delete = 1, detail = column,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co So'"
);
-- +goose StatementBegin
CREATE TRIGGER search_cues_deleted AFTER DELETE ON search_cues BEGIN
    DELETE FROM search_cues_fts WHERE rowid = old.id;
END;
-- +goose StatementEnd

-- What is to be read into the index by the job that keeps it: kind 1 a video,
-- 2 a channel, 4 the captions of a video. At first that is everything.
CREATE TABLE search_stale (
    kind   INTEGER NOT NULL,
    ref_id BIGINT NOT NULL,
    PRIMARY KEY (kind, ref_id)
);
INSERT INTO search_stale (kind, ref_id) SELECT 1, id FROM videos WHERE privacy IN (1, 4) AND state = 1;
INSERT INTO search_stale (kind, ref_id) SELECT 2, id FROM video_channels;
INSERT INTO search_stale (kind, ref_id) SELECT DISTINCT 4, video_id FROM video_captions;

-- Lists of one category, and what was published in it last.
CREATE INDEX videos_listed_category ON videos (category, published_at DESC, id DESC) WHERE privacy IN (1, 4) AND state = 1;
