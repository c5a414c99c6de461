package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// lines is a ledger of three lines.
type lines struct{ asked follow.LedgerList }

func (l *lines) Entries(_ context.Context, p follow.LedgerList) ([]follow.LedgerEntry, error) {
	l.asked = p
	at := time.Date(2026, 11, 21, 4, 58, 16, 354e6, time.UTC)
	all := []follow.LedgerEntry{
		{ID: 9, By: "root", Action: follow.Followed, Subject: "far.example", At: at},
		{ID: 7, Action: follow.FollowedBack, Subject: "near.example", At: at},
		{ID: 2, By: "mod", Action: user.BlockedAccount, Subject: "eve@bad.example", At: at},
	}
	return all[:min(len(all), p.Count)], nil
}

func (l *lines) Forget(context.Context, time.Time, int, int) (int, error) { return 0, nil }

func TestFederationLog(t *testing.T) {
	t.Parallel()
	root, mod := &user.User{Username: "root", Role: user.Administrator}, &user.User{Username: "mod", Role: user.Moderator}
	const (
		first  = `{"id":9,"by":"root","action":"follow","subject":"far.example","createdAt":"2026-11-21T04:58:16.354Z"}`
		second = `{"id":7,"by":null,"action":"follow-back","subject":"near.example","createdAt":"2026-11-21T04:58:16.354Z"}`
	)
	for name, tt := range map[string]struct {
		who    *user.User
		query  string
		status int
		body   string
		asked  follow.LedgerList
	}{
		"nobody":               {nil, "", http.StatusUnauthorized, "", follow.LedgerList{}},
		"a moderator":          {mod, "", http.StatusForbidden, "", follow.LedgerList{}},
		"a page":               {root, "?count=2", http.StatusOK, `{"data":[` + first + `,` + second + `],"next":7}`, follow.LedgerList{Count: 3}},
		"filters":              {root, "?count=1&subject=a@b.example&by=root&action=follow&before=12", http.StatusOK, `{"data":[` + first + `],"next":9}`, follow.LedgerList{Subject: "a@b.example", By: "root", Action: follow.Followed, Before: 12, Count: 2}},
		"a kind there is not":  {root, "?action=nonsense", http.StatusBadRequest, `"action"`, follow.LedgerList{}},
		"too many":             {root, "?count=101", http.StatusBadRequest, `"count"`, follow.LedgerList{}},
		"before what is wrong": {root, "?before=-1", http.StatusBadRequest, `"before"`, follow.LedgerList{}},
		"to the end":           {root, "?count=3", http.StatusOK, `"next":null}`, follow.LedgerList{Count: 4}},
	} {
		l := new(lines)
		r := rest.NewRouter(slog.New(slog.DiscardHandler))
		(&FederationLog{Audit: &follow.Audit{Store: l, Now: time.Now}}).Mount(r)
		req := httptest.NewRequest(http.MethodGet, "/server/federation-log"+tt.query, nil)
		if tt.who != nil {
			req = req.WithContext(auth.WithUser(req.Context(), tt.who))
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
			t.Errorf("%s: got %d %s, want %d with %s", name, w.Code, w.Body, tt.status, tt.body)
		}
		if diff := cmp.Diff(tt.asked, l.asked); diff != "" {
			t.Errorf("%s: asked\n%s", name, diff)
		}
	}
}
