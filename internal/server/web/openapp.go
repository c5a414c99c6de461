package web

import (
	"net/url"
	"regexp"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/server/web/ui"
)

var schemeForm = regexp.MustCompile(`^[a-z][a-z0-9+.-]{0,49}$`)

// AppLink makes the link to an app out of settings. What would lead into the
// browser itself, or nowhere, is none.
func AppLink(enabled bool, host, scheme, fallback string) ui.App {
	host, scheme = strings.ToLower(host), strings.ToLower(scheme)
	switch scheme {
	case "javascript", "data", "vbscript", "blob", "file", "about", "http", "https", "view-source":
		return ui.App{}
	}
	if !enabled || !actor.ValidHost(host) || !schemeForm.MatchString(scheme) {
		return ui.App{}
	}
	u, err := url.Parse(fallback)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		fallback = ""
	}
	return ui.App{Host: host, Scheme: scheme, Fallback: fallback}
}

// apps are those that phones are offered, nil for none.
func (s *Settings) apps() *ui.Apps {
	if s.Apps.Android.Host == "" && s.Apps.IOS.Host == "" {
		return nil
	}
	return &s.Apps
}
