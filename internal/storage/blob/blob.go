// Package blob keeps files: on disk, in PeerTube's layout. Files become
// visible whole or not at all.
//
// A Key names a file by section and a path inside it; no path of this machine
// is ever stored in the database. Sections are directories that the
// configuration may place anywhere (storage.*).
package blob

import (
	"context"
	"io"
	"time"
)

// Section is a kind of files. The names are those of PeerTube's directories.
type Section string

// The sections.
const (
	Tmp                Section = "tmp"
	Avatars            Section = "avatars"
	WebVideos          Section = "web-videos"
	StreamingPlaylists Section = "streaming-playlists"
	Originals          Section = "original-video-files"
	Thumbnails         Section = "thumbnails"
	Storyboards        Section = "storyboards"
	Torrents           Section = "torrents"
	Captions           Section = "captions"
	Logos              Section = "logos"      // of the site
	Redundancy         Section = "redundancy" // videos of other sites
)

// Key names a file. Name is a slash-separated path without "." or "..", such
// as "hls/private/<uuid>/<file>".
type Key struct {
	Section Section
	Name    string
}

// Object is an open file. On disk it is an *os.File, so that
// http.ServeContent reaches sendfile.
type Object struct {
	io.ReadSeekCloser
	Size    int64
	ModTime time.Time
}

// Info is a file of a listing.
type Info struct {
	Key     Key
	Size    int64
	ModTime time.Time
}

// Store keeps files. Missing files are errs.NotFound, a full disk is
// errs.Unavailable, and a name that would leave its section errs.Invalid.
type Store interface {
	// Adopt moves the file at path, which must be on this machine, into the
	// store: durable (synced) and whole before it has its name. What was
	// there is replaced.
	Adopt(ctx context.Context, path string, to Key) error
	// Put writes r's bytes as Adopt does.
	Put(ctx context.Context, to Key, r io.Reader) error
	// Open opens a file for reading.
	Open(ctx context.Context, k Key) (*Object, error)
	// Move renames a file inside the store. Moving what has been moved
	// (target there, source not) succeeds.
	Move(ctx context.Context, from, to Key) error
	// Delete removes a file, or everything below it when the name ends with
	// a slash. Deleting what is not there succeeds.
	Delete(ctx context.Context, k Key) error
	// List calls fn for each file of a section below prefix, which is empty
	// or ends with a slash. An error of fn ends the listing and is returned.
	List(ctx context.Context, s Section, prefix string, fn func(Info) error) error
	// Local gives a path on this machine at which the file can be read until
	// done is called, for programs such as ffmpeg.
	Local(ctx context.Context, k Key) (path string, done func(), err error)
	// TempDir makes a new directory on the same disk as the store, for files
	// that will be adopted. The caller removes it; a sweep removes those
	// that a crash left behind.
	TempDir(ctx context.Context, pattern string) (string, error)
}
