package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/i18n"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/ui"
)

// embedSites serves GET /videos/manage/{id}/embed: which pages may show a video.
func (s *Pages) embedSites(w http.ResponseWriter, r *http.Request) error {
	v, err := s.managedVideo(r, user.UpdateAnyVideo)
	if err != nil {
		return err
	}
	at, err := s.Embeds.Get(r.Context(), auth.User(r.Context()), video.ByUUID(v.UUID))
	if err != nil {
		return err
	}
	f := ui.Form{Values: url.Values{"policy": {strconv.Itoa(int(at.Policy))}, "domains": {strings.Join(at.Domains, "\n")}}}
	return s.ok(w, r, manage.EmbedSites(s.embedSitesPage(r), v, f))
}

func (s *Pages) embedSitesPage(r *http.Request) *ui.Page {
	p := s.newPage(r, "web.embed_sites.title")
	p.NoIndex = true
	return p
}

// setEmbedSites takes the form.
func (s *Pages) setEmbedSites(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	v, err := s.managedVideo(r, user.UpdateAnyVideo)
	if err != nil {
		return err
	}
	to, bad := s.readEmbedSites(s.locale(r), f)
	err = errs.Fields(bad...)
	if len(bad) == 0 {
		err = s.Embeds.Set(r.Context(), auth.User(r.Context()), video.ByUUID(v.UUID), to)
	}
	if err != nil {
		p := s.embedSitesPage(r)
		return s.again(w, r, err, manage.EmbedSites(p, v, f.Failed(p, err, nil)))
	}
	return back(w, r, ui.EmbedSitesURL(v), "saved")
}

// readEmbedSites reads the form. A list that does not count is not looked at.
func (s *Pages) readEmbedSites(l *i18n.Locale, f ui.Form) (to video.EmbedPrivacy, bad []errs.Param) {
	to.Policy = video.EmbedPolicy(number(f, "policy"))
	switch to.Policy {
	case video.EmbedAnywhere:
		return to, nil
	case video.EmbedAllowList:
	default:
		return to, []errs.Param{{Name: "policy", Msg: l.T("web.embed_sites.policy_bad")}}
	}
	var mistakes []string
	for part := range strings.FieldsFuncSeq(f.Value("domains"), func(c rune) bool { return strings.ContainsRune(" \t\r\n,;、،", c) }) {
		d := embeddingSite(part)
		if s.Embeds.ValidDomain(d) {
			to.Domains = append(to.Domains, d)
		} else if len(mistakes) <= maxMistakes {
			mistakes = append(mistakes, clipped(part))
		}
	}
	if len(mistakes) > maxMistakes {
		mistakes[maxMistakes] = "…"
	}
	switch {
	case len(mistakes) > 0:
		bad = append(bad, errs.Param{Name: "domains", Msg: l.T("web.embed_sites.domains_bad", "what", strings.Join(mistakes, ", "))})
	case len(to.Domains) > video.MaxEmbedDomains:
		bad = append(bad, errs.Param{Name: "domains", Msg: l.T("web.embed_sites.domains_many", "most", video.MaxEmbedDomains)})
	}
	return to, bad
}

// embeddingSite is the site that somebody means: many paste the address of a
// page. Browsers leave out the usual ports.
func embeddingSite(text string) string {
	text = strings.ToLower(text)
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return strings.TrimSuffix(text, "/")
	}
	if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		return strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return u.Host
}

// maxClipped is how much of what was wrong is repeated, in characters.
const maxClipped = 60

func clipped(text string) string {
	runes := []rune(text)
	if len(runes) <= maxClipped {
		return text
	}
	return string(runes[:maxClipped]) + "…"
}
