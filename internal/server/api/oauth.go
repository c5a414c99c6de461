package api

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// OAuth serves /oauth-clients/local, /users/token, /users/revoke-token and
// /users/scoped-tokens.
type OAuth struct {
	Sessions OAuthSessions
	Users    OAuthUsers
	Clients  OAuthClients
	Limits   OAuthLimits
	Site     instance.Site
	// Device tells where a request comes from.
	Device func(*http.Request) user.Device
}

// OAuthSessions is the part of user.Sessions that this resource needs.
type OAuthSessions interface {
	LogIn(ctx context.Context, c user.Credentials) (*user.Tokens, *user.User, error)
	Refresh(ctx context.Context, token string, from user.Device) (*user.Tokens, error)
	Revoke(ctx context.Context, s *user.Session) error
}

// OAuthUsers is the part of user.Service that this resource needs.
type OAuthUsers interface {
	OAuthClient(ctx context.Context) (user.Client, error)
	RenewFeedToken(ctx context.Context, u *user.User) (string, error)
}

// OAuthClients is the part of user.ClientStore that this resource needs.
type OAuthClients interface {
	HasClient(ctx context.Context, c user.Client) (bool, error)
}

// OAuthLimits is the part of user.Limiter that this resource needs.
type OAuthLimits interface {
	Login(ctx context.Context, ip string) (user.Limit, error)
}

// Mount adds the routes to r.
func (h *OAuth) Mount(r *rest.Router) {
	r.Get("/oauth-clients/local", rest.Operation("getOAuthClient", h.client))
	r.Post("/users/token", rest.Operation("getOAuthToken", h.token))
	r.Post("/users/revoke-token", rest.Operation("revokeOAuthToken", auth.Required(h.revoke)))
	r.Get("/users/scoped-tokens", auth.Required(h.scoped))
	r.Post("/users/scoped-tokens", auth.Required(h.renewScoped))
}

// client serves GET /oauth-clients/local. Programs are told only at the
// site's own address, so that its name cannot be borrowed.
func (h *OAuth) client(w http.ResponseWriter, r *http.Request) error {
	if r.Host != h.Site.Host {
		return errs.New(errs.Forbidden, "Getting client tokens for host %s is forbidden", r.Host)
	}
	c, err := h.Users.OAuthClient(r.Context())
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}{c.ID, c.Secret})
}

// otpHeader carries the code of two-factor, and asks for it.
const otpHeader = "X-Peertube-Otp"

// token serves POST /users/token.
func (h *OAuth) token(w http.ResponseWriter, r *http.Request) error {
	limit, err := h.Limits.Login(r.Context(), h.Device(r).IP)
	if done, err := usersLimited(w, limit, err); done {
		return err
	}
	form, err := oauthForm(w, r)
	if err != nil {
		return err
	}
	tokens, err := h.grant(r, form)
	if e := errs.As(err); e != nil && e.Code == "missing_two_factor" {
		w.Header().Set(otpHeader, "required; app")
	}
	if errs.Is(err, errs.TooMany) {
		_, err := usersLimited(w, limit, err)
		return err
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	return rest.JSON(w, http.StatusOK, presentTokens(tokens))
}

// oauthForm reads the only kind of body that the OAuth protocol has.
func oauthForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return nil, oauthError("invalid_request", "Invalid request: content must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, rest.MaxBody)
	if err := r.ParseForm(); err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "Invalid request: the form cannot be read").WithCode("invalid_request")
	}
	if bad := rest.NotText(r.PostForm, ""); len(bad) > 0 {
		return nil, oauthError("invalid_request", "Invalid request: `"+bad[0].Name+"` is no text")
	}
	return r.PostForm, nil
}

