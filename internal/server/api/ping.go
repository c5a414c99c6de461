package api

import (
	"io"
	"net/http"

	"sepiola/internal/server/rest"
)

// Ping serves /ping, and unknown paths below /api/v1.
type Ping struct{}

// Mount adds the route to r, and what r answers to unknown paths.
func (Ping) Mount(r *rest.Router) {
	r.Get("/ping", ping)
	r.NotFound(unknownPath)
}

func ping(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "pong") // the client may be gone
	return nil
}

// unknownPath answers as PeerTube does: 400, JSON by its type, and no body.
func unknownPath(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusBadRequest)
	return nil
}
