package fed

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// tenMinutes is how long others may keep what hardly changes; PeerTube's.
const tenMinutes = "max-age=600"

// aSecond is how long others may keep a video: PeerTube's, too.
const aSecond = "max-age=1"

type link struct {
	Rel      string `json:"rel"`
	Type     string `json:"type,omitempty"`
	Href     string `json:"href,omitempty"`
	Template string `json:"template,omitempty"`
}

// webfinger finds actors of this site by name@host, with or without "acct:",
// and by the addresses of their pages and documents (RFC 7033).
func (s *Server) webfinger(w http.ResponseWriter, r *http.Request) error {
	resource := r.URL.Query().Get("resource")
	name, ok := s.named(resource)
	if !ok {
		return errs.Fields(errs.Param{Name: "resource", Value: resource, In: "query"})
	}
	found, err := s.find(r, name)
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "Actor not found")
	}
	if err != nil {
		return err
	}
	links := []link{{Rel: "self", Type: "application/activity+json", Href: found.URL}}
	if found.Type != actor.Application {
		path := "/a/"
		if found.Type == actor.Group {
			path = "/c/"
		}
		links = append(links, link{Rel: "http://webfinger.net/rel/profile-page", Type: "text/html", Href: s.Site.URL(path + found.Username)})
	}
	links = append(links, link{Rel: "http://ostatus.org/schema/1.0/subscribe", Template: s.Site.URL("/remote-interaction?uri={uri}")})
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return s.json(w, rest.TypeJSON, map[string]any{
		"subject": "acct:" + found.Username + "@" + s.Site.Host, "aliases": []string{found.URL}, "links": links,
	})
}

// named reads the name out of what WebFinger is asked for. Schemes and hosts
// are the same in capitals, and so are names of this site.
func (s *Server) named(resource string) (string, bool) {
	name, ok := s.nameIn(resource)
	return strings.ToLower(name), ok
}

func (s *Server) nameIn(resource string) (string, bool) {
	if path, ok := s.pathIn(resource); ok {
		kind, name, _ := strings.Cut(path, "/")
		if at, ok := strings.CutPrefix(kind, "@"); ok {
			kind, name = "a", at
		}
		switch kind {
		case "accounts", "account", "a", "video-channels", "c":
			name, _, _ = strings.Cut(name, "/")
			name, host, full := strings.Cut(name, "@")
			return name, name != "" && (!full || s.isHere(host))
		}
		return "", false
	}
	handle, _ := cutPrefixFold(resource, "acct:")
	name, host, ok := strings.Cut(strings.TrimPrefix(handle, "@"), "@")
	return name, ok && name != "" && s.isHere(host)
}

// pathIn is the path of an address of this site, which people may have copied
// with more behind it, or without the s of https.
func (s *Server) pathIn(resource string) (string, bool) {
	u, err := url.Parse(resource)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || !s.isHere(u.Host) {
		return "", false
	}
	return strings.TrimPrefix(u.Path, "/"), true
}

// isHere reports whether a host, with or without the usual port, is this one.
func (s *Server) isHere(host string) bool {
	usual := ":443"
	if s.Site.Scheme == "http" {
		usual = ":80"
	}
	return strings.EqualFold(strings.TrimSuffix(host, usual), strings.TrimSuffix(s.Site.Host, usual))
}

