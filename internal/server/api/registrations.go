package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Registrations serves signing up, its moderation, and what goes by mail:
// proofs of addresses and new passwords.
type Registrations struct {
	Users  RegistrationService
	Limits RegistrationLimits
	Policy func() user.Policy
	// Device tells where a request comes from.
	Device func(*http.Request) user.Device
}

// RegistrationService is the part of user.Service that this resource needs.
type RegistrationService interface {
	SignupAllowed(ctx context.Context, ip string) error
	Register(ctx context.Context, in user.NewRegistration, ip string) (*user.User, error)
	RequestRegistration(ctx context.Context, in user.NewRegistration, ip string) (*user.Registration, error)
	ListRegistrations(ctx context.Context, p user.RegistrationList) ([]*user.Registration, int, error)
	Accept(ctx context.Context, id user.RegistrationID, a user.Answer) error
	Reject(ctx context.Context, id user.RegistrationID, a user.Answer) error
	DeleteRegistration(ctx context.Context, id user.RegistrationID) error
	AskVerifyEmail(ctx context.Context, email string) error
	AskVerifyRegistration(ctx context.Context, email string) error
	AskResetPassword(ctx context.Context, email string) error
	VerifyEmail(ctx context.Context, id user.ID, token string, pending bool) error
	VerifyRegistration(ctx context.Context, id user.RegistrationID, token string) error
	ResetPassword(ctx context.Context, id user.ID, token, password string) error
}

// RegistrationLimits is the part of user.Limiter that this resource needs.
type RegistrationLimits interface {
	Signup(ctx context.Context, ip string) (user.Limit, error)
	AskEmail(ctx context.Context, ip string) (user.Limit, error)
}

// Mount adds the routes to r.
func (h *Registrations) Mount(r *rest.Router) {
	manage := func(f rest.HandlerFunc) rest.HandlerFunc { return auth.RequiredRight(user.ManageRegistrations, f) }
	r.Post("/users/register", h.register)
	r.Post("/users/registrations/request", h.request)
	r.Get("/users/registrations", manage(h.list))
	r.Post("/users/registrations/{registrationId}/accept", manage(h.answer(h.Users.Accept)))
	r.Post("/users/registrations/{registrationId}/reject", manage(h.answer(h.Users.Reject)))
	r.Delete("/users/registrations/{registrationId}", manage(h.delete))
	r.Post("/users/ask-send-verify-email", h.ask(h.Users.AskVerifyEmail))
	r.Post("/users/registrations/ask-send-verify-email", h.ask(h.Users.AskVerifyRegistration))
	r.Post("/users/ask-reset-password", h.ask(h.Users.AskResetPassword))
	r.Post("/users/{id}/verify-email", h.verifyEmail)
	r.Post("/users/registrations/{registrationId}/verify-email", h.verifyRegistration)
	r.Post("/users/{id}/reset-password", h.resetPassword)
}

// userRegister is PeerTube's UserRegister and UserRegistrationRequest.
type userRegister struct {
	Username           rest.Field[string]          `json:"username"`
	Password           rest.Field[string]          `json:"password"`
	Email              rest.Field[string]          `json:"email"`
	DisplayName        rest.Field[string]          `json:"displayName"`
	Channel            rest.Field[registerChannel] `json:"channel"`
	RegistrationReason rest.Field[string]          `json:"registrationReason"`

	language string // of the client
}

type registerChannel struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

func (in userRegister) domain() user.NewRegistration {
	out := user.NewRegistration{
		Username: in.Username.V, Password: in.Password.V, Email: in.Email.V,
		DisplayName: pointer(in.DisplayName), Reason: in.RegistrationReason.V, Language: in.language,
	}
	if in.Channel.Has() {
		out.Channel = &user.NewChannel{Name: in.Channel.V.Name, DisplayName: in.Channel.V.DisplayName}
	}
	return out
}

// signup reads who wants to register. A closed site says so whatever was sent.
func (h *Registrations) signup(w http.ResponseWriter, r *http.Request) (in userRegister, done bool, err error) {
	ip := h.Device(r).IP
	if err := h.Users.SignupAllowed(r.Context(), ip); err != nil {
		return in, true, err
	}
	limit, err := h.Limits.Signup(r.Context(), ip)
	if done, err := usersLimited(w, limit, err); done {
		return in, true, err
	}
	in, err = usersBody(w, r, func(in userRegister) []errs.Param { return in.domain().Problems(h.Policy()) })
	if wishes := rest.Languages(r); len(wishes) > 0 {
		in.language = wishes[0]
	}
	return in, err != nil, err
}

// register serves POST /users/register.
func (h *Registrations) register(w http.ResponseWriter, r *http.Request) error {
	in, done, err := h.signup(w, r)
	if done {
		return err
	}
	if _, err := h.Users.Register(r.Context(), in.domain(), h.Device(r).IP); err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, struct {
		State rest.Labelled[user.RegistrationState] `json:"state"`
	}{rest.Labelled[user.RegistrationState]{ID: user.Accepted, Label: user.Accepted.Label()}})
}

// request serves POST /users/registrations/request.
func (h *Registrations) request(w http.ResponseWriter, r *http.Request) error {
	in, done, err := h.signup(w, r)
	if done {
		return err
	}
	v, err := h.Users.RequestRegistration(r.Context(), in.domain(), h.Device(r).IP)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, presentRegistration(v))
}

