package user

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
)

// SiteBlocks stands for the site where whose mutes are meant: they hold for
// everybody.
const SiteBlocks actor.AccountID = 0

// AccountBlock says that By does not want to hear of Target.
type AccountBlock struct {
	By        actor.AccountID // SiteBlocks: the site
	Target    *actor.Account
	CreatedAt time.Time
}

// ServerBlock says that By does not want to hear of a server.
type ServerBlock struct {
	By        actor.AccountID
	Host      string
	CreatedAt time.Time
}

// BlockList says which mutes of somebody are listed.
type BlockList struct {
	By           actor.AccountID
	Search       string // part of a name or of a host
	Start, Count int
	Sort         string // createdAt, or "-" before it for newest first
}

// Muted are the accounts and servers that somebody does not want to hear of.
// It is shared and must not be changed. The zero value mutes nobody.
type Muted struct {
	Accounts map[actor.AccountID]bool
	Hosts    map[string]bool
}

// None reports whether nobody is muted.
func (m Muted) None() bool { return len(m.Accounts) == 0 && len(m.Hosts) == 0 }

// Has reports whether an account is muted, itself or with its server.
func (m Muted) Has(a *actor.Account) bool {
	return a != nil && (m.Accounts[a.AccountID] || a.Host != "" && m.Hosts[a.Host])
}

// BlockStore keeps mutes.
type BlockStore interface {
	// Of returns all whom somebody mutes.
	Of(ctx context.Context, by actor.AccountID) (Muted, error)
	// AddAccount and AddServer succeed when it was there already. A server
	// that is not known yet is recorded.
	AddAccount(ctx context.Context, by, target actor.AccountID, at time.Time) error
	AddServer(ctx context.Context, by actor.AccountID, host string, at time.Time) error
	// RemoveAccount and RemoveServer report whether it was there.
	RemoveAccount(ctx context.Context, by, target actor.AccountID) (bool, error)
	RemoveServer(ctx context.Context, by actor.AccountID, host string) (bool, error)
	// Accounts and Servers return a page and the number of all that match.
	Accounts(ctx context.Context, p BlockList) ([]AccountBlock, int, error)
	Servers(ctx context.Context, p BlockList) ([]ServerBlock, int, error)
}

// Mutes of people are read by almost every page, and change seldom: a node
// keeps what it has read for mutedLife. Its own changes count at once, those of
// other nodes after that time.
const (
	mutedLife = 10 * time.Second
	maxMuted  = 10_000
)

// Blocks is whom people, and the site, do not want to hear of.
type Blocks struct {
	Store BlockStore
	// Accounts finds the account of a handle, or errs.NotFound.
	Accounts interface {
		Account(ctx context.Context, handle string) (*actor.Account, error)
	}
	Site instance.Site
	// Ledger keeps what moderators do for everybody; nil: nothing is kept.
	Ledger interface {
		Note(ctx context.Context, by ID, action, subject string, at time.Time) error
	}
	// InTx runs fn in one database transaction, in which Store and Ledger take
	// part.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time

	mu   sync.RWMutex
	kept map[actor.AccountID]keptMuted
	gen  int // of changes: what was read before one is not kept after it
}

type keptMuted struct {
	it    Muted
	until time.Time
}

// Muted returns whom an account mutes; SiteBlocks for the site. Where nobody
// is muted it costs a look into a map.
func (s *Blocks) Muted(ctx context.Context, by actor.AccountID) (Muted, error) {
	now := s.Now()
	s.mu.RLock()
	k, ok := s.kept[by]
	gen := s.gen
	s.mu.RUnlock()
	if ok && now.Before(k.until) {
		return k.it, nil
	}
	m, err := s.Store.Of(ctx, by)
	if err != nil {
		return Muted{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if gen != s.gen {
		return m, nil
	}
	if s.kept == nil || len(s.kept) >= maxMuted {
		s.kept = make(map[actor.AccountID]keptMuted)
	}
	s.kept[by] = keptMuted{m, now.Add(mutedLife)}
	return m, nil
}

func (s *Blocks) forget(by actor.AccountID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, by)
	s.gen++
}

// Blockers returns those of the accounts, and SiteBlocks, that mute somebody
// at all: none is the usual answer, and then a list need not be filtered.
func (s *Blocks) Blockers(ctx context.Context, accounts ...actor.AccountID) ([]actor.AccountID, error) {
	var list []actor.AccountID
	for i := -1; i < len(accounts); i++ {
		by := SiteBlocks
		if i >= 0 {
			if by = accounts[i]; by == SiteBlocks {
				continue
			}
		}
		m, err := s.Muted(ctx, by)
		if err != nil {
			return nil, err
		}
		if !m.None() {
			list = append(list, by)
		}
	}
	return list, nil
}

// Hides reports whether the site or an account (0: nobody in particular) does
// not want to hear of another.
func (s *Blocks) Hides(ctx context.Context, by actor.AccountID, of *actor.Account) (bool, error) {
	for _, who := range []actor.AccountID{SiteBlocks, by} {
		m, err := s.Muted(ctx, who)
		if err != nil || m.Has(of) {
			return err == nil, err
		}
	}
	return false, nil
}

// What the ledger tells of mutes that hold for everybody.
const (
	BlockedServer    = "blocked-server"
	UnblockedServer  = "unblocked-server"
	BlockedAccount   = "blocked-account"
	UnblockedAccount = "unblocked-account"
)

// change changes the mutes of by, and writes down who did when they hold for
// everybody.
func (s *Blocks) change(ctx context.Context, u *User, by actor.AccountID, action, subject string, do func(ctx context.Context) error) error {
	defer s.forget(by)
	if by != SiteBlocks || s.Ledger == nil {
		return do(ctx)
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		return s.Ledger.Note(ctx, u.ID, action, subject, s.Now())
	})
}