func (h *OAuth) grant(r *http.Request, form url.Values) (*user.Tokens, error) {
	if err := h.checkClient(r.Context(), form); err != nil {
		return nil, err
	}
	switch grant := form.Get("grant_type"); grant {
	case "":
		return nil, oauthError("invalid_request", "Missing parameter: `grant_type`")
	case "password":
		return h.passwordGrant(r, form)
	case "refresh_token":
		token := form.Get("refresh_token")
		if token == "" {
			return nil, oauthError("invalid_request", "Missing parameter: `refresh_token`")
		}
		return h.Sessions.Refresh(r.Context(), token, h.Device(r))
	default:
		return nil, oauthError("unsupported_grant_type", "Unsupported grant type: `grant_type` is invalid")
	}
}

func (h *OAuth) checkClient(ctx context.Context, form url.Values) error {
	c := user.Client{ID: form.Get("client_id"), Secret: form.Get("client_secret")}
	if c.ID == "" || c.Secret == "" {
		return oauthError("invalid_client", "Invalid client: cannot retrieve client credentials")
	}
	known, err := h.Clients.HasClient(ctx, c)
	if err == nil && !known {
		err = oauthError("invalid_client", "Invalid client: client is invalid")
	}
	return err
}

func (h *OAuth) passwordGrant(r *http.Request, form url.Values) (*user.Tokens, error) {
	for _, name := range []string{"username", "password"} {
		if form.Get(name) == "" {
			return nil, oauthError("invalid_request", "Missing parameter: `"+name+"`")
		}
	}
	tokens, _, err := h.Sessions.LogIn(r.Context(), user.Credentials{
		Login: form.Get("username"), Password: form.Get("password"), OTP: r.Header.Get(otpHeader),
		Kind: user.OAuth, From: h.Device(r),
	})
	return tokens, err
}

func oauthError(code, message string) error {
	return errs.New(errs.Invalid, "%s", message).WithCode(code)
}

type tokensJSON struct {
	Type             string `json:"token_type"`
	Access           string `json:"access_token"`
	Refresh          string `json:"refresh_token"`
	ExpiresIn        int64  `json:"expires_in"` // seconds
	RefreshExpiresIn int64  `json:"refresh_token_expires_in"`
}

// presentTokens tells lifetimes one second short, as PeerTube does: some of it
// is gone when the answer arrives.
func presentTokens(t *user.Tokens) tokensJSON {
	return tokensJSON{
		Type: "Bearer", Access: t.Access, Refresh: t.Refresh,
		ExpiresIn: int64(t.AccessIn/time.Second) - 1, RefreshExpiresIn: int64(t.RefreshIn/time.Second) - 1,
	}
}

// revoke serves POST /users/revoke-token.
func (h *OAuth) revoke(w http.ResponseWriter, r *http.Request) error {
	if s := auth.Session(r.Context()); s != nil {
		if err := h.Sessions.Revoke(r.Context(), s); err != nil {
			return err
		}
	}
	return rest.JSON(w, http.StatusOK, struct {
		Success bool `json:"success"`
	}{true})
}

type scopedTokensJSON struct {
	FeedToken string `json:"feedToken"`
}

// scoped serves GET /users/scoped-tokens.
func (h *OAuth) scoped(w http.ResponseWriter, r *http.Request) error {
	return rest.JSON(w, http.StatusOK, scopedTokensJSON{auth.User(r.Context()).FeedToken})
}

// renewScoped serves POST /users/scoped-tokens.
func (h *OAuth) renewScoped(w http.ResponseWriter, r *http.Request) error {
	token, err := h.Users.RenewFeedToken(r.Context(), auth.User(r.Context()))
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, scopedTokensJSON{token})
}

// usersLimited announces a limit as PeerTube does. When it is reached, or the
// count failed, there is nothing more to do: done is true.
func usersLimited(w http.ResponseWriter, l user.Limit, err error) (done bool, _ error) {
	if l.Max > 0 {
		w.Header().Set("X-RateLimit-Limit", strconv.Itoa(l.Max))
		w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(max(l.Left, 0)))
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(l.Reset.Unix(), 10))
	}
	if !errs.Is(err, errs.TooMany) {
		return err != nil, err
	}
	w.Header().Set("Retry-After", strconv.FormatInt(max(1, int64((l.Wait+time.Second-1)/time.Second)), 10))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte("Too many requests, please try again later."))
	return true, nil
}
