package api

import (
	"context"
	"errors"
	"io"
	"net/http"

	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// SiteLogos is the part of instance.Logos that handlers need.
type SiteLogos interface {
	All(ctx context.Context) ([]instance.Logo, error)
	Set(ctx context.Context, t instance.LogoType, picture io.Reader) error
	Remove(ctx context.Context, t instance.LogoType) error
}

// pickLogo serves POST /config/instance-logo/{logoType}/pick.
func (h *Config) pickLogo(w http.ResponseWriter, r *http.Request) error {
	t, err := logoType(r)
	if err != nil {
		return err
	}
	if err := readPicture(w, r, "logofile", instance.MaxLogo, func(picture io.Reader) error {
		return h.Logos.Set(r.Context(), t, picture)
	}); err != nil {
		return err
	}
	h.Forget()
	return rest.NoContent(w)
}

// unpickLogo serves DELETE /config/instance-logo/{logoType}.
func (h *Config) unpickLogo(w http.ResponseWriter, r *http.Request) error {
	t, err := logoType(r)
	if err != nil {
		return err
	}
	if err := h.Logos.Remove(r.Context(), t); err != nil {
		return err
	}
	h.Forget()
	return rest.NoContent(w)
}

func logoType(r *http.Request) (instance.LogoType, error) {
	t := instance.LogoType(rest.Path(r, "logoType"))
	if !t.Valid() {
		return t, errs.Fields(errs.Param{Name: "logoType", Value: string(t), In: "params"})
	}
	return t, nil
}

// readPicture gives the file of a multipart form to take. It is never whole in
// memory before its dimensions are known; most is its size in bytes.
func readPicture(w http.ResponseWriter, r *http.Request, field string, most int64, take func(io.Reader) error) error {
	const aroundIt = 64 << 10 // bytes of boundaries and other fields
	r.Body = http.MaxBytesReader(w, r.Body, most+aroundIt)
	parts, err := r.MultipartReader()
	if err != nil {
		return errs.Fields(errs.Param{Name: field})
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return errs.Fields(errs.Param{Name: field})
		}
		if err != nil {
			return brokenForm(err)
		}
		if part.FormName() != field {
			continue
		}
		file := &formFile{part: part}
		err = take(file)
		if file.broken != nil {
			return file.broken
		}
		return aboutField(err, field)
	}
}

// formFile tells a form that cannot be read from what fails with what was read.
type formFile struct {
	part   io.Reader
	broken error
}

// Read implements io.Reader.
func (f *formFile) Read(p []byte) (int, error) {
	n, err := f.part.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = brokenForm(err)
		f.broken = err
	}
	return n, err
}

// logoJSON is a member of PeerTube's ServerConfig.instance.logo.
type logoJSON struct {
	Type       instance.LogoType `json:"type"`
	Width      int               `json:"width"`
	Height     int               `json:"height"`
	FileURL    string            `json:"fileUrl"`
	IsFallback bool              `json:"isFallback"`
}

// presentLogos lists the logos, and for types that have none what the program
// brings: its square icon. It brings no picture for sharing.
func (h *Config) presentLogos(ctx context.Context) ([]logoJSON, error) {
	logos, err := h.Logos.All(ctx)
	if err != nil {
		return nil, err
	}
	list := []logoJSON{}
	for _, t := range instance.LogoTypes() {
		n := len(list)
		for _, l := range logos {
			if l.Type == t {
				list = append(list, logoJSON{t, l.Width, l.Height, h.Site.URL(l.Path()), false})
			}
		}
		if len(list) == n && t != instance.OpenGraph && h.Icon != "" {
			edge := 48
			if t == instance.Favicon {
				edge = 32
			}
			list = append(list, logoJSON{t, edge, edge, h.Site.URL(h.Icon), true})
		}
	}
	return list, nil
}
