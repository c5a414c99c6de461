package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// EmbedPrivacy serves where videos may be embedded.
type EmbedPrivacy struct{ Embeds EmbedService }

// EmbedService is the part of video.Embeds that EmbedPrivacy needs.
type EmbedService interface {
	Get(ctx context.Context, w video.Viewer, ref video.Ref) (video.EmbedPrivacy, error)
	Set(ctx context.Context, w video.Viewer, ref video.Ref, p video.EmbedPrivacy) error
	Ask(ctx context.Context, a video.Access, ref video.Ref, host string) (video.EmbedAnswer, error)
}

// Mount adds the routes to r.
func (h *EmbedPrivacy) Mount(r *rest.Router) {
	r.Get("/videos/{id}/embed-privacy", auth.Required(h.get))
	r.Put("/videos/{id}/embed-privacy", auth.Required(h.put))
	r.Get("/videos/{id}/embed-privacy/allowed", h.allowed)
}

// embedPrivacyJSON is PeerTube's VideoEmbedPrivacy.
type embedPrivacyJSON struct {
	Policy  rest.Labelled[int] `json:"policy"`
	Domains []string           `json:"domains"`
}

func (h *EmbedPrivacy) get(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	p, err := h.Embeds.Get(r.Context(), auth.User(r.Context()), ref)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, embedPrivacyJSON{
		Policy:  rest.Labelled[int]{ID: int(p.Policy), Label: embedPolicyLabel(int(p.Policy))},
		Domains: append([]string{}, p.Domains...),
	})
}

func (h *EmbedPrivacy) put(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	in, err := rest.Body[struct {
		Policy  rest.Field[int]      `json:"policy"`
		Domains rest.Field[[]string] `json:"domains"`
	}](w, r)
	if err != nil {
		return err
	}
	if !in.Domains.Has() {
		return errs.Fields(errs.Param{Name: "domains", Value: in.Domains.Sent()})
	}
	p := video.EmbedPrivacy{Policy: video.EmbedPolicy(in.Policy.V), Domains: in.Domains.V}
	if err := h.Embeds.Set(r.Context(), auth.User(r.Context()), ref, p); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// allowed serves whether pages of a site may show a video. Whoever may change
// the video is told that they may look past the list.
func (h *EmbedPrivacy) allowed(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	domain := r.URL.Query().Get("domain")
	if domain == "" {
		return errs.Fields(errs.Param{Name: "domain", In: "query"})
	}
	a, err := h.Embeds.Ask(r.Context(), videoAccess(r), ref, domain)
	if err != nil {
		return err
	}
	out := struct {
		DomainAllowed     bool  `json:"domainAllowed"`
		UserBypassAllowed *bool `json:"userBypassAllowed"`
	}{DomainAllowed: a.Allowed}
	if !a.Allowed {
		out.UserBypassAllowed = &a.Bypass
	}
	return rest.JSON(w, http.StatusOK, out)
}
