package web_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/store"
)

// tellingQueue tells at once.
type tellingQueue struct{ service *notification.Service }

func (q *tellingQueue) Spread(ctx context.Context, c notification.Cause) error {
	return q.service.Spread(ctx, c)
}

func (*tellingQueue) Push(context.Context, notification.DeviceID, user.ID, notification.ID) error {
	return nil
}
func (*tellingQueue) Mail(context.Context, user.ID, []notification.ID) error { return nil }

func (s *site) addTelling(at instance.Site) {
	kept, queue := store.Notifications{DB: s.db, Videos: s.videos}, new(tellingQueue)
	queue.service = &notification.Service{
		Store: kept, Users: store.Users{DB: s.db}, Queue: queue, Site: at, InTx: s.db.InTx, Now: s.pages.Now, Key: []byte("key"),
		MailEnabled: func() bool { return true },
	}
	s.pages.Notifications = queue.service
	s.pages.Subscriptions = &follow.Subscriptions{
		Store: store.Follows{DB: s.db, Videos: s.videos}, Actors: store.Actors{DB: s.db}, Site: at, InTx: s.db.InTx, Now: s.pages.Now,
		Events: &notification.Causes{Store: kept, Queue: queue, Now: s.pages.Now},
	}
	s.pages.PushKey = "key"
}

// member makes somebody else with a channel and a public video.
func (s *site) member(name string) {
	s.t.Helper()
	root, err := s.users.Get(s.t.Context(), 1)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.users.Create(s.t.Context(), root, user.New{
		Username: name, Email: name + "@example.com", Password: "a good password", Role: user.Member, Channel: name + "_tv", DisplayName: strings.ToUpper(name),
	}); err != nil {
		s.t.Fatal(err)
	}
	c, err := (store.Actors{DB: s.db}).ChannelByName(s.t.Context(), name+"_tv", "")
	if err != nil {
		s.t.Fatal(err)
	}
	for i, v := range []*video.Video{
		{UUID: "99999999-9999-4999-8999-999999999999", Name: "Boats of " + name, Privacy: video.Public},
		{UUID: "99999999-9999-4999-8999-99999999999a", Name: "Secret of " + name, Privacy: video.Private},
		{UUID: "99999999-9999-4999-8999-99999999999b", Name: "Hidden of " + name, Privacy: video.Unlisted},
	} {
		s.addVideo(c.ChannelID, i, v)
	}
}

func (a answer) holds(t *testing.T, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: status %d, want %d", a.url, a.status, status)
	}
	for _, text := range texts {
		if not, absent := strings.CutPrefix(text, "!"); absent == strings.Contains(a.body, not) {
			t.Errorf("%s: %q is there: %v", a.url, not, absent)
		}
	}
}

func TestSubscribingWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.member("ada")
	s.get("/c/ada_tv/videos").holds(t, 200, `Subscribe to `, `href="/login?to=`)
	s.get("/videos/subscriptions").holds(t, 200, `name="password"`) // the login
	s.login()
	s.get("/videos/subscriptions").holds(t, 200, "not subscribed to anything yet")
	host := s.pages.Site.Host
	change := func(do string) answer {
		return s.post("/c/ada_tv/videos", "/my-library/subscriptions/change", url.Values{"handle": {"ada_tv@" + host}, "do": {do}, "to": {"/c/ada_tv/videos"}})
	}
	a := change("subscribe")
	a.holds(t, 200, "You are subscribed.", "1 follower", `data-subscribed`)
	if a.url.Path != "/c/ada_tv/videos" {
		t.Errorf("led to %s", a.url)
	}
	s.get("/videos/subscriptions").holds(t, 200, "Boats of ada", "!Secret of ada", "!Hidden of ada", "!First")
	s.get("/my-library/subscriptions").holds(t, 200, "@ada_tv@"+host, "Unsubscribe from")
	// A feed reader has an address of its own, which can be made another one.
	address := regexp.MustCompile(`value="(http[^"]*/feeds/subscriptions\.xml\?accountId=1&amp;token=[0-9a-f-]{36})"`)
	before := address.FindStringSubmatch(s.get("/my-library/subscriptions").body)
	renewed := s.post("/my-library/subscriptions", "/my-library/subscriptions/feed", url.Values{})
	renewed.holds(t, 200, "Your feed has another address now.")
	if after := address.FindStringSubmatch(renewed.body); before == nil || after == nil || before[1] == after[1] {
		t.Errorf("addresses for feed readers: %q, then %q", before, after)
	}
	s.get("/my-library/subscriptions?search=nothing").holds(t, 200, "No match.")
	s.get("/w/"+video.ShortUUID("99999999-9999-4999-8999-999999999999")).holds(t, 200, "Unsubscribe from")
	s.get("/a/root/video-channels").holds(t, 200, "!data-subscribe=") // oneself
	change("unsubscribe").holds(t, 200, "no longer subscribed", "0 followers")
	change("unsubscribe").holds(t, 200) // twice
	s.post("/about", "/my-library/subscriptions/change", url.Values{"handle": {"x@elsewhere.example"}, "do": {"subscribe"}}).holds(t, 501)
	s.post("/about", "/my-library/subscriptions/change", url.Values{"handle": {"ada_tv@" + host}, "do": {"subscribe"}, "to": {"https://evil.example/"}}).holds(t, 200)
}

func TestNotificationsWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.member("ada")
	ada, err := (store.Users{DB: s.db}).ByUsername(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	subscriptions := s.pages.Subscriptions.(*follow.Subscriptions)
	for _, handle := range []string{"root", "root_channel"} {
		if err := subscriptions.Subscribe(t.Context(), ada, handle); err != nil {
			t.Fatal(err)
		}
	}
	s.login()
	s.get("/about").holds(t, 200, `aria-label="Notifications, 2 unread"`, `<span class="bell-count" aria-hidden="true">2</span>`)
	page := s.get("/my-account/notifications")
	page.holds(t, 200, "\u2068ADA\u2069 subscribed to your account</a>", "Today", "!dir=\"auto\">\u2068", "Mark all as read")
	s.get("/my-account/notifications/latest").holds(t, 200, "<span>\u2068ADA\u2069 subscribed", `data-label="Notifications, 2 unread"`)
	s.get("/my-library/followers").holds(t, 200, "ADA", "subscribed to your account")
	m := regexp.MustCompile(`href="(/my-account/notifications/\d+)"`).FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("no link in %s", page.body)
	}
	// Who reads one of a part of the list stays in that part.
	part := "/my-account/notifications?kind=newFollow&sort=read&unread=1"
	read := s.get(part)
	read.holds(t, 200, `name="to" value="`+html.EscapeString(part)+`"`)
	id := regexp.MustCompile(`name="id" value="(\d+)"`).FindAllStringSubmatch(read.body, -1)
	if len(id) != 2 {
		t.Fatalf("%d to mark", len(id))
	}
	a := s.post(part, "/my-account/notifications/read", url.Values{"id": {id[1][1]}, "to": {part}})
	if a.holds(t, 200, "1 unread"); a.url.RequestURI() != part {
		t.Errorf("led to %s, not %s", a.url.RequestURI(), part)
	}
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example"} {
		if a := s.post(part, "/my-account/notifications/read", url.Values{"id": {id[1][1]}, "to": {elsewhere}}); a.url.Hostname() != s.get("/about").url.Hostname() {
			t.Errorf("led to %s", a.url)
		}
	}
	if a := s.get(part + "&page=7"); a.url.RequestURI() != part {
		t.Errorf("behind the last page: led to %s", a.url.RequestURI())
	}
	if _, err := s.db.Exec(t.Context(), `UPDATE notifications SET read = $1`, false); err != nil {
		t.Fatal(err)
	}
	if a := s.get(m[1]); a.url.Path != "/a/ada/video-channels" {
		t.Errorf("led to %s", a.url)
	}
	s.get("/my-account/notifications").holds(t, 200, "1 unread")
	s.get("/my-account/notifications?unread=1&kind=newFollow").holds(t, 200, "ADA")
	s.get("/my-account/notifications?kind=commentMention").holds(t, 200, "Nothing here of this kind.")
	s.post("/my-account/notifications", "/my-account/notifications/read", url.Values{"all": {"1"}}).holds(t, 200, "none unread", "!Mark all as read")
	k := &comment.Comment{VideoID: 1, OwnerID: 1, AccountID: ada.AccountID, Text: "Read **it** slowly.\nThen again.", CreatedAt: s.now, UpdatedAt: s.now}
	if err := (&store.Comments{DB: s.db, Videos: s.videos}).Add(t.Context(), k, func(comment.ID) string { return "https://a.example/1" }); err != nil {
		t.Fatal(err)
	}
	if err := subscriptions.Events.(*notification.Causes).CommentPublished(t.Context(), k, nil); err != nil {
		t.Fatal(err)
	}
	s.get("/my-account/notifications").holds(t, 200, "\u2068ADA\u2069 commented", ">Read it slowly.\nThen again.<")
	s.get("/my-account/notifications/999999").holds(t, 404)
	s.get("/my-account/notifications/x").holds(t, 404)
}

