package video

import (
	"context"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// PasswordID identifies a password of a video.
type PasswordID int64

// Password opens a password protected video. It is kept readable, because
// its owner gives it out and PeerTube's API shows it.
type Password struct {
	ID                   PasswordID
	VideoID              ID
	Password             string
	CreatedAt, UpdatedAt time.Time
}

// Passwords lists the passwords of a video to those who may change it.
func (s *Service) Passwords(ctx context.Context, w Viewer, ref Ref) ([]Password, error) {
	v, err := s.protected(ctx, w, ref, user.SeeAllVideos)
	if err != nil {
		return nil, err
	}
	return s.Store.Passwords(ctx, v.ID)
}

// SetPasswords replaces all passwords of a video.
func (s *Service) SetPasswords(ctx context.Context, w Viewer, ref Ref, passwords []string) error {
	if len(passwords) == 0 || !validPasswords(&passwords) {
		return errs.Field("passwords", "Password list is invalid")
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.protected(ctx, w, ref, user.UpdateAnyVideo)
		if err != nil {
			return err
		}
		return s.Store.SetPasswords(ctx, v.ID, passwords)
	})
}

// AddPassword adds a password to those there are.
func (s *Service) AddPassword(ctx context.Context, w Viewer, ref Ref, password string) error {
	if !validPasswords(&[]string{password}) {
		return errs.Field("password", "Password is invalid")
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.protected(ctx, w, ref, user.UpdateAnyVideo)
		if err != nil {
			return err
		}
		have, err := s.Store.Passwords(ctx, v.ID)
		if err != nil {
			return err
		}
		list := []string{password}
		for _, p := range have {
			if p.Password == password {
				return errs.New(errs.Conflict, "This password already exists")
			}
			list = append(list, p.Password)
		}
		return s.Store.SetPasswords(ctx, v.ID, list)
	})
}

// DeletePassword removes a password, unless it is the last.
func (s *Service) DeletePassword(ctx context.Context, w Viewer, ref Ref, id PasswordID) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.protected(ctx, w, ref, user.UpdateAnyVideo)
		if err != nil {
			return err
		}
		have, err := s.Store.Passwords(ctx, v.ID)
		if err != nil {
			return err
		}
		if len(have) == 1 && have[0].ID == id {
			return errs.New(errs.Invalid, "Cannot delete the last password of the protected video")
		}
		return s.Store.DeletePassword(ctx, v.ID, id)
	})
}

func (s *Service) protected(ctx context.Context, w Viewer, ref Ref, right user.Right) (*Video, error) {
	v, err := s.Managed(ctx, w, ref, right)
	if err != nil {
		return nil, err
	}
	if v.Privacy != PasswordProtected {
		return nil, errs.New(errs.Invalid, "Video is not password protected")
	}
	return v, nil
}
