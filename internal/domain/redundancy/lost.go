package redundancy

import (
	"context"
	"errors"
	"strings"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// mark is a file beside those of mirrors. Where it and all of them are missing, a
// disk is not mounted.
const mark = "mirrors-are-kept-here"

// mounted reports errs.Unavailable when the directory of mirrors is empty though
// there are some: what is merely out of reach is not taken for lost, and nothing
// is put where the disk is not.
func (k *Keeper) mounted(ctx context.Context) error {
	f, err := k.Files.Open(ctx, Section, mark)
	if err == nil {
		return f.Close()
	}
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	some, err := k.Store.After(ctx, 0, 1)
	if err != nil {
		return err
	}
	if len(some) > 0 {
		found := errors.New("found")
		err := k.Files.List(ctx, Section, "hls/", func(string, int64, time.Time) error { return found })
		if err == nil {
			return errs.New(errs.Unavailable, "the directory of mirrors (storage.redundancy) is empty, though there are mirrors: if its disk is mounted and they are lost, create the file %q in it, and they are fetched again", mark)
		}
		if !errors.Is(err, found) {
			return err
		}
	}
	return k.Files.Put(ctx, Section, mark, strings.NewReader("Sepiola looks for this file to know that the disk of its mirrors is mounted.\n"))
}

// seekLost looks at the files of some mirrors, each time of the next ones, and
// has those fetched again of which some are not there any more: a disk may lose
// them, or somebody remove them by hand, and viewers would ask in vain for ever.
func (k *Keeper) seekLost(ctx context.Context) error {
	list, err := k.Store.After(ctx, video.ID(k.looked.Load()), lookEach)
	if err != nil {
		return err
	}
	for _, m := range list {
		if err := k.look(ctx, m); err != nil {
			return err
		}
		k.looked.Store(int64(m.VideoID))
	}
	if len(list) < lookEach {
		k.looked.Store(0)
	}
	return nil
}

// look asks for the files of a mirror that has lost some. What cannot be looked
// at is logged: it must not keep others from being so.
func (k *Keeper) look(ctx context.Context, m *Mirror) error {
	v, err := k.Videos.ByRef(ctx, video.ByID(m.VideoID))
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, is := k.busy.Load(v.UUID); is {
		return nil
	}
	switch lost, err := k.lost(ctx, v, m); {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		k.Log.WarnContext(ctx, "the files of a mirror cannot be looked at", "video", v.URL, "err", err)
		return nil
	case !lost:
		return nil
	}
	// Somebody may have removed it, and so its files, a moment ago.
	switch _, err := k.Store.Own(ctx, m.VideoID); {
	case errs.Is(err, errs.NotFound):
		return nil
	case err != nil:
		return err
	}
	k.Log.WarnContext(ctx, "files of a mirror are lost and are fetched again", "video", v.URL)
	return k.Queue.Mirror(ctx, m.VideoID, m.Strategy)
}

// lost reports whether fewer bytes are here than a mirror has.
func (k *Keeper) lost(ctx context.Context, v *video.Video, m *Mirror) (bool, error) {
	here, err := k.files(ctx, v.UUID)
	var size int64
	for _, n := range here {
		size += n
	}
	return size < m.Size, err
}

// takeBack ends a mirror that has lost files which cannot be had again because of
// why, so that nobody is sent for them. It returns why: the job comes back, and
// says that they are here once they are.
func (k *Keeper) takeBack(ctx context.Context, v *video.Video, m *Mirror, why error) error {
	if m == nil || ctx.Err() != nil {
		return why
	}
	lost, err := k.lost(ctx, v, m)
	if err == nil && lost {
		k.Log.WarnContext(ctx, "a mirror that has lost files is taken back", "video", v.URL)
		err = k.dropHeld(ctx, m)
	}
	return errors.Join(why, err)
}
