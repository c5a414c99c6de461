package redundancy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// bring has the files of a video here, as far as the disk has room for them.
func (k *Keeper) bring(ctx context.Context, v *video.Video, list []part, size int64) error {
	if err := k.fits(ctx, v, size); err != nil {
		return err
	}
	return k.fetch(ctx, v, list)
}

// fits reports errs.Unavailable when the disk has no room for what is to be
// fetched of a video.
func (k *Keeper) fits(ctx context.Context, v *video.Video, size int64) error {
	if k.Room == nil {
		return nil
	}
	here, err := k.files(ctx, v.UUID)
	if err != nil {
		return err
	}
	for _, n := range here {
		size -= n
	}
	if room, err := k.Room(); err != nil || size <= room {
		return err
	}
	return errs.New(errs.Unavailable, "the disk has no room for %d bytes of %s", size, v.URL)
}

// fetch has the files of a video here, and no others. All are what the list of
// their site says, also those that were here already: they may have been fetched
// long ago, or be what is left on a bad disk.
func (k *Keeper) fetch(ctx context.Context, v *video.Video, list []part) error {
	sums, err := k.sums(ctx, v, list)
	if err != nil {
		return err
	}
	here, err := k.files(ctx, v.UUID)
	if err != nil {
		return err
	}
	for _, p := range list {
		right := here[p.name] == p.size
		if right {
			if right, err = k.isRight(ctx, v.UUID, p, sums); err != nil {
				return err
			}
		}
		if !right {
			if err := k.fetchOne(ctx, v.UUID, p, sums); err != nil {
				return err
			}
		}
		delete(here, p.name)
	}
	for name := range here {
		if err := k.Files.Delete(ctx, Section, DirOf(v.UUID)+name); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return nil
}

// isRight checks a file that is here. One that is wrong or cannot be read is
// removed, so that nobody gets it while it is fetched anew.
func (k *Keeper) isRight(ctx context.Context, uuid string, p part, sums Sums) (bool, error) {
	name := DirOf(uuid) + p.name
	f, err := k.Files.Open(ctx, Section, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = errors.Join(sums.Check(ctx, p.name, p.size, f), f.Close())
	if err == nil || ctx.Err() != nil {
		return err == nil, err
	}
	k.Log.WarnContext(ctx, "a file of a mirror was wrong and is fetched again", "file", p.url, "err", err)
	if err := k.Files.Delete(ctx, Section, name); err != nil && !errs.Is(err, errs.NotFound) {
		return false, err
	}
	return false, nil
}

// maxSums is how long a list of sums may be, in bytes.
const maxSums = 32 << 20

// sums has the list of sums of a video. Some sites have none: then files are
// checked by their size alone.
func (k *Keeper) sums(ctx context.Context, v *video.Video, list []part) (Sums, error) {
	from := v.Playlist.SegmentsURL
	if k.ReadSums == nil || from == "" {
		return unknown{}, nil
	}
	dir, err := k.Files.TempDir(ctx, "sums-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // swept later otherwise
	to := filepath.Join(dir, "list")
	_, err = k.download(ctx, to, from, maxSums)
	switch errs.KindOf(err) {
	case errs.NotFound, errs.Gone, errs.Forbidden: // the last is what S3 may say of what is not there
		return unknown{}, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(to)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	sums, err := k.ReadSums(f, func(name string) bool {
		return slices.ContainsFunc(list, func(p part) bool { return p.name == name })
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return sums, nil
}

// unknown are the sums of a site that tells none.
type unknown struct{}

// Check implements Sums.
func (unknown) Check(context.Context, string, int64, io.Reader) error { return nil }

// download writes what an address gives, at most size bytes, to a new file.
func (k *Keeper) download(ctx context.Context, to, from string, size int64) (int64, error) {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return 0, err
	}
	n, err := k.Download(ctx, f, from, size)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return n, fmt.Errorf("%s: %w", from, err)
	}
	return n, nil
}

// files are the files of a video that are here, with their bytes.
func (k *Keeper) files(ctx context.Context, uuid string) (map[string]int64, error) {
	here := map[string]int64{}
	dir := DirOf(uuid)
	err := k.Files.List(ctx, Section, dir, func(name string, size int64, _ time.Time) error {
		here[strings.TrimPrefix(name, dir)] = size
		return nil
	})
	if errs.Is(err, errs.NotFound) {
		return here, nil
	}
	return here, err
}

// fetchOne fetches a file, which is what its site says, or nothing. It is checked
// before it gets its name, so that one that has it is right.
func (k *Keeper) fetchOne(ctx context.Context, uuid string, p part, sums Sums) error {
	dir, err := k.Files.TempDir(ctx, "mirror-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // swept later otherwise
	to := filepath.Join(dir, "file")
	n, err := k.download(ctx, to, p.url, p.size)
	if err != nil {
		return err
	}
	if n != p.size {
		return errs.New(errs.Invalid, "%s has %d bytes instead of %d", p.url, n, p.size)
	}
	f, err := os.Open(to)
	if err != nil {
		return err
	}
	err = sums.Check(ctx, p.name, p.size, f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.url, err)
	}
	return k.Files.Adopt(ctx, to, Section, DirOf(uuid)+p.name)
}
