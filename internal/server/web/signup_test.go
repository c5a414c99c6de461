package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
)

// letters keeps what is sent by mail.
type letters struct{ sent []user.Mail }

func (l *letters) Queue(_ context.Context, m user.Mail) error {
	l.sent = append(l.sent, m)
	return nil
}

// last is the letter that was sent last.
func (l *letters) last(t *testing.T) user.Mail {
	t.Helper()
	if len(l.sent) == 0 {
		t.Fatal("no letter was sent")
	}
	return l.sent[len(l.sent)-1]
}

// letters takes the site's mail from now on.
func (s *site) letters() *letters {
	l := new(letters)
	s.users.Mailer = l
	return l
}

// newcomer is what alice types to sign up.
func newcomer() url.Values {
	return url.Values{
		"username": {"alice"}, "email": {"alice@example.com"}, "password": {"the word of alice"}, "agree": {"true"},
		"registrationReason": {"I film boats"},
	}
}

func TestWhoSignsUpIsWrittenToInTheirLanguage(t *testing.T) {
	t.Parallel()
	for name, approval := range map[string]bool{"at once": false, "with approval": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.policy.Signup.Approval, s.policy.Signup.EmailVerification = approval, true
			box := s.letters()
			s.post("/", "/preferences", url.Values{"language": {"fr"}, "to": {"/signup"}})
			s.post("/signup", "/signup", newcomer()).has(t, "the sign-up", 200)
			if got := box.last(t); got.To != "alice@example.com" || got.Language != "fr" {
				t.Errorf("the letter: to %s in %q, want alice@example.com in \"fr\"", got.To, got.Language)
			}
		})
	}
}

func TestLinksThatProveAreSentAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.policy.Signup.EmailVerification = true
	box := s.letters()
	const again, link = "Send the link again", `href="/verify-account/ask-send-email"`
	a := s.post("/signup", "/signup", newcomer())
	a.has(t, "the sign-up", 200, "A link was sent to alice@example.com", again, `type="hidden" name="email" value="alice@example.com"`)
	s.post("/signup", "/verify-account/ask-send-email", url.Values{"email": {"alice@example.com"}}).has(t, "once more", 200, "a link is on its way")
	if len(box.sent) != 2 || box.last(t).Kind != user.MailVerifyEmail {
		t.Errorf("got %v, want two letters", box.sent)
	}
	s.post("/login", "/login", url.Values{"username": {"alice"}, "password": {"the word of alice"}}).
		has(t, "the login of who has proved nothing", 400, "open the link", again, link)
	if a := s.post("/login", "/login", url.Values{"username": {"alice"}, "password": {"wrong"}}); strings.Contains(a.body, again) {
		t.Error("a wrong password is told that the address is not proved")
	}
	expired := s.post("/login", "/verify-account/email", url.Values{"userId": {"2"}, "verificationString": {"old"}})
	expired.has(t, "an old link", 403, "too old", again, link)
	if strings.Contains(expired.body, "It is mine") {
		t.Error("an old link has a button that does nothing")
	}
	s.post("/login", "/reset-password", url.Values{"userId": {"2"}, "verificationString": {"old"}, "password": {"another word"}}).
		has(t, "an old link to a password", 403, "too old", again, `href="/recover-password"`)
	s.policy.Signup.Approval = true
	in := newcomer()
	in.Set("username", "bob")
	in.Set("email", "bob@example.com")
	s.post("/signup", "/signup", in).has(t, "a request", 200, "A moderator will read it", "A link was sent to bob@example.com", again)
}
