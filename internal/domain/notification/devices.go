package notification

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Bounds of devices: how many somebody has, and how long their texts are.
const (
	MaxDevices   = 10
	maxEndpoint  = 1000
	maxAgent     = 200
	authSize     = 16
	standardPort = "443"
)

// AddDevice lets a browser of u take pushed messages. What it says of itself
// comes from a stranger: an address that is not of the public internet, or
// keys that are none, are errs.Invalid.
func (s *Service) AddDevice(ctx context.Context, u *user.User, d Device) error {
	d.P256DH, d.Auth = strings.TrimRight(d.P256DH, "="), strings.TrimRight(d.Auth, "=")
	if err := d.check(); err != nil {
		return err
	}
	d.UserID, d.CreatedAt = u.ID, s.Now()
	if len(d.Agent) > maxAgent {
		d.Agent = strings.ToValidUTF8(d.Agent[:maxAgent], "")
	}
	return s.Store.PutDevice(ctx, &d, MaxDevices)
}

func (d *Device) check() error {
	var bad []errs.Param
	if !validEndpoint(d.Endpoint) {
		bad = append(bad, errs.Param{Name: "endpoint", Value: d.Endpoint})
	}
	point, err := base64.RawURLEncoding.DecodeString(d.P256DH)
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(point)
	}
	if err != nil {
		bad = append(bad, errs.Param{Name: "keys.p256dh", Value: d.P256DH})
	}
	if secret, err := base64.RawURLEncoding.DecodeString(d.Auth); err != nil || len(secret) != authSize {
		bad = append(bad, errs.Param{Name: "keys.auth", Value: d.Auth})
	}
	if len(bad) > 0 {
		return errs.Fields(bad...)
	}
	return nil
}

// validEndpoint lets addresses through that can be of a push service: https on
// its own port, with a name. What the name stands for is checked when it is
// called.
func validEndpoint(s string) bool {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxEndpoint || u.Scheme != "https" || u.User != nil || u.Fragment != "" {
		return false
	}
	host := u.Hostname()
	if port := u.Port(); port != "" && port != standardPort {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	return strings.Contains(host, ".") && !strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".local") &&
		!strings.HasSuffix(strings.ToLower(host), ".internal")
}

// RemoveDevice takes a browser of u away.
func (s *Service) RemoveDevice(ctx context.Context, u *user.User, endpoint string) error {
	return s.Store.DeleteDevice(ctx, u.ID, endpoint)
}

// Devices are the browsers of u, newest first.
func (s *Service) Devices(ctx context.Context, u *user.User) ([]*Device, error) {
	return s.Store.DevicesOf(ctx, u.ID)
}

// MutedPush are the settings that u does not want pushed.
func (s *Service) MutedPush(ctx context.Context, u *user.User) ([]string, error) {
	return s.Store.MutedPush(ctx, u.ID)
}

// SetMutedPush replaces them; names that are no settings are left out.
func (s *Service) SetMutedPush(ctx context.Context, u *user.User, settings []string) error {
	known := Settings()
	return s.Store.SetMutedPush(ctx, u.ID, slices.DeleteFunc(slices.Clone(settings), func(name string) bool {
		return !slices.Contains(known, name)
	}))
}

// Pushed is what is pushed to a device.
type Pushed struct {
	Device       *Device
	User         *user.User
	Notification *Notification
}

// Pushed returns what is to be pushed, or nil when nothing is any more: the
// device is gone or somebody else's, its person has read it or may not see it.
func (s *Service) Pushed(ctx context.Context, device DeviceID, id user.ID, n ID) (*Pushed, error) {
	d, err := s.Store.Device(ctx, device)
	if errs.Is(err, errs.NotFound) {
		return nil, nil //nolint:nilnil // there is nobody to tell
	}
	if err != nil || d.UserID != id {
		return nil, err
	}
	u, err := s.Users.ByID(ctx, id)
	if err != nil || u.Blocked {
		return nil, err
	}
	list, err := s.ByIDs(ctx, u, []ID{n})
	if err != nil || len(list) == 0 || list[0].Read || !list[0].Available() {
		return nil, err
	}
	return &Pushed{d, u, list[0]}, nil
}

// DropDevice removes a device that takes no messages any more.
func (s *Service) DropDevice(ctx context.Context, id DeviceID) error {
	return s.Store.DropDevice(ctx, id)
}
