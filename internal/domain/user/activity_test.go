package user_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// someSessions is a user.SessionStore with sessions by their hashes, which
// counts what is written to it.
type someSessions struct {
	user.SessionStore

	byHash  map[string]*user.Session
	written []user.Touch
	writes  int
	err     error
}

func (f *someSessions) Identify(_ context.Context, access string) (*user.Session, *user.User, error) {
	ses, ok := f.byHash[access]
	if !ok {
		return nil, nil, errs.New(errs.NotFound, "not found")
	}
	read := *ses
	return &read, &user.User{ID: ses.UserID}, nil
}

func (f *someSessions) Of(context.Context, user.ID, string, int, int) ([]*user.Session, int, error) {
	var list []*user.Session
	for _, ses := range f.byHash {
		read := *ses
		list = append(list, &read)
	}
	return list, len(list), nil
}

func (f *someSessions) Touch(_ context.Context, list []user.Touch) error {
	f.writes++
	f.written = append(f.written, list...)
	return f.err
}

// active are sessions of three people, the third of a browser, last seen an
// hour ago, with a clock of their own.
func active() (*user.Sessions, *someSessions, *time.Time) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	f := &someSessions{byHash: map[string]*user.Session{}}
	for i, token := range []string{"a", "b", "c"} {
		kind := user.OAuth
		if token == "c" {
			kind = user.Browser
		}
		f.byHash[user.Hash(token)] = &user.Session{
			ID: int64(i + 1), UserID: user.ID(i + 1), Kind: kind, AccessExpiresAt: now.Add(24 * time.Hour), LastActivityAt: now.Add(-time.Hour),
		}
	}
	s := &user.Sessions{Store: f, Lifetimes: user.Lifetimes{Browser: 48 * time.Hour}, Now: func() time.Time { return now }}
	return s, f, &now
}

func identify(t *testing.T, s *user.Sessions, token, agent string) *user.Identity {
	t.Helper()
	id, err := s.Identify(t.Context(), token, user.Device{Agent: agent})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestActivityIsWrittenTogether(t *testing.T) {
	t.Parallel()
	s, f, now := active()
	for _, token := range []string{"a", "b", "c", "a"} {
		id := identify(t, s, token, "one")
		if !id.Session.LastActivityAt.Equal(*now) || id.Renewed != (token == "c") {
			t.Errorf("%s is %+v, renewed %t", token, id.Session, id.Renewed)
		}
	}
	if id := identify(t, s, "c", "one"); id.Renewed || !id.Session.AccessExpiresAt.Equal(now.Add(48*time.Hour)) {
		t.Errorf("the browser, again: %+v, renewed %t", id.Session, id.Renewed)
	}
	if f.writes != 0 {
		t.Errorf("%d writes for those who came", f.writes)
	}
	list, _, err := s.List(t.Context(), &user.User{ID: 1}, 1, "", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, ses := range list {
		if ses.Last.Agent != "one" || !ses.LastActivityAt.Equal(*now) {
			t.Errorf("listed before it is written: %+v", ses)
		}
	}
	for range 2 {
		if err := s.WriteActivity(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if f.writes != 1 || len(f.written) != 3 || f.written[0].Session != 1 || f.written[2].Expires != now.Add(48*time.Hour) {
		t.Errorf("%d writes: %+v", f.writes, f.written)
	}
}

func TestWhatExpiresSoonIsProlongedAtOnce(t *testing.T) {
	t.Parallel()
	s, f, now := active()
	*now = now.Add(24*time.Hour - time.Minute)
	if id := identify(t, s, "c", "one"); !id.Renewed || f.writes != 1 {
		t.Errorf("renewed %t with %d writes", id.Renewed, f.writes)
	}
	f.err = errors.New("the disk is full")
	if id := identify(t, s, "c", "one"); id.Renewed {
		t.Error("prolonged what could not be written")
	}
	*now = now.Add(2 * time.Minute)
	if _, err := s.Identify(t.Context(), "a", user.Device{}); !errs.Is(err, errs.Unauthorized) {
		t.Errorf("a program's token that expired: got %v, want Unauthorized", err)
	}
}

func TestActivityThatCannotBeWrittenIsNoticedAgain(t *testing.T) {
	t.Parallel()
	s, f, now := active()
	identify(t, s, "c", "one")
	f.err = errors.New("the disk is full")
	if err := s.WriteActivity(t.Context()); !errors.Is(err, f.err) {
		t.Errorf("got %v", err)
	}
	f.err = nil
	*now = now.Add(time.Second)
	if id := identify(t, s, "c", "two"); !id.Renewed {
		t.Error("not noticed again")
	}
	if err := s.WriteActivity(t.Context()); err != nil || f.written[1].From.Agent != "two" {
		t.Errorf("written: %+v %v", f.written, err)
	}
}

func TestActivityIsWrittenWithinSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f, _ := active()
		ctx, stop := context.WithCancel(t.Context())
		go s.Run(ctx, slog.New(slog.DiscardHandler))
		identify(t, s, "a", "one")
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if f.writes != 1 {
			t.Errorf("%d writes after six seconds, want 1", f.writes)
		}
		stop()
		synctest.Wait()
		identify(t, s, "b", "one")
		if err := s.WriteActivity(t.Context()); err != nil || f.writes != 2 {
			t.Errorf("what came after: %d writes, %v", f.writes, err)
		}
	})
}
