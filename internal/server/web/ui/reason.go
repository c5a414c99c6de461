package ui

import "regexp"

// reason is a reason of a failure as the domain says it, in English, and the
// text of the catalogue that says the same. Its groups are the parameters.
type reason struct {
	says *regexp.Regexp
	key  string
	args []string
}

// reasons are those that people meet who upload. The jobs keep them as texts,
// so that they are known again here; one that is not stays as it is.
var reasons = []reason{
	{regexp.MustCompile(`^the file has neither a picture nor sound$`), "web.reason.nothing", nil},
	{regexp.MustCompile(`^the file is empty$`), "web.reason.empty", nil},
	{regexp.MustCompile(`^the file has (\d+) tracks, more than (\d+)$`), "web.reason.tracks", []string{"tracks", "most"}},
	{regexp.MustCompile(`^the size of the picture cannot be read; the file may be damaged$`), "web.reason.damaged", nil},
	{regexp.MustCompile(`^the picture is too large \((\d+)x(\d+) pixels\)$`), "web.reason.too_large", []string{"width", "height"}},
	{regexp.MustCompile(`^the shape of the picture is absurd \((\d+)x(\d+)\)$`), "web.reason.shape", []string{"width", "height"}},
	{regexp.MustCompile(`^the file has a header but no picture or sound in it$`), "web.reason.header_only", nil},
	{regexp.MustCompile(`^the file claims to last longer than (\d+) days$`), "web.reason.too_long", []string{"days"}},
	{regexp.MustCompile(`^This file is not supported\. Please, make sure it is of the following type: (.+)$`), "web.reason.type", []string{"list"}},
}

// Reason says in the reader's language why work on a video failed. known is
// false when the catalogue does not know it: then it is English.
func (p *Page) Reason(english string) (text string, known bool) {
	for _, r := range reasons {
		m := r.says.FindStringSubmatch(english)
		if m == nil {
			continue
		}
		args := make([]any, 0, 2*len(r.args))
		for i, name := range r.args {
			args = append(args, name, m[i+1])
		}
		return p.T(r.key, args...), true
	}
	return english, false
}
