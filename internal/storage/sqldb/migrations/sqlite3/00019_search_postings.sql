-- +goose Up

-- Which videos have a word: a row for each word and 16,384 videos by their
-- ids, as domain/search cuts words and the store writes sets of numbers. It
-- takes the place of the full-text index for videos, and both databases have
-- the same.
CREATE TABLE search_postings (
    word   TEXT NOT NULL,
    block  INTEGER NOT NULL, -- video_id / 16384
    videos BLOB NOT NULL,
    PRIMARY KEY (word, block)
) WITHOUT ROWID;

-- The words of a video that are in none of title, tags and owner: what has to
-- be taken out of the postings when they change. '' has what is not there yet.
ALTER TABLE search_docs ADD COLUMN rest TEXT NOT NULL DEFAULT '';

-- Videos that are deleted and still in the postings, until the job that keeps
-- the index takes them out. What search finds lacks them.
CREATE TABLE search_gone (
    id    INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    tags  TEXT NOT NULL,
    owner TEXT NOT NULL,
    rest  TEXT NOT NULL
);
-- +goose StatementBegin
CREATE TRIGGER search_docs_gone AFTER DELETE ON search_docs WHEN old.rest <> '' BEGIN
    INSERT INTO search_gone (id, title, tags, owner, rest) VALUES (old.id, old.title, old.tags, old.owner, old.rest);
END;
-- +goose StatementEnd

-- The job that keeps the index reads all videos anew.
INSERT INTO search_stale (kind, ref_id) SELECT 1, id FROM videos WHERE privacy IN (1, 4) AND state = 1
ON CONFLICT (kind, ref_id) DO NOTHING;
