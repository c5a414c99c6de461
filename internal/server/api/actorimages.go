package api

import (
	"context"
	"errors"
	"io"
	"net/http"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// ActorImages is the part of actor.Images that handlers need.
type ActorImages interface {
	Set(ctx context.Context, id actor.ID, t actor.ImageType, picture io.Reader) ([]actor.Image, error)
	Remove(ctx context.Context, id actor.ID, t actor.ImageType) error
}

// MyAvatar serves /users/me/avatar.
type MyAvatar struct {
	// Account finds the account of who asks.
	Account func(ctx context.Context, id actor.AccountID) (*actor.Account, error)
	Images  ActorImages
	Site    instance.Site
}

// Mount adds the routes to r.
func (h *MyAvatar) Mount(r *rest.Router) {
	r.Post("/users/me/avatar/pick", auth.Required(h.pick))
	r.Delete("/users/me/avatar", auth.Required(h.unpick))
}

func (h *MyAvatar) pick(w http.ResponseWriter, r *http.Request) error {
	a, err := h.Account(r.Context(), auth.User(r.Context()).AccountID)
	if err != nil {
		return err
	}
	images, err := pickImage(w, r, h.Images, a.ID, actor.Avatar)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, object{{"avatars", presentActorImages(h.Site, images)}})
}

func (h *MyAvatar) unpick(w http.ResponseWriter, r *http.Request) error {
	a, err := h.Account(r.Context(), auth.User(r.Context()).AccountID)
	if err != nil {
		return err
	}
	if err := h.Images.Remove(r.Context(), a.ID, actor.Avatar); err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, object{{"avatars", []actorImageJSON{}}})
}

// imagesName is what the API calls the images of a type.
func imagesName(t actor.ImageType) string {
	if t == actor.Banner {
		return "banners"
	}
	return "avatars"
}

// pickImage reads the avatarfile or bannerfile of a multipart form and gives
// it to an actor.
func pickImage(w http.ResponseWriter, r *http.Request, images ActorImages, id actor.ID, t actor.ImageType) ([]actor.Image, error) {
	field := "avatarfile"
	if t == actor.Banner {
		field = "bannerfile"
	}
	var list []actor.Image
	err := readPicture(w, r, field, actor.MaxImage, func(picture io.Reader) (err error) {
		list, err = images.Set(r.Context(), id, t, picture)
		return err
	})
	return list, err
}

// aboutField names the field of the form that an errs.Invalid error is about.
func aboutField(err error, name string) error {
	if e := errs.As(err); e != nil && e.Kind == errs.Invalid && len(e.Params) == 0 {
		named := errs.Field(name, "%s", e.Msg)
		named.Cause = err
		return named
	}
	return err
}

func brokenForm(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errs.Wrap(errs.TooLarge, err, "The image is too large")
	}
	return errs.Wrap(errs.Invalid, err, "the form ended early")
}
