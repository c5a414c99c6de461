package activity

import (
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"
)

// MaxURL is the longest URL that is taken, in bytes; PeerTube's.
const MaxURL = 2000

// ValidURL reports whether s may be an id or an address on the web: http or
// https, a host that is a name, no credentials, nothing that a reader could
// take for something else. Addresses by number are never ids.
func ValidURL(s string) bool { return valid(s, "https", "http") }

func valid(s string, schemes ...string) bool {
	if len(s) > MaxURL || len(s) < len("ws://a") || strings.ContainsRune(s, utf8.RuneError) { // that, or no UTF-8
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == 0x7F || c == '\\' || c == '<' || c == '>' || c == '"' {
			return false
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Opaque != "" || !validHost(u.Host) {
		return false
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme {
			return true
		}
	}
	return false
}

// validHost takes names of letters, digits, hyphens and dots, with a port.
func validHost(host string) bool {
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort && (port == "" || len(port) > 5 || strings.Trim(port, "0123456789") != "") {
		return false
	}
	if name == "" || len(name) > 253 || strings.HasPrefix(name, ".") || strings.Contains(name, "..") {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if c != '.' && c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return !numeric(name)
}

// numeric reports whether a host would be taken for an address: the whole, or
// its last part a number, hexadecimal ones too.
func numeric(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	name = strings.TrimSuffix(name, ".")
	last := strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	return strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x")
}

// Host is the host of a URL, lower case, with the port unless it is the
// scheme's own; "" when the URL is not valid.
func Host(s string) string {
	if !ValidURL(s) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// SameHost reports whether URLs are valid and of one host.
func SameHost(a string, others ...string) bool {
	host := Host(a)
	for _, s := range others {
		if host == "" || Host(s) != host {
			return false
		}
	}
	return host != ""
}

// onHost is s when it is of the host of id, and "" otherwise.
func onHost(id, s string) string {
	if SameHost(id, s) {
		return s
	}
	return ""
}
