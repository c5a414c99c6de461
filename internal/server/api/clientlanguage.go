package api

import (
	"net/http"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// ClientLanguage lets a device keep the language of its interface, by a cookie:
// people without an account have no other place for it.
type ClientLanguage struct{ Site instance.Site }

// Mount adds the routes to r.
func (h *ClientLanguage) Mount(r *rest.Router) {
	r.Post("/client-config/update-interface-language", h.update)
	r.Post("/client-config/update-language", h.update) // deprecated, still asked for
}

func (h *ClientLanguage) update(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[struct {
		Language rest.Field[string] `json:"language"`
	}](w, r)
	if err != nil {
		return err
	}
	if !in.Language.Null && !user.ValidLocale(in.Language.V) {
		return errs.Fields(errs.Param{Name: "language", Value: in.Language.V})
	}
	rest.SetLanguage(w, in.Language.V, h.Site.Secure())
	return rest.NoContent(w)
}