// registrationJSON is PeerTube's UserRegistration.
type registrationJSON struct {
	ID                 user.RegistrationID                   `json:"id"`
	State              rest.Labelled[user.RegistrationState] `json:"state"`
	RegistrationReason string                                `json:"registrationReason"`
	ModerationResponse *string                               `json:"moderationResponse"`
	Username           string                                `json:"username"`
	Email              string                                `json:"email"`
	EmailVerified      *bool                                 `json:"emailVerified"`
	AccountDisplayName *string                               `json:"accountDisplayName"`
	ChannelHandle      *string                               `json:"channelHandle"`
	ChannelDisplayName *string                               `json:"channelDisplayName"`
	CreatedAt          isoTime                               `json:"createdAt"`
	UpdatedAt          isoTime                               `json:"updatedAt"`
	User               *registrationUserJSON                 `json:"user"`
}

type registrationUserJSON struct {
	ID user.ID `json:"id"`
}

func presentRegistration(v *user.Registration) registrationJSON {
	out := registrationJSON{
		ID: v.ID, State: rest.Labelled[user.RegistrationState]{ID: v.State, Label: v.State.Label()},
		RegistrationReason: v.Reason, ModerationResponse: nullable(v.Response), Username: v.Username, Email: v.Email,
		EmailVerified: v.EmailVerified, AccountDisplayName: nullable(v.DisplayName), ChannelHandle: nullable(v.ChannelName),
		ChannelDisplayName: nullable(v.ChannelDisplayName), CreatedAt: isoTime(v.CreatedAt), UpdatedAt: isoTime(v.UpdatedAt),
	}
	if v.UserID != 0 {
		out.User = &registrationUserJSON{v.UserID}
	}
	return out
}

// list serves GET /users/registrations.
func (h *Registrations) list(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	page := q.Page("-createdAt", "state")
	p := user.RegistrationList{Search: q.String("search"), Sort: page.Sort, Start: page.Start, Count: page.Count}
	for _, s := range q.Ints("stateOneOf") {
		if s < int(user.Pending) || s > int(user.Accepted) {
			q.Reject("stateOneOf", "")
		}
		p.States = append(p.States, user.RegistrationState(s))
	}
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Users.ListRegistrations(r.Context(), p)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, presentRegistration))
}

// answer serves POST /users/registrations/{registrationId}/accept and /reject.
func (h *Registrations) answer(do func(context.Context, user.RegistrationID, user.Answer) error) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := rest.PathID[user.RegistrationID](r, "registrationId")
		if err != nil {
			return err
		}
		in, err := rest.Body[struct {
			Response rest.Field[string] `json:"moderationResponse"`
			Silent   rest.Field[bool]   `json:"preventEmailDelivery"`
		}](w, r)
		if err != nil {
			return err
		}
		if err := do(r.Context(), id, user.Answer{Response: in.Response.V, Silent: in.Silent.V}); err != nil {
			return err
		}
		return rest.NoContent(w)
	}
}

// delete serves DELETE /users/registrations/{registrationId}.
func (h *Registrations) delete(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[user.RegistrationID](r, "registrationId")
	if err != nil {
		return err
	}
	if err := h.Users.DeleteRegistration(r.Context(), id); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// ask serves the requests for a mail. The answer is the same whether the
// address is known or not.
func (h *Registrations) ask(do func(context.Context, string) error) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		limit, err := h.Limits.AskEmail(r.Context(), h.Device(r).IP)
		if done, err := usersLimited(w, limit, err); done {
			return err
		}
		in, err := rest.Body[struct {
			Email rest.Field[string] `json:"email"`
		}](w, r)
		if err != nil {
			return err
		}
		if !user.ValidEmail(in.Email.V) {
			return errs.Fields(errs.Param{Name: "email", Value: in.Email.V})
		}
		if err := do(r.Context(), in.Email.V); err != nil {
			return err
		}
		return rest.NoContent(w)
	}
}

type verifyBody struct {
	String  rest.Field[string] `json:"verificationString"`
	Pending rest.Field[bool]   `json:"isPendingEmail"`
}

// verifyEmail serves POST /users/{id}/verify-email.
func (h *Registrations) verifyEmail(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[user.ID](r, "id")
	if err != nil {
		return err
	}
	in, err := rest.Body[verifyBody](w, r)
	if err != nil {
		return err
	}
	if err := h.Users.VerifyEmail(r.Context(), id, in.String.V, in.Pending.V); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// verifyRegistration serves POST /users/registrations/{registrationId}/verify-email.
func (h *Registrations) verifyRegistration(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[user.RegistrationID](r, "registrationId")
	if err != nil {
		return err
	}
	in, err := rest.Body[verifyBody](w, r)
	if err != nil {
		return err
	}
	if err := h.Users.VerifyRegistration(r.Context(), id, in.String.V); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// resetPassword serves POST /users/{id}/reset-password.
func (h *Registrations) resetPassword(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[user.ID](r, "id")
	if err != nil {
		return err
	}
	in, err := rest.Body[struct {
		String   rest.Field[string] `json:"verificationString"`
		Password rest.Field[string] `json:"password"`
	}](w, r)
	if err != nil {
		return err
	}
	if err := h.Users.ResetPassword(r.Context(), id, in.String.V, in.Password.V); err != nil {
		return err
	}
	return rest.NoContent(w)
}
