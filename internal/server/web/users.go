package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/terms"
	"sepiola/internal/server/web/ui"
)

const (
	usersCount = 30
	usersURL   = "/admin/overview/users"
)

// usersSorts are the orders that the list is offered in.
var usersSorts = []string{"-createdAt", "username", "-videoQuotaUsed", "-lastLoginDate", "role"}

// users serves GET /admin/overview/users.
func (s *Pages) users(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.nav.users")
	p.NoIndex = true
	q, start := r.URL.Query(), pageStart(r, usersCount)
	view := manage.UsersView{Search: searched(r), Sorts: usersSorts, Sort: usersSorts[0], Blocked: q.Get("blocked") != ""}
	typed := terms.Parse(view.Search, terms.Users)
	in := user.ListParams{Search: typed.Words, Start: start, Count: usersCount}
	kept := url.Values{}
	if view.Search != "" {
		kept.Set("search", view.Search)
	}
	if sort := q.Get("sort"); slices.Contains(usersSorts[1:], sort) {
		view.Sort = sort
		kept.Set("sort", sort)
	}
	if view.Blocked {
		in.Blocked = &view.Blocked
		kept.Set("blocked", "true")
	}
	if banned := typed.Is("banned:"); banned != nil {
		in.Blocked = banned
	}
	in.Sort = view.Sort
	list, total, err := s.Users.List(r.Context(), in)
	if err != nil {
		return err
	}
	view.Users, view.Total = list, total
	view.Pager = pager.Pager{Path: usersURL, Query: kept, Start: start, Count: usersCount, Total: total}
	return s.paged(w, r, view.Pager, manage.Users(p, view))
}

// newUserForm serves GET /admin/overview/users/create.
func (s *Pages) newUserForm(w http.ResponseWriter, r *http.Request) error {
	p, policy := s.newPage(r, "web.users.create"), s.Policy()
	f := ui.Form{Values: quotaValues(policy.VideoQuota, policy.VideoQuotaDaily)}
	f.Values.Set("role", strconv.Itoa(int(user.Member)))
	return s.ok(w, r, manage.User(p, f, nil, policy.VideoQuota, policy.VideoQuotaDaily, usersURL+"/create"))
}

func quotaValues(total, daily int64) url.Values {
	return url.Values{"videoQuota": {strconv.FormatInt(total, 10)}, "videoQuotaDaily": {strconv.FormatInt(daily, 10)}}
}

// newUser serves POST /admin/overview/users/create.
func (s *Pages) newUser(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	quota, daily := number(f, "videoQuota"), number(f, "videoQuotaDaily")
	_, err = s.Users.Create(r.Context(), auth.User(r.Context()), user.New{
		Username: f.Value("username"), Email: f.Value("email"), Password: f.Value("password"),
		Role: user.Role(number(f, "role")), VideoQuota: &quota, VideoQuotaDaily: &daily,
	})
	if err != nil {
		p := s.newPage(r, "web.users.create")
		return s.again(w, r, err, manage.User(p, f.Failed(p, err, nil), nil, quota, daily, usersURL+"/create"))
	}
	return back(w, r, usersURL, "saved")
}

func (s *Pages) managedUser(r *http.Request) (*user.User, error) {
	id, err := rest.PathID[user.ID](r, "id")
	if err != nil {
		return nil, notFound()
	}
	return s.Users.Managed(r.Context(), auth.User(r.Context()), id)
}

func editUserURL(u *user.User) string {
	return usersURL + "/update/" + strconv.FormatInt(int64(u.ID), 10)
}

// editUserForm serves GET /admin/overview/users/update/{id}.
func (s *Pages) editUserForm(w http.ResponseWriter, r *http.Request) error {
	u, err := s.managedUser(r)
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.users.edit", "name", u.Username)
	f := ui.Form{Values: quotaValues(u.VideoQuota, u.VideoQuotaDaily)}
	f.Values.Set("role", strconv.Itoa(int(u.Role)))
	f.Values.Set("email", u.Email)
	return s.ok(w, r, manage.User(p, f, u, u.VideoQuota, u.VideoQuotaDaily, editUserURL(u)))
}

// editUser serves POST /admin/overview/users/update/{id}. Only what is changed
// is sent on: a role or a password that is set again would end all sessions.
func (s *Pages) editUser(w http.ResponseWriter, r *http.Request) error {
	u, err := s.managedUser(r)
	if err != nil {
		return err
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	quota, daily := number(f, "videoQuota"), number(f, "videoQuotaDaily")
	in := user.AdminChange{VideoQuota: &quota, VideoQuotaDaily: &daily}
	if email := f.Value("email"); email != u.Email {
		in.Email = &email
	}
	if proved := true; f.Checked("emailVerified") {
		in.EmailVerified = &proved
	}
	if word := f.Value("password"); word != "" {
		in.Password = &word
	}
	if role := user.Role(number(f, "role")); f.Value("role") != "" && role != u.Role {
		in.Role = &role
	}
	if err := s.Users.Update(r.Context(), auth.User(r.Context()), u.ID, in); err != nil {
		p := s.newPage(r, "web.users.edit", "name", u.Username)
		return s.again(w, r, err, manage.User(p, f.Failed(p, err, nil), u, quota, daily, editUserURL(u)))
	}
	return back(w, r, usersURL, "saved")
}

// blockUser serves POST /admin/overview/users/{id}/block.
func (s *Pages) blockUser(w http.ResponseWriter, r *http.Request) error {
	u, err := s.managedUser(r)
	if err != nil {
		return err
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	err = s.Users.Block(r.Context(), auth.User(r.Context()), u.ID, f.Value("reason"))
	if errs.Is(err, errs.Invalid) {
		p := s.newPage(r, "web.users.block_title", "name", u.Username)
		return s.again(w, r, err, manage.BlockUser(p, f.Failed(p, err, nil), u))
	}
	if err != nil {
		return err
	}
	return back(w, r, usersURL, "blocked")
}

// unblockUser serves POST /admin/overview/users/{id}/unblock.
func (s *Pages) unblockUser(w http.ResponseWriter, r *http.Request) error {
	u, err := s.managedUser(r)
	if err != nil {
		return err
	}
	if err := s.Users.Unblock(r.Context(), auth.User(r.Context()), u.ID); err != nil {
		return err
	}
	return back(w, r, usersURL, "saved")
}

// deleteUser serves POST /admin/overview/users/{id}/delete.
func (s *Pages) deleteUser(w http.ResponseWriter, r *http.Request) error {
	u, err := s.managedUser(r)
	if err != nil {
		return err
	}
	if err := s.Users.Delete(r.Context(), auth.User(r.Context()), u.ID); err != nil {
		return err
	}
	return back(w, r, usersURL, "deleted")
}
