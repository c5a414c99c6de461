package user

import (
	"context"
	"time"

	"sepiola/internal/errs"
)

// Sessions logs people in and out, and knows them by their tokens.
type Sessions struct {
	Users         Store
	Store         SessionStore
	Registrations RegistrationStore
	Limits        *Limiter
	Passwords     *Passwords
	Cipher        *Cipher
	Lifetimes     Lifetimes
	Policy        func() Policy
	Random        Random
	Now           func() time.Time
	// Changed is told when sessions of a user end. It may be nil.
	Changed func(id ID)

	touches touches
}

// touchEvery is how often activity is written down: not at each request.
const touchEvery = 10 * time.Minute

// Identity is who asks, and by which session.
type Identity struct {
	User *User
	// Session has what SessionStore.Identify reads of it.
	Session *Session
	// Renewed is true when a browser's session was just prolonged, so that
	// its cookie should be too.
	Renewed bool
}

// Tokens are what a client keeps of a login. Browsers get Access only.
type Tokens struct {
	Access, Refresh     string
	AccessIn, RefreshIn time.Duration
	Session             *Session
}

// Identify returns who holds an access token. A token that is unknown or has
// expired, and one of a blocked user, is errs.Unauthorized.
func (s *Sessions) Identify(ctx context.Context, token string, from Device) (*Identity, error) {
	ses, u, err := s.Store.Identify(ctx, Hash(token))
	if errs.Is(err, errs.NotFound) {
		return nil, errInvalidToken()
	}
	if err != nil {
		return nil, err
	}
	now := s.Now()
	s.touches.over(ses)
	if !now.Before(ses.AccessExpiresAt) || u.Blocked {
		return nil, errInvalidToken()
	}
	id := &Identity{User: u, Session: ses}
	if now.Sub(ses.LastActivityAt) >= touchEvery {
		id.Renewed = s.touch(ctx, ses, from, now)
	}
	return id, nil
}

func errInvalidToken() error {
	return errs.New(errs.Unauthorized, "Token is invalid").WithCode("invalid_token")
}

func (d Device) cut() Device {
	d.Agent = d.Agent[:min(len(d.Agent), MaxAgent)]
	return d
}

// start makes a session of a user.
func (s *Sessions) start(ctx context.Context, id ID, kind SessionKind, from Device) (*Tokens, error) {
	now := s.Now()
	t := &Tokens{Access: s.Random.hex(tokenBytes), AccessIn: s.Lifetimes.Browser}
	ses := &Session{
		UserID: id, Kind: kind, AccessHash: Hash(t.Access),
		Login: from.cut(), Last: from.cut(), LastActivityAt: now, CreatedAt: now,
	}
	if kind == OAuth {
		s.addRefresh(t, ses, now)
	}
	ses.AccessExpiresAt = now.Add(t.AccessIn)
	t.Session = ses
	return t, s.Store.Create(ctx, ses)
}

func (s *Sessions) addRefresh(t *Tokens, ses *Session, now time.Time) {
	t.Refresh = s.Random.hex(tokenBytes)
	t.AccessIn, t.RefreshIn = s.Lifetimes.Access, s.Lifetimes.Refresh
	ses.RefreshHash, ses.RefreshExpiresAt = Hash(t.Refresh), now.Add(t.RefreshIn)
}

// Refresh gives new tokens for a refresh token, which is used up, as is the
// access token of its pair.
func (s *Sessions) Refresh(ctx context.Context, token string, from Device) (*Tokens, error) {
	ses, err := s.Store.ByRefresh(ctx, Hash(token))
	now := s.Now()
	if errs.Is(err, errs.NotFound) || err == nil && !now.Before(ses.RefreshExpiresAt) {
		return nil, errGrant("refresh token is invalid")
	}
	if err != nil {
		return nil, err
	}
	u, err := s.Users.ByID(ctx, ses.UserID)
	if err != nil {
		return nil, err
	}
	if err := mayLogIn(u); err != nil {
		return nil, err
	}
	t := &Tokens{Access: s.Random.hex(tokenBytes), Session: ses}
	s.addRefresh(t, ses, now)
	ses.AccessHash, ses.AccessExpiresAt = Hash(t.Access), now.Add(t.AccessIn)
	ses.Last, ses.LastActivityAt = from.cut(), now
	if err := s.Store.Rotate(ctx, Hash(token), ses); errs.Is(err, errs.NotFound) {
		return nil, errGrant("refresh token is invalid")
	} else if err != nil {
		return nil, err
	}
	s.changed(ses.UserID)
	return t, nil
}

// Revoke ends a session. Ending it twice succeeds.
func (s *Sessions) Revoke(ctx context.Context, ses *Session) error {
	if err := s.Store.Delete(ctx, ses.ID); err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	s.changed(ses.UserID)
	return nil
}

// List returns one page of a user's sessions and their number, for the user
// and for those who manage users.
func (s *Sessions) List(ctx context.Context, by *User, of ID, sort string, start, count int) ([]*Session, int, error) {
	if err := s.mayManage(ctx, by, of); err != nil {
		return nil, 0, err
	}
	list, total, err := s.Store.Of(ctx, of, sort, start, count)
	s.touches.over(list...)
	return list, total, err
}

// RevokeID ends one session of a user. Those of others do not exist.
func (s *Sessions) RevokeID(ctx context.Context, by *User, of ID, id int64) error {
	if err := s.mayManage(ctx, by, of); err != nil {
		return err
	}
	ses, err := s.Store.ByID(ctx, id)
	if errs.Is(err, errs.NotFound) || err == nil && ses.UserID != of {
		return errs.New(errs.NotFound, "Token session not found")
	}
	if err != nil {
		return err
	}
	return s.Revoke(ctx, ses)
}

func (s *Sessions) mayManage(ctx context.Context, by *User, of ID) error {
	if by != nil && by.ID == of {
		return nil
	}
	u, err := s.Users.ByID(ctx, of)
	if err != nil {
		return err
	}
	if !by.MayManage(u) {
		return errs.New(errs.Forbidden, "User %s does not have right to get this user's token sessions.", by.name())
	}
	return nil
}

func (u *User) name() string {
	if u == nil {
		return ""
	}
	return u.Username
}

func (s *Sessions) changed(id ID) {
	if s.Changed != nil {
		s.Changed(id)
	}
}
