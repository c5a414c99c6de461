package worker_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/worker"
)

// searchRows wait to be read into an index: things, and captions of videos.
type searchRows struct {
	things   int
	captions []video.ID
	put      map[video.ID][]search.Passage
}

func (s *searchRows) IndexStale(_ context.Context, limit int) (int, error) {
	n := min(s.things, limit)
	s.things -= n
	return n, nil
}

func (s *searchRows) StaleCaptions(context.Context, int) ([]video.ID, error) { return s.captions, nil }

func (s *searchRows) PutCues(_ context.Context, id video.ID, _ []video.Caption, cues []search.Passage) error {
	s.put[id], s.captions = cues, s.captions[1:]
	return nil
}

func (*searchRows) Captions(_ context.Context, id video.ID) ([]video.Caption, error) {
	names := map[video.ID]string{1: "one.vtt", 2: "missing.vtt"}
	return []video.Caption{{VideoID: id, Language: "en", Filename: names[id]}}, nil
}

// captionFiles has one caption.
type captionFiles struct{ worker.Files }

func (captionFiles) Open(_ context.Context, section, name string) (io.ReadSeekCloser, error) {
	if section != "captions" || name != "one.vtt" {
		return nil, errs.New(errs.NotFound, "no such file")
	}
	return closer{bytes.NewReader([]byte("WEBVTT\n\n00:00:05.000 --> 00:00:06.000\nHello there\n"))}, nil
}

type closer struct{ *bytes.Reader }

func (closer) Close() error { return nil }

func TestSearchIndexReadsAllThatWaits(t *testing.T) {
	t.Parallel()
	rows := &searchRows{things: 350, captions: []video.ID{1, 2}, put: map[video.ID][]search.Passage{}}
	index := &worker.SearchIndex{Index: rows, Captions: rows, Files: captionFiles{}, Log: slog.New(slog.DiscardHandler)}
	if err := index.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows.things != 0 || len(rows.captions) != 0 {
		t.Errorf("%d things and captions of %v still wait", rows.things, rows.captions)
	}
	want := map[video.ID][]search.Passage{1: {{Language: "en", Second: 5, Text: "Hello there", Words: []string{"hello", "there"}}}, 2: nil}
	if diff := cmp.Diff(want, rows.put); diff != "" {
		t.Error(diff)
	}
}
