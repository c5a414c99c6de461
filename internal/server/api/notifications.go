package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// NotificationService is the part of notification.Service that Notifications
// needs.
type NotificationService interface {
	List(ctx context.Context, u *user.User, p notification.ListParams) ([]*notification.Notification, int, error)
	MarkRead(ctx context.Context, u *user.User, ids []notification.ID) error
	MarkAllRead(ctx context.Context, u *user.User) error
}

// Notifications serves /users/me/notifications. Settings are served by Me, the
// live stream by server/push.
type Notifications struct {
	Notifications NotificationService
	Site          instance.Site
}

// Mount adds the routes to r.
func (h *Notifications) Mount(r *rest.Router) {
	r.Get("/users/me/notifications", auth.Required(h.list))
	r.Post("/users/me/notifications/read", auth.Required(h.read))
	r.Post("/users/me/notifications/read-all", auth.Required(h.readAll))
}

// list serves GET /users/me/notifications.
func (h *Notifications) list(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	page := q.Page(notification.Sorts...)
	p := notification.ListParams{Sort: page.Sort, Start: page.Start, Count: page.Count, Unread: q.Bool("unread")}
	for _, t := range q.Ints("typeOneOf") {
		if t < 1 || t > notification.MaxType {
			q.Reject("typeOneOf", "Should have a valid typeOneOf array")
			break
		}
		if !slices.Contains(p.Types, notification.Type(t)) {
			p.Types = append(p.Types, notification.Type(t))
		}
	}
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Notifications.List(r.Context(), auth.User(r.Context()), p)
	if err != nil {
		return err
	}
	return rest.Append(w, http.StatusOK, func(b []byte) []byte { return appendNotifications(b, h.Site, list, total) })
}

// maxRead is how many notifications are marked at once.
const maxRead = 1000

// read serves POST /users/me/notifications/read.
func (h *Notifications) read(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[map[string]json.RawMessage](w, r)
	if err != nil {
		return err
	}
	ids, ok := notificationIDs(in["ids"])
	if !ok {
		p := errs.Param{Name: "ids", Msg: "Should have a valid array of notification ids"}
		if raw := in["ids"]; len(raw) > 0 {
			p.Value = raw // it is JSON already
		}
		return errs.Fields(p)
	}
	if err := h.Notifications.MarkRead(r.Context(), auth.User(r.Context()), ids); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// notificationIDs reads numbers, written as such or as text.
func notificationIDs(raw json.RawMessage) ([]notification.ID, bool) {
	var f rest.Field[[]int]
	if json.Unmarshal(bytes.Clone(raw), &f) != nil || !f.Has() || len(f.V) == 0 || len(f.V) > maxRead {
		return nil, false
	}
	ids := make([]notification.ID, len(f.V))
	for i, n := range f.V {
		if n < 1 {
			return nil, false
		}
		ids[i] = notification.ID(n)
	}
	return ids, true
}

// readAll serves POST /users/me/notifications/read-all.
func (h *Notifications) readAll(w http.ResponseWriter, r *http.Request) error {
	if err := h.Notifications.MarkAllRead(r.Context(), auth.User(r.Context())); err != nil {
		return err
	}
	return rest.NoContent(w)
}
