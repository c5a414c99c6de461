package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

const (
	settings = "/my-account/settings"
	channels = "/my-library/video-channels"
)

// addUser makes a user whose password is "the word of " and the name.
func (s *site) addUser(name string, role user.Role) *user.User {
	s.t.Helper()
	root, err := s.users.Get(s.t.Context(), 1)
	if err != nil {
		s.t.Fatal(err)
	}
	u, err := s.users.Create(s.t.Context(), root, user.New{
		Username: name, Email: name + "@example.com", Password: "the word of " + name, Role: role,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

func (s *site) loginAs(name string) {
	s.t.Helper()
	a := s.post("/login", "/login", url.Values{"username": {name}, "password": {"the word of " + name}, "to": {"/about"}})
	if a.url.Path != "/about" {
		s.t.Fatalf("login of %s: %d at %s", name, a.status, a.url)
	}
}

// user returns somebody as the database has them.
func (s *site) user(id user.ID) *user.User {
	s.t.Helper()
	u, err := s.users.Get(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// has checks an answer's status and what its page must show.
func (a answer) has(t *testing.T, name string, status int, wants ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: status %d at %s, want %d", name, a.status, a.url, status)
	}
	for _, want := range wants {
		if !strings.Contains(a.body, want) {
			t.Errorf("%s: the page has no %s", name, want)
		}
	}
	if a.status < http.StatusInternalServerError {
		for _, bad := range mistakes(t, a.body) {
			t.Errorf("%s: %s", name, bad)
		}
	}
}

func TestProfileIsChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.addUser("alice", user.Member)
	s.loginAs("alice")
	s.post(settings, "/my-account/profile", url.Values{"displayName": {"Alice & Co"}, "description": {"ab"}}).
		has(t, "a description that is too short", 400, `value="Alice &amp; Co"`, `id="error-description"`)
	s.post(settings, "/my-account/profile", url.Values{"displayName": {"Alice & Co"}, "description": {"One\r\ntwo"}}).
		has(t, "a profile", 200, "Saved.", `value="Alice &amp; Co"`)
	a, err := s.pages.Actors.Account(t.Context(), alice.AccountID)
	if err != nil || a.DisplayName != "Alice & Co" || a.Description != "One\ntwo" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestPasswordTakesTheCurrentOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("alice", user.Member)
	s.loginAs("alice")
	const wrong, next = "not the word", "another word"
	a := s.post(settings, "/my-account/password", url.Values{"currentPassword": {wrong}, "password": {next}})
	a.has(t, "a wrong password", 401, `id="error-currentPassword"`, "This is not your password.")
	if strings.Contains(a.body, wrong) || strings.Contains(a.body, next) {
		t.Error("the page shows passwords")
	}
	s.post(settings, "/my-account/password", url.Values{"currentPassword": {"the word of alice"}, "password": {"x"}}).
		has(t, "a short password", 400, `id="error-password"`)
	s.post(settings, "/my-account/password", url.Values{"currentPassword": {"the word of alice"}, "password": {next}}).
		has(t, "another password", 200, "Saved.")
	s.get(settings).has(t, "still logged in here", 200, "@alice")
}

func TestEmailWaitsForProof(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.addUser("alice", user.Member)
	s.policy.Signup.EmailVerification = true
	s.loginAs("alice")
	s.post(settings, "/my-account/email", url.Values{"email": {"new@example.com"}, "emailPassword": {"wrong"}}).
		has(t, "a wrong password", 401, `value="new@example.com"`, `id="error-emailPassword"`)
	s.post(settings, "/my-account/email", url.Values{"email": {"new@example.com"}, "emailPassword": {"the word of alice"}}).
		has(t, "another address", 200, "new@example.com waits to be proved")
	if u := s.user(alice.ID); u.Email != "alice@example.com" || u.PendingEmail != "new@example.com" {
		t.Errorf("got %q, pending %q", u.Email, u.PendingEmail)
	}
	box := s.letters()
	s.post(settings, "/my-account/email/prove", url.Values{}).has(t, "the link once more", 200, "sent again to your new address", "Send the link again")
	if got := box.last(t); got.To != "new@example.com" || got.Kind != user.MailVerifyPendingEmail {
		t.Errorf("got a letter to %s (%s)", got.To, got.Kind)
	}
	s.limiter.Rates = user.DefaultRates()
	for range 3 {
		s.post(settings, "/my-account/email/prove", url.Values{})
	}
	sent := len(box.sent)
	s.post(settings, "/my-account/email/prove", url.Values{}).has(t, "too often", 429, "Too many", "new@example.com waits to be proved")
	if sent != 4 || len(box.sent) != sent {
		t.Errorf("%d letters were sent, then %d; want 4", sent, len(box.sent))
	}
	link, err := url.Parse(box.last(t).Link)
	if err != nil {
		t.Fatal(err)
	}
	s.post(link.RequestURI(), "/verify-account/email", link.Query()).has(t, "the proof", 200, "is proved")
	if u := s.user(alice.ID); u.Email != "new@example.com" || u.PendingEmail != "" {
		t.Errorf("after the proof: %q, pending %q", u.Email, u.PendingEmail)
	}
	s.limiter.Rates = user.Rates{}
	a := s.post(settings, "/my-account/email/prove", url.Values{})
	a.has(t, "when nothing waits", 200)
	if len(box.sent) != sent || strings.Contains(a.body, "sent again") {
		t.Error("a letter was sent though no address waits")
	}
}

func TestAddressIsShownInFeedsByChoice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.addUser("alice", user.Member)
	s.loginAs("alice")
	const box, ticked = `name="emailPublic" value="true" aria-describedby`, `name="emailPublic" value="true" checked`
	s.get(settings).has(t, "before", 200, box)
	s.post(settings, "/my-account/email/public", url.Values{"emailPublic": {"true"}}).has(t, "shown", 200, "Saved.", ticked)
	if !s.user(alice.ID).Preferences.EmailPublic {
		t.Error("the address is not public")
	}
	s.post(settings, "/my-account/email", url.Values{"email": {"no address"}, "emailPassword": {"the word of alice"}}).
		has(t, "a mistake elsewhere", 400, ticked)
	s.post(settings, "/my-account/email/public", url.Values{}).has(t, "not shown", 200, "Saved.", box)
	if s.user(alice.ID).Preferences.EmailPublic {
		t.Error("the address is still public")
	}
}

func TestQuotasAreShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.addUser("alice", user.Member)
	s.loginAs("alice")
	a := s.get(settings)
	a.has(t, "no quotas", 200, "0 B, without a limit")
	if strings.Contains(a.body, "<meter") {
		t.Error("there is a bar of nothing")
	}
	root := s.user(1)
	for _, c := range []struct {
		name         string
		total, daily int64
		used, day    int64
		wants        []string
	}{
		{"half used", 10 << 30, -1, 5 << 30, 5 << 30, []string{"5 GiB of 10 GiB", `value="50"`, "5 GiB, without a limit"}},
		{"more than there is", 1 << 30, 1 << 20, 3 << 30, 0, []string{"3 GiB of 1 GiB", `value="100"`, "0 B of 1 MiB", `value="0"`}},
		{"nothing may be uploaded", 0, 0, 0, 0, []string{"0 B of 0 B", `value="100"`}},
	} {
		if err := s.users.Update(t.Context(), root, alice.ID, user.AdminChange{VideoQuota: &c.total, VideoQuotaDaily: &c.daily}); err != nil {
			t.Fatal(err)
		}
		s.users.Store = used{s.users.Store, user.Usage{Used: c.used, Daily: c.day}}
		s.get(settings).has(t, c.name, 200, c.wants...)
	}
}

// used says that everybody has uploaded as much.
type used struct {
	user.Store
	usage user.Usage
}

func (u used) Usages(_ context.Context, ids []user.ID, _ time.Time) (map[user.ID]user.Usage, error) {
	m := map[user.ID]user.Usage{}
	for _, id := range ids {
		m[id] = u.usage
	}
	return m, nil
}

func TestPlaybackIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.addUser("alice", user.Member)
	s.loginAs("alice")
	s.post(settings, "/my-account/playback", url.Values{"autoPlayNextVideo": {"true"}, "p2pEnabled": {"true"}}).
		has(t, "playback", 200, "Saved.", `name="autoPlayNextVideo" value="true" checked`)
	p := s.user(alice.ID).Preferences
	if !p.AutoPlayDisabled || !p.AutoPlayNext || !p.HistoryDisabled || p.P2PDisabled {
		t.Errorf("got %+v", p)
	}
	s.post(settings, "/my-account/sensitive", url.Values{"nsfwPolicy": {"blur"}}).has(t, "sensitive videos", 200, "Saved.")
	if got := s.user(alice.ID).Preferences; got.NSFWPolicy != "blur" || !got.AutoPlayNext {
		t.Errorf("got %+v", got)
	}
	s.post(settings, "/my-account/sensitive", url.Values{"nsfwPolicy": {"nonsense"}}).has(t, "no such policy", 400)
}

