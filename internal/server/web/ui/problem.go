package ui

import "sepiola/internal/errs"

// Problem says in the reader's language why something failed: by its code
// where the catalogue knows it, else by its kind, with the platform's own
// (English) words where they tell more.
func (p *Page) Problem(err error) string {
	e := errs.As(err)
	if e == nil {
		return p.T("web.error.internal")
	}
	if e.Code != "" {
		key := "web.error.code." + e.Code
		if s := p.T(key); s != key {
			return s
		}
	}
	switch e.Kind {
	case errs.Unauthorized:
		return p.T("web.error.login")
	case errs.TooMany:
		return p.T("web.error.too_many")
	case errs.Internal:
		return p.T("web.error.internal")
	}
	text, _ := p.Reason(e.Reason, e.Msg)
	return text
}
