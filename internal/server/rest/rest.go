// Package rest is what the handlers of /api/v1 stand on: routes whose handlers
// return errors, bodies and queries read as PeerTube reads them, and answers
// in its shapes.
//
// A handler is func(w, r) error. What it returns is turned into PeerTube's
// problem document (RFC 9457 with "code" and "invalid-params") in one place,
// Problem. Bodies are JSON, urlencoded or multipart with the same field
// names; Body decodes them into a struct of Field values, which know whether
// they were sent, were null, or could not be read.
//
// Not here: who asks (auth) and any rule of the platform (domain).
package rest

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// HandlerFunc is a handler that returns its error.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Router mounts handlers. Paths have chi's form: /videos/{id}.
type Router struct {
	chi   chi.Router
	log   *slog.Logger
	bytes bool // queries may hold any
	// refuse answers requests that no handler sees; nil: with a problem document.
	refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// NewRouter returns a router that logs the errors that are our fault.
func NewRouter(log *slog.Logger) *Router {
	return &Router{chi: chi.NewRouter(), log: log}
}

// ServeHTTP serves the mounted routes, also when a slash follows the path:
// clients of PeerTube, yt-dlp for one, ask for /api/v1/videos/ID/.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rt.chi.ServeHTTP(w, withoutSlash(r))
}

// withoutSlash returns r, or a copy without the slash at the end of its path.
// Below another router, what that one left of the path counts.
func withoutSlash(r *http.Request) *http.Request {
	if route := chi.RouteContext(r.Context()); route != nil && route.RoutePath != "/" {
		route.RoutePath = strings.TrimSuffix(route.RoutePath, "/")
	}
	path, ok := strings.CutSuffix(r.URL.Path, "/")
	if !ok || path == "" {
		return r
	}
	clone, address := *r, *r.URL
	address.Path, address.RawPath = path, strings.TrimSuffix(address.RawPath, "/")
	clone.URL = &address
	return &clone
}

// Get mounts a handler of GET, and so of HEAD.
func (rt *Router) Get(path string, h HandlerFunc) {
	rt.chi.Get(path, rt.handle(h))
	rt.chi.Head(path, rt.handle(h))
}

// Post mounts a handler of POST.
func (rt *Router) Post(path string, h HandlerFunc) { rt.chi.Post(path, rt.handle(h)) }

// Put mounts a handler of PUT.
func (rt *Router) Put(path string, h HandlerFunc) { rt.chi.Put(path, rt.handle(h)) }

// Delete mounts a handler of DELETE.
func (rt *Router) Delete(path string, h HandlerFunc) { rt.chi.Delete(path, rt.handle(h)) }

// Handle mounts a plain handler for every method below a path (with /* at its end).
func (rt *Router) Handle(path string, h http.Handler) { rt.chi.Handle(path, h) }

// NotFound sets what serves unknown paths and, as PeerTube has it, unknown
// methods of known ones.
func (rt *Router) NotFound(h HandlerFunc) {
	rt.chi.NotFound(rt.handle(h))
	rt.chi.MethodNotAllowed(rt.handle(h))
}

// With returns a router on the same tree whose routes also pass through mw.
func (rt *Router) With(mw ...func(http.Handler) http.Handler) *Router {
	c := *rt
	c.chi = rt.chi.With(mw...)
	return &c
}

// Bytes returns a router on the same tree whose queries need not be text.
func (rt *Router) Bytes() *Router {
	c := *rt
	c.bytes = true
	return &c
}

// Refusing returns a router on the same tree that answers with fn what is
// refused before a handler sees it.
func (rt *Router) Refusing(fn func(w http.ResponseWriter, r *http.Request, err error)) *Router {
	c := *rt
	c.refuse = fn
	return &c
}

// Use puts mw around every route that is mounted later.
func (rt *Router) Use(mw ...func(http.Handler) http.Handler) { rt.chi.Use(mw...) }

// Routes calls fn for each mounted route; a test holds the OpenAPI document
// against them.
func (rt *Router) Routes(fn func(method, path string)) error {
	return chi.Walk(rt.chi, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		fn(method, path)
		return nil
	})
}

func (rt *Router) handle(h HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := decodable(r)
		if err == nil && !rt.bytes {
			err = plainQuery(r)
		}
		if err != nil && rt.refuse != nil {
			rt.refuse(w, r, err)
			return
		}
		if err == nil {
			err = h(withCondition(w, r), r)
		}
		if err != nil {
			Problem(w, r, rt.log, err)
		}
	}
}

// TypeJSON is the content type of PeerTube's answers.
const TypeJSON = "application/json; charset=utf-8"

// JSON answers with v, or 304 to who has that answer already.
func JSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_ = Bytes(w, status, TypeJSON, b) // nothing can be told to a client that is gone
	return nil
}

// NoContent answers 204.
func NoContent(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// NoContentJSON answers 204 and says that there is JSON where there is none:
// PeerTube does so for what it changes or deletes by its longest-lived routes.
func NoContentJSON(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	return NoContent(w)
}

// List is PeerTube's page of a list. A nil slice is sent as [].
type List[T any] struct {
	Total int `json:"total"`
	Data  []T `json:"data"`
}

// NewList presents each of items.
func NewList[From, To any](total int, items []From, present func(From) To) List[To] {
	l := List[To]{Total: total, Data: make([]To, len(items))}
	for i, it := range items {
		l.Data[i] = present(it)
	}
	return l
}

// Labelled is PeerTube's {id, label}.
type Labelled[ID any] struct {
	ID    ID     `json:"id"`
	Label string `json:"label"`
}
