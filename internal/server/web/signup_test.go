package web_test

import (
	"context"
	"net/url"
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