func TestAccountIsDeletedByItsName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.addUser("alice", user.Member)
	s.loginAs("alice")
	s.post("/my-account/delete", "/my-account/delete", url.Values{"confirm": {"alic"}}).
		has(t, "another name", 400, `value="alic"`, "This is not alice.", `aria-invalid="true"`)
	s.user(alice.ID) // is there
	a := s.post("/my-account/delete", "/my-account/delete", url.Values{"confirm": {" Alice "}})
	a.has(t, "the name", 200, "Your account is deleted.", "Log in")
	if _, err := s.users.Get(t.Context(), alice.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("after the deletion: got %v, want NotFound", err)
	}
	if a := s.get(settings); a.url.Path != "/login" {
		t.Errorf("the session of a deleted user: at %s, want the login", a.url)
	}
	s.login()
	s.post("/my-account/delete", "/my-account/delete", url.Values{"confirm": {"root"}}).has(t, "root", 400, "cannot be deleted")
}

func TestSessionsAreRevoked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("alice", user.Member)
	s.loginAs("alice")
	old := s.browser.Jar
	s.browser.Jar = newJar(t)
	s.loginAs("alice")
	a := s.get("/my-account/sessions")
	a.has(t, "sessions", 200, "This device", "Log out")
	_, action, ok := strings.Cut(a.body, `action="/my-account/sessions/`)
	if !ok {
		t.Fatal("no other session")
	}
	id, _, _ := strings.Cut(action, "/")
	s.post("/my-account/sessions", "/my-account/sessions/"+id+"/revoke", url.Values{}).has(t, "revoked", 200, "That device is logged out.")
	s.get(settings).has(t, "this device", 200)
	s.browser.Jar = old
	if a := s.get(settings); a.url.Path != "/login" {
		t.Errorf("the other device: at %s, want the login", a.url)
	}
	s.addUser("bob", user.Member)
	s.loginAs("bob")
	if a := s.post("/my-account/sessions", "/my-account/sessions/"+id+"/revoke", url.Values{}); a.status < 400 {
		t.Errorf("a session of somebody else: %d", a.status)
	}
}

func TestTwoFactorIsSetUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.addUser("alice", user.Member)
	s.loginAs("alice")
	const at = "/my-account/two-factor-auth"
	s.post(at, at, url.Values{"currentPassword": {"wrong"}}).has(t, "a wrong password", 403)
	a := s.post(at, at, url.Values{"currentPassword": {"the word of alice"}})
	a.has(t, "the first step", 200, `<svg class="qr" role="img"`, "one-time-code")
	hidden := func(name string) string {
		_, rest, _ := strings.Cut(a.body, `name="`+name+`" value="`)
		v, _, _ := strings.Cut(rest, `"`)
		return strings.ReplaceAll(v, "&amp;", "&")
	}
	in := url.Values{"token": {hidden("token")}, "uri": {hidden("uri")}, "otp": {"000000"}}
	s.post(at, at+"/confirm", in).has(t, "a wrong code", 403, "This code is wrong", `<svg class="qr"`)
	otp, err := url.Parse(hidden("uri"))
	if err != nil {
		t.Fatal(err)
	}
	in.Set("otp", codeAt(t, otp.Query().Get("secret"), s.now))
	s.post(at, at+"/confirm", in).has(t, "the right code", 200, "Saved.", "It is on.")
	if !s.user(alice.ID).HasTwoFactor() {
		t.Error("two-factor is off")
	}
	s.post(at, at+"/disable", url.Values{"currentPassword": {"the word of alice"}}).has(t, "turned off", 200, "Saved.")
	if s.user(alice.ID).HasTwoFactor() {
		t.Error("two-factor is still on")
	}
}

// pictures takes what begins with "picture".
type pictures struct{ told []string }

func (p *pictures) Set(_ context.Context, id actor.ID, t actor.ImageType, r io.Reader) ([]actor.Image, error) {
	b, err := io.ReadAll(r)
	if err != nil || !bytes.HasPrefix(b, []byte("picture")) {
		return nil, errs.New(errs.Invalid, "This file is not supported")
	}
	p.told = append(p.told, fmt.Sprintf("set %d of %d", t, id))
	return nil, nil
}