// cutPrefixFold is strings.CutPrefix for which capitals are the same.
func cutPrefixFold(s, prefix string) (after string, found bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func (s *Server) find(r *http.Request, name string) (*actor.Actor, error) {
	a, err := s.accountLists(r.Context(), name)
	if errs.Is(err, errs.NotFound) {
		a, err = s.channelLists(r.Context(), name)
	}
	return a.Actor, err
}

// hostMeta says where WebFinger is (RFC 6415): in XML, and in JSON to who asks
// for that.
func (s *Server) hostMeta(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept")
	if strings.HasSuffix(r.URL.Path, ".json") || prefersJSON(r) {
		return s.json(w, "application/json; charset=utf-8", map[string]any{
			"links": []link{{Rel: "lrdd", Type: "application/jrd+json", Template: s.finger()}},
		})
	}
	type template struct {
		Rel      string `xml:"rel,attr"`
		Type     string `xml:"type,attr"`
		Template string `xml:"template,attr"`
	}
	b, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"http://docs.oasis-open.org/ns/xri/xrd-1.0 XRD"`
		Link    template `xml:"Link"`
	}{Link: template{"lrdd", "application/xrd+xml", s.finger()}})
	if err != nil {
		return err
	}
	return rest.Bytes(w, http.StatusOK, "application/xml; charset=utf-8", append([]byte(xml.Header), b...))
}

// finger is where WebFinger is.
func (s *Server) finger() string { return s.Site.URL("/.well-known/webfinger?resource={uri}") }

// prefersJSON reports whether a client would rather have JSON than XML.
func prefersJSON(r *http.Request) bool {
	switch rest.Preferred(r, "application/xrd+xml", "application/xml", "text/xml", "application/json", "application/jrd+json") {
	case "application/json", "application/jrd+json":
		return true
	}
	return false
}

// NodeInfo is what the site tells of itself.
type NodeInfo struct {
	Version          string // the level of PeerTube's API
	Name             string
	Description      string
	OpenRegistration bool
	Users            int64
	ActiveMonth      int64
	ActiveHalfYear   int64
	Videos, Comments int64
	// Config is the part of /api/v1/config that PeerTube tells there.
	Config any
}

const nodeInfoSchema = "http://nodeinfo.diaspora.software/ns/schema/"

func (s *Server) nodeInfoLinks(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", tenMinutes)
	return rest.JSON(w, http.StatusOK, map[string]any{"links": []link{
		{Rel: nodeInfoSchema + "2.0", Href: s.Site.URL("/nodeinfo/2.0.json")},
		{Rel: nodeInfoSchema + "2.1", Href: s.Site.URL("/nodeinfo/2.1.json")},
		{Rel: "https://www.w3.org/ns/activitystreams#Application", Href: s.Site.AccountURL(actor.InstanceName)},
	}})
}

// nodeInfo serves NodeInfo 2.0 and 2.1. It says "peertube", whose protocols
// these are: others look for that name before they talk. Its own kind finds its
// own name in the metadata.
func (s *Server) nodeInfo(w http.ResponseWriter, r *http.Request) error {
	version, _ := strings.CutSuffix(param(r, "file"), ".json")
	if version != "2.0" && version != "2.1" {
		return errs.New(errs.NotFound, "Nodeinfo schema version not handled")
	}
	n, err := s.NodeInfo(r.Context())
	if err != nil {
		return err
	}
	// In 2.1, homepage and repository would be of the program that is named, and
	// not of the site.
	software := map[string]any{"name": "peertube", "version": n.Version}
	w.Header().Set("Cache-Control", tenMinutes)
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return s.json(w, `application/json; charset=utf-8; profile="`+nodeInfoSchema+version+`#"`, map[string]any{
		"version": version, "software": software,
		"protocols":         []string{"activitypub"},
		"services":          map[string]any{"inbound": []string{}, "outbound": []string{"atom1.0", "rss2.0"}},
		"openRegistrations": n.OpenRegistration,
		"usage": map[string]any{
			"users":      map[string]any{"total": n.Users, "activeMonth": n.ActiveMonth, "activeHalfyear": n.ActiveHalfYear},
			"localPosts": n.Videos, "localComments": n.Comments,
		},
		"metadata": map[string]any{
			"engine":   "sepiola",
			"taxonomy": map[string]any{"postsName": "Videos"},
			"nodeName": n.Name, "nodeDescription": n.Description, "nodeConfig": n.Config,
		},
	})
}

func (s *Server) json(w http.ResponseWriter, kind string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return rest.Bytes(w, http.StatusOK, kind, b)
}