// MuteAccount mutes the account of a handle; u is who asks, by whom it is
// muted (u's own account, or SiteBlocks, for which the caller checks the
// right).
func (s *Blocks) MuteAccount(ctx context.Context, u *User, by actor.AccountID, handle string) error {
	a, err := s.Accounts.Account(ctx, handle)
	if err != nil {
		return err
	}
	if a.AccountID == u.AccountID {
		return errs.New(errs.Conflict, "You cannot block yourself.")
	}
	return s.change(ctx, u, by, BlockedAccount, a.FullHandle(s.Site.Host), func(ctx context.Context) error {
		return s.Store.AddAccount(ctx, by, a.AccountID, s.Now())
	})
}

// UnmuteAccount is the contrary.
func (s *Blocks) UnmuteAccount(ctx context.Context, u *User, by actor.AccountID, handle string) error {
	a, err := s.Accounts.Account(ctx, handle)
	if err != nil {
		return err
	}
	return s.change(ctx, u, by, UnblockedAccount, a.FullHandle(s.Site.Host), func(ctx context.Context) error {
		was, err := s.Store.RemoveAccount(ctx, by, a.AccountID)
		if err == nil && !was {
			err = errs.New(errs.NotFound, "Account block entry not found.")
		}
		return err
	})
}

// MuteServer mutes everything that comes from a server; see MuteAccount.
func (s *Blocks) MuteServer(ctx context.Context, u *User, by actor.AccountID, host string) error {
	host = strings.ToLower(host)
	if host == strings.ToLower(s.Site.Host) {
		return errs.New(errs.Conflict, "You cannot block your own server.")
	}
	if !ValidHost(host) {
		return errs.Fields(errs.Param{Name: "host", Value: host, In: "body"})
	}
	return s.change(ctx, u, by, BlockedServer, host, func(ctx context.Context) error {
		return s.Store.AddServer(ctx, by, host, s.Now())
	})
}

// UnmuteServer is the contrary.
func (s *Blocks) UnmuteServer(ctx context.Context, u *User, by actor.AccountID, host string) error {
	if !ValidHost(host) {
		return errs.Fields(errs.Param{Name: "host", Value: host, In: "params"})
	}
	host = strings.ToLower(host)
	return s.change(ctx, u, by, UnblockedServer, host, func(ctx context.Context) error {
		was, err := s.Store.RemoveServer(ctx, by, host)
		if err == nil && !was {
			err = errs.New(errs.NotFound, "Server block entry not found.")
		}
		return err
	})
}

// MutedAccounts lists the accounts that somebody mutes.
func (s *Blocks) MutedAccounts(ctx context.Context, p BlockList) ([]AccountBlock, int, error) {
	return s.Store.Accounts(ctx, p)
}

// MutedServers lists the servers that somebody mutes.
func (s *Blocks) MutedServers(ctx context.Context, p BlockList) ([]ServerBlock, int, error) {
	return s.Store.Servers(ctx, p)
}

// BlockState says who mutes an account or a server.
type BlockState struct{ BySite, ByUser bool }

// Status says of handles and of hosts whether the site and u (nil: nobody)
// mute them. Accounts that do not exist are muted by nobody.
func (s *Blocks) Status(ctx context.Context, u *User, handles, hosts []string) (accounts, servers []BlockState, err error) {
	site, err := s.Muted(ctx, SiteBlocks)
	if err != nil {
		return nil, nil, err
	}
	var own Muted
	if u != nil {
		if own, err = s.Muted(ctx, u.AccountID); err != nil {
			return nil, nil, err
		}
	}
	accounts, servers = make([]BlockState, len(handles)), make([]BlockState, len(hosts))
	for i, h := range hosts {
		servers[i] = BlockState{site.Hosts[strings.ToLower(h)], own.Hosts[strings.ToLower(h)]}
	}
	if len(site.Accounts) == 0 && len(own.Accounts) == 0 {
		return accounts, servers, nil
	}
	for i, h := range handles {
		a, err := s.Accounts.Account(ctx, h)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		accounts[i] = BlockState{site.Accounts[a.AccountID], own.Accounts[a.AccountID]}
	}
	return accounts, servers, nil
}

var hostForm = regexp.MustCompile(`^(?i:localhost|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+)(:[0-9]{1,5})?$`)

// ValidHost reports whether a text is a domain with an optional port.
func ValidHost(host string) bool { return len(host) <= 260 && hostForm.MatchString(host) }
