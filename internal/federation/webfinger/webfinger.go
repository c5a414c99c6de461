// Package webfinger finds others by their names: the actor of a handle
// (WebFinger), the page where a site lets its people follow somebody from
// elsewhere, what software a site runs (NodeInfo) and the actor of the site
// itself (FEP-2677).
//
// Not here: answering such questions about this site (server/fed).
package webfinger

import (
	"context"
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
)

// Relations of links.
const (
	Self      = "self"
	Profile   = "http://webfinger.net/rel/profile-page"
	Subscribe = "http://ostatus.org/schema/1.0/subscribe"
	// Application is the relation of the site's own actor in NodeInfo's list.
	Application = "https://www.w3.org/ns/activitystreams#Application"
)

// Bounds of the documents.
const (
	maxBytes = 256 << 10
	maxLinks = 100
)

// Getter asks other sites; see fetch.Client.
type Getter interface {
	Get(ctx context.Context, url string, o fetch.Options) (*fetch.Response, error)
}

// Client asks other sites for names.
type Client struct {
	Fetch Getter
	// Scheme is that of the sites: https, or http among sites for tests.
	Scheme string
}

// Link is a link of a JRD.
type Link struct {
	Rel      string `json:"rel"`
	Type     string `json:"type"`
	Href     string `json:"href"`
	Template string `json:"template"`
}

// document is a JRD (RFC 7033).
type document struct {
	Subject string `json:"subject"`
	Links   []Link `json:"links"`
}

// Found is what WebFinger says about a handle.
type Found struct {
	// ActorURL is the id of the actor.
	ActorURL string
	// Template is where its site lets people follow what "{uri}" names; "".
	Template string
}

// Find asks a host about one of its names.
func (c *Client) Find(ctx context.Context, name, host string) (*Found, error) {
	host = strings.ToLower(host)
	if name == "" || len(name) > 200 || strings.ContainsAny(name, "@/?# ") || !actor.ValidHost(host) {
		return nil, errs.New(errs.Invalid, "this is no handle")
	}
	address := c.url(host, "/.well-known/webfinger?resource="+url.QueryEscape("acct:"+name+"@"+host))
	var d document
	if err := c.json(ctx, address, []string{"application/jrd+json", "application/json"}, &d); err != nil {
		return nil, err
	}
	f := new(Found)
	for i, l := range d.Links {
		switch {
		case i >= maxLinks:
		case l.Rel == Self && f.ActorURL == "" && isActivity(l.Type) && fetch.HostOf(l.Href) != "":
			f.ActorURL = l.Href
		case l.Rel == Subscribe && f.Template == "" && c.template(l.Template):
			f.Template = l.Template
		}
	}
	if f.ActorURL == "" {
		return nil, errs.New(errs.NotFound, "this site names no actor of that name")
	}
	return f, nil
}

// template reports whether people can be sent there: to a name, which is the
// same whatever they want to follow.
func (c *Client) template(s string) bool {
	if !strings.Contains(s, "{uri}") {
		return false
	}
	u, err := fetch.ParseURL(strings.ReplaceAll(s, "{uri}", "x"))
	if err != nil || u.Scheme != "https" && u.Scheme != c.Scheme {
		return false
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil && u.Scheme == "https" { // plain http is for tests
		return false
	}
	other, err := fetch.ParseURL(strings.ReplaceAll(s, "{uri}", "y"))
	return err == nil && other.Host == u.Host
}

func isActivity(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return slices.Contains([]string{"application/activity+json", "application/ld+json"}, strings.TrimSpace(kind))
}

// NodeInfo is what a site says of itself. Texts are cut.
type NodeInfo struct {
	Software, Version string
	OpenRegistrations bool
	Users             int64
	LocalPosts        int64
	LocalComments     int64
	// Metadata is as it came.
	Metadata json.RawMessage
}

type nodeInfo struct {
	Software struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"software"`
	OpenRegistrations bool `json:"openRegistrations"`
	Usage             struct {
		Users struct {
			Total int64 `json:"total"`
		} `json:"users"`
		LocalPosts    int64 `json:"localPosts"`
		LocalComments int64 `json:"localComments"`
	} `json:"usage"`
	Metadata json.RawMessage `json:"metadata"`
}

// Engine is what a site that gives itself the name of another software really
// runs, in the metadata of its NodeInfo.
type Engine struct {
	Engine string `json:"engine"`
}

// software is what a site runs.
func (n *nodeInfo) software() string {
	var e Engine
	if json.Unmarshal(n.Metadata, &e) == nil && e.Engine != "" { // metadata may be anything
		return strings.ToLower(cut(e.Engine))
	}
	return strings.ToLower(cut(n.Software.Name))
}

// links are the schemas of NodeInfo that are read, best first.
var schemas = []string{"http://nodeinfo.diaspora.software/ns/schema/2.1", "http://nodeinfo.diaspora.software/ns/schema/2.0"}

// NodeInfo asks a site what it is.
func (c *Client) NodeInfo(ctx context.Context, host string) (*NodeInfo, error) {
	d, err := c.nodeLinks(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, schema := range schemas {
		href := linkOf(d, schema)
		if fetch.HostOf(href) != strings.ToLower(host) {
			continue
		}
		var in nodeInfo
		if err := c.json(ctx, href, nil, &in); err != nil {
			return nil, err
		}
		return &NodeInfo{
			Software: in.software(), Version: cut(in.Software.Version), OpenRegistrations: in.OpenRegistrations,
			Users: in.Usage.Users.Total, LocalPosts: in.Usage.LocalPosts, LocalComments: in.Usage.LocalComments, Metadata: in.Metadata,
		}, nil
	}
	return nil, errs.New(errs.NotFound, "this site has no NodeInfo")
}

// Site finds the actor of a site itself: by its NodeInfo (FEP-2677), else by
// the name that PeerTube gives it.
func (c *Client) Site(ctx context.Context, host string) (actorURL string, err error) {
	if d, err := c.nodeLinks(ctx, host); err == nil {
		if href := linkOf(d, Application); fetch.HostOf(href) == strings.ToLower(host) {
			return href, nil
		}
	} else if !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.UnsupportedType) {
		return "", err
	}
	f, err := c.Find(ctx, actor.InstanceName, host)
	if err != nil {
		return "", err
	}
	return f.ActorURL, nil
}

func (c *Client) nodeLinks(ctx context.Context, host string) (*document, error) {
	if !actor.ValidHost(host) {
		return nil, errs.New(errs.Invalid, "this is no host")
	}
	d := new(document)
	return d, c.json(ctx, c.url(strings.ToLower(host), "/.well-known/nodeinfo"), nil, d)
}

func linkOf(d *document, rel string) string {
	for i, l := range d.Links {
		if l.Rel == rel && i < maxLinks {
			return l.Href
		}
	}
	return ""
}

func (c *Client) url(host, path string) string {
	scheme := c.Scheme
	if scheme == "" {
		scheme = "https"
	}
	return scheme + "://" + host + path
}

// json asks for a document, unsigned as such questions are.
func (c *Client) json(ctx context.Context, address string, types []string, into any) error {
	if types == nil {
		types = []string{"application/json", "application/jrd+json"}
	}
	res, err := c.Fetch.Get(ctx, address, fetch.Options{Max: maxBytes, Accept: strings.Join(types, ", "), Types: types, Unsigned: true})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(res.Body, into); err != nil {
		return errs.Wrap(errs.Invalid, err, "the answer cannot be read")
	}
	return nil
}

func cut(s string) string {
	const most = 100
	if len(s) > most {
		s = s[:most]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "") // which no database keeps
}
