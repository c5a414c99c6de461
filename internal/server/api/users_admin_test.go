package api_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/user"
)

func TestUsersAdministrationIsPeerTubes(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	root := s.root()
	s.do("create", "POST", "/users", root, `{"username":"alice","password":"alice password","email":"alice@example.com","videoQuota":-1,"videoQuotaDaily":-1,"role":2,"adminFlags":0,"channelName":"alice_channel_main"}`)
	s.now = s.now.Add(time.Second)
	s.do("create a moderator with a 1000-byte quota", "POST", "/users", root, `{"username":"mod","password":"mod password","email":"mod@example.com","videoQuota":1000,"videoQuotaDaily":1000,"role":1}`)
	s.do("name taken", "POST", "/users", root, `{"username":"alice","password":"alice password","email":"alice2@example.com","role":2}`)
	s.do("address taken, in capitals", "POST", "/users", root, `{"username":"alice2","password":"alice password","email":"ALICE@example.com","role":2}`)
	s.do("name of a channel", "POST", "/users", root, `{"username":"alice_channel_main","password":"alice password","email":"alice3@example.com","role":2}`)
	s.do("invalid fields", "POST", "/users", root, `{"username":"x y","password":"1","email":"alice2","videoQuota":"a","role":12}`)
	s.do("nothing sent", "POST", "/users", root, `{}`)
	s.do("list", "GET", "/users?start=0&count=2&sort=-createdAt", root, "")
	s.do("search", "GET", "/users?search=ALICE&blocked=false", root, "")
	s.do("a search is no pattern", "GET", "/users?search=%25", root, "")
	s.do("unknown sort key", "GET", "/users?sort=hello", root, "")
	alice, mod := s.logIn("alice", "alice password"), s.logIn("mod", "mod password")
	s.do("plain user", "GET", "/users", alice, "")
	s.do("anonymous", "GET", "/users?count=1", "", "")
	s.do("get", "GET", "/users/2", root, "")
	s.do("get with stats", "GET", "/users/2?withStats=true", root, "")
	s.do("unknown", "GET", "/users/99999", root, "")
	s.do("not a number", "GET", "/users/abc", root, "")
	s.do("a moderator creates a moderator", "POST", "/users", mod, `{"username":"mod2","password":"mod password","email":"mod2@example.com","role":1}`)
	s.do("a moderator changes root", "PUT", "/users/1", mod, `{"videoQuota":5}`)
	s.do("a moderator changes a role", "PUT", "/users/2", mod, `{"role":1}`)
	s.do("update", "PUT", "/users/3", root, `{"email":"mod2@example.com","emailVerified":true,"videoQuota":1000,"adminFlags":1,"pluginAuth":null}`)
	s.do("updated", "GET", "/users/3", root, "")
	s.do("to the address of another", "PUT", "/users/3", root, `{"email":"alice@example.com"}`)
	s.do("root role", "PUT", "/users/1", root, `{"role":2}`)
	s.do("bad quota", "PUT", "/users/3", root, `{"videoQuota":-5}`)
	s.do("a new role ends sessions", "PUT", "/users/3", root, `{"role":2}`)
	s.do("and they have ended", "GET", "/users/me/video-quota-used", mod, "")
	s.do("block", "POST", "/users/2/block", root, `{"reason":"spam account"}`)
	s.do("a blocked user", "GET", "/users/2", root, "")
	s.do("a token of a blocked user", "GET", "/users/me", alice, "")
	s.do("login of a blocked user", "POST", "/users/token", "", s.form("username", "alice", "password", "alice password"))
	s.do("unblock", "POST", "/users/2/unblock", root, "")
	s.do("root cannot be blocked", "POST", "/users/1/block", root, `{}`)
	s.do("autocomplete", "GET", "/users/autocomplete?search=al", "", "")
	s.do("delete", "DELETE", "/users/2", root, "")
	s.do("delete root", "DELETE", "/users/1", root, "")
	s.do("delete again", "DELETE", "/users/2", root, "")
	s.do("the name stays taken", "POST", "/users", root, `{"username":"alice","password":"alice password","email":"alice@example.com","role":2}`)
	s.do("and that of the channel", "POST", "/users", root, `{"username":"alice4","password":"alice password","email":"alice@example.com","role":2,"channelName":"alice_channel_main"}`)
	s.golden("admin")
	if len(s.mails) != 2 || s.mails[0].Kind != user.MailBlocked || s.mails[0].Text != "spam account" || s.mails[1].Kind != user.MailUnblocked {
		t.Errorf("mails: %+v", s.mails)
	}
}

