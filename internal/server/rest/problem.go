package rest

import (
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"sepiola/internal/errs"
)

// Problem answers with the problem document of err. Errors without a kind are
// logged and hidden.
//
// The shape is PeerTube's: title only without a code, instance and
// invalid-params for wrong input, and "error" as a copy of detail.
func Problem(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	if r.Context().Err() != nil && errs.KindOf(err) == errs.Internal {
		return // the client went away; that is no error of ours
	}
	p := newProblem(err)
	if e := errs.As(err); e != nil && e.Kind != errs.Internal {
		p.params(r, e.Params)
	}
	switch {
	case errs.KindOf(err) == errs.Internal:
		log.ErrorContext(r.Context(), "request failed", "err", err, "method", r.Method, "path", r.URL.Path)
	case errs.KindOf(err) == errs.Unavailable: // it may work later, unlike what is not supported
		log.WarnContext(r.Context(), "request cannot be served now", "err", err, "method", r.Method, "path", r.URL.Path)
	}
	p.send(w)
}

// Fixed returns a handler that answers with the problem document of err, which
// names no fields: it is written once, for what is refused often.
func Fixed(err error) http.Handler {
	p := newProblem(err)
	body, _ := json.Marshal(p) // strings and numbers do not fail
	kind, tag := []string{typeProblem}, []string{entityTag(body)}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h["Content-Type"], h["Etag"] = kind, tag
		w.WriteHeader(p.Status)
		_, _ = w.Write(body) // nothing can be told to a client that is gone
	})
}

// newProblem is the document of err without its wrong fields.
func newProblem(err error) *problem {
	status := Status(err)
	p := &problem{Type: "about:blank", Status: status, Detail: "An internal error occurred."}
	if e := errs.As(err); e != nil && e.Kind != errs.Internal {
		p.Detail, p.Code, p.OriginURL = e.Msg, e.Code, e.OriginURL
	}
	if p.Code != "" {
		p.Type = "https://docs.joinpeertube.org/api-rest-reference.html#section/Errors/" + p.Code
	} else {
		p.Title = http.StatusText(status)
	}
	if op, ok := errors.AsType[*operationError](err); ok {
		p.Docs = "https://docs.joinpeertube.org/api-rest-reference.html#operation/" + op.id
	}
	p.Error = p.Detail
	return p
}

// Operation names what h serves as PeerTube's documentation does: problem
// documents then link to it.
func Operation(id string, h HandlerFunc) HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := h(w, r); err != nil {
			return &operationError{id: id, error: err}
		}
		return nil
	}
}

type operationError struct {
	error
	id string
}

// Unwrap returns the error of the operation.
func (e *operationError) Unwrap() error { return e.error }

// problem is PeerTube's PeerTubeProblemDocument, see RFC 9457.
type problem struct {
	Type     string                  `json:"type"`
	Title    string                  `json:"title,omitempty"`
	Detail   string                  `json:"detail"`
	Instance string                  `json:"instance,omitempty"`
	Status   int                     `json:"status"`
	Docs     string                  `json:"docs,omitempty"`
	Code     string                  `json:"code,omitempty"`
	Params   map[string]invalidParam `json:"invalid-params,omitempty"`
	Error    string                  `json:"error"`
	// OriginURL is where on another site to find what is refused here.
	OriginURL string `json:"originUrl,omitempty"`
}

const typeProblem = "application/problem+json; charset=utf-8"

type invalidParam struct {
	Type     string `json:"type"`
	Value    any    `json:"value,omitempty"`
	Msg      string `json:"msg"`
	Path     string `json:"path"`
	Location string `json:"location"`
}

func (p *problem) params(r *http.Request, params []errs.Param) {
	if len(params) == 0 {
		return
	}
	// As it was asked for, whatever prefix was cut off on the way here.
	p.Instance = cmp.Or(r.RequestURI, r.URL.RequestURI())
	p.Params = make(map[string]invalidParam, len(params))
	for _, in := range params {
		out := invalidParam{Type: "field", Value: in.Value, Msg: in.Msg, Path: in.Name, Location: in.In}
		if out.Msg == "" {
			out.Msg = "Invalid value"
		}
		if out.Location == "" {
			out.Location = "body"
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				out.Location = "query"
			}
		}
		p.Params[in.Name] = out
	}
}

func (p *problem) send(w http.ResponseWriter) {
	b, err := json.Marshal(p)
	if err != nil { // a value that came with the input cannot be repeated
		p.Params = nil
		b, _ = json.Marshal(p)
	}
	_ = Bytes(w, p.Status, typeProblem, b)
}

var statuses = map[errs.Kind]int{
	errs.Invalid:         http.StatusBadRequest,
	errs.Unauthorized:    http.StatusUnauthorized,
	errs.Forbidden:       http.StatusForbidden,
	errs.NotFound:        http.StatusNotFound,
	errs.Conflict:        http.StatusConflict,
	errs.TooLarge:        http.StatusRequestEntityTooLarge,
	errs.UnsupportedType: http.StatusUnsupportedMediaType,
	errs.Unprocessable:   http.StatusUnprocessableEntity,
	errs.TooMany:         http.StatusTooManyRequests,
	errs.Locked:          http.StatusLocked,
	errs.Gone:            http.StatusGone,
	errs.Unavailable:     http.StatusServiceUnavailable,
	errs.NotSupported:    http.StatusNotImplemented,
}

// Status returns the HTTP status of an error.
func Status(err error) int {
	if status, ok := statuses[errs.KindOf(err)]; ok {
		return status
	}
	return http.StatusInternalServerError
}
