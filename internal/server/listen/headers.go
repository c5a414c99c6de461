package listen

import (
	"errors"
	"net/http"
	"strings"
)

var errPanicked = errors.New("a handler panicked")

// CSP says what pages may load.
type CSP struct {
	// API sends a policy with API answers too (csp.enabled).
	API bool
	// ReportOnly does not enforce the policy of API answers. That of pages is
	// always enforced: they were written for it.
	ReportOnly bool
	// ReportURI gets the browsers' reports; "" none.
	ReportURI string
}

// pagePolicy allows scripts, styles and pictures of this site alone, and none
// that are written into a page. The player feeds media that it has fetched
// itself (blob:).
const pagePolicy = "default-src 'none'; base-uri 'self'; form-action 'self'; script-src 'self'; " +
	"style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self' blob:; " +
	"manifest-src 'self'; frame-src 'self'; connect-src 'self' "

const apiPolicy = "default-src 'none'; frame-ancestors 'none'"

// fixed is what browsers should know about each answer of a kind.
func (c *Chain) fixed(what kind) http.Header {
	policy := pagePolicy + c.Site.WebSocketURL("")
	if c.CSP.ReportURI != "" {
		policy += "; report-uri " + c.CSP.ReportURI
	}
	h := http.Header{}
	if c.PoweredBy {
		h.Set("X-Powered-By", "PeerTube")
	}
	if c.FrameGuard && what != embed {
		h.Set("X-Frame-Options", "DENY")
	}
	switch {
	case what == page && c.FrameGuard:
		h.Set(c.policyName(what), policy+"; frame-ancestors 'none'")
	case what == page:
		h.Set(c.policyName(what), policy)
	case what == embed:
		h.Set(c.policyName(what), policy+"; frame-ancestors *")
	case what == apiAnswer && c.CSP.API:
		h.Set(c.policyName(what), apiPolicy)
	}
	h.Set("Tk", "N")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	if c.Site.Secure() {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	cors(h, what)
	return h
}

// headers sets what browsers should know about each answer, and answers
// preflight requests.
func (c *Chain) headers(next http.Handler) http.Handler {
	type header struct{ name, value string }
	var all [kinds][]header
	for what := range all {
		for name, values := range c.fixed(kind(what)) {
			all[what] = append(all[what], header{name, values[0]})
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		what, h := kindOf(r.URL.Path), w.Header()
		values := make([]string, len(all[what])) // each answer's own: pages add to their policies in place
		for i, fixed := range all[what] {
			values[i] = fixed.value
			h[fixed.name] = values[i : i+1 : i+1]
		}
		if r.Method == http.MethodOptions && (what == apiAnswer || r.Header.Get("Access-Control-Request-Method") != "") {
			preflight(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (c *Chain) policyName(what kind) string {
	if c.CSP.ReportOnly && what == apiAnswer {
		return "Content-Security-Policy-Report-Only"
	}
	return "Content-Security-Policy"
}

// cors opens answers to scripts of every site, as PeerTube does. Browsers
// never send our cookie along with "*".
func cors(h http.Header, what kind) {
	h.Set("Access-Control-Allow-Origin", "*")
	if what == apiAnswer {
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Expose-Headers", "Retry-After")
	}
}

func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
	h.Add("Vary", "Access-Control-Request-Headers")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" && !strings.ContainsAny(asked, "\r\n") {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusNoContent)
}
