package ui

import (
	"net/url"
	"slices"

	"sepiola/internal/errs"
)

// Form is what somebody typed and what is wrong with it. A form that is shown
// again keeps what was typed (but never passwords).
type Form struct {
	Values url.Values
	Errors map[string]string // by field
	// Error is about the whole form.
	Error string
}

// Value is what a field holds.
func (f Form) Value(name string) string { return f.Values.Get(name) }

// Has reports whether a field holds a value, among others.
func (f Form) Has(name, value string) bool { return slices.Contains(f.Values[name], value) }

// Checked reports whether a box was ticked.
func (f Form) Checked(name string) bool { return f.Values.Get(name) != "" }

// Invalid returns the mistake of a field, or "".
func (f Form) Invalid(name string) string { return f.Errors[name] }

// Failed says what was wrong; names turns the fields of the domain into those
// of the form (same names need no entry).
func (f Form) Failed(p *Page, err error, names map[string]string) Form {
	e := errs.As(err)
	if e == nil {
		f.Error = p.T("web.error.internal")
		return f
	}
	f.Errors = map[string]string{}
	called := func(name string) string {
		if other, ok := names[name]; ok {
			return other
		}
		return name
	}
	if e.Code == "current_password_is_invalid" {
		f.Errors[called("currentPassword")] = p.Problem(err)
	}
	for _, bad := range e.Params {
		name, msg := called(bad.Name), bad.Msg
		if msg == "" || msg == "Invalid value" {
			msg = p.T("web.form.invalid")
		}
		msg, _ = p.Reason(bad.Reason, msg)
		f.Errors[name] = msg
	}
	if len(f.Errors) == 0 {
		f.Error = p.Problem(err)
	} else {
		f.Error = p.T("web.form.mistakes")
	}
	return f
}

// Choice is one option of a select or a group of radio buttons.
type Choice struct {
	Value, Label string
	Hint         string
}
