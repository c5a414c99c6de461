package video

import (
	"context"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Theme is how the player of a video looks on a site with a look of its own.
// The channel must be loaded, the video not be of a list.
func (v *Video) Theme(site instance.PlayerTheme) instance.PlayerTheme {
	if v.Channel == nil {
		return instance.Resolved(site, v.PlayerTheme)
	}
	return instance.Resolved(site, v.PlayerTheme, v.Channel.PlayerTheme)
}

// PlayerSettings returns a video that a may see, for its Theme. With raw it is
// for what was chosen, which only those learn who may change it.
func (s *Service) PlayerSettings(ctx context.Context, a Access, ref Ref, raw bool) (*Video, error) {
	v, err := s.See(ctx, a, ref)
	if err == nil && raw {
		err = v.MayManage(a.Viewer, user.UpdateAnyVideo)
	}
	return v, err
}

// SetPlayerTheme chooses how the player of a video looks.
func (s *Service) SetPlayerTheme(ctx context.Context, w Viewer, ref Ref, t instance.PlayerTheme) error {
	if _, err := s.Managed(ctx, w, ref, user.UpdateAnyVideo); err != nil {
		return err
	}
	kept, ok := instance.VideoChoice(t)
	if !ok {
		return errs.Fields(errs.Param{Name: "theme", Value: t})
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.Managed(ctx, w, ref, user.UpdateAnyVideo)
		if err != nil {
			return err
		}
		return s.putPlayerTheme(ctx, v, kept)
	})
}

func (s *Service) putPlayerTheme(ctx context.Context, v *Video, kept instance.PlayerTheme) error {
	if v.PlayerTheme == kept {
		return nil
	}
	if err := s.Store.SetPlayerTheme(ctx, v.ID, kept); err != nil {
		return err
	}
	if s.Events == nil {
		return nil
	}
	return s.Events.VideoPlayerSet(ctx, v)
}

// editPlayer is putPlayerTheme of an edit, whose choice was checked.
func (s *Service) editPlayer(ctx context.Context, v *Video, chosen *instance.PlayerTheme) error {
	if chosen == nil {
		return nil
	}
	kept, _ := instance.VideoChoice(*chosen)
	return s.putPlayerTheme(ctx, v, kept)
}

func validPlayerTheme(t *instance.PlayerTheme) bool {
	if t == nil {
		return true
	}
	_, ok := instance.VideoChoice(*t)
	return ok
}
