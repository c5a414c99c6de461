package web_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/server/web"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// otherSites remembers what they were told.
type otherSites struct{ told []string }

func (o *otherSites) say(what string, f *follow.Follow) error {
	a := f.Follower
	if what == "leave" {
		a = f.Following
	}
	o.told = append(o.told, what+" "+a.Username+"@"+a.Host)
	return nil
}

func (o *otherSites) Ask(_ context.Context, _ *actor.Actor, name, host string) error {
	o.told = append(o.told, "ask "+name+"@"+host)
	return nil
}

func (o *otherSites) AskByItself(ctx context.Context, by *actor.Actor, host string) error {
	return o.Ask(ctx, by, "", host)
}

func (o *otherSites) Leave(_ context.Context, _ *actor.Actor, f *follow.Follow) error {
	return o.say("leave", f)
}
func (o *otherSites) Agree(_ context.Context, f *follow.Follow) error  { return o.say("agree", f) }
func (o *otherSites) Refuse(_ context.Context, f *follow.Follow) error { return o.say("refuse", f) }

// withSites lets the pages know other sites.
func (s *site) withSites(at instance.Site, now func() time.Time) {
	ledger := store.PeerLedger{DB: s.db}
	s.pages.Sites = &follow.Sites{
		Store: store.Follows{DB: s.db}, Own: store.Actors{DB: s.db}.Instance, Site: at, Outbound: &s.others, Ledger: ledger,
		Settings: func() follow.SiteSettings { return follow.SiteSettings{} }, InTx: s.db.InTx, Now: now,
		Asks: new(fetch.Client).Asks,
	}
	s.withMirrors(at, ledger, now)
	s.pages.Audit = &follow.Audit{Store: ledger, Now: now}
	s.pages.Blocks.(*user.Blocks).Ledger, s.pages.Blocks.(*user.Blocks).InTx = ledger, s.db.InTx
	s.pages.HomeOf = func(_ context.Context, _, host string) (string, error) {
		if host == "home.example" {
			return "https://home.example/authorize_interaction?uri={uri}", nil
		}
		if host == "odd.example" {
			return "https://odd.example/follow it/{uri}", nil
		}
		return "", errs.New(errs.NotFound, "there is no such handle")
	}
}

// follower lets an actor of another site ask to follow this one.
func (s *site) follower(kind actor.Type, name, host string, state follow.State) {
	s.t.Helper()
	a := &actor.Actor{Type: kind, Username: name, Host: host, URL: "https://" + host + "/" + name, CreatedAt: s.now, UpdatedAt: s.now}
	if err := (store.Actors{DB: s.db}).CreateInstance(s.t.Context(), a); err != nil {
		s.t.Fatal(err)
	}
	me, err := store.Actors{DB: s.db}.Instance(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	f := &follow.Follow{URL: a.URL + "/follow", State: state, Score: follow.BaseScore, FollowerID: a.ID, FollowingID: me.ID, CreatedAt: s.now, UpdatedAt: s.now}
	if _, err := (store.Follows{DB: s.db}).Create(s.t.Context(), f); err != nil {
		s.t.Fatal(err)
	}
}

const (
	followingPage = "/admin/settings/follows/following-list"
	followersPage = "/admin/settings/follows/followers-list"
	ledgerPage    = "/admin/system/federation-log"
)

func TestAdministratorsFollowSites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	post := func(sites string) answer {
		return s.post(followingPage, followingPage, url.Values{"sites": {sites}})
	}
	post("other.example\nhttps://third.example/about\n@news@fourth.example").wants(t, 200, "The sites will be asked")
	if want := []string{"ask @other.example", "ask @third.example", "ask news@fourth.example"}; !slices.Equal(s.others.told, want) {
		t.Errorf("asked %q, want %q", s.others.told, want)
	}
	for name, text := range map[string]string{
		"not a host": "other.example\nno_host", "two words on a line": "other.example\nbad host", "an address": "127.0.0.1", "a handle at an address": "eve@10.0.0.1",
		"no domain": "localhost", "a port that nobody is asked at": "other.example:8080", "this site itself": strings.TrimPrefix(s.server.URL, "http://"), "nothing": " ", "an address of a file": "file:///etc/passwd",
	} {
		post(text).wants(t, http.StatusBadRequest, `id="error-sites"`, `aria-invalid="true"`, html.EscapeString(strings.TrimSpace(text))+"</textarea>")
		if len(s.others.told) != 3 {
			t.Fatalf("%s: %q were asked", name, s.others.told)
		}
	}
}

// failedAsks is what could not be asked.
type failedAsks struct {
	list  []follow.Ask
	again []int64
}

