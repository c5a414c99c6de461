package follow_test

import (
	"context"
	"fmt"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// farAccount has channels on another site, in states from which somebody
// follows them.
type farAccount struct {
	subscriber
	states map[actor.ID]follow.State
	count  int
	asked  []string
	ended  int
}

func (a *farAccount) AccountByName(_ context.Context, name, host string) (*actor.Account, error) {
	return &actor.Account{Actor: actor.Actor{ID: 9, Username: name, Host: host}, AccountID: 9}, nil
}

func (a *farAccount) ChannelsOf(context.Context, actor.AccountID) ([]*actor.Channel, error) {
	list := make([]*actor.Channel, a.count)
	for i := range list {
		list[i] = &actor.Channel{Actor: actor.Actor{ID: actor.ID(10 + i), Username: fmt.Sprint("c", i), Host: "far.example"}}
	}
	return list, nil
}

func (a *farAccount) States(context.Context, actor.ID, []actor.ID) (map[actor.ID]follow.State, error) {
	return a.states, nil
}

func (a *farAccount) Follow(_ context.Context, _ *actor.Account, name, host string) error {
	a.asked = append(a.asked, name+"@"+host)
	return nil
}

func (a *farAccount) Delete(context.Context, follow.ID) error {
	a.ended++
	return nil
}

func (a *farAccount) subscriptions() *follow.Subscriptions {
	return &follow.Subscriptions{
		Store: a, Actors: a, Outbound: a, Site: instance.Site{Scheme: "https", Host: "here.example"},
		InTx: func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) },
	}
}

// Only what is not followed yet is asked for, and what was refused once again.
func TestChannelsOfAnotherSiteAreAskedForTogether(t *testing.T) {
	t.Parallel()
	a := &farAccount{count: 4, states: map[actor.ID]follow.State{10: follow.Accepted, 11: follow.Pending, 12: follow.Rejected}}
	if err := a.subscriptions().SubscribeToChannels(t.Context(), &user.User{}, "ann@far.example"); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(a.asked), "[c2@far.example c3@far.example]"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	a.state = follow.Accepted
	if err := a.subscriptions().UnsubscribeFromChannels(t.Context(), &user.User{}, "ann@far.example"); err != nil || a.ended != 3 || a.undo != 3 {
		t.Errorf("%v: %d ended, %d taken back, want 3 of each", err, a.ended, a.undo)
	}
}

func TestOnePressAsksOnlyForSoMany(t *testing.T) {
	t.Parallel()
	a := &farAccount{count: follow.MaxAtOnce + 1}
	if err := a.subscriptions().SubscribeToChannels(t.Context(), &user.User{}, "ann@far.example"); !errs.Is(err, errs.Invalid) || len(a.asked) != 0 {
		t.Errorf("got %v and %d asked, want Invalid and none", err, len(a.asked))
	}
}
