package api

import (
	"context"
	"net/http"
	"strings"

	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// DeviceService is the part of notification.Service that PushDevices needs.
type DeviceService interface {
	AddDevice(ctx context.Context, u *user.User, d notification.Device) error
	RemoveDevice(ctx context.Context, u *user.User, endpoint string) error
}

// PushDevices serves /users/me/push-devices: the browsers that take pushed
// messages. PeerTube has nothing like it.
type PushDevices struct {
	Devices DeviceService
	// PublicKey is what browsers subscribe with (VAPID), base64url.
	PublicKey string
}

// Mount adds the routes to r.
func (h *PushDevices) Mount(r *rest.Router) {
	r.Get("/users/me/push-devices/key", auth.Required(h.key))
	r.Post("/users/me/push-devices", auth.Required(h.add))
	r.Post("/users/me/push-devices/remove", auth.Required(h.remove))
}

// key serves GET /users/me/push-devices/key.
func (h *PushDevices) key(w http.ResponseWriter, _ *http.Request) error {
	return rest.JSON(w, http.StatusOK, object{{"publicKey", h.PublicKey}})
}

// pushSubscription is what browsers' PushSubscription.toJSON gives.
type pushSubscription struct {
	Endpoint rest.Field[string] `json:"endpoint"`
	Keys     struct {
		P256DH string `json:"p256dh"`
		Auth   string `json:"auth"`
	} `json:"keys"`
}

// add serves POST /users/me/push-devices.
func (h *PushDevices) add(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[pushSubscription](w, r)
	if err != nil {
		return err
	}
	d := notification.Device{Endpoint: in.Endpoint.V, P256DH: in.Keys.P256DH, Auth: in.Keys.Auth, Agent: strings.ToValidUTF8(r.UserAgent(), "")}
	if s := auth.Session(r.Context()); s != nil {
		d.Session = s.ID
	}
	if err := h.Devices.AddDevice(r.Context(), auth.User(r.Context()), d); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// remove serves POST /users/me/push-devices/remove.
func (h *PushDevices) remove(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[struct {
		Endpoint rest.Field[string] `json:"endpoint"`
	}](w, r)
	if err != nil {
		return err
	}
	if err := h.Devices.RemoveDevice(r.Context(), auth.User(r.Context()), in.Endpoint.V); err != nil {
		return err
	}
	return rest.NoContent(w)
}
