package sitelist

import (
	"net/http"
	"strconv"
	"time"

	"sepiola/internal/directory"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// Bounds of a page. PeerTube's auto-follow asks for 1,000 hosts at once,
// crawlers for all there are; more is not refused but cut.
const (
	defaultCount = 20
	maxSites     = 1000
	maxHosts     = 10_000
	maxNumber    = 1<<31 - 1
)

// filter reads the query that both lists take.
func filter(r *http.Request, most int) (directory.Filter, error) {
	q := rest.NewQuery(r)
	f := directory.Filter{
		Start:          q.Int("start", 0, 0, maxNumber),
		Count:          min(q.Int("count", defaultCount, 0, maxNumber), most),
		Sort:           q.String("sort"),
		Search:         q.String("search"),
		Since:          q.Time("since"),
		Signup:         q.Bool("signup"),
		Healthy:        q.Bool("healthy"),
		Live:           q.Bool("liveEnabled"),
		NSFW:           q.Strings("nsfwPolicy"),
		Languages:      q.Strings("languagesOr"),
		Categories:     q.Ints("categoriesOr"),
		Customizations: q.Ints("customizations"),
	}
	if q.Has("minUserQuota") {
		n, err := strconv.ParseInt(q.String("minUserQuota"), 10, 64)
		if f.MinUserQuota = n; err != nil {
			q.Reject("minUserQuota", "")
		}
	}
	return f, q.Err()
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) error {
	f, err := filter(r, maxSites)
	if err != nil {
		return err
	}
	sites, total, err := s.Directory.List(r.Context(), f)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, sites, present))
}

func (s *Server) hosts(w http.ResponseWriter, r *http.Request) error {
	f, err := filter(r, maxHosts)
	if err != nil {
		return err
	}
	sites, total, err := s.Directory.Hosts(r.Context(), f)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, sites, presentHost))
}

type addBody struct {
	Host rest.Field[string] `json:"host"`
}

func (s *Server) add(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[addBody](w, r)
	if err != nil {
		return err
	}
	site, err := s.Directory.Register(r.Context(), in.Host.Or(""))
	if err != nil {
		return shown(err)
	}
	return rest.JSON(w, http.StatusOK, added{addedInstance{site.ID, site.Host}})
}

// shown hides our own codes: a problem document with a code says that
// PeerTube's documentation knows it.
func shown(err error) error {
	e := errs.As(err)
	if e == nil {
		return err
	}
	c := *e
	c.Code = ""
	return &c
}

type added struct {
	Instance addedInstance `json:"instance"`
}

type addedInstance struct {
	ID   directory.ID `json:"id"`
	Host string       `json:"host"`
}

// instanceJSON is the Instance of instances.joinpeertube.org. Its country is
// not known here and left out, as there where it is not known.
type instanceJSON struct {
	ID   directory.ID `json:"id"`
	Host string       `json:"host"`

	Name             string `json:"name"`
	ShortDescription string `json:"shortDescription"`
	Description      string `json:"description"`
	Version          string `json:"version"`

	SignupAllowed          bool  `json:"signupAllowed"`
	SignupRequiresApproval bool  `json:"signupRequiresApproval"`
	UserVideoQuota         int64 `json:"userVideoQuota"`
	LiveEnabled            bool  `json:"liveEnabled"`

	Categories []int    `json:"categories"`
	Languages  []string `json:"languages"`

	AutoBlacklistUserVideosEnabled bool   `json:"autoBlacklistUserVideosEnabled"`
	DefaultNSFWPolicy              string `json:"defaultNSFWPolicy"`
	IsNSFW                         bool   `json:"isNSFW"`

	Avatars []directory.Image `json:"avatars"`
	Banners []directory.Image `json:"banners"`

	TotalUsers             int64 `json:"totalUsers"`
	TotalVideos            int64 `json:"totalVideos"`
	TotalLocalVideos       int64 `json:"totalLocalVideos"`
	TotalInstanceFollowers int64 `json:"totalInstanceFollowers"`
	TotalInstanceFollowing int64 `json:"totalInstanceFollowing"`

	SupportsIPv6 bool   `json:"supportsIPv6"`
	Health       int    `json:"health"`
	CreatedAt    string `json:"createdAt"`
}

func present(s *directory.Site) instanceJSON {
	return instanceJSON{
		ID: s.ID, Host: s.Host,
		Name: s.Name, ShortDescription: s.ShortDescription, Description: s.Description, Version: s.Version,
		SignupAllowed: s.SignupAllowed, SignupRequiresApproval: s.SignupRequiresApproval,
		UserVideoQuota: s.UserVideoQuota, LiveEnabled: s.LiveEnabled,
		Categories: some(s.Categories), Languages: some(s.Languages),
		AutoBlacklistUserVideosEnabled: s.AutoBlacklist, DefaultNSFWPolicy: s.NSFWPolicy, IsNSFW: s.IsNSFW,
		Avatars: some(s.Avatars), Banners: some(s.Banners),
		TotalUsers: s.TotalUsers, TotalVideos: s.TotalVideos, TotalLocalVideos: s.TotalLocalVideos,
		TotalInstanceFollowers: s.TotalFollowers, TotalInstanceFollowing: s.TotalFollowing,
		SupportsIPv6: s.SupportsIPv6, Health: s.Health, CreatedAt: stamp(s.CreatedAt),
	}
}

type hostJSON struct {
	Host      string `json:"host"`
	CreatedAt string `json:"createdAt"`
}

func presentHost(s *directory.Site) hostJSON {
	return hostJSON{Host: s.Host, CreatedAt: stamp(s.CreatedAt)}
}

// some is a list that is [] in JSON when there is none.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// stamp writes a time as JavaScript does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
