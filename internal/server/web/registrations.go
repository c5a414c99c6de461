package web

import (
	"net/http"
	"net/url"
	"strconv"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/terms"
	"sepiola/internal/server/web/ui"
)

const registrationsURL = "/admin/moderation/registrations/list"

// waitingRegistrations is the number in the menu of who answers them. A page is
// not worth less without it.
func (s *Pages) waitingRegistrations(r *http.Request, u *user.User) int64 {
	if !u.Has(user.ManageRegistrations) {
		return 0
	}
	n, err := s.Users.WaitingRegistrations(r.Context(), u)
	if err != nil && r.Context().Err() == nil {
		s.Log.WarnContext(r.Context(), "the number of waiting registrations is not known", "err", err)
	}
	return int64(n)
}

// registrations serves GET /admin/moderation/registrations/list: those that
// wait, unless another state is asked for.
func (s *Pages) registrations(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.nav.registrations")
	p.NoIndex = true
	start, kept := pageStart(r, usersCount), url.Values{}
	view := manage.RegistrationsView{Search: searched(r), State: user.Pending}
	typed := terms.Parse(view.Search, terms.Registrations)
	in := user.RegistrationList{Search: typed.Words, Sort: "-createdAt", Start: start, Count: usersCount}
	if asked := r.URL.Query().Get("state"); asked != "" {
		n, _ := strconv.Atoi(asked) // what is no number is 0: all
		view.State = user.RegistrationState(n)
		kept.Set("state", strconv.Itoa(n))
	}
	if s := typed.Has("state:"); s != "" {
		view.State = map[string]user.RegistrationState{"pending": user.Pending, "accepted": user.Accepted, "rejected": user.Rejected}[s]
	}
	if view.State != 0 {
		in.States = []user.RegistrationState{view.State}
	}
	if view.Search != "" {
		kept.Set("search", view.Search)
	}
	list, total, err := s.Users.ListRegistrations(r.Context(), in)
	if err != nil {
		return err
	}
	view.List, view.Pager = list, pager.Pager{Path: registrationsURL, Query: kept, Start: start, Count: usersCount, Total: total}
	return s.paged(w, r, view.Pager, manage.Registrations(p, view))
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
	a := user.Answer{Response: lines(f, "moderationResponse"), Silent: f.Checked("preventEmailDelivery")}
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
	if errs.Is(err, errs.Invalid) {
		return s.answerFailed(w, r, id, f, err)
	}
	if err != nil {
		return err
	}
	return back(w, r, registrationsURL, "saved")
}

// answerFailed asks for the answer to a registration again.
func (s *Pages) answerFailed(w http.ResponseWriter, r *http.Request, id user.RegistrationID, f ui.Form, err error) error {
	do := rest.Path(r, "answer")
	p := s.newPage(r, "web.registrations."+do)
	return s.again(w, r, err, manage.AnswerRegistration(p, f.Failed(p, err, nil), id, do))
}
