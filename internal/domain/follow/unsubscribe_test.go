package follow_test

import (
	"context"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
)

// subscriber follows a channel of another site, in some state.
type subscriber struct {
	follow.Store
	follow.ActorStore
	follow.Outbound
	state follow.State
	undo  int
	gone  bool
}

func (s *subscriber) Between(context.Context, actor.ID, actor.ID) (*follow.Follow, error) {
	return &follow.Follow{ID: 3, State: s.state, FollowerID: 1, FollowingID: 2}, nil
}

func (s *subscriber) Delete(context.Context, follow.ID) error {
	s.gone = true
	return nil
}

func (s *subscriber) Account(context.Context, actor.AccountID) (*actor.Account, error) {
	return &actor.Account{Actor: actor.Actor{ID: 1}}, nil
}

func (s *subscriber) ChannelByName(_ context.Context, name, host string) (*actor.Channel, error) {
	return &actor.Channel{Actor: actor.Actor{ID: 2, Username: name, Host: host}}, nil
}

func (s *subscriber) Undo(context.Context, *actor.Account, *follow.Follow) error {
	s.undo++
	return nil
}

// Who does not want to wait any more takes the request back: otherwise the other
// site agrees to it some day, and sends for ever.
func TestASubscriptionThatWaitsIsTakenBack(t *testing.T) {
	t.Parallel()
	for state, undo := range map[follow.State]int{follow.Pending: 1, follow.Accepted: 1, follow.Rejected: 0} {
		s := &subscriber{state: state}
		subs := &follow.Subscriptions{
			Store: s, Actors: s, Outbound: s, Site: instance.Site{Scheme: "https", Host: "here.example"},
			InTx: func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) },
		}
		if err := subs.Unsubscribe(t.Context(), &user.User{}, "films@far.example"); err != nil || !s.gone || s.undo != undo {
			t.Errorf("%s: %v, gone %v, taken back %d times, want %d", state, err, s.gone, s.undo, undo)
		}
	}
}
