package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/sites"
)

// AuditService is follow.Audit.
type AuditService interface {
	Read(ctx context.Context, u *user.User, p follow.LedgerList) (list []follow.LedgerEntry, next int64, err error)
}

func (s *Pages) mountLedger(r *rest.Router) {
	if s.Audit != nil {
		r.Get(sites.LedgerURL, s.page(requiring(user.ManageServerFollow)(s.ledger)))
	}
}

// ledger serves GET /admin/system/federation-log. What cannot be asked for is
// left out.
func (s *Pages) ledger(w http.ResponseWriter, r *http.Request) (err error) {
	q := r.URL.Query()
	v := sites.LedgerView{Asked: follow.LedgerList{
		Subject: strings.TrimPrefix(strings.TrimSpace(q.Get("subject")), "@"), By: strings.TrimPrefix(strings.TrimSpace(q.Get("by")), "@"), Count: pager.PageSize,
	}}
	if a := q.Get("action"); slices.Contains(follow.LedgerActions, a) {
		v.Asked.Action = a
	}
	if n, err := strconv.ParseInt(q.Get("before"), 10, 64); err == nil && n > 0 {
		v.Asked.Before = n
	}
	if v.List, v.Next, err = s.Audit.Read(r.Context(), auth.User(r.Context()), v.Asked); err != nil {
		return err
	}
	p := s.newPage(r, "web.ledger.title")
	p.NoIndex = true
	return s.ok(w, r, sites.Ledger(p, v))
}
