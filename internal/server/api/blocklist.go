package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Blocklist serves whom people, and the site, mute.
type Blocklist struct {
	Blocks BlockService
	// Account returns an account by its id, Instance the site's own actor.
	Account  func(ctx context.Context, id actor.AccountID) (*actor.Account, error)
	Instance func(ctx context.Context) (*actor.Actor, error)
	Site     instance.Site
}

// BlockService is user.Blocks.
type BlockService interface {
	MuteAccount(ctx context.Context, u *user.User, by actor.AccountID, handle string) error
	UnmuteAccount(ctx context.Context, u *user.User, by actor.AccountID, handle string) error
	MuteServer(ctx context.Context, u *user.User, by actor.AccountID, host string) error
	UnmuteServer(ctx context.Context, u *user.User, by actor.AccountID, host string) error
	MutedAccounts(ctx context.Context, p user.BlockList) ([]user.AccountBlock, int, error)
	MutedServers(ctx context.Context, p user.BlockList) ([]user.ServerBlock, int, error)
	Status(ctx context.Context, u *user.User, handles, hosts []string) (accounts, servers []user.BlockState, err error)
}

// Mount adds the routes to r.
func (h *Blocklist) Mount(r *rest.Router) {
	own := func(r *http.Request) actor.AccountID { return auth.User(r.Context()).AccountID }
	site := func(*http.Request) actor.AccountID { return user.SiteBlocks }
	h.mount(r, "/users/me/blocklist", own, auth.Required, auth.Required)
	h.mount(r, "/server/blocklist", site, right(user.ManageAccountsBlocklist), right(user.ManageServersBlocklist))
	r.Get("/blocklist/status", h.status)
}

func right(right user.Right) func(rest.HandlerFunc) rest.HandlerFunc {
	return func(next rest.HandlerFunc) rest.HandlerFunc { return auth.RequiredRight(right, next) }
}

func (h *Blocklist) mount(r *rest.Router, prefix string, by func(*http.Request) actor.AccountID, accounts, servers func(rest.HandlerFunc) rest.HandlerFunc) {
	r.Get(prefix+"/accounts", accounts(h.accounts(by)))
	r.Post(prefix+"/accounts", accounts(h.muteAccount(by)))
	r.Delete(prefix+"/accounts/{accountName}", accounts(func(w http.ResponseWriter, r *http.Request) error {
		return noContentAfter(w, h.Blocks.UnmuteAccount(r.Context(), auth.User(r.Context()), by(r), rest.Path(r, "accountName")))
	}))
	r.Get(prefix+"/servers", servers(h.servers(by)))
	r.Post(prefix+"/servers", servers(h.muteServer(by)))
	r.Delete(prefix+"/servers/{host}", servers(func(w http.ResponseWriter, r *http.Request) error {
		return noContentAfter(w, h.Blocks.UnmuteServer(r.Context(), auth.User(r.Context()), by(r), rest.Path(r, "host")))
	}))
}

