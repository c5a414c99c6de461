package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// UploadsDir is the directory of files that are being uploaded, in the
// temporary section. Sweeps of that section leave it alone: the uploads' own
// sweep knows which files are still needed.
const UploadsDir = "resumable-uploads/"

// Uploads keeps the bytes of uploads under way, and hands complete ones to the
// store as originals. Other than the store it writes files in pieces, so its
// directory must be on a disk that every node reaches.
type Uploads struct {
	// Disk has the temporary section.
	Disk *Disk
	// Store keeps the originals.
	Store Store
}

func (u Uploads) path(name string) (string, error) {
	return u.Disk.filePath(Key{Tmp, UploadsDir + name})
}

// UploadFile is an open file of an upload.
type UploadFile struct {
	f    *os.File
	size int64
}

var _ video.UploadFiles = Uploads{}

// Writer opens a file for writing at an offset. It is made, durably, if it
// does not exist.
func (u Uploads) Writer(_ context.Context, name string, at int64) (video.UploadWriter, error) {
	full, err := u.path(name)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(full, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = create(full)
	}
	if err != nil {
		return nil, diskError(err)
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.Seek(at, io.SeekStart)
	}
	if err != nil {
		_ = f.Close()
		return nil, diskError(err)
	}
	return &UploadFile{f: f, size: info.Size()}, nil
}

func create(full string) (*os.File, error) {
	if err := makeDir(filepath.Dir(full)); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	if err := syncDir(filepath.Dir(full)); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// Write implements io.Writer; a full disk is errs.Unavailable.
func (f *UploadFile) Write(p []byte) (int, error) {
	n, err := f.f.Write(p)
	return n, diskError(err)
}

// Size is the file's size when it was opened.
func (f *UploadFile) Size() int64 { return f.size }

// Sync makes what was written durable.
func (f *UploadFile) Sync() error { return diskError(f.f.Sync()) }

// Close implements io.Closer.
func (f *UploadFile) Close() error { return f.f.Close() }

// Seal cuts a file to its size, durably. A file that is shorter is
// errs.Conflict, a missing one errs.NotFound unless it was adopted as input
// before.
func (u Uploads) Seal(ctx context.Context, name string, size int64, input string) error {
	full, err := u.path(name)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(full, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) && input != "" {
		return u.adopted(ctx, input)
	}
	if err != nil {
		return diskError(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == size {
		return diskError(err)
	}
	if info.Size() < size {
		return errs.New(errs.Conflict, "the file has %d bytes instead of %d", info.Size(), size)
	}
	return diskError(errors.Join(f.Truncate(size), f.Sync()))
}

func (u Uploads) adopted(ctx context.Context, input string) error {
	o, err := u.Store.Open(ctx, Key{Originals, input})
	if err != nil {
		return err
	}
	return o.Close()
}

// Local gives a path at which the file, or the input that it became, can be
// read until done is called.
func (u Uploads) Local(ctx context.Context, name, input string) (path string, done func(), err error) {
	path, done, err = u.Disk.Local(ctx, Key{Tmp, UploadsDir + name})
	if errs.Is(err, errs.NotFound) {
		return u.Store.Local(ctx, Key{Originals, input})
	}
	return path, done, err
}

// Adopt makes the file the input of a video. Again is no error.
func (u Uploads) Adopt(ctx context.Context, name, input string) error {
	full, err := u.path(name)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(full); errors.Is(err, fs.ErrNotExist) {
		return u.adopted(ctx, input)
	}
	return u.Store.Adopt(ctx, full, Key{Originals, input})
}

// Remove removes a file of an upload; none is no error.
func (u Uploads) Remove(ctx context.Context, name string) error {
	return u.Disk.Delete(ctx, Key{Tmp, UploadsDir + name})
}

// RemoveInput removes an adopted file that no video got.
func (u Uploads) RemoveInput(ctx context.Context, input string) error {
	return u.Store.Delete(ctx, Key{Originals, input})
}

// Old lists files that were last written before a time.
func (u Uploads) Old(ctx context.Context, before time.Time) ([]string, error) {
	var names []string
	err := u.Disk.List(ctx, Tmp, UploadsDir, func(i Info) error {
		if i.ModTime.Before(before) {
			names = append(names, i.Key.Name[len(UploadsDir):])
		}
		return nil
	})
	return names, err
}

// Free implements video.UploadFiles.
func (u Uploads) Free(context.Context) (int64, error) { return u.Disk.Free() }
