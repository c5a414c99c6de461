// Package visit reads what a site says of itself: its NodeInfo, its public
// configuration, its description and its figures.
//
// A visit asks, in this order, for
//
//	/robots.txt                 whether the site wants to be listed
//	/.well-known/nodeinfo       whether the host is the site's own name
//	the NodeInfo document       whether it is PeerTube or Sepiola
//	/api/v1/config              name, version, sign-up, policies
//	/api/v1/config/about        description, languages, categories
//	/api/v1/server/stats        how large it is
//
// and for its avatar when that is another than before. All of it is hostile:
// answers are bounded in size and time by the Getter and by the context, texts
// are cut and cleaned, numbers kept in bounds, and what has the wrong type is
// as if it were not there. What makes a site is checked: software, a version,
// a number of videos, and that the NodeInfo lies under the host that was asked.
//
// A site stays off the list by a robots.txt that forbids "/" to everybody or
// to "sepiola-index", or by "private": true in the metadata of its NodeInfo.
//
// Not here: when sites are visited (directory) and connections (the Getter).
package visit

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"sepiola/internal/directory"
	"sepiola/internal/errs"
)

// Getter fetches what public addresses offer.
type Getter interface {
	// Get returns the body of an answer 200 of at most max bytes; a longer one
	// is an error, and so is any other status (404 and 410 of kind
	// errs.NotFound or errs.Gone) and an address that is not public.
	Get(ctx context.Context, url string, max int64) ([]byte, error)
}

// Visitor reads sites.
type Visitor struct {
	Get Getter
	// Scheme is "https", and "http" in tests.
	Scheme string
	// Addresses returns the addresses of a host; nil is never asked, and then
	// no site supports IPv6.
	Addresses func(ctx context.Context, host string) ([]netip.Addr, error)
}

// Bounds of answers in bytes. The configuration of a PeerTube with many
// plugins has some 100 KB.
const (
	maxRobots   = 64 << 10
	maxNodeInfo = 256 << 10
	maxConfig   = 4 << 20
	maxPicture  = 4 << 20
)

// Visit implements directory.Visitor.
func (v *Visitor) Visit(ctx context.Context, host string, known *directory.Facts) (*directory.Found, error) {
	robots, err := v.Get.Get(ctx, v.url(host, "/robots.txt"), maxRobots)
	if err == nil && forbids(string(robots)) {
		return nil, optedOut(host)
	}
	var found directory.Found
	if err := v.software(ctx, host, &found.Facts); err != nil {
		return nil, err
	}
	if err := v.config(ctx, host, &found.Facts); err != nil {
		return nil, err
	}
	if err := v.about(ctx, host, &found.Facts); err != nil {
		return nil, err
	}
	if err := v.stats(ctx, host, &found.Facts); err != nil {
		return nil, err
	}
	found.SupportsIPv6 = v.supportsIPv6(ctx, host)
	v.logo(ctx, &found, known)
	return &found, ctx.Err()
}

func (v *Visitor) url(host, path string) string { return v.Scheme + "://" + host + path }

func optedOut(host string) error {
	return errs.New(errs.Forbidden, "Instance %s does not want to be listed.", host).WithCode(directory.CodeOptedOut)
}

func noSite(host string, cause error) error {
	return errs.Wrap(errs.Conflict, cause, "Invalid remote host %s. Are you sure this is a PeerTube instance?", host).WithCode(directory.CodeNoSite)
}

// read fetches a JSON document. A value of the wrong type in it is left out;
// what is no JSON object is no site.
func (v *Visitor) read(ctx context.Context, host, address string, limit int64, into any) error {
	b, err := v.Get.Get(ctx, address, limit)
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Gone):
		return noSite(host, err)
	case err != nil:
		return errs.Wrap(errs.Conflict, err, "Instance %s cannot be reached.", host).WithCode(directory.CodeUnreachable)
	}
	if !strings.HasPrefix(strings.TrimLeft(string(b[:min(len(b), 64)]), " \t\r\n"), "{") {
		return noSite(host, errors.New(address+" is no JSON object"))
	}
	if err := json.Unmarshal(b, into); err != nil {
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok {
			return noSite(host, err)
		}
	}
	return nil
}

type nodeInfoLinks struct {
	Links []struct {
		Rel  string `json:"rel"`
		Href string `json:"href"`
	} `json:"links"`
}

const nodeInfoRel = "http://nodeinfo.diaspora.software/ns/schema/2."

// document is the address of the newest NodeInfo 2 document, or "".
func (l nodeInfoLinks) document() string {
	best, address := "", ""
	for _, link := range l.Links {
		if strings.HasPrefix(link.Rel, nodeInfoRel) && len(link.Rel) == len(nodeInfoRel)+1 && link.Rel > best {
			best, address = link.Rel, link.Href
		}
	}
	return address
}

type nodeInfo struct {
	Software struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"software"`
	Metadata struct {
		Private bool `json:"private"`
	} `json:"metadata"`
}

// software asks what runs on a host, and whether the host is its own name.
func (v *Visitor) software(ctx context.Context, host string, f *directory.Facts) error {
	var links nodeInfoLinks
	if err := v.read(ctx, host, v.url(host, "/.well-known/nodeinfo"), maxNodeInfo, &links); err != nil {
		return err
	}
	address := links.document()
	if address == "" {
		return noSite(host, errors.New("there is no NodeInfo 2"))
	}
	if own := v.hostOf(address); own != host {
		return errs.New(errs.Conflict, "Instance %s calls itself %s.", host, text(own, maxName)).WithCode(directory.CodeOtherName)
	}
	var info nodeInfo
	if err := v.read(ctx, host, address, maxNodeInfo, &info); err != nil {
		return err
	}
	f.Software = strings.ToLower(text(info.Software.Name, maxName))
	if !slices.Contains([]string{"peertube", "sepiola"}, f.Software) {
		return noSite(host, errors.New("its software is "+f.Software))
	}
	if info.Metadata.Private {
		return optedOut(host)
	}
	f.Version = text(info.Software.Version, maxVersion)
	return nil
}

// hostOf is the host of an address of this visitor's scheme, as ParseHost
// writes it, or "".
func (v *Visitor) hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != v.Scheme || u.User != nil {
		return ""
	}
	host := strings.ToLower(u.Host)
	if v.Scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

func (v *Visitor) supportsIPv6(ctx context.Context, host string) bool {
	if v.Addresses == nil {
		return false
	}
	if u, err := url.Parse("//" + host); err == nil {
		host = u.Hostname()
	}
	list, err := v.Addresses(ctx, host)
	return err == nil && slices.ContainsFunc(list, func(a netip.Addr) bool { return a.Is6() && !a.Is4In6() })
}
