package listen

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Health tells load balancers and admins whether this process is well.
type Health struct {
	// Ping reports whether the database answers.
	Ping func(ctx context.Context) error
	// Problems are what makes the site less than it should be while it still
	// answers: a full disk, mail that cannot be sent. nil means none are known.
	Problems func(ctx context.Context) []string
}

// pingPatience is how long the database may take.
const pingPatience = 2 * time.Second

// ServeHTTP answers 200 with "ok" or "degraded", or 503 with "down" when
// requests cannot be served.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), pingPatience)
	defer cancel()
	out := struct {
		Status   string   `json:"status"`
		Problems []string `json:"problems"`
	}{Status: "ok", Problems: []string{}}
	status := http.StatusOK
	if h.Problems != nil {
		out.Problems = append(out.Problems, h.Problems(ctx)...)
	}
	if len(out.Problems) > 0 {
		out.Status = "degraded"
	}
	if err := h.Ping(ctx); err != nil {
		out.Status, status = "down", http.StatusServiceUnavailable
		out.Problems = append(out.Problems, "the database does not answer")
	}
	b, err := json.Marshal(out)
	if err != nil { // three strings always can be written
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}
