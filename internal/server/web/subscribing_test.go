package web_test

import (
	"net/url"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/storage/store"
)

func TestAllChannelsOfAnAccountAreSubscribedToAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.member("ada")
	ada, err := (store.Users{DB: s.db}).ByUsername(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	const page, form = "/a/ada/video-channels", "/my-library/subscriptions/change"
	s.get(page).holds(t, 200, `aria-label="Subscribe to ada_tv"`, "!all channels") // of one channel it is that
	if _, err := s.users.Channels.Create(t.Context(), ada.AccountID, "ada_two", actor.ChannelTexts{DisplayName: "Second"}); err != nil {
		t.Fatal(err)
	}
	s.get(page).holds(t, 200, `aria-label="Subscribe to all channels of ADA"`, `href="/login?to=`, `aria-label="Subscribe to Second"`)
	s.login()
	host := s.pages.Site.Host
	change := func(handle, all, do string) answer {
		s.t.Helper()
		return s.post(page, form, url.Values{"handle": {handle + "@" + host}, "all": {all}, "do": {do}, "to": {page}})
	}
	const (
		none  = `class="button small when-off" name="do" value="subscribe" aria-label="Subscribe to all channels of ADA" aria-keyshortcuts`
		some  = `<p class="small soft when-some">You are subscribed to some of the channels.</p>`
		every = `aria-label="Subscribed to all channels: Unsubscribe from all channels of ADA" aria-keyshortcuts`
	)
	s.get(page).holds(t, 200, none, "!"+some, "!"+every, "!data-subscribed ")
	s.get("/a/ada/videos").holds(t, 200, none)
	change("ada_tv", "", "subscribe").holds(t, 200, none, some, "!"+every)
	change("ada", "1", "subscribe").holds(t, 200, "You are subscribed.", "!"+none, "!"+some, every)
	change("ada", "1", "subscribe").holds(t, 200, every) // twice
	s.get("/my-library/subscriptions").holds(t, 200, "@ada_tv@"+host, "@ada_two@"+host, "!@ada@"+host)
	change("ada_two", "", "unsubscribe").holds(t, 200, none, some)
	change("ada", "1", "unsubscribe").holds(t, 200, none, "!"+some, "!"+every)
	change("ada", "1", "unsubscribe").holds(t, 200) // twice
	// Who follows the account itself has all of it, and leaves all of it.
	subscriptions := s.pages.Subscriptions.(*follow.Subscriptions)
	root := &user.User{ID: 1, AccountID: 1}
	for _, handle := range []string{"ada", "ada_tv"} {
		if err := subscriptions.Subscribe(t.Context(), root, handle); err != nil {
			t.Fatal(err)
		}
	}
	s.get(page).holds(t, 200, every, "data-whole")
	change("ada", "1", "unsubscribe").holds(t, 200, none)
	s.get("/my-library/subscriptions").holds(t, 200, "!@ada")
	change("nobody", "1", "subscribe").holds(t, 404)
	s.get("/a/root/video-channels").holds(t, 200, "!data-subscribe") // oneself
}