func TestMeIsPeerTubes(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	root := s.root()
	s.do("users/me of the root user (every field)", "GET", "/users/me", root, "")
	s.do("quota used", "GET", "/users/me/video-quota-used", root, "")
	s.do("update", "PUT", "/users/me", root, `{"displayName":"The Root","description":"I am root","nsfwPolicy":"blur","p2pEnabled":false,"autoPlayVideo":false,"videosHistoryEnabled":true,"videoLanguages":["en","fr"],"theme":"instance-default","noInstanceConfigWarningModal":true}`)
	s.do("updated", "GET", "/users/me", root, "")
	s.do("null is none", "PUT", "/users/me", root, `{"description":null,"videoLanguages":null}`)
	s.do("bad nsfwPolicy", "PUT", "/users/me", root, `{"nsfwPolicy":"hello"}`)
	s.do("overlapping flags", "PUT", "/users/me", root, `{"nsfwFlagsHidden":3,"nsfwFlagsBlurred":1}`)
	s.do("password without currentPassword", "PUT", "/users/me", root, `{"password":"another password"}`)
	s.do("wrong currentPassword", "PUT", "/users/me", root, `{"password":"another password","currentPassword":"notmypassword"}`)
	s.do("root cannot delete himself", "DELETE", "/users/me", root, "")
	settings := func(value string) string {
		var b strings.Builder
		for i, name := range user.NotificationNames() {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%q:%s", name, value)
		}
		return "{" + b.String() + "}"
	}
	s.do("notification settings", "PUT", "/users/me/notification-settings", root, settings("2"))
	s.do("one setting only", "PUT", "/users/me/notification-settings", root, `{"newFollow":1}`)
	s.do("settings that are no number", "PUT", "/users/me/notification-settings", root, strings.Replace(settings("2"), `"newFollow":2`, `"newFollow":"x"`, 1))
	s.do("a newer setting that is no number", "PUT", "/users/me/notification-settings", root, strings.Replace(settings("2"), `"newPluginVersion":2`, `"newPluginVersion":[1]`, 1))
	s.do("a feature was seen", "POST", "/users/me/new-feature-info/read", root, `{"feature":2}`)
	s.do("at the end", "GET", "/users/me", root, "")
	other := s.root()
	s.do("new password", "PUT", "/users/me", root, `{"password":"another password","currentPassword":"`+usersRootPassword+`"}`)
	s.do("this session lives", "GET", "/users/me/video-quota-used", root, "")
	s.do("the other does not", "GET", "/users/me/video-quota-used", other, "")
	s.golden("me")
}

func TestRegistrationIsPeerTubes(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	root := s.root()
	const register, request = "/users/register", "/users/registrations/request"
	const bob = `{"username":"bob","password":"bob password","email":"bob@example.com","displayName":"Bob","channel":{"name":"bob_channel_2","displayName":"Bob channel"}}`
	s.do("open registration, ok", "POST", register, "", bob)
	s.do("same user name and email", "POST", register, "", bob)
	s.do("channel name taken", "POST", register, "", strings.NewReplacer(`"bob"`, `"bob3"`, "bob@", "bob3@").Replace(bob))
	s.do("invalid fields", "POST", register, "", `{"username":"Bob!","password":"x","email":"nope","displayName":""}`)
	s.do("channel name = user name", "POST", register, "", `{"username":"bob4","password":"bob password","email":"bob4@example.com","channel":{"name":"bob4","displayName":"x"}}`)
	const carol = `{"username":"carol","password":"carol password","email":"carol@example.com","registrationReason":"I make videos"}`
	s.do("request while approval is not required", "POST", request, "", carol)
	s.policy.Signup.Approval = true
	s.do("request with approval on", "POST", request, "", carol)
	s.now = s.now.Add(time.Second)
	s.do("second request", "POST", request, "", `{"username":"dave","password":"dave password","email":"dave@example.com","registrationReason":"me too"}`)
	s.do("the same again", "POST", request, "", carol)
	s.do("direct register with approval on", "POST", register, "", `{"username":"eve","password":"eve password","email":"eve@example.com"}`)
	s.do("list", "GET", "/users/registrations", root, "")
	s.do("login of a waiting registration", "POST", "/users/token", "", s.form("username", "carol", "password", "carol password"))
	s.do("with a wrong password nothing is told", "POST", "/users/token", "", s.form("username", "carol", "password", "wrong"))
	s.do("accept", "POST", "/users/registrations/1/accept", root, `{"moderationResponse":"Welcome"}`)
	s.do("accept again", "POST", "/users/registrations/1/accept", root, `{"moderationResponse":"Welcome"}`)
	s.do("reject", "POST", "/users/registrations/2/reject", root, `{"moderationResponse":"No"}`)
	s.do("login of a rejected registration", "POST", "/users/token", "", s.form("username", "dave", "password", "dave password"))
	s.do("login of an accepted one", "POST", "/users/token", "", s.form("username", "carol", "password", "carol password"))
	s.do("list after", "GET", "/users/registrations", root, "")
	s.do("only the accepted", "GET", "/users/registrations?stateOneOf=3&search=CAROL", root, "")
	s.do("delete", "DELETE", "/users/registrations/2", root, "")
	s.do("unknown id", "POST", "/users/registrations/9999/accept", root, `{"moderationResponse":"x y z"}`)
	s.policy.Signup.Enabled = false
	s.do("registration closed", "POST", register, "", bob)
	s.do("whatever is sent", "POST", register, "", `["a"]`)
	s.do("ask verification mail", "POST", "/users/ask-send-verify-email", "", `{"email":"bob@example.com"}`)
	s.do("ask reset for an unknown address", "POST", "/users/ask-reset-password", "", `{"email":"nobody@example.com"}`)
	s.do("reset with a wrong string", "POST", "/users/2/reset-password", "", `{"verificationString":"wrong","password":"xxxxxxxx"}`)
	s.do("verify with a wrong string", "POST", "/users/2/verify-email", "", `{"verificationString":"wrong"}`)
	s.golden("register")
	kinds := ""
	for _, m := range s.mails {
		kinds += string(m.Kind) + " "
	}
	if kinds != "registration-accepted registration-rejected verify-email " {
		t.Errorf("mails: %s", kinds)
	}
}

