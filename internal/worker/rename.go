package worker

import (
	"context"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// uuidLength is how many bytes of an open file's name are random.
const uuidLength = 36

// hideOpenFiles gives the pictures and captions of a video that was hidden new
// names: whoever saw it before knows the old ones, and these files need no
// login. Cut off anywhere, it leaves the old names valid and begins again; the
// sweep removes copies that no row names.
func (w *MoveFiles) hideOpenFiles(ctx context.Context, v *video.Video) error {
	files, err := w.Videos.OpenFiles(ctx, v.ID)
	if err != nil || len(files) == 0 {
		return err
	}
	var kept []video.OpenFile
	var names []string
	old := video.Removal{UUID: v.UUID}
	for _, f := range files {
		name := video.NewUUID() + f.Name[min(uuidLength, len(f.Name)):]
		err := w.copyFile(ctx, openSection(f.Kind), f.Name, name)
		if errs.Is(err, errs.NotFound) {
			continue // it is the sweep that tells of files that are missing
		}
		if err != nil {
			return err
		}
		kept, names = append(kept, f), append(names, name)
		switch f.Kind {
		case video.OpenThumbnail:
			old.Thumbnails = append(old.Thumbnails, f.Name)
		case video.OpenStoryboard:
			old.Storyboards = append(old.Storyboards, f.Name)
		case video.OpenCaption:
			old.Captions = append(old.Captions, f.Name)
		}
	}
	return w.InTx(ctx, func(ctx context.Context) error {
		if err := w.Videos.RenameOpenFiles(ctx, v.ID, kept, names); err != nil {
			return err
		}
		return w.Queue.RemoveFiles(ctx, old)
	})
}

func (w *MoveFiles) copyFile(ctx context.Context, section, from, to string) error {
	f, err := w.Files.Open(ctx, section, from)
	if err != nil {
		return err
	}
	defer f.Close()
	return w.Files.Put(ctx, section, to, f)
}

func openSection(k video.OpenKind) string {
	switch k {
	case video.OpenStoryboard:
		return storyboards
	case video.OpenCaption:
		return captions
	}
	return thumbnails
}
