package discovery

import (
	"net/http"
	"time"
)

// contactLife is how long what the program itself says of the contact holds.
// RFC 9116 recommends less than a year.
const contactLife = 90 * 24 * time.Hour

// security serves what an administrator wrote for those who found a hole or,
// without it, where the administrators can be written to. Without an address
// there may still be a file of WellKnown.
//
// https://www.rfc-editor.org/rfc/rfc9116
func (s *Server) security(w http.ResponseWriter, r *http.Request) error {
	c := s.Settings()
	said := c.SecurityTxt
	if said == "" && c.ContactPage != "" {
		said = "Contact: " + s.Site.URL(c.ContactPage) + "\nExpires: " + s.Now().UTC().Add(contactLife).Truncate(24*time.Hour).Format(time.RFC3339) +
			"\nCanonical: " + s.Site.URL("/.well-known/security.txt") + "\n"
	}
	if said == "" {
		return s.sendWellKnown(w, r, "security.txt")
	}
	return s.text(func(Settings) string { return said })(w, r)
}
