package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"sepiola/internal/errs"
)

// Disk is the Store on directories of this machine. Every section needs a
// directory; they may lie on different disks.
type Disk struct {
	// Dirs are the directories of the sections. They are made when needed.
	Dirs map[Section]string
}

var _ Store = (*Disk)(nil)

// partPrefix begins the names of files that are still being written. No key
// may begin a name with it, and listings leave such files out.
const partPrefix = ".part-"

// Modes of what is made: readable by the group, so that a web server in front
// may be let in; the files of private videos are guarded by the program.
const (
	dirMode  = 0o750
	fileMode = 0o640
)

// Free returns how many bytes are left to this program on the fullest of the
// disks on which sections lie.
func (d *Disk) Free() (int64, error) {
	least := int64(math.MaxInt64)
	for _, dir := range d.Dirs {
		var stat unix.Statfs_t
		if err := unix.Statfs(existing(dir), &stat); err != nil {
			return 0, diskError(&os.PathError{Op: "statfs", Path: dir, Err: err})
		}
		least = min(least, int64(stat.Bavail)*stat.Bsize)
	}
	return least, nil
}

// existing returns dir or the nearest directory above it that exists.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// path returns where k lies.
func (d *Disk) path(k Key) (string, error) {
	root, ok := d.Dirs[k.Section]
	if !ok {
		return "", errs.New(errs.Invalid, "no such section of files: %q", k.Section)
	}
	name := strings.TrimSuffix(k.Name, "/")
	if !validName(name) {
		return "", errs.New(errs.Invalid, "not a valid name of a file: %q", k.Name)
	}
	return filepath.Join(root, filepath.FromSlash(name)), nil
}

// validName refuses what could leave the section or collide with files that
// are being written.
func validName(name string) bool {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") {
		return false
	}
	return !strings.HasPrefix(name, partPrefix) && !strings.Contains(name, "/"+partPrefix)
}

// filePath is path for keys that name one file.
func (d *Disk) filePath(k Key) (string, error) {
	if strings.HasSuffix(k.Name, "/") {
		return "", errs.New(errs.Invalid, "not the name of a file: %q", k.Name)
	}
	return d.path(k)
}

// Adopt implements Store. On the same disk it is a rename; from another one
// the bytes are copied beside the target first.
func (d *Disk) Adopt(ctx context.Context, from string, to Key) error {
	target, err := d.filePath(to)
	if err != nil {
		return err
	}
	if err := makeDir(filepath.Dir(target)); err != nil {
		return err
	}
	if err := syncFile(from); err != nil {
		return diskError(err)
	}
	if err := os.Chmod(from, fileMode); err != nil {
		return diskError(err)
	}
	err = os.Rename(from, target)
	if errors.Is(err, syscall.EXDEV) {
		return d.adoptCopy(ctx, from, target)
	}
	if err != nil {
		return diskError(err)
	}
	return diskError(errors.Join(syncDir(filepath.Dir(target)), syncDir(filepath.Dir(from))))
}

func (d *Disk) adoptCopy(ctx context.Context, from, target string) error {
	f, err := os.Open(from)
	if err != nil {
		return diskError(err)
	}
	defer f.Close()
	if err := writeFile(ctx, target, f); err != nil {
		return err
	}
	return diskError(os.Remove(from))
}

// Put implements Store.
func (d *Disk) Put(ctx context.Context, to Key, r io.Reader) error {
	target, err := d.filePath(to)
	if err != nil {
		return err
	}
	if err := makeDir(filepath.Dir(target)); err != nil {
		return err
	}
	return writeFile(ctx, target, r)
}

