package api

import (
	"context"
	"math"
	"net/http"

	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// AuditService is follow.Audit.
type AuditService interface {
	Read(ctx context.Context, u *user.User, p follow.LedgerList) (list []follow.LedgerEntry, next int64, err error)
}

// FederationLog serves who did what with other sites. PeerTube has no such
// list.
type FederationLog struct{ Audit AuditService }

// Mount adds the route to r.
func (h *FederationLog) Mount(r *rest.Router) {
	r.Get("/server/federation-log", right(user.ManageServerFollow)(h.read))
}

type ledgerEntryJSON struct {
	ID int64 `json:"id"`
	// By is null for what the site did by itself.
	By        *string `json:"by"`
	Action    string  `json:"action"`
	Subject   string  `json:"subject"`
	CreatedAt isoTime `json:"createdAt"`
}

type ledgerJSON struct {
	Data []ledgerEntryJSON `json:"data"`
	// Next is what the next page is asked for with, as before; null at the end.
	Next *int64 `json:"next"`
}

func (h *FederationLog) read(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	p := follow.LedgerList{
		Subject: q.String("subject"), By: q.String("by"), Action: oneOf(q, "action", follow.LedgerActions),
		Before: int64(q.Int("before", 0, 0, math.MaxInt)), Count: q.Int("count", 15, 1, follow.MaxLedgerPage),
	}
	if err := q.Err(); err != nil {
		return err
	}
	list, next, err := h.Audit.Read(r.Context(), auth.User(r.Context()), p)
	if err != nil {
		return err
	}
	out := ledgerJSON{Data: make([]ledgerEntryJSON, len(list))}
	for i, e := range list {
		out.Data[i] = ledgerEntryJSON{ID: e.ID, Action: e.Action, Subject: e.Subject, CreatedAt: isoTime(e.At)}
		if e.By != "" {
			out.Data[i].By = &e.By
		}
	}
	if next != 0 {
		out.Next = &next
	}
	return rest.JSON(w, http.StatusOK, out)
}
