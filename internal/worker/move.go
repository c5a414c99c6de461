package worker

import (
	"context"
	"path"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/domain/video"
)

// MoveFiles brings the files of a video to where its privacy wants them: the
// jobs "move-video-files".
type MoveFiles struct {
	river.WorkerDefaults[MoveFilesArgs]
	*Media
}

// Timeout implements river.Worker.
func (w *MoveFiles) Timeout(*river.Job[MoveFilesArgs]) time.Duration { return 2 * time.Hour }

// Work implements river.Worker. It goes by the privacy that the video has when
// its turn comes, so of two changes the last one wins, and it moves whatever
// lies on the wrong side, so it may be cut off anywhere.
func (w *MoveFiles) Work(ctx context.Context, j *river.Job[MoveFilesArgs]) error {
	return notFoundIsDone(w.Rows.Exclusive(ctx, j.Args.VideoID, func(ctx context.Context) error {
		v, err := w.Rows.ForWork(ctx, j.Args.VideoID)
		if err != nil {
			return err
		}
		if err := w.moveAll(ctx, v); err != nil {
			return err
		}
		if v.Privacy.PrivateFiles() {
			if err := w.hideOpenFiles(ctx, v); err != nil {
				return err
			}
		}
		// The address of the playlist and of the files has changed.
		if err := w.writePlaylists(ctx, v.ID, nil); err != nil {
			return err
		}
		return w.refreshTorrents(ctx, v)
	}))
}

func (w *MoveFiles) moveAll(ctx context.Context, v *video.Video) error {
	private := v.Privacy.PrivateFiles()
	for _, f := range v.Files {
		if f.PlaylistID != 0 || f.IsInput() {
			continue
		}
		if err := w.Files.Move(ctx, webVideos, webName(f.Filename, !private), webName(f.Filename, private)); err != nil {
			return err
		}
	}
	from, to := hlsDir(v.UUID, !private), hlsDir(v.UUID, private)
	var names []string
	err := w.Files.List(ctx, playlists, from, func(name string, _ int64, _ time.Time) error {
		names = append(names, path.Base(name))
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := w.Files.Move(ctx, playlists, from+name, to+name); err != nil {
			return err
		}
	}
	return w.Files.Delete(ctx, playlists, from)
}

// RefreshFiles makes again what is derived from a video's name and files: the
// jobs "manage-video-torrent".
type RefreshFiles struct {
	river.WorkerDefaults[RefreshFilesArgs]
	*Media
}

// Timeout implements river.Worker.
func (w *RefreshFiles) Timeout(*river.Job[RefreshFilesArgs]) time.Duration { return 2 * time.Hour }

// Work implements river.Worker.
func (w *RefreshFiles) Work(ctx context.Context, j *river.Job[RefreshFilesArgs]) error {
	return notFoundIsDone(w.Rows.Exclusive(ctx, j.Args.VideoID, func(ctx context.Context) error {
		v, err := w.Rows.ForWork(ctx, j.Args.VideoID)
		if err != nil {
			return err
		}
		if err := w.writePlaylists(ctx, v.ID, nil); err != nil {
			return err
		}
		return w.refreshTorrents(ctx, v)
	}))
}

// RemoveFiles removes files that no row names any more: the jobs
// "delete-files".
type RemoveFiles struct {
	river.WorkerDefaults[RemoveFilesArgs]
	Files Files
}

// Timeout implements river.Worker.
func (w *RemoveFiles) Timeout(*river.Job[RemoveFilesArgs]) time.Duration { return time.Hour }

// Work implements river.Worker.
func (w *RemoveFiles) Work(ctx context.Context, j *river.Job[RemoveFilesArgs]) error {
	r := j.Args.Removal
	var keys [][2]string
	add := func(section string, names ...string) {
		for _, n := range names {
			keys = append(keys, [2]string{section, n})
		}
	}
	for _, private := range []bool{false, true} {
		if r.HLS && r.UUID != "" {
			add(playlists, hlsDir(r.UUID, private))
		}
		for _, n := range r.HLSFiles {
			add(playlists, hlsDir(r.UUID, private)+n)
		}
		for _, n := range r.WebVideos {
			add(webVideos, webName(n, private))
		}
	}
	add(torrents, r.Torrents...)
	add(thumbnails, r.Thumbnails...)
	add(captions, r.Captions...)
	add(storyboards, r.Storyboards...)
	add(originals, r.Originals...)
	add(avatars, r.Avatars...)
	for _, k := range keys {
		if err := w.Files.Delete(ctx, k[0], k[1]); err != nil {
			return err
		}
	}
	return nil
}
