package fetch

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"sepiola/internal/errs"
)

// hostName is a host in ASCII: letters, digits, dots, dashes and underscores.
// Names in other scripts come as punycode; what is written otherwise could
// look like another host.
var hostName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$`)

// Check parses a URL that came from elsewhere and refuses what is never asked:
// schemes but https (and http for a site that is itself reached so),
// credentials, addresses instead of names, odd ports. The fragment is cut off.
func (c *Client) Check(raw string) (*url.URL, error) {
	u, err := ParseURL(raw)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "http" && !c.Plain {
		return nil, errs.New(errs.Invalid, "only https URLs are fetched")
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		if !c.allowed(ip) {
			return nil, errs.New(errs.Invalid, "URLs with addresses instead of names are not fetched")
		}
		return u, nil
	}
	if port := u.Port(); port != "" && port != "443" && port != "80" && len(c.Allowed) == 0 && c.Hosts[host] == "" {
		return nil, errs.New(errs.Invalid, "this port is not asked")
	}
	return u, nil
}

// Asks reports whether a host, with a port or without, is ever asked. A name
// without a dot is of a closed network only, and one that ends in a number is
// read as an address by some.
func (c *Client) Asks(host string) bool {
	scheme := "https"
	if c.Plain {
		scheme = "http"
	}
	u, err := c.Check(scheme + "://" + host + "/")
	if err != nil {
		return false
	}
	name := u.Hostname()
	if _, err := netip.ParseAddr(name); err == nil || c.Hosts[name] != "" || len(c.Allowed) > 0 {
		return true
	}
	dot := strings.LastIndexByte(name, '.')
	return dot >= 0 && (name[dot+1] < '0' || name[dot+1] > '9')
}

// ParseURL reads an absolute http or https URL without credentials, with a
// host in lower case and without the scheme's own port or a fragment.
func ParseURL(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, errs.New(errs.Invalid, "a URL is too long")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "a URL cannot be read")
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Opaque != "" {
		return nil, errs.New(errs.Invalid, "only https URLs are fetched")
	}
	if u.User != nil {
		return nil, errs.New(errs.Invalid, "URLs with credentials are not fetched")
	}
	host := strings.ToLower(u.Hostname())
	if _, err := netip.ParseAddr(host); err != nil && (len(host) > 253 || !hostName.MatchString(host)) {
		return nil, errs.New(errs.Invalid, "a URL has no proper host")
	}
	u.Host = joinHost(u.Scheme, host, u.Port())
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

func joinHost(scheme, host, port string) string {
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, port)
}

// HostOf returns the host of a URL as servers are known by it (lower case, with
// a port unless it is the scheme's own), or "".
func HostOf(raw string) string {
	u, err := ParseURL(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

// refused are networks that are no other site on the internet. What netip
// knows by itself (private, loopback, link-local, multicast) is in public.
var refused = prefixes(
	"0.0.0.0/8",       // this network
	"100.64.0.0/10",   // carriers' own addresses
	"192.0.0.0/24",    // protocols
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"198.18.0.0/15",   // measuring
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"240.0.0.0/4",     // reserved, broadcast
	"2001::/23",       // protocols: Teredo, ORCHID
	"2001:db8::/32",   // documentation
	"3fff::/20",       // documentation
)

var (
	global6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4  = netip.MustParsePrefix("2002::/16")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public reports whether an address is one of the internet at large.
func public(ip netip.Addr) bool {
	if !ip.IsValid() || ip.Zone() != "" {
		return false
	}
	ip = ip.Unmap()
	b := ip.As16()
	switch {
	case nat64.Contains(ip):
		return public(netip.AddrFrom4([4]byte(b[12:16])))
	case sixTo4.Contains(ip):
		return public(netip.AddrFrom4([4]byte(b[2:6])))
	case ip.IsPrivate() || ip.IsMulticast() || !ip.IsGlobalUnicast():
		return false
	case ip.Is6() && !global6.Contains(ip):
		return false
	}
	for _, p := range refused {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

func (c *Client) allowed(ip netip.Addr) bool {
	ip = ip.Unmap()
	for _, p := range c.Allowed {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
