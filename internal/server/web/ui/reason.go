package ui

import "sepiola/internal/errs"

// Reason says in the reader's language why something failed. known is false
// when there are no words for it, as of what failed with an older program: then
// it is the English text.
func (p *Page) Reason(r errs.Reason, english string) (text string, known bool) {
	if len(r) == 0 {
		return english, false
	}
	key, args := "web.reason."+r[0], make([]any, len(r)-1)
	for i, v := range r[1:] {
		args[i] = v
	}
	if text = p.T(key, args...); text == key {
		return english, false
	}
	return text, true
}
