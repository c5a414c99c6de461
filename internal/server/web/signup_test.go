package web_test

import (
	"context"
	"html"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/storage/store"
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

func TestWhoSignsUpNamesTheFirstChannel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const closed, open = `<details id="first-channel" class="more-fields">`, `<details id="first-channel" class="more-fields" open>`
	s.get("/signup").has(t, "the form", 200, closed)
	send := func(handle, title string) answer {
		in := newcomer()
		in.Set("channelName", handle)
		in.Set("channelDisplayName", title)
		return s.post("/signup", "/signup", in)
	}
	mistake := func(a answer) string { return between(a.body, `id="error-channelName"`, "</p>") }
	for _, approval := range []bool{false, true} {
		s.policy.Signup.Approval = approval
		for _, c := range []struct {
			name, handle, title, want string
			status                    int
		}{
			{"no handle", "not good!", "Boats", "cannot be used", 400},
			{"hostile", `"><script>alert(1)</script>`, "", "cannot be used", 400},
			{"a title alone", "", "Boats", "A channel needs a handle too.", 400},
			{"a handle that is taken", "root_channel", "", "This handle is taken already.", 409},
			{"the user name", "alice", "", "another one than the user name", 400},
		} {
			a := send(c.handle, c.title)
			a.has(t, c.name, c.status, open, `value="`+html.EscapeString(c.handle)+`"`)
			if got := mistake(a); c.want != "cannot be used" && !strings.Contains(got, c.want) || got == "" {
				t.Errorf("%s (approval %v): beside the handle %q, want %q", c.name, approval, got, c.want)
			}
			if strings.Contains(a.body, `id="error-username"`) {
				t.Errorf("%s: the user name is said to be wrong", c.name)
			}
		}
	}
	send("alice_boats", "Boats of Alice").has(t, "a request", 200)
	in := newcomer()
	in.Set("username", "bob")
	in.Set("email", "bob@example.com")
	in.Set("channelName", "alice_boats")
	a := s.post("/signup", "/signup", in)
	a.has(t, "a handle that somebody waits for", 409, open)
	if got := mistake(a); !strings.Contains(got, "This handle is taken already.") {
		t.Errorf("a handle that somebody waits for: %q", got)
	}
	s.policy.Signup.Approval = false
	in.Set("channelName", "bob_tv")
	s.post("/signup", "/signup", in)
	for name, title := range map[string]string{"bob_tv": "bob_tv"} {
		c, err := (store.Actors{DB: s.db}).ChannelByName(t.Context(), name, "")
		if err != nil || c.DisplayName != title {
			t.Errorf("the channel %s: %+v, %v", name, c, err)
		}
	}
	if err := s.users.Accept(t.Context(), 1, user.Answer{Response: "Welcome"}); err != nil {
		t.Fatal(err)
	}
	c, err := (store.Actors{DB: s.db}).ChannelByName(t.Context(), "alice_boats", "")
	if err != nil || c.DisplayName != "Boats of Alice" {
		t.Errorf("the channel of who waited: %+v, %v", c, err)
	}
}
