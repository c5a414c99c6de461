package store

import (
	"testing"
	"testing/synctest"
	"time"

	"sepiola/internal/domain/actor"
)

// What was kept for a second is let go of soon after, though nobody asks.
func TestWhatIsKeptIsLetGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a answers[int, string]
		a.put(1, "one", 0)
		time.Sleep(answerLife / 2)
		a.put(2, "two", 0)
		time.Sleep(answerLife/2 + time.Millisecond)
		synctest.Wait()
		if _, ok, _ := a.get(2); !ok || len(a.m) != 1 {
			t.Errorf("after a life %d are kept, the younger: %v", len(a.m), ok)
		}
		time.Sleep(answerLife)
		synctest.Wait()
		if a.m != nil || a.sweeping {
			t.Errorf("in the end %d are kept; sweeping: %v", len(a.m), a.sweeping)
		}
		a.put(3, "three", 0)
		time.Sleep(2 * answerLife)
		synctest.Wait()
		if a.m != nil {
			t.Error("later ones are not let go of")
		}

		var c videoChannels
		var k shownAccounts
		now := time.Now()
		c.put(map[actor.ChannelID]*actor.Channel{1: {}}, now)
		k.put(map[actor.AccountID]*actor.Account{1: {}}, now)
		if c.get(1, now) == nil {
			t.Error("a channel is not kept at all")
		}
		time.Sleep(2 * channelLife)
		synctest.Wait()
		if c.m != nil || k.m != nil {
			t.Errorf("in the end %d channels and %d accounts are kept", len(c.m), len(k.m))
		}
	})
}
