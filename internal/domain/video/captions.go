package video

import (
	"context"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// MaxCaption is the size of a caption file in bytes, PeerTube's.
const MaxCaption = 20 << 20

// ListCaptions lists the captions of a video that a opens.
func (s *Service) ListCaptions(ctx context.Context, a Access, ref Ref) ([]Caption, error) {
	v, err := s.See(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	return s.Store.Captions(ctx, v.ID)
}

// CaptionChange is what becomes of the caption of a language of a video. It is
// removed, unless NewCaption made the change.
type CaptionChange struct {
	Language string
	vtt      []byte // what ToVTT wrote
}

// NewCaption puts a file, WebVTT or SubRip, in the place of the caption of a
// language. It is errs.Invalid when either is nothing of the kind.
func NewCaption(language string, file []byte) (CaptionChange, error) {
	if !KnownLanguage(language) {
		return CaptionChange{}, errs.Fields(errs.Param{Name: "captionLanguage", Value: language})
	}
	vtt, err := ToVTT(file)
	return CaptionChange{language, vtt}, err
}

// PutCaption adds the caption of a language to a video, or replaces it. file
// is WebVTT or SubRip; WebVTT is what is kept.
func (s *Service) PutCaption(ctx context.Context, w Viewer, ref Ref, language string, file []byte) error {
	if !KnownLanguage(language) {
		return errs.Fields(errs.Param{Name: "captionLanguage", Value: language, In: "params"})
	}
	v, err := s.Managed(ctx, w, ref, user.UpdateAnyVideo)
	if err != nil {
		return err
	}
	change, err := NewCaption(language, file)
	if err != nil {
		return err
	}
	c, err := s.writeCaption(ctx, v.ID, change)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.editCaptions(ctx, v, []Caption{c}); err != nil {
			return err
		}
		return s.edited(ctx, nil, v)
	})
}

// DeleteCaption removes the caption of a language.
func (s *Service) DeleteCaption(ctx context.Context, w Viewer, ref Ref, language string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.Managed(ctx, w, ref, user.UpdateAnyVideo)
		if err != nil {
			return err
		}
		if err := s.editCaptions(ctx, v, []Caption{{Language: language}}); err != nil {
			return err
		}
		return s.edited(ctx, nil, v)
	})
}

// writeCaption keeps the file of a caption. It is written before the row that
// names it, under a name of its own: a crash leaves a file that the sweep
// removes, never a row without a file.
func (s *Service) writeCaption(ctx context.Context, id ID, change CaptionChange) (Caption, error) {
	c := Caption{VideoID: id, Language: change.Language, Filename: NewUUID() + "-" + change.Language + ".vtt", UpdatedAt: s.Now()}
	return c, s.Captions.Put(ctx, c.Filename, change.vtt)
}

// writeCaptions keeps the files of several changes. Captions without a file
// name are those to remove.
func (s *Service) writeCaptions(ctx context.Context, id ID, changes []CaptionChange) ([]Caption, error) {
	list := make([]Caption, 0, len(changes))
	for _, change := range changes {
		c := Caption{Language: change.Language}
		if change.vtt != nil {
			var err error
			if c, err = s.writeCaption(ctx, id, change); err != nil {
				return nil, err
			}
		}
		list = append(list, c)
	}
	return list, nil
}

// editCaptions adds and removes captions of v, in the transaction of the
// caller, and queues the removal of the files that are no longer named.
func (s *Service) editCaptions(ctx context.Context, v *Video, list []Caption) error {
	gone := Removal{UUID: v.UUID}
	for _, c := range list {
		old, err := s.editCaption(ctx, v.ID, c)
		if err != nil {
			return err
		}
		if old != nil {
			gone.Captions = append(gone.Captions, old.Filename)
		}
	}
	if len(gone.Captions) == 0 {
		return nil
	}
	return s.Queue.RemoveFiles(ctx, gone)
}

// editCaption returns the caption that c took the place of, if any.
func (s *Service) editCaption(ctx context.Context, id ID, c Caption) (old *Caption, err error) {
	if c.Filename != "" {
		return s.Store.PutCaption(ctx, c)
	}
	old, err = s.Store.DeleteCaption(ctx, id, c.Language)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "Video caption not found")
	}
	return old, err
}
