package push

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Notifications is the part of notification.Service that Stream needs.
type Notifications interface {
	List(ctx context.Context, u *user.User, p notification.ListParams) ([]*notification.Notification, int, error)
	Unread(ctx context.Context, id user.ID) (int64, error)
}

// Stream serves what is new for a person, as it happens:
//
//	id: 123
//	event: new-notification
//	data: {a notification, as the API presents it}
//
//	event: unread
//	data: {"unread": 3}
//
// Who comes back with Last-Event-ID gets what came meanwhile, of the newest
// ones. A stream ends after Life, and with the login it came from when that is
// not known any more: browsers come back by themselves.
type Stream struct {
	Hub           *Hub
	Notifications Notifications
	// Present is how the API presents a notification.
	Present func(*notification.Notification) any
	// Heartbeat keeps proxies from cutting the connection; Life is how long a
	// stream lasts at most.
	Heartbeat, Life time.Duration
}

// Times of streams: the pause after which a browser comes back, and what
// Heartbeat and Life usually are.
const (
	comeBack         = 3 * time.Second
	DefaultHeartbeat = 25 * time.Second
	DefaultLife      = 10 * time.Minute
)

// Mount adds the route to the router of the API.
func (s *Stream) Mount(r *rest.Router) {
	r.Get("/users/me/notifications/events", auth.Required(s.serve))
}

// newest is how many notifications are looked at for new ones.
const newest = 20

// open is one stream.
type open struct {
	*Stream
	w    http.ResponseWriter
	flow *http.ResponseController
	u    *user.User
	// seen are the ids that were sent or were there before; none up to floor
	// is new.
	seen   map[notification.ID]bool
	floor  notification.ID
	unread int64
}

func (s *Stream) serve(w http.ResponseWriter, r *http.Request) error {
	u := auth.User(r.Context())
	c, err := s.Hub.join(u.ID)
	if err != nil {
		return err
	}
	defer s.Hub.leave(u.ID, c)
	o := &open{Stream: s, w: w, flow: http.NewResponseController(w), u: u, unread: -1}
	list, err := o.remember(r)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx
	w.WriteHeader(http.StatusOK)
	if err := o.write(fmt.Sprintf("retry: %d\n\n", comeBack.Milliseconds())); err != nil {
		return nil // the reader is gone
	}
	if o.send(r.Context(), list) == nil {
		o.follow(r.Context(), c)
	}
	return nil
}

// remember looks at what there is, and returns what the reader has missed.
func (o *open) remember(r *http.Request) ([]*notification.Notification, error) {
	list, err := o.look(r.Context())
	if err != nil {
		return nil, err
	}
	o.seen = make(map[notification.ID]bool, newest)
	last, known := notification.ID(0), false
	if n, err := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64); err == nil && n > 0 {
		last, known = notification.ID(n), true
	}
	var missed []*notification.Notification
	for i, n := range list {
		if i == 0 || n.ID < o.floor+1 {
			o.floor = n.ID - 1
		}
		if known && n.ID > last {
			missed = append(missed, n)
			continue
		}
		o.seen[n.ID] = true
	}
	if len(list) < newest {
		o.floor = 0 // there are no older ones that could come into sight
	}
	return missed, nil
}

// look returns the newest notifications.
func (o *open) look(ctx context.Context) ([]*notification.Notification, error) {
	list, _, err := o.Notifications.List(ctx, o.u, notification.ListParams{Sort: "-createdAt", Count: newest, SkipCount: true})
	return list, err
}

// follow sends what is new until the reader goes, the server stops or the
// stream has lived long enough.
func (o *open) follow(ctx context.Context, c *client) {
	beat := time.NewTicker(o.Heartbeat)
	defer beat.Stop()
	end := time.NewTimer(o.Life)
	defer end.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-c.done:
			return
		case <-end.C:
			return
		case <-beat.C:
			err = o.write(": still here\n\n")
		case <-c.changed:
			err = o.news(ctx)
		}
		if err != nil {
			return // the reader is gone, or comes back
		}
	}
}

// news sends what was not seen yet.
func (o *open) news(ctx context.Context) error {
	list, err := o.look(ctx)
	if err != nil {
		return err
	}
	return o.send(ctx, slices.DeleteFunc(list, func(n *notification.Notification) bool { return n.ID <= o.floor || o.seen[n.ID] }))
}

// send sends notifications, oldest first, and the number of unread ones when
// it has changed.
func (o *open) send(ctx context.Context, list []*notification.Notification) error {
	for _, n := range slices.Backward(list) {
		o.seen[n.ID] = true
		if err := o.event(strconv.FormatInt(int64(n.ID), 10), "new-notification", o.Present(n)); err != nil {
			return err
		}
	}
	unread, err := o.Notifications.Unread(ctx, o.u.ID)
	if err != nil || unread == o.unread {
		return err
	}
	o.unread = unread
	return o.event("", "unread", map[string]int64{"unread": unread})
}

// event writes one event; JSON has no line breaks.
func (o *open) event(id, name string, data any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return errs.Wrap(errs.Internal, err, "present an event")
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	return o.write(id + "event: " + name + "\ndata: " + string(b) + "\n\n")
}

func (o *open) write(s string) error {
	if _, err := o.w.Write([]byte(s)); err != nil {
		return err
	}
	return o.flow.Flush()
}
