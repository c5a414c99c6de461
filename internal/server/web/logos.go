package web

import (
	"context"
	"io"
	"net/http"

	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/ui"
)

// LogoService is instance.Logos.
type LogoService interface {
	All(ctx context.Context) ([]instance.Logo, error)
	Set(ctx context.Context, t instance.LogoType, picture io.Reader) error
	Remove(ctx context.Context, t instance.LogoType) error
}

const logosPath = "/admin/settings/config/logo"

// siteLogos are the logos that pages show. Without them, pages have those of
// the program.
func (s *Pages) siteLogos(r *http.Request) []instance.Logo {
	if s.Logos == nil {
		return nil
	}
	list, err := s.Logos.All(r.Context())
	if err != nil {
		s.Log.WarnContext(r.Context(), "the logos cannot be read", "err", err)
		return nil
	}
	return list
}

// logos serves GET /admin/settings/config/logo.
func (s *Pages) logos(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.logos.title")
	p.NoIndex = true
	return s.ok(w, r, manage.Logos(p, manage.LogosView{Logos: p.Logos}))
}

// changeLogo serves POST /admin/settings/config/logo/{type}.
func (s *Pages) changeLogo(w http.ResponseWriter, r *http.Request) error {
	t := instance.LogoType(rest.Path(r, "type"))
	if !t.Valid() {
		return notFound()
	}
	f, err := s.takeLogo(w, r, t)
	if err != nil {
		p := s.newPage(r, "web.logos.title")
		return s.again(w, r, err, manage.Logos(p, manage.LogosView{Logos: p.Logos, Form: f.Failed(p, err, nil), Sent: t}))
	}
	return back(w, r, logosPath, "saved")
}

func (s *Pages) takeLogo(w http.ResponseWriter, r *http.Request, t instance.LogoType) (ui.Form, error) {
	const name = "logofile"
	f, picture, err := pictureForm(w, r, name)
	if picture != nil {
		defer func() { _ = picture.Close() }() // it was only read
	}
	switch {
	case err != nil:
	case f.Value("do") == "remove":
		return f, s.Logos.Remove(r.Context(), t)
	case picture == nil:
		return f, errs.Field(name, "%s", s.locale(r).T("web.account.no_picture"))
	default:
		err = s.Logos.Set(r.Context(), t, picture)
	}
	switch errs.KindOf(err) {
	case errs.TooLarge:
		return f, errs.Field(name, "%s", s.locale(r).T("web.picture.too_large", "most", s.locale(r).Bytes(instance.MaxLogo)))
	case errs.Invalid:
		return f, errs.Field(name, "%s", s.locale(r).T("web.picture.unknown"))
	}
	return f, err
}
