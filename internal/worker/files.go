package worker

import (
	"bytes"
	"context"
	"io"
	"path"
	"time"

	"sepiola/internal/domain/video"
)

// Files is the store of files (storage/blob, see blob.Named). Missing files
// are errs.NotFound, a full disk is errs.Unavailable.
type Files interface {
	// Adopt moves a file of this machine into the store, durably.
	Adopt(ctx context.Context, path, section, name string) error
	// Put writes a file, whole or not at all.
	Put(ctx context.Context, section, name string, r io.Reader) error
	// Open opens a file for reading.
	Open(ctx context.Context, section, name string) (io.ReadSeekCloser, error)
	// Move renames a file in its section; again is no error.
	Move(ctx context.Context, section, from, to string) error
	// Delete removes a file, or all below a name with a slash at its end.
	Delete(ctx context.Context, section, name string) error
	// List calls fn for each file below prefix.
	List(ctx context.Context, section, prefix string, fn func(name string, size int64, modified time.Time) error) error
	// Local gives a path at which programs can read a file until done.
	Local(ctx context.Context, section, name string) (path string, done func(), err error)
	// TempDir makes a directory for files that will be adopted.
	TempDir(ctx context.Context, pattern string) (string, error)
}

// Sections of files; the names are storage/blob's.
const (
	webVideos   = "web-videos"
	playlists   = "streaming-playlists"
	originals   = "original-video-files"
	thumbnails  = "thumbnails"
	storyboards = "storyboards"
	torrents    = "torrents"
	captions    = "captions"
	avatars     = "avatars"
)

// hlsDir is the directory of a video's HLS files in their section, with a
// slash at its end.
func hlsDir(uuid string, private bool) string {
	if private {
		return path.Join("hls/private", uuid) + "/"
	}
	return path.Join("hls", uuid) + "/"
}

// webName is the name of a progressive file in its section.
func webName(filename string, private bool) string {
	if private {
		return path.Join("private", filename)
	}
	return filename
}

// place returns where a media file of a video lies.
func place(v *video.Video, f *video.File) (section, name string) {
	if f.IsInput() {
		return originals, f.Filename
	}
	private := v.Privacy.PrivateFiles()
	if f.PlaylistID != 0 {
		return playlists, hlsDir(v.UUID, private) + f.Filename
	}
	return webVideos, webName(f.Filename, private)
}

func putBytes(ctx context.Context, files Files, section, name string, b []byte) error {
	return files.Put(ctx, section, name, bytes.NewReader(b))
}
