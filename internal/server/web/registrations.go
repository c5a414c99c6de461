package web

import (
	"net/http"

	"sepiola/internal/domain/user"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/pager"
)

const registrationsURL = "/admin/moderation/registrations/list"

// registrations serves GET /admin/moderation/registrations/list.
func (s *Pages) registrations(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.nav.registrations")
	p.NoIndex = true
	start := pageStart(r, usersCount)
	list, total, err := s.Users.ListRegistrations(r.Context(), user.RegistrationList{Sort: "-createdAt", Start: start, Count: usersCount})
	if err != nil {
		return err
	}
	g := pager.Pager{Path: registrationsURL, Start: start, Count: usersCount, Total: total}
	return s.ok(w, r, manage.Registrations(p, list, g))
}

// answerRegistration serves POST /admin/moderation/registrations/{id}/{answer}.
func (s *Pages) answerRegistration(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[user.RegistrationID](r, "id")
	if err != nil {
		return notFound()
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	a := user.Answer{Response: f.Value("moderationResponse")}
	switch rest.Path(r, "answer") {
	case "accept":
		err = s.Users.Accept(r.Context(), id, a)
	case "reject":
		err = s.Users.Reject(r.Context(), id, a)
	case "delete":
		err = s.Users.DeleteRegistration(r.Context(), id)
	default:
		return notFound()
	}
	if err != nil {
		return err
	}
	return back(w, r, registrationsURL, "saved")
}
