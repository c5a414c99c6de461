-- +goose Up

-- Which videos have a word: a row for each word and 16,384 videos by their
-- ids, as domain/search cuts words and the store writes sets of numbers. It
-- takes the place of the full-text index for videos, and both databases have
-- the same.
CREATE TABLE search_postings (
    word   TEXT COLLATE "C" NOT NULL,
    block  BIGINT NOT NULL, -- video_id / 16384
    videos BYTEA NOT NULL,
    PRIMARY KEY (word, block)
);
ALTER TABLE search_postings ALTER COLUMN videos SET STORAGE EXTERNAL; -- they are short already

-- The words of a video that are in none of title, tags and owner: what has to
-- be taken out of the postings when they change. '' has what is not there yet.
ALTER TABLE search_docs ADD COLUMN rest TEXT NOT NULL DEFAULT '';

-- Videos that are deleted and still in the postings, until the job that keeps
-- the index takes them out. What search finds lacks them.
CREATE TABLE search_gone (
    id    BIGINT PRIMARY KEY,
    title TEXT NOT NULL,
    tags  TEXT NOT NULL,
    owner TEXT NOT NULL,
    rest  TEXT NOT NULL
);
-- +goose StatementBegin
CREATE FUNCTION search_docs_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_gone (id, title, tags, owner, rest) VALUES (OLD.id, OLD.title, OLD.tags, OLD.owner, OLD.rest);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER search_docs_gone AFTER DELETE ON search_docs FOR EACH ROW WHEN (OLD.rest <> '') EXECUTE FUNCTION search_docs_gone();

-- The job that keeps the index reads all videos anew.
INSERT INTO search_stale (kind, ref_id) SELECT 1, id FROM videos WHERE privacy IN (1, 4) AND state = 1
ON CONFLICT (kind, ref_id) DO NOTHING;