// writeFile writes r beside target and renames it into place once it is safe.
func writeFile(ctx context.Context, target string, r io.Reader) (err error) {
	dir := filepath.Dir(target)
	f, err := os.CreateTemp(dir, partPrefix+"*")
	if err != nil {
		return diskError(err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := io.Copy(f, readerCtx{ctx, r}); err != nil {
		return diskError(err)
	}
	if err := errors.Join(f.Chmod(fileMode), f.Sync(), f.Close()); err != nil {
		return diskError(err)
	}
	if err := os.Rename(f.Name(), target); err != nil {
		return diskError(err)
	}
	return diskError(syncDir(dir))
}

// readerCtx ends a copy when its context does.
type readerCtx struct {
	ctx context.Context
	r   io.Reader
}

func (r readerCtx) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Open implements Store.
func (d *Disk) Open(_ context.Context, k Key) (*Object, error) {
	name, err := d.filePath(k)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, diskError(err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		_ = f.Close()
		return nil, diskError(err)
	}
	return &Object{ReadSeekCloser: f, Size: info.Size(), ModTime: info.ModTime()}, nil
}

// Move implements Store.
func (d *Disk) Move(ctx context.Context, from, to Key) error {
	source, err := d.filePath(from)
	if err != nil {
		return err
	}
	target, err := d.filePath(to)
	if err != nil {
		return err
	}
	if source == target {
		return nil
	}
	if _, err := os.Lstat(source); errors.Is(err, fs.ErrNotExist) {
		_, err := os.Lstat(target) // moved before?
		return diskError(err)
	}
	return d.Adopt(ctx, source, to)
}

// Delete implements Store.
func (d *Disk) Delete(_ context.Context, k Key) error {
	name, err := d.path(k)
	if err != nil {
		return err
	}
	if strings.HasSuffix(k.Name, "/") {
		err = os.RemoveAll(name)
	} else {
		err = os.Remove(name)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return diskError(err)
}

// List implements Store. Files come in the order of their names; those that
// are still being written are left out.
func (d *Disk) List(ctx context.Context, s Section, prefix string, fn func(Info) error) error {
	root, ok := d.Dirs[s]
	if !ok {
		return errs.New(errs.Invalid, "no such section of files: %q", s)
	}
	start := root
	if prefix != "" {
		var err error
		if start, err = d.path(Key{s, prefix}); err != nil {
			return err
		}
	}
	return filepath.WalkDir(start, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile, or never made
		}
		if err != nil {
			return diskError(err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !entry.Type().IsRegular() || strings.HasPrefix(entry.Name(), partPrefix) {
			return nil
		}
		return listed(root, name, s, entry, fn)
	})
}

func listed(root, name string, s Section, entry fs.DirEntry, fn func(Info) error) error {
	info, err := entry.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return diskError(err)
	}
	rel, err := filepath.Rel(root, name)
	if err != nil {
		return err
	}
	return fn(Info{Key: Key{s, filepath.ToSlash(rel)}, Size: info.Size(), ModTime: info.ModTime()})
}

// Local implements Store. The file itself is given out, not a copy.
func (d *Disk) Local(_ context.Context, k Key) (string, func(), error) {
	name, err := d.filePath(k)
	if err != nil {
		return "", nil, err
	}
	if _, err := os.Stat(name); err != nil {
		return "", nil, diskError(err)
	}
	abs, err := filepath.Abs(name)
	return abs, func() {}, err
}

// TempDir implements Store. It lies in the temporary section; where another
// section is on another disk, Adopt copies.
func (d *Disk) TempDir(_ context.Context, pattern string) (string, error) {
	root, ok := d.Dirs[Tmp]
	if !ok {
		return "", errs.New(errs.Invalid, "no such section of files: %q", Tmp)
	}
	if strings.ContainsAny(pattern, "/\\") {
		return "", errs.New(errs.Invalid, "not a valid name of a directory: %q", pattern)
	}
	if err := makeDir(root); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(root, pattern)
	if err != nil {
		return "", diskError(err)
	}
	return filepath.Abs(dir)
}

// makeDir makes a directory and those above it, durably.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return diskError(err)
	}
	return diskError(syncDir(parent))
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncDir makes the names in a directory durable. Some file systems cannot
// sync directories and say so; their names are durable by themselves.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return err
}

// diskError gives the errors of the file system the kinds of the contract.
// Paths of this machine stay in the cause.
func diskError(err error) error {
	switch {
	case err == nil, errs.As(err) != nil:
		return err
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return errs.Wrap(errs.NotFound, err, "file not found")
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errs.Wrap(errs.Unavailable, err, "disk full").Because("disk_full")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return errs.Wrap(errs.Unavailable, err, "the storage cannot be written")
	}
	return fmt.Errorf("storage: %w", err)
}

// HLSDir is the directory of a video's HLS files, with a slash at its end.
func HLSDir(uuid string, private bool) string {
	if private {
		return path.Join("hls/private", uuid) + "/"
	}
	return path.Join("hls", uuid) + "/"
}

// PrivatePath places a progressive file in the private directory or not.
func PrivatePath(filename string, private bool) string {
	if private {
		return path.Join("private", filename)
	}
	return filename
}
