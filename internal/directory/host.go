package directory

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"sepiola/internal/errs"
)

// Bounds of the name of a host, of RFC 1035.
const (
	maxHost  = 253
	maxInput = 500
)

// Codes of errors, which pages turn into words of the reader's language.
const (
	CodeHost        = "invalid_host"
	CodeListed      = "already_listed"
	CodeUnreachable = "unreachable"
	CodeNoSite      = "not_a_site"
	CodeOtherName   = "other_name"
	CodeOptedOut    = "opted_out"
	CodeBlocked     = "blocked"
	CodeTooMany     = "too_many"
	CodeFull        = "full"
)

// ParseHost reads the name of a site as people type or paste it: a host, or an
// address on that host, of which the host counts. It returns small letters,
// and Punycode for other scripts. Only names that the public can have are
// taken: with a dot, no addresses, no ports. local takes those too, for tests.
func ParseHost(input string, local bool) (string, error) {
	text := strings.TrimSpace(input)
	if text == "" || len(text) > maxInput {
		return "", badHost(input)
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", badHost(input)
	}
	name, port := strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), u.Port()
	if addr, err := netip.ParseAddr(name); err == nil {
		if !local || addr.Zone() != "" {
			return "", badHost(input)
		}
	} else if name, err = idna.Lookup.ToASCII(name); err != nil || !isName(name, local) {
		return "", badHost(input)
	}
	if port == "" || port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		if strings.Contains(name, ":") {
			return "[" + name + "]", nil
		}
		return name, nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || !local {
		return "", badHost(input)
	}
	return net.JoinHostPort(name, port), nil
}

// isName reports whether s is a name of letters, digits, hyphens and dots that
// could be somebody's. The last part of a public name is no number, so that
// nothing that resolvers take for an address passes ("127.1", "0x7f.1").
func isName(s string, local bool) bool {
	if s == "" || len(s) > maxHost {
		return false
	}
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for _, c := range []byte(l) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	if local {
		return true
	}
	last := labels[len(labels)-1]
	return len(labels) > 1 && len(last) > 1 && (last[0] < '0' || last[0] > '9') && !reserved(last)
}

// reserved reports whether no public name ends in this (RFC 6761, RFC 8375,
// RFC 9476, and what private networks use).
func reserved(last string) bool {
	switch last {
	case "localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "test", "example", "invalid", "onion", "alt", "arpa", "localdomain":
		return true
	}
	return false
}

func badHost(input string) error {
	if len(input) > maxInput {
		input = input[:maxInput]
	}
	return errs.Fields(errs.Param{Name: "host", Msg: "Should have a valid host", Value: strings.ToValidUTF8(input, "�")}).WithCode(CodeHost)
}
