package listen

import (
	"net/http"
	"net/netip"
	"strings"

	"sepiola/internal/errs"
)

// Proxies are the networks whose word is taken on who asks.
type Proxies []netip.Prefix

// namedNetworks are Express's names, which PeerTube's trust_proxy knows.
var namedNetworks = map[string][]string{
	"loopback":    {"127.0.0.0/8", "::1/128"},
	"linklocal":   {"169.254.0.0/16", "fe80::/10"},
	"uniquelocal": {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"},
}

// ParseProxies reads addresses, networks (10.0.0.0/8) and the names loopback,
// linklocal and uniquelocal.
func ParseProxies(list []string) (Proxies, error) {
	var out Proxies
	for _, entry := range list {
		words := namedNetworks[entry]
		if words == nil {
			words = []string{entry}
		}
		for _, word := range words {
			p, err := parseNetwork(word)
			if err != nil {
				return nil, errs.Wrap(errs.Invalid, err, "trust_proxy: %q is neither an address nor a network", word)
			}
			out = append(out, p)
		}
	}
	return out, nil
}

func parseNetwork(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
}

func (p Proxies) trusts(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// Client returns the address of who asks: the last one in X-Forwarded-For
// that no trusted proxy speaks for. What strangers write there is not read.
func (p Proxies) Client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // not TCP
	}
	client := peer.Addr().Unmap().WithZone("")
	if len(p) == 0 {
		return client
	}
	hops := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	for p.trusts(client) && hops != "" {
		var hop string
		if i := strings.LastIndexByte(hops, ','); i >= 0 {
			hops, hop = hops[:i], hops[i+1:]
		} else {
			hops, hop = "", hops
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		client = next.Unmap().WithZone("")
	}
	return client
}

// network is the network an address is in, as far as one household or one
// machine's owner has it: /24 and /64.
func network(a netip.Addr) netip.Addr {
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr()
}
