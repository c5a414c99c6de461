package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/user"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Sessions serves /users/{userId}/token-sessions: where somebody is logged in.
type Sessions struct{ Sessions SessionService }

// SessionService is the part of user.Sessions that this resource needs.
type SessionService interface {
	List(ctx context.Context, by *user.User, of user.ID, sort string, start, count int) ([]*user.Session, int, error)
	RevokeID(ctx context.Context, by *user.User, of user.ID, id int64) error
}

// Mount adds the routes to r.
func (h *Sessions) Mount(r *rest.Router) {
	r.Get("/users/{userId}/token-sessions", auth.Required(h.list))
	r.Post("/users/{userId}/token-sessions/{tokenSessionId}/revoke", auth.Required(h.revoke))
}

// sessionJSON is PeerTube's TokenSession.
type sessionJSON struct {
	ID                 int64   `json:"id"`
	CurrentSession     bool    `json:"currentSession"`
	LoginDevice        string  `json:"loginDevice"`
	LoginIP            string  `json:"loginIP"`
	LoginDate          isoTime `json:"loginDate"`
	LastActivityDevice string  `json:"lastActivityDevice"`
	LastActivityIP     string  `json:"lastActivityIP"`
	LastActivityDate   isoTime `json:"lastActivityDate"`
	CreatedAt          isoTime `json:"createdAt"`
}

// list serves GET /users/{userId}/token-sessions.
func (h *Sessions) list(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[user.ID](r, "userId")
	if err != nil {
		return err
	}
	q := rest.NewQuery(r)
	page := q.Page("-createdAt")
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Sessions.List(r.Context(), auth.User(r.Context()), id, page.Sort, page.Start, page.Count)
	if err != nil {
		return err
	}
	current := int64(0)
	if s := auth.Session(r.Context()); s != nil {
		current = s.ID
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(s *user.Session) sessionJSON {
		return sessionJSON{
			ID: s.ID, CurrentSession: s.ID == current,
			LoginDevice: s.Login.Agent, LoginIP: s.Login.IP, LoginDate: isoTime(s.CreatedAt),
			LastActivityDevice: s.Last.Agent, LastActivityIP: s.Last.IP, LastActivityDate: isoTime(s.LastActivityAt),
			CreatedAt: isoTime(s.CreatedAt),
		}
	}))
}

// revoke serves POST /users/{userId}/token-sessions/{tokenSessionId}/revoke.
func (h *Sessions) revoke(w http.ResponseWriter, r *http.Request) error {
	of, err := rest.PathID[user.ID](r, "userId")
	if err != nil {
		return err
	}
	id, err := rest.PathID[int64](r, "tokenSessionId")
	if err != nil {
		return err
	}
	if err := h.Sessions.RevokeID(r.Context(), auth.User(r.Context()), of, id); err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, struct {
		Success bool `json:"success"`
	}{true})
}