func noContentAfter(w http.ResponseWriter, err error) error {
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

func (h *Blocklist) muteAccount(by func(*http.Request) actor.AccountID) rest.HandlerFunc {
	type body struct {
		AccountName rest.Field[string] `json:"accountName"`
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		in, err := rest.Body[body](w, r)
		if err != nil {
			return err
		}
		if err := needed(map[string]rest.Field[string]{"accountName": in.AccountName}, "accountName"); err != nil {
			return err
		}
		return noContentAfter(w, h.Blocks.MuteAccount(r.Context(), auth.User(r.Context()), by(r), in.AccountName.V))
	}
}

func (h *Blocklist) muteServer(by func(*http.Request) actor.AccountID) rest.HandlerFunc {
	type body struct {
		Host rest.Field[string] `json:"host"`
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		in, err := rest.Body[body](w, r)
		if err != nil {
			return err
		}
		if err := needed(map[string]rest.Field[string]{"host": in.Host}, "host"); err != nil {
			return err
		}
		return noContentAfter(w, h.Blocks.MuteServer(r.Context(), auth.User(r.Context()), by(r), in.Host.V))
	}
}

// accountBlockJSON is PeerTube's AccountBlock.
type accountBlockJSON struct {
	ByAccount      accountJSON  `json:"byAccount"`
	BlockedAccount *accountJSON `json:"blockedAccount"`
	CreatedAt      isoTime      `json:"createdAt"`
}

// serverBlockJSON is PeerTube's ServerBlock.
type serverBlockJSON struct {
	ByAccount     accountJSON     `json:"byAccount"`
	BlockedServer blockedHostJSON `json:"blockedServer"`
	CreatedAt     isoTime         `json:"createdAt"`
}

type blockedHostJSON struct {
	Host string `json:"host"`
}

// who presents whose mutes these are; the site's own actor has no account.
func (h *Blocklist) who(ctx context.Context, by actor.AccountID) (accountJSON, error) {
	if by != user.SiteBlocks {
		a, err := h.Account(ctx, by)
		if err != nil {
			return accountJSON{}, err
		}
		return presentAccount(h.Site, a), nil
	}
	a, err := h.Instance(ctx)
	if err != nil {
		return accountJSON{}, err
	}
	return accountJSON{actorJSON: presentActor(h.Site, a, int64(a.ID)), DisplayName: a.Username, UpdatedAt: isoTime(a.UpdatedAt)}, nil
}

// list reads which page is asked for, and presents whose it is.
func (h *Blocklist) list(r *http.Request, by actor.AccountID) (p user.BlockList, who accountJSON, err error) {
	q := rest.NewQuery(r)
	page := q.Page("-createdAt")
	if err := q.Err(); err != nil {
		return p, who, err
	}
	who, err = h.who(r.Context(), by)
	return user.BlockList{By: by, Search: q.String("search"), Start: page.Start, Count: page.Count, Sort: page.Sort}, who, err
}

func (h *Blocklist) accounts(by func(*http.Request) actor.AccountID) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, who, err := h.list(r, by(r))
		if err != nil {
			return err
		}
		list, total, err := h.Blocks.MutedAccounts(r.Context(), p)
		if err != nil {
			return err
		}
		return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(b user.AccountBlock) accountBlockJSON {
			return accountBlockJSON{who, presentAuthor(h.Site, b.Target), isoTime(b.CreatedAt)}
		}))
	}
}

func (h *Blocklist) servers(by func(*http.Request) actor.AccountID) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, who, err := h.list(r, by(r))
		if err != nil {
			return err
		}
		list, total, err := h.Blocks.MutedServers(r.Context(), p)
		if err != nil {
			return err
		}
		return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(b user.ServerBlock) serverBlockJSON {
			return serverBlockJSON{who, blockedHostJSON{b.Host}, isoTime(b.CreatedAt)}
		}))
	}
}

// blockStateJSON is a member of PeerTube's BlockStatus. Lists of others are
// not subscribed to, so no subscription blocks anybody.
type blockStateJSON struct {
	BlockedByServer             bool    `json:"blockedByServer"`
	BlockedByServerSubscription *string `json:"blockedByServerSubscription"`
	BlockedByUser               bool    `json:"blockedByUser"`
}

// status serves GET /blocklist/status.
func (h *Blocklist) status(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	handles, hosts := q.Strings("accounts"), q.Strings("hosts")
	var bad []errs.Param
	if !eachOnce(hosts, user.ValidHost) {
		bad = append(bad, errs.Param{Name: "hosts", Msg: "Should have a valid hosts array", Value: hosts, In: "query"})
	}
	if !eachOnce(handles, fullHandle) {
		bad = append(bad, errs.Param{Name: "accounts", Msg: "Should have a valid accounts array", Value: handles, In: "query"})
	}
	if len(bad) > 0 {
		return errs.Fields(bad...)
	}
	accounts, servers, err := h.Blocks.Status(r.Context(), auth.User(r.Context()), handles, hosts)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, map[string]map[string]blockStateJSON{
		"accounts": presentStates(handles, accounts), "hosts": presentStates(hosts, servers),
	})
}

func presentStates(names []string, states []user.BlockState) map[string]blockStateJSON {
	m := make(map[string]blockStateJSON, len(names))
	for i, name := range names {
		m[name] = blockStateJSON{BlockedByServer: states[i].BySite, BlockedByUser: states[i].ByUser}
	}
	return m
}

// eachOnce reports whether all are good, and none comes twice.
func eachOnce(list []string, good func(string) bool) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(list) <= rest.MaxCount && len(slices.Compact(sorted)) == len(list) &&
		!slices.ContainsFunc(list, func(s string) bool { return !good(s) })
}

// fullHandle is name@host, with exactly one @.
func fullHandle(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && host != "" && !strings.Contains(host, "@")
}
