package web

import (
	"net/http"
	"net/url"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/people"
	"sepiola/internal/server/web/ui"
)

// maxContactLink is the most bytes of a text that a link fills in.
const maxContactLink = 1000

// contactForm serves GET /about/contact.
func (s *Pages) contactForm(w http.ResponseWriter, r *http.Request) error {
	if err := s.Users.ContactOpen(); err != nil {
		return s.contactClosed(w, r, err)
	}
	f := ui.Form{Values: url.Values{}}
	// Links fill in what a letter is about, as the watch page's does.
	for _, name := range [...]string{"subject", "body"} {
		if v := r.URL.Query().Get(name); len(v) <= maxContactLink {
			f.Values.Set(name, v)
		}
	}
	if u := auth.User(r.Context()); u != nil {
		f.Values.Set("fromName", u.Username)
		f.Values.Set("fromEmail", u.Email)
	}
	return s.ok(w, r, people.Contact(s.newPage(r, "web.contact.title"), f))
}

func (s *Pages) contactClosed(w http.ResponseWriter, r *http.Request, err error) error {
	p := s.newPage(r, "web.contact.title")
	p.NoIndex = true
	return s.again(w, r, err, people.Message(p, p.T("web.contact.closed"), "/about", p.T("web.contact.about")))
}

// contact serves POST /about/contact.
func (s *Pages) contact(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	if err := s.Auth.FromHere(r); err != nil {
		return err
	}
	if err := s.Users.ContactOpen(); err != nil {
		return s.contactClosed(w, r, err)
	}
	p := s.newPage(r, "web.contact.title")
	err = s.Users.Contact(r.Context(), user.ContactMessage{
		FromName: f.Value("fromName"), FromEmail: f.Value("fromEmail"), Subject: f.Value("subject"), Body: f.Value("body"),
	}, s.Auth.IP(r))
	if errs.Is(err, errs.Conflict) {
		return s.contactClosed(w, r, err)
	}
	if err != nil {
		return s.again(w, r, err, people.Contact(p, f.Failed(p, err, nil)))
	}
	return back(w, r, "/about", "contact_sent")
}
