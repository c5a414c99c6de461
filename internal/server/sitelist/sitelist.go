// Package sitelist serves a directory of sites: the API that PeerTube's
// auto-follow and apps know from instances.joinpeertube.org, and pages for
// people.
//
//	GET  /api/v1/instances        sites of a filter, with all that is known
//	GET  /api/v1/instances/hosts  their hosts alone
//	POST /api/v1/instances        adds a host
//	GET  /                        the list to choose from
//	GET  /add, POST /add          the form that adds a host
//	POST /language                the language that this device keeps
//	GET  /logos/ID/HASH.png       small pictures of sites
//
// Not here: which sites are listed and how they are visited (directory).
package sitelist

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"sepiola/internal/directory"
	"sepiola/internal/domain/instance"
	"sepiola/internal/i18n"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/assets"
)

// Directory is what is served, implemented by directory.Service.
type Directory interface {
	List(ctx context.Context, f directory.Filter) ([]*directory.Site, int, error)
	Hosts(ctx context.Context, f directory.Filter) ([]*directory.Site, int, error)
	Choices(ctx context.Context) (directory.Choices, error)
	Logo(ctx context.Context, id directory.ID, hash string) ([]byte, error)
	Register(ctx context.Context, host string) (*directory.Site, error)
}

// Server is the API and the pages.
type Server struct {
	Directory Directory
	// Site is the address of the directory itself.
	Site instance.Site
	// Name is what the directory is called; "" is its name in the reader's
	// language.
	Name string
	// Scheme is how the listed sites are reached: "https".
	Scheme string
	Words  *i18n.Bundle
	Assets *assets.Set
	// LimitAdd bounds how often one address may add a host.
	LimitAdd func(http.Handler) http.Handler
	Now      func() time.Time
	Log      *slog.Logger
}

// Mount mounts the API and the pages.
func (s *Server) Mount(r *rest.Router) {
	r.Get("/api/v1/instances", s.list)
	r.Get("/api/v1/instances/hosts", s.hosts)
	r.With(s.LimitAdd).Post("/api/v1/instances", s.add)
	r.Get("/api/v1/ping", func(w http.ResponseWriter, _ *http.Request) error {
		return rest.Bytes(w, http.StatusOK, "text/plain; charset=utf-8", []byte("pong"))
	})

	r.With(rest.ReadableQuery).Get("/", s.page(s.listPage))
	r.Get("/add", s.page(s.addPage))
	own := http.NewCrossOriginProtection().Handler // forms of other sites change nothing here
	r.With(own, s.LimitAdd).Post("/add", s.page(s.addForm))
	r.With(own).Post("/language", s.page(s.language))
	r.Get("/logos/{id}/{file}", s.logo)
	r.Handle(assets.Prefix+"*", s.Assets)
	r.NotFound(s.notFound)
}