func (p *pictures) Remove(_ context.Context, id actor.ID, t actor.ImageType) error {
	p.told = append(p.told, fmt.Sprintf("remove %d of %d", t, id))
	return nil
}

// sendPicture sends a form with a file; "" is a form without.
func (s *site) sendPicture(path, field, content, do string) answer {
	s.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if err := m.WriteField("do", do); err != nil {
		s.t.Fatal(err)
	}
	if content != "" {
		f, err := m.CreateFormFile(field, "me.png")
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := io.WriteString(f, content); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+path, &b)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.do(r)
}

func TestPicturesOfAccountsAndChannels(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	fake := &pictures{}
	s.pages.Images = fake
	s.login()
	for _, tt := range []struct{ path, field string }{
		{"/my-account/avatar", "avatarfile"}, {channels + "/avatar/root_channel", "avatarfile"}, {channels + "/banner/root_channel", "bannerfile"},
	} {
		fake.told = nil
		s.sendPicture(tt.path, tt.field, "text", "set").has(t, tt.path+": no picture", 400, `id="error-`+tt.field+`"`, "choose a JPEG")
		s.sendPicture(tt.path, tt.field, "", "set").has(t, tt.path+": nothing", 400, "Choose a picture first.")
		s.sendPicture(tt.path, tt.field, strings.Repeat("picture", 1_400_000), "set").has(t, tt.path+": too large", 400, "too large", "8 MiB")
		s.sendPicture(tt.path, tt.field, "picture", "set").has(t, tt.path, 200, "Saved.")
		s.sendPicture(tt.path, tt.field, "", "remove").has(t, tt.path, 200, "Saved.")
		if len(fake.told) != 2 || !strings.HasPrefix(fake.told[0], "set") || !strings.HasPrefix(fake.told[1], "remove") {
			t.Errorf("%s: told %q", tt.path, fake.told)
		}
	}
	s.addUser("alice", user.Member)
	s.browser.Jar = newJar(t)
	s.loginAs("alice")
	if a := s.sendPicture(channels+"/banner/root_channel", "bannerfile", "picture", "set"); a.status < 400 {
		t.Errorf("a banner of somebody else's channel: %d", a.status)
	}
}

func TestChannelsAreMadeEditedAndDeleted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.addUser("alice", user.Member)
	s.loginAs("alice")
	s.post(channels+"/create", channels+"/create", url.Values{"name": {"no good"}, "displayName": {"Films"}}).
		has(t, "a bad name", 400, `value="no good"`, `value="Films"`, `id="error-name"`)
	s.post(channels+"/create", channels+"/create", url.Values{"name": {"films"}, "displayName": {"Films"}}).
		has(t, "a channel", 200, "Saved.", ">Films<")
	s.post(channels+"/update/films", channels+"/update/films", url.Values{"displayName": {""}, "support": {"Send money"}}).
		has(t, "no title", 400, `id="error-displayName"`, "Send money")
	s.post(channels+"/update/films", channels+"/update/films", url.Values{"displayName": {"My films"}}).
		has(t, "a change", 200, "Saved.", ">My films<")
	s.get(channels+"/delete/films").has(t, "before it goes", 200, "Type films to go on")
	s.post(channels+"/delete/films", channels+"/delete/films", url.Values{"confirm": {"film"}}).
		has(t, "another name", 400, "This is not films.", `value="film"`)
	for _, path := range []string{"/update/root_channel", "/delete/root_channel"} {
		if a := s.get(channels + path); a.status != http.StatusForbidden && a.status != http.StatusNotFound {
			t.Errorf("%s: %d, want it refused", path, a.status)
		}
		if a := s.post(channels, channels+path, url.Values{"confirm": {"root_channel"}, "displayName": {"Mine"}}); a.status < 400 {
			t.Errorf("POST %s: %d, want it refused", path, a.status)
		}
	}
	s.post(channels+"/delete/films", channels+"/delete/films", url.Values{"confirm": {"films"}}).has(t, "the name", 200, "Deleted.")
	left, err := s.pages.Actors.ChannelsOf(t.Context(), alice.AccountID)
	if err != nil || len(left) != 1 || left[0].Username != "alice_channel" {
		t.Errorf("left %d channels, %v", len(left), err)
	}
	s.post(channels, channels+"/delete/alice_channel", url.Values{"confirm": {"alice_channel"}}).has(t, "the last channel", 409)
}