func TestSignupLimits(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	s.policy.Signup.Limit = 3
	s.policy.Signup.Denied = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
	s.users.Limits.Rates.Signup = user.Rate{Max: 1, Window: time.Minute}
	register := func(name string) int {
		return s.do("", "POST", "/users/register", "", fmt.Sprintf(`{"username":%q,"password":"a password","email":"%s@example.com"}`, name, name)).status
	}
	for _, tt := range []struct {
		name string
		ip   string
		user string
		want int
	}{
		{"a network that is denied", "198.51.100.9", "a", 403},
		{"what fails is not counted", "192.0.2.1", "Not A Name", 400},
		{"the first", "192.0.2.1", "b", 200},
		{"the second from one address", "192.0.2.1", "c", 429},
		{"from another address", "2001:db8::1", "d", 200},
		{"the site is full", "192.0.2.3", "e", 403},
	} {
		s.ip = tt.ip
		if got := register(tt.user); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

var secretInLink = regexp.MustCompile(`verificationString=([0-9a-f]+)`)

// mailed returns the secret of the newest mail, which must be of a kind.
func (s *usersSite) mailed(kind user.MailKind) string {
	s.t.Helper()
	if len(s.mails) == 0 || s.mails[len(s.mails)-1].Kind != kind {
		s.t.Fatalf("no mail %s in %+v", kind, s.mails)
	}
	m := secretInLink.FindStringSubmatch(s.mails[len(s.mails)-1].Link)
	if m == nil {
		s.t.Fatalf("no secret in %+v", s.mails)
	}
	return m[1]
}

func (s *usersSite) want(status int, method, path, token, body string) {
	s.t.Helper()
	if a := s.do("", method, path, token, body); a.status != status {
		s.t.Errorf("%s %s %s: got %d %s, want %d", method, path, body, a.status, a.body, status)
	}
}

func TestPasswordIsResetByMail(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	root := s.root()
	s.want(204, "POST", "/users/ask-reset-password", "", `{"email":"Admin@example.com"}`)
	old := s.mailed(user.MailResetPassword)
	s.want(204, "POST", "/users/ask-reset-password", "", `{"email":"admin@example.com"}`)
	secret := s.mailed(user.MailResetPassword)
	body := func(secret, password string) string {
		return fmt.Sprintf(`{"verificationString":%q,"password":%q}`, secret, password)
	}
	s.want(403, "POST", "/users/1/reset-password", "", body(old, "new password")) // a newer one was sent
	s.want(404, "POST", "/users/99/reset-password", "", body(secret, "new password"))
	s.want(400, "POST", "/users/1/reset-password", "", body(secret, "x"))
	s.want(204, "POST", "/users/1/reset-password", "", body(secret, "new password"))
	s.want(403, "POST", "/users/1/reset-password", "", body(secret, "newer password")) // it is used up
	s.want(401, "GET", "/users/me", root, "")
	s.logIn("root", "new password")

	s.want(204, "POST", "/users/ask-reset-password", "", `{"email":"admin@example.com"}`)
	secret = s.mailed(user.MailResetPassword)
	s.now = s.now.Add(time.Hour)
	s.want(403, "POST", "/users/1/reset-password", "", body(secret, "late password"))
}

func TestAddressesAreProved(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	s.policy.Signup.EmailVerification = true
	s.want(200, "POST", "/users/register", "", `{"username":"bob","password":"bob password","email":"bob@example.com"}`)
	secret := s.mailed(user.MailVerifyEmail)
	login := s.form("username", "bob", "password", "bob password")
	if a := s.do("", "POST", "/users/token", "", login); a.status != 400 || a.field(t, "code") != "email_not_verified" {
		t.Errorf("before the proof: %d %s", a.status, a.body)
	}
	s.want(404, "POST", "/users/77/verify-email", "", `{"verificationString":"`+secret+`"}`)
	s.want(403, "POST", "/users/1/verify-email", "", `{"verificationString":"`+secret+`"}`)
	s.want(204, "POST", "/users/2/verify-email", "", `{"verificationString":"`+secret+`"}`)
	bob := s.logIn("bob", "bob password")

	s.want(204, "PUT", "/users/me", bob, `{"email":"new@example.com","currentPassword":"bob password"}`)
	a := s.do("", "GET", "/users/me", bob, "")
	if a.field(t, "email") != "bob@example.com" || a.field(t, "pendingEmail") != "new@example.com" {
		t.Errorf("before the proof of the new address: %s", a.body)
	}
	secret = s.mailed(user.MailVerifyPendingEmail)
	if to := s.mails[len(s.mails)-1].To; to != "new@example.com" {
		t.Errorf("sent to %s", to)
	}
	s.want(403, "POST", "/users/2/verify-email", "", `{"verificationString":"`+secret+`"}`)
	before := len(s.mails)
	s.want(204, "POST", "/users/ask-send-verify-email", "", `{"email":"bob@example.com"}`) // proved
	s.want(204, "POST", "/users/ask-send-verify-email", "", `{"email":"nobody@example.com"}`)
	if len(s.mails) != before {
		t.Errorf("asked for addresses that wait for nothing, sent %v", s.mails[before:])
	}
	s.want(204, "POST", "/users/ask-send-verify-email", "", `{"email":"new@example.com"}`)
	if len(s.mails) != before+1 || s.mails[before].To != "new@example.com" {
		t.Fatalf("asked for the new address, sent %v", s.mails[before:])
	}
	secret = s.mailed(user.MailVerifyPendingEmail)
	s.want(204, "POST", "/users/2/verify-email", "", `{"verificationString":"`+secret+`","isPendingEmail":true}`)
	a = s.do("", "GET", "/users/me", bob, "")
	if a.field(t, "email") != "new@example.com" || a.field(t, "pendingEmail") != "<nil>" {
		t.Errorf("after the proof of the new address: %s", a.body)
	}
	s.want(409, "PUT", "/users/me", bob, `{"email":"ADMIN@example.com","currentPassword":"bob password"}`)
}

func TestAnInvitedUserChoosesAPassword(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	root := s.root()
	const body = `{"username":"guest","password":"","email":"guest@example.com","role":2}`
	s.want(400, "POST", "/users", root, body) // no mail, no invitation
	s.policy.Mail = true
	s.want(200, "POST", "/users", root, body)
	secret := s.mailed(user.MailCreatePassword)
	s.now = s.now.Add(6 * 24 * time.Hour)
	s.want(204, "POST", "/users/2/reset-password", "", `{"verificationString":"`+secret+`","password":"guest password"}`)
	s.logIn("guest", "guest password")
}

func TestPeopleDeleteThemselves(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	s.want(200, "POST", "/users/register", "", `{"username":"bob","password":"bob password","email":"bob@example.com"}`)
	bob := s.logIn("bob", "bob password")
	s.want(204, "DELETE", "/users/me", bob, "")
	s.want(401, "GET", "/users/me", bob, "")
	s.want(409, "POST", "/users/register", "", `{"username":"bob","password":"bob password","email":"bob@example.com"}`)
	s.want(409, "POST", "/users/register", "", `{"username":"bob2","password":"bob password","email":"bob@example.com","channel":{"name":"bob_channel","displayName":"x"}}`)
	s.want(200, "POST", "/users/register", "", `{"username":"bob2","password":"bob password","email":"bob@example.com"}`)
}