func (f *failedAsks) Failed(context.Context) ([]follow.Ask, error) { return f.list, nil }
func (f *failedAsks) Again(_ context.Context, id int64) error {
	f.again = append(f.again, id)
	return nil
}

func TestAdministratorsSeeWhomNobodyCouldAsk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	me, err := store.Actors{DB: s.db}.Instance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := &failedAsks{list: []follow.Ask{
		{ID: 5, By: me.ID, Host: "dead.example", Error: "no such host", At: s.now, Over: true},
		{ID: 4, By: me.ID, Name: "news", Host: "slow.example", Error: "it took too long", At: s.now},
		{ID: 3, By: me.ID, Host: "dead.example", Error: "an older reason", At: s.now, Over: true},
		{ID: 2, By: me.ID + 100, Host: "subscribed.example", Error: "of somebody else", At: s.now, Over: true},
	}}
	s.pages.Sites.(*follow.Sites).Asked = f
	s.login()
	a := s.get(followingPage)
	a.wants(t, 200, "Could not be asked", "dead.example", "no such host", "is not tried again by itself", "news@slow.example", "it took too long", "is tried again by itself")
	a.lacks(t, "an older reason")
	a.lacks(t, "of somebody else")
	again := func(name string) answer {
		return s.post(followingPage, followingPage+"/again", url.Values{"name": {name}})
	}
	again("5").wants(t, 200, "The sites will be asked")
	for _, wrong := range []string{"2", "3", "99", "x"} {
		again(wrong).wants(t, 200)
	}
	if !slices.Equal(f.again, []int64{5}) {
		t.Errorf("tried again: %v, want what is shown", f.again)
	}
}

func TestAdministratorsAnswerFollowers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.follower(actor.Application, "peertube", "other.example", follow.Pending)
	s.follower(actor.Person, "eve", "bad.example", follow.Accepted)
	s.login()
	s.get(followersPage).wants(t, 200, "other.example", "waiting for an answer", "eve@bad.example")
	s.get(followersPage+"?search=bad").lacks(t, "other.example")
	do := func(what, name string) answer {
		return s.post(followersPage, followersPage+"/"+what, url.Values{"name": {name}})
	}
	do("accept", "peertube@other.example").wants(t, 200, "health 1,000", "It follows this site now.")
	refused := do("reject", "eve@bad.example")
	refused.wants(t, 200, "refused", "It was refused.")
	refused.lacks(t, "Saved.")
	s.get(followersPage).wants(t, 200, `role="dialog"`, "Remove eve@bad.example from the followers?", "It may ask to follow again.")
	do("remove", "eve@bad.example").wants(t, 200, "It does not follow this site any more.")
	s.get(followersPage).lacks(t, "bad.example")
	do("remove", "eve@bad.example").wants(t, 200) // another tab was faster
	s.get("/about/follows").wants(t, 200, "1 follower of this site", "other.example")
	if want := []string{"agree peertube@other.example", "refuse eve@bad.example", "refuse eve@bad.example"}; !slices.Equal(s.others.told, want) {
		t.Errorf("told %q, want %q", s.others.told, want)
	}
	s.get(ledgerPage).wants(t, 200, "accepted the follower", "refused the follower", "removed the follower", "@root")
	s.get(ledgerPage+"?subject=bad.example").lacks(t, "accepted the follower</span>")
	s.get(ledgerPage+"?subject=eve@bad.example&action=removed-follower").lacks(t, "refused the follower</span>")
}

func TestOnlyAdministratorsReadTheLedger(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("eve", user.Member)
	for _, page := range []string{ledgerPage, followingPage, followersPage, mirrorsPage} {
		if a := s.get(page); a.url.Path != "/login" && a.status < 400 {
			t.Errorf("%s to nobody: %d at %s", page, a.status, a.url)
		}
	}
	s.loginAs("eve")
	for _, page := range []string{ledgerPage, followingPage, followersPage, mirrorsPage} {
		if a := s.get(page); a.status != http.StatusForbidden {
			t.Errorf("%s to a member: %d", page, a.status)
		}
	}
}

func TestTheLedgerIsReadPageByPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	s.post(siteServers, siteServers, url.Values{"name": {"bad.example"}}).wants(t, 200)
	s.post(siteServers, siteServers+"/remove", url.Values{"name": {"bad.example"}}).wants(t, 200)
	ownServers := "/my-account/blocklist/servers"
	s.post(ownServers, ownServers, url.Values{"name": {"mine.example"}}).wants(t, 200)
	s.get(ledgerPage).wants(t, 200, "muted the site", "unmuted the site")
	s.get(ledgerPage).lacks(t, "mine.example")
	for i := range 30 {
		if err := (store.PeerLedger{DB: s.db}).Note(t.Context(), 0, follow.FollowedByIndex, fmt.Sprintf("s%02d.example", i), sqldb.Now()); err != nil {
			t.Fatal(err)
		}
	}
	first := s.get(ledgerPage)
	first.wants(t, 200, "s29.example", "s06.example", "this site by itself", "Older")
	first.lacks(t, "s05.example")
	second := s.get(ledgerPage + "?before=9")
	second.wants(t, 200, "s05.example", "bad.example", "Newest")
	second.lacks(t, "s06.example")
	s.get(ledgerPage+"?by=root").lacks(t, "s29.example")
	s.get(ledgerPage+"?before=nonsense&action=nonsense").wants(t, 200, "s29.example")
}

