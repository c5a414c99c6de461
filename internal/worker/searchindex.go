package worker

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// SearchIndex reads into the index of search what waits for it: everything at
// first, later what changed in a way that concerns many (a name of a channel)
// or that only files know (captions). It goes on where it was cut off.
type SearchIndex struct {
	Index    SearchRows
	Captions CaptionReader
	Files    Files
	Log      *slog.Logger
}

// SearchRows is store.Search.
type SearchRows interface {
	IndexStale(ctx context.Context, limit int) (int, error)
	StaleCaptions(ctx context.Context, limit int) ([]video.ID, error)
	PutCues(ctx context.Context, id video.ID, read []video.Caption, cues []search.Passage) error
}

// CaptionReader lists the captions of a video.
type CaptionReader interface {
	Captions(ctx context.Context, id video.ID) ([]video.Caption, error)
}

// How much one transaction reads into the index. While one runs on SQLite
// nobody else writes.
const (
	indexAtOnce    = 100
	captionsAtOnce = 50
	maxIndexedVTT  = 8 << 20 // bytes of one caption that are read
)

// Run reads all that waits.
func (s *SearchIndex) Run(ctx context.Context) error {
	total := 0
	for {
		n, err := s.Index.IndexStale(ctx, indexAtOnce)
		if err != nil {
			return err
		}
		if total += n; n == 0 {
			break
		}
	}
	if total > indexAtOnce {
		s.Log.InfoContext(ctx, "search index filled", "things", total)
	}
	return s.captions(ctx)
}

func (s *SearchIndex) captions(ctx context.Context) error {
	for {
		ids, err := s.Index.StaleCaptions(ctx, captionsAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := s.video(ctx, id); err != nil {
				return err
			}
		}
		if len(ids) < captionsAtOnce {
			return nil // what changed meanwhile waits for the next run
		}
	}
}

func (s *SearchIndex) video(ctx context.Context, id video.ID) error {
	list, err := s.Captions.Captions(ctx, id)
	if err != nil {
		return err
	}
	var cues []search.Passage
	for _, c := range list {
		vtt, err := s.read(ctx, c.Filename)
		if err != nil {
			return err
		}
		cues = append(cues, search.Passages(c.Language, vtt)...)
	}
	return s.Index.PutCues(ctx, id, list, cues)
}

// read returns a caption, or nothing of one whose file is missing: the sweep
// reports that.
func (s *SearchIndex) read(ctx context.Context, name string) (string, error) {
	f, err := s.Files.Open(ctx, "captions", name)
	if errs.Is(err, errs.NotFound) || errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	b, err := io.ReadAll(io.LimitReader(f, maxIndexedVTT))
	return string(b), err
}
