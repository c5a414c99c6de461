package worker

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Sweep compares files and rows. Files are written before the rows that name
// them, so a crash leaves files that no row names: those are removed once they
// are old. Rows whose files are missing are only reported: an administrator
// may still have them in a backup.
type Sweep struct {
	Files Files
	Rows  SweepRows
	// Age is how old a file without a row must be; 0 means 24 hours. No job
	// may take longer between writing a file and recording it.
	Age time.Duration
	Now func() time.Time
	Log *slog.Logger
}

// SweepRows is what store.VideoFiles knows of files.
type SweepRows interface {
	Unnamed(ctx context.Context, section string, names []string) ([]string, error)
	FilesAfter(ctx context.Context, after video.FileID, limit int) ([]video.FilePlace, error)
}

// sweepBatch is how many names are looked up at once.
const sweepBatch = 200

// swept are the sections whose files all have rows. Temporary ones are swept
// by age alone.
var swept = []string{webVideos, playlists, originals, thumbnails, storyboards, torrents, captions, avatars}

// Orphans removes old files that no row names and returns how many.
func (s *Sweep) Orphans(ctx context.Context) (removed int, err error) {
	for _, section := range swept {
		n, err := s.section(ctx, section)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	if removed > 0 {
		s.Log.InfoContext(ctx, "files that nothing refers to were removed", "files", removed)
	}
	return removed, nil
}

func (s *Sweep) before() time.Time {
	age := s.Age
	if age <= 0 {
		age = 24 * time.Hour
	}
	return s.Now().Add(-age)
}

func (s *Sweep) section(ctx context.Context, section string) (removed int, err error) {
	var batch []string
	flush := func() error {
		names := batch
		batch = batch[:0]
		left, err := s.Rows.Unnamed(ctx, section, names)
		if err != nil {
			return err
		}
		for _, name := range left {
			if err := s.Files.Delete(ctx, section, name); err != nil {
				return err
			}
			removed++
		}
		return nil
	}
	before := s.before()
	err = s.Files.List(ctx, section, "", func(name string, _ int64, modified time.Time) error {
		if modified.After(before) || strings.HasPrefix(path.Base(name), ".") {
			return nil
		}
		if batch = append(batch, name); len(batch) < sweepBatch {
			return nil
		}
		return flush()
	})
	return removed, errors.Join(err, flush())
}

// Temporary removes directories that jobs left behind: on this machine, in the
// directory tmp, by the names that jobs give them.
func (s *Sweep) Temporary(ctx context.Context, tmp string) error {
	entries, err := os.ReadDir(tmp)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "the temporary directory cannot be read")
	}
	before := s.before()
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), "job-") && !strings.HasPrefix(e.Name(), "picture-") {
			continue
		}
		dir := filepath.Join(tmp, e.Name())
		if newest(dir).After(before) {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return errs.Wrap(errs.Unavailable, err, "a temporary directory cannot be removed")
		}
		s.Log.InfoContext(ctx, "a temporary directory that a crash left was removed", "name", e.Name())
	}
	return nil
}

// newest returns when something in dir was last written.
func newest(dir string) (at time.Time) {
	_ = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // it is being removed meanwhile, or is read next time
		}
		if info, err := e.Info(); err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
		return nil
	})
	return at
}

// mostNamed is how many missing files are logged one by one: a disk that was
// not mounted misses them all.
const mostNamed = 100

// Missing returns how many files that rows name are not there. They are
// logged; what to do about them is an administrator's decision.
func (s *Sweep) Missing(ctx context.Context) (missing int, err error) {
	var after video.FileID
	for {
		list, err := s.Rows.FilesAfter(ctx, after, sweepBatch)
		if err != nil {
			return missing, err
		}
		if len(list) == 0 {
			break
		}
		for _, p := range list {
			after = p.File
			there, err := s.isThere(ctx, p)
			if err != nil {
				return missing, err
			}
			if there {
				continue
			}
			if missing++; missing <= mostNamed {
				s.Log.ErrorContext(ctx, "a file is missing; restore it from a backup, or delete the video", "video", p.UUID, "file", p.Filename)
			}
		}
	}
	if missing > mostNamed {
		s.Log.ErrorContext(ctx, "files are missing, more than are named here; is their disk mounted?", "files", missing)
	}
	return missing, nil
}

// isThere looks on both sides of the privacy border: the file may be on its
// way.
func (s *Sweep) isThere(ctx context.Context, p video.FilePlace) (bool, error) {
	for _, private := range []bool{p.Privacy.PrivateFiles(), !p.Privacy.PrivateFiles()} {
		section, name := webVideos, webName(p.Filename, private)
		switch {
		case p.HLS:
			section, name = playlists, hlsDir(p.UUID, private)+p.Filename
		case video.IsInput(p.Filename):
			section, name = originals, p.Filename
		}
		f, err := s.Files.Open(ctx, section, name)
		if err == nil {
			return true, f.Close()
		}
		if !errs.Is(err, errs.NotFound) {
			return false, err
		}
	}
	return false, nil
}

// Schedule makes the changes that were scheduled for videos.
type Schedule struct {
	Rows interface {
		DueUpdates(ctx context.Context, limit int) ([]video.DueUpdate, error)
	}
	Videos interface {
		RunSchedule(ctx context.Context, id video.ID) error
	}
	Log *slog.Logger
}

// Run makes those that are due. One that fails does not keep others back.
func (s *Schedule) Run(ctx context.Context) error {
	const batch = 500
	due, err := s.Rows.DueUpdates(ctx, batch)
	if err != nil {
		return err
	}
	var failed error
	for _, d := range due {
		if err := s.Videos.RunSchedule(ctx, d.VideoID); err != nil && !errs.Is(err, errs.NotFound) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
