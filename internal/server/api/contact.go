package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"unicode/utf8"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Contact serves the messages of people to the administrators.
type Contact struct {
	Messages ContactService
	// ClientIP is the address of who asks.
	ClientIP func(r *http.Request) string
}

// ContactService is the part of user.Service that Contact needs.
type ContactService interface {
	ContactOpen() error
	Contact(ctx context.Context, m user.ContactMessage, ip string) error
}

// Mount adds the routes to r.
func (h *Contact) Mount(r *rest.Router) { r.Post("/server/contact", h.send) }

func (h *Contact) send(w http.ResponseWriter, r *http.Request) error {
	if err := h.Messages.ContactOpen(); err != nil { // a closed form says so whatever was sent
		return err
	}
	in, err := rest.Body[struct {
		FromName  rest.Field[string] `json:"fromName"`
		FromEmail rest.Field[string] `json:"fromEmail"`
		Subject   rest.Field[string] `json:"subject"`
		Body      rest.Field[string] `json:"body"`
	}](w, r)
	if err != nil {
		return err
	}
	m := user.ContactMessage{FromName: in.FromName.V, FromEmail: in.FromEmail.V, Subject: in.Subject.V, Body: in.Body.V}
	if err := h.Messages.Contact(r.Context(), m, h.ClientIP(r)); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// ClientLogs takes the reports of browsers and apps about their own mistakes
// and writes them to the site's log.
type ClientLogs struct {
	// Accept is log.accept_client_log, as it is now.
	Accept func() bool
	// Limit bounds how many one address sends.
	Limit func(http.Handler) http.Handler
	Log   *slog.Logger
}

// Bounds of reports, in code points; PeerTube's, and one for the address.
const (
	maxLogMessage = 1000
	maxLogText    = 15000
	maxLogAgent   = 200
	maxLogURL     = 2000
)

// Mount adds the routes to r.
func (h *ClientLogs) Mount(r *rest.Router) {
	if h.Limit != nil {
		r = r.With(h.Limit)
	}
	r.Post("/server/logs/client", h.take)
}

// clientLog is PeerTube's ClientLogCreate.
type clientLog struct {
	Message    rest.Field[string] `json:"message"`
	URL        rest.Field[string] `json:"url"`
	Level      rest.Field[string] `json:"level"`
	StackTrace rest.Field[string] `json:"stackTrace"`
	UserAgent  rest.Field[string] `json:"userAgent"`
	Meta       rest.Field[string] `json:"meta"`
}

func (h *ClientLogs) take(w http.ResponseWriter, r *http.Request) error {
	if !h.Accept() {
		return errs.New(errs.Forbidden, "Client logs are not accepted on this instance.")
	}
	in, err := rest.Body[clientLog](w, r)
	if err != nil {
		return err
	}
	if bad := in.invalid(); len(bad) > 0 {
		return errs.Fields(bad...)
	}
	level := slog.LevelWarn
	if in.Level.V == "error" {
		level = slog.LevelError
	}
	args := []any{"message", in.Message.V, "url", in.URL.V}
	for _, f := range []struct {
		key  string
		text rest.Field[string]
	}{{"stack", in.StackTrace}, {"userAgent", in.UserAgent}, {"meta", in.Meta}} {
		if f.text.Has() {
			args = append(args, f.key, f.text.V)
		}
	}
	if u := auth.User(r.Context()); u != nil {
		args = append(args, "user", u.Username)
	}
	h.Log.Log(r.Context(), level, "a client reports", args...)
	return rest.NoContent(w)
}

func (in *clientLog) invalid() []errs.Param {
	var bad []errs.Param
	check := func(name string, f rest.Field[string], ok bool) {
		if !ok {
			bad = append(bad, errs.Param{Name: name, Value: f.Sent()})
		}
	}
	text := func(name string, f rest.Field[string], most int) {
		n := utf8.RuneCountInString(f.V)
		check(name, f, !f.Has() || n >= 1 && n <= most)
	}
	check("message", in.Message, in.Message.Has())
	text("message", in.Message, maxLogMessage)
	check("url", in.URL, validLogURL(in.URL.V))
	check("level", in.Level, in.Level.V == "warn" || in.Level.V == "error")
	text("stackTrace", in.StackTrace, maxLogText)
	text("meta", in.Meta, maxLogText)
	text("userAgent", in.UserAgent, maxLogAgent)
	return bad
}

func validLogURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(s) <= maxLogURL
}
