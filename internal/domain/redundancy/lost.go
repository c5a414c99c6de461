package redundancy

import (
	"context"
	"errors"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

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