func TestNotificationsStandTogether(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.member("ada")
	ada, err := (store.Users{DB: s.db}).ByUsername(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	for _, handle := range []string{"root", "root_channel"} {
		s.now = s.now.AddDate(0, 0, 1)
		if err := s.pages.Subscriptions.Subscribe(t.Context(), ada, handle); err != nil {
			t.Fatal(err)
		}
	}
	s.login()
	const page, newer, older = "/my-account/notifications", "subscribed to your channel", "subscribed to your account"
	inOrder := func(body string, texts ...string) {
		t.Helper()
		for _, text := range texts {
			_, after, found := strings.Cut(body, text)
			if !found {
				t.Errorf("%q is not there, or not after what was looked for before it (%q)", text, texts)
				return
			}
			body = after
		}
	}
	inOrder(s.get(page+"/latest").body, `id="bell-today"`, `aria-labelledby="bell-today"`, newer, `id="bell-yesterday"`, older)
	inOrder(s.get(page).body, ">Today<", newer, ">Yesterday<", older)
	first := regexp.MustCompile(`href="(` + page + `/\d+)"`).FindStringSubmatch(s.get(page).body)
	if first == nil {
		t.Fatal("no link")
	}
	s.get(first[1]) // reads the newest
	a := s.get(page + "?sort=read")
	a.has(t, "unread first", 200, `<option value="read" selected>`)
	list := a.body[strings.Index(a.body, "<h2"):]
	inOrder(list, ">Unread<", older, ">Read<", newer)
	inOrder(s.get(page+"?sort=nonsense").body, ">Today<", newer, ">Yesterday<", older)
	s.get(page+"?sort=read&unread=1").holds(t, 200, older, "!"+newer)
}

func TestNotificationSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	s.get("/my-account/notifications/settings").holds(t, 200, "New videos of my subscriptions", "New people on this site", `data-push="key"`)
	s.post("/my-account/notifications/settings", "/my-account/notifications/settings", url.Values{
		"web.newFollow": {"1"}, "mail.newFollow": {"1"}, "mail.commentMention": {"1"}, "push.newFollow": {"1"},
	}).holds(t, 200, "Your choices were saved.")
	root, err := s.users.Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"newFollow": 3, "commentMention": 2, "newVideoFromSubscription": 0, "videoAutoBlacklistAsModerator": 3} {
		if got := root.NotificationSetting(name); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
	muted, err := s.pages.Notifications.MutedPush(t.Context(), root)
	if err != nil || len(muted) != len(notification.Settings())-1 {
		t.Errorf("not pushed: %v %v", muted, err)
	}
}

// letterLink is the path that stops letters of new subscribers to the
// administrator.
func (s *site) letterLink(t *testing.T) string {
	t.Helper()
	root, err := s.users.Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	settings := root.WithoutMail(nil)
	settings["newFollow"], settings["commentMention"] = 3, 3
	if err := s.users.SetNotifications(t.Context(), root, settings); err != nil {
		t.Fatal(err)
	}
	s.member("ada")
	ada, err := (store.Users{DB: s.db}).ByUsername(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.pages.Subscriptions.Subscribe(t.Context(), ada, "root"); err != nil {
		t.Fatal(err)
	}
	service := s.pages.Notifications.(*notification.Service)
	list, _, err := service.List(t.Context(), root, notification.ListParams{Count: 1})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	l, err := service.Letter(t.Context(), root.ID, []notification.ID{list[0].ID})
	if err != nil || l == nil {
		t.Fatal(l, err)
	}
	return strings.TrimPrefix(l.Unsubscribe, s.pages.Site.URL(""))
}

func TestOneClickUnsubscribe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	link := s.letterLink(t)
	s.get(link).holds(t, 200, "New subscribers", "Stop these letters") // following it changes nothing
	s.get(link+"x").holds(t, 403)
	s.get("/unsubscribe").holds(t, 403)
	// As a mail program does: without cookies, and with the body of RFC 8058.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+link, strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if root, err := s.users.Get(t.Context(), 1); err != nil || res.StatusCode != http.StatusOK || root.NotificationSetting("newFollow") != 1 || root.NotificationSetting("commentMention") != 3 {
		t.Errorf("status %d, settings %v, %v", res.StatusCode, root.Notifications, err)
	}
}

func TestServiceWorkerKeepsItsName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/sw.js", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/javascript") || res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("got %d %v", res.StatusCode, res.Header)
	}
}
