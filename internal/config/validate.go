package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// zeroMeansOff are the durations that may be zero.
var zeroMeansOff = []string{"live.dvr.max_window", "views.videos.count_view_after"}

// validate checks what one value alone does not show.
func (l *loader) validate() {
	c := l.cfg
	l.validateDurations()
	if h := c.Webserver.Hostname; h == "" || strings.ContainsAny(h, "/:@ ") {
		l.problem(c.Origin("webserver.hostname"), "webserver.hostname",
			"expected a name such as video.example.org, without https:// and port, found %q", clip(h))
	}
	for _, p := range c.TrustProxy {
		if !validProxy(p) {
			l.problem(c.Origin("trust_proxy"), "trust_proxy",
				"expected an address, a network, loopback, linklocal or uniquelocal, found %q", clip(p))
		}
	}
	l.validateFederation()
	if len(c.Roles) == 0 {
		l.problem(c.Origin("roles"), "roles", "expected at least one of web, jobs")
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		l.problem(c.Origin("tls.cert_file"), "tls", "cert_file and key_file belong together")
	}
	if c.TLS.CertFile != "" && c.TLS.ACME.Enabled {
		l.problem(c.Origin("tls.acme.enabled"), "tls", "choose either cert_file or acme")
	}
	if c.PageSizes.API > c.PageSizes.APIMax {
		l.problem(c.Origin("page_sizes.api"), "page_sizes.api", "is larger than page_sizes.api_max")
	}
	l.validateDatabase()
}

func (l *loader) validateFederation() {
	f := l.cfg.Federation
	for _, n := range f.AllowedNetworks {
		if _, err := netip.ParsePrefix(n); err != nil {
			l.problem(l.cfg.Origin("federation.allowed_networks"), "federation.allowed_networks", "expected a network such as 127.0.0.0/8, found %q", clip(n))
		}
	}
	for _, h := range f.Hosts {
		name, address, _ := strings.Cut(h, "=")
		if _, err := netip.ParseAddrPort(address); err != nil || name == "" {
			l.problem(l.cfg.Origin("federation.hosts"), "federation.hosts", "expected name=address:port, found %q", clip(h))
		}
	}
	if f.PicturesCache < 0 {
		l.problem(l.cfg.Origin("federation.pictures_cache"), "federation.pictures_cache", "cannot be negative")
	}
}

func (l *loader) validateDurations() {
	defaults := tree(Default())
	l.root.leaves(func(k *key) {
		if k.value.Type() != durationType {
			return
		}
		d, usual := time.Duration(k.value.Int()), time.Duration(defaults.find(k.path).value.Int())
		switch {
		case d < 0 && usual >= 0:
			l.problem(l.cfg.Origin(k.path), k.path, "cannot be negative")
		case d == 0 && !slices.Contains(zeroMeansOff, k.path):
			l.problem(l.cfg.Origin(k.path), k.path, "must be longer than nothing")
		}
	})
}

func (l *loader) validateDatabase() {
	c := l.cfg
	if scheme, _, found := strings.Cut(c.Database.URL, "://"); found && !c.Database.Postgres() {
		l.problem(c.Origin("database.url"), "database.url", "expected postgres://… or the path of an SQLite file, found %q", scheme+"://…")
		return
	}
	if !c.Database.Postgres() {
		return
	}
	if _, err := url.Parse(c.Database.URL); err != nil {
		l.problem(c.Origin("database.url"), "database.url", "this is not an address of PostgreSQL")
	}
}

func validProxy(p string) bool {
	if slices.Contains([]string{"loopback", "linklocal", "uniquelocal"}, p) {
		return true
	}
	if _, err := netip.ParsePrefix(p); err == nil {
		return true
	}
	_, err := netip.ParseAddr(p)
	return err == nil
}