const siteServers = "/admin/moderation/blocklist/servers"

func TestSomebodyOfAnotherSiteFollowsFromThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const uri = "https://here.example/video-channels/news?a=1"
	page := "/remote-follow?uri=" + url.QueryEscape(uri)
	s.get(page).wants(t, 200, `name="handle"`, `value="https://here.example/video-channels/news?a=1"`)
	if policy := s.get(page).header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https: http:;") {
		t.Errorf("the page's form may not lead to another site: %s", policy)
	}
	s.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a := s.post(page, "/remote-follow", url.Values{"uri": {uri}, "handle": {"@me@Home.example"}})
	want := "https://home.example/authorize_interaction?uri=" + url.QueryEscape(uri)
	if a.status != http.StatusSeeOther || a.header.Get("Location") != want {
		t.Errorf("got %d to %s, want 303 to %s", a.status, a.header.Get("Location"), want)
	}
	a = s.post(page, "/remote-follow", url.Values{"uri": {"https://here.example/w/1"}, "handle": {"me@odd.example"}})
	if to := a.header.Get("Location"); to != "https://odd.example/follow%20it/https%3A%2F%2Fhere.example%2Fw%2F1" {
		t.Errorf("a template with a space: %d to %q", a.status, to)
	}
	for _, handle := range []string{"me", "me@", "@", "me@nowhere.example"} {
		s.post(page, "/remote-follow", url.Values{"uri": {uri}, "handle": {handle}}).wants(t, http.StatusBadRequest, `id="error-handle"`)
	}
	for _, bad := range []string{"", "javascript:alert(1)", "https://" + strings.Repeat("a", 2000)} {
		if a := s.get("/remote-follow?uri=" + url.QueryEscape(bad)); a.status != http.StatusNotFound {
			t.Errorf("%.30q: got %d", bad, a.status)
		}
		if a := s.post(page, "/remote-follow", url.Values{"uri": {bad}, "handle": {"me@home.example"}}); a.status != http.StatusNotFound {
			t.Errorf("%.30q, sent: got %d to %.60q", bad, a.status, a.header.Get("Location"))
		}
	}
	// Who wants to say something is led there in the same way.
	s.get(page+"&to=comment").wants(t, 200, "<h1>Comment from your own site</h1>", `name="to" value="comment"`)
	s.post(page, "/remote-follow", url.Values{"uri": {uri}, "to": {"comment"}, "handle": {"me"}}).wants(t, http.StatusBadRequest, `id="error-handle"`, "Comment from your own site")
	if a := s.get("/remote-interaction?uri=" + url.QueryEscape(uri)); a.status != http.StatusFound || !strings.HasPrefix(a.header.Get("Location"), "/login?to=%2Fsearch%3Fsearch%3D") {
		t.Errorf("remote interaction: got %d to %s", a.status, a.header.Get("Location"))
	}
}

// What other sites may do is offered where they may do it.
func TestOtherSitesAreOfferedWhatTheyMay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const uuid = "88888888-8888-4888-8888-888888888888"
	s.addVideo(s.rootChannel(), 8, &video.Video{UUID: uuid, Name: "Open to all", Privacy: video.Public, CommentsPolicy: video.CommentsEnabled, URL: "https://here.example/videos/watch/" + uuid})
	const follow, comment = `href="/remote-follow?uri=`, `href="/remote-follow?to=comment`
	for _, set := range []web.Settings{{}, {Answered: true}, {Federated: true}, {Federated: true, Answered: true}} {
		s.sharing = set
		a := s.get("/w/" + video.ShortUUID(uuid))
		if got := strings.Contains(a.body, follow); got != set.Federated {
			t.Errorf("%v: to follow from another site is offered: %v", set.Federated, got)
		}
		a = s.get("/w/" + video.ShortUUID(uuid) + "/comments")
		if got, want := strings.Contains(a.body, comment), set.Federated && set.Answered; got != want {
			t.Errorf("%v, %v: to comment from another site is offered: %v", set.Federated, set.Answered, got)
		}
	}
}
