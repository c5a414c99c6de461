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

// PutCaption adds the caption of a language to a video, or replaces it. file
// is WebVTT or SubRip; WebVTT is what is kept. The file is written before the
// row that names it, under a name of its own: a crash leaves a file that the
// sweep removes, never a row without a file.
func (s *Service) PutCaption(ctx context.Context, w Viewer, ref Ref, language string, file []byte) error {
	if !KnownLanguage(language) {
		return errs.Fields(errs.Param{Name: "captionLanguage", Value: language, In: "params"})
	}
	v, err := s.Managed(ctx, w, ref, user.UpdateAnyVideo)
	if err != nil {
		return err
	}
	vtt, err := ToVTT(file)
	if err != nil {
		return err
	}
	c := Caption{VideoID: v.ID, Language: language, Filename: NewUUID() + "-" + language + ".vtt", UpdatedAt: s.Now()}
	if err := s.Captions.Put(ctx, c.Filename, vtt); err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		old, err := s.Store.PutCaption(ctx, c)
		if err != nil {
			return err
		}
		if err := s.edited(ctx, nil, v); err != nil || old == nil {
			return err
		}
		return s.Queue.RemoveFiles(ctx, Removal{UUID: v.UUID, Captions: []string{old.Filename}})
	})
}

// DeleteCaption removes the caption of a language.
func (s *Service) DeleteCaption(ctx context.Context, w Viewer, ref Ref, language string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.Managed(ctx, w, ref, user.UpdateAnyVideo)
		if err != nil {
			return err
		}
		old, err := s.Store.DeleteCaption(ctx, v.ID, language)
		if errs.Is(err, errs.NotFound) {
			return errs.New(errs.NotFound, "Video caption not found")
		}
		if err != nil {
			return err
		}
		if err := s.edited(ctx, nil, v); err != nil {
			return err
		}
		return s.Queue.RemoveFiles(ctx, Removal{UUID: v.UUID, Captions: []string{old.Filename}})
	})
}
