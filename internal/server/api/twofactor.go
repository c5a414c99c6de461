package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/user"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// TwoFactor serves /users/{id}/two-factor.
type TwoFactor struct{ TwoFactor TwoFactorService }

// TwoFactorService is user.TwoFactor.
type TwoFactorService interface {
	Request(ctx context.Context, by *user.User, id user.ID, password *string) (*user.OTPRequest, error)
	Confirm(ctx context.Context, by *user.User, id user.ID, token, code string) error
	Disable(ctx context.Context, by *user.User, id user.ID, password *string) error
}

// Mount adds the routes to r.
func (h *TwoFactor) Mount(r *rest.Router) {
	r.Post("/users/{id}/two-factor/request", auth.Required(h.request))
	r.Post("/users/{id}/two-factor/confirm-request", auth.Required(h.confirm))
	r.Post("/users/{id}/two-factor/disable", auth.Required(h.disable))
}

type twoFactorBody struct {
	CurrentPassword rest.Field[string] `json:"currentPassword"`
	RequestToken    rest.Field[string] `json:"requestToken"`
	OTPToken        rest.Field[string] `json:"otpToken"`
}

func twoFactorInput(w http.ResponseWriter, r *http.Request) (user.ID, twoFactorBody, error) {
	id, err := rest.PathID[user.ID](r, "id")
	if err != nil {
		return 0, twoFactorBody{}, err
	}
	in, err := rest.Body[twoFactorBody](w, r)
	return id, in, err
}

type otpRequestJSON struct {
	Token  string `json:"requestToken"`
	Secret string `json:"secret"`
	URI    string `json:"uri"`
}

// request serves POST /users/{id}/two-factor/request.
func (h *TwoFactor) request(w http.ResponseWriter, r *http.Request) error {
	id, in, err := twoFactorInput(w, r)
	if err != nil {
		return err
	}
	o, err := h.TwoFactor.Request(r.Context(), auth.User(r.Context()), id, pointer(in.CurrentPassword))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return rest.JSON(w, http.StatusOK, struct {
		Request otpRequestJSON `json:"otpRequest"`
	}{otpRequestJSON{Token: o.Token, Secret: o.Secret, URI: o.URI}})
}

// confirm serves POST /users/{id}/two-factor/confirm-request.
func (h *TwoFactor) confirm(w http.ResponseWriter, r *http.Request) error {
	id, in, err := twoFactorInput(w, r)
	if err != nil {
		return err
	}
	if err := h.TwoFactor.Confirm(r.Context(), auth.User(r.Context()), id, in.RequestToken.V, in.OTPToken.V); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// disable serves POST /users/{id}/two-factor/disable.
func (h *TwoFactor) disable(w http.ResponseWriter, r *http.Request) error {
	id, in, err := twoFactorInput(w, r)
	if err != nil {
		return err
	}
	if err := h.TwoFactor.Disable(r.Context(), auth.User(r.Context()), id, pointer(in.CurrentPassword)); err != nil {
		return err
	}
	return rest.NoContent(w)
}
