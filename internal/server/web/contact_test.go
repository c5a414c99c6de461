package web_test

import (
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
)

func TestContactForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const at = "/about/contact"
	s.get(at).has(t, "closed", 409, "takes no messages")
	if strings.Contains(s.get("/about").body, at) {
		t.Error("the page about the site leads to a closed form")
	}
	s.policy.Contact, s.policy.Mail, s.policy.AdminEmail = true, true, "boss@example.org"
	s.limiter.Rates = user.DefaultRates()
	s.get("/about").has(t, "about", 200, `href="`+at+`"`)
	in := url.Values{"fromName": {"Ann"}, "fromEmail": {"nonsense"}, "body": {"I like <b>it</b>"}}
	s.post(at, at, in).has(t, "a wrong address", 400, `id="error-fromEmail"`, "I like &lt;b&gt;it")
	in.Set("fromEmail", "ann@example.com")
	if a := s.post(at, at, in); a.url.Path != "/about" || !strings.Contains(a.body, "was sent") {
		t.Errorf("a message: %d at %s", a.status, a.url)
	}
	s.post(at, at, in).has(t, "again", 403, "wait an hour", `value="Ann"`)
}
