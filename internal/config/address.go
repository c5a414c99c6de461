package config

import (
	"net"
	"net/netip"
	"strconv"
	"time"
)

// cmpOr returns a, or b when a is empty.
func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// ListenAddr is the HOST:PORT to listen on.
func (c *Config) ListenAddr() string {
	return net.JoinHostPort(c.Listen.Hostname, strconv.Itoa(c.Listen.Port))
}

// Secure reports whether people reach the site over https, so that cookies
// must be marked and links begin with it.
func (c *Config) Secure() bool { return c.Webserver.HTTPS }

// Host is the site's name as in addresses and in account@host: with the port
// when it is not the scheme's own.
func (c *Config) Host() string {
	usual := 80
	if c.Webserver.HTTPS {
		usual = 443
	}
	if c.Webserver.Port == usual {
		return c.Webserver.Hostname
	}
	return net.JoinHostPort(c.Webserver.Hostname, strconv.Itoa(c.Webserver.Port))
}

// PublicURL is the address people use, without a slash at the end.
func (c *Config) PublicURL() string {
	if c.Webserver.HTTPS {
		return "https://" + c.Host()
	}
	return "http://" + c.Host()
}

// TrustedProxies are the networks of trust_proxy.
func (c *Config) TrustedProxies() []netip.Prefix {
	names := map[string][]string{
		"loopback":    {"127.0.0.0/8", "::1/128"},
		"linklocal":   {"169.254.0.0/16", "fe80::/10"},
		"uniquelocal": {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"},
	}
	var list []netip.Prefix
	for _, p := range c.TrustProxy {
		networks, named := names[p]
		if !named {
			networks = []string{p}
		}
		for _, n := range networks {
			if prefix, err := netip.ParsePrefix(n); err == nil {
				list = append(list, prefix.Masked())
			} else if addr, err := netip.ParseAddr(n); err == nil {
				list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
			}
		}
	}
	return list
}

// HasRole reports whether this process does the work of role ("web", "jobs").
func (c *Config) HasRole(role string) bool {
	for _, r := range c.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// MailEnabled reports whether mail can be sent.
func (c *Config) MailEnabled() bool {
	return c.SMTP.Hostname != "" || (c.SMTP.Transport == "sendmail" && c.SMTP.Sendmail != "")
}

// Milliseconds returns d as PeerTube's API shows durations; Forever is -1.
func Milliseconds(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return d.Milliseconds()
}
