package video

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// EmbedPolicy says which sites may show a video in their pages. The numbers
// are PeerTube's.
type EmbedPolicy int

// The policies.
const (
	EmbedAnywhere  EmbedPolicy = 1
	EmbedAllowList EmbedPolicy = 2
	// EmbedRemote is of remote videos whose own site restricts it, in a way
	// that is not known here. It cannot be chosen.
	EmbedRemote EmbedPolicy = 3
)

// EmbedPrivacy is the policy of a video with the sites of an allow-list.
type EmbedPrivacy struct {
	Policy EmbedPolicy
	// Domains are hosts in lower case, with the port if it is not the usual
	// one. Empty unless Policy is EmbedAllowList.
	Domains []string
}

// Bounds of allow-lists.
const (
	MaxEmbedDomains = 100
	maxEmbedDomain  = 253 // bytes
)

// Allows reports whether pages of host may show the video. The site's own
// always may; an unknown host ("") only where every one may.
func (p EmbedPrivacy) Allows(site instance.Site, host string) bool {
	host = strings.ToLower(host)
	if p.Policy == EmbedAnywhere || host != "" && host == strings.ToLower(site.Host) {
		return true
	}
	return p.Policy == EmbedAllowList && host != "" && slices.Contains(p.Domains, host)
}

// EmbedStore keeps where videos may be embedded.
type EmbedStore interface {
	// EmbedDomains lists the sites of a video's allow-list, in order.
	EmbedDomains(ctx context.Context, id ID) ([]string, error)
	// EmbedDomainsOf is EmbedDomains of several videos.
	EmbedDomainsOf(ctx context.Context, ids []ID) (map[ID][]string, error)
	// SetEmbedPrivacy replaces policy and list.
	SetEmbedPrivacy(ctx context.Context, id ID, p EmbedPrivacy) error
}

// EmbedVideos is the part of Service that Embeds needs.
type EmbedVideos interface {
	See(ctx context.Context, a Access, ref Ref) (*Video, error)
	Managed(ctx context.Context, w Viewer, ref Ref, right user.Right) (*Video, error)
}

// Embeds says, and lets owners say, where videos may be embedded.
type Embeds struct {
	Videos EmbedVideos
	Store  EmbedStore
	Site   instance.Site
	InTx   func(ctx context.Context, fn func(ctx context.Context) error) error
}

// AllowedToEmbed reports whether pages of referrerHost (of a Referer or Origin
// header, with its port; "" when there is none) may show v. For the page that
// is embedded: what else guards the video is not looked at. It asks the
// database only about videos with an allow-list.
func (s *Embeds) AllowedToEmbed(ctx context.Context, v *Video, referrerHost string) (bool, error) {
	p, err := s.Of(ctx, v)
	return err == nil && p.Allows(s.Site, referrerHost), err
}

// Of returns where v may be embedded, for the page that is embedded. It asks
// the database only about videos with an allow-list.
func (s *Embeds) Of(ctx context.Context, v *Video) (EmbedPrivacy, error) {
	p := EmbedPrivacy{Policy: EmbedPolicy(v.EmbedPrivacyPolicy)}
	if p.Policy != EmbedAllowList {
		return p, nil
	}
	var err error
	p.Domains, err = s.Store.EmbedDomains(ctx, v.ID)
	return p, err
}

// OfAll is Of for several videos at once, by their ids.
func (s *Embeds) OfAll(ctx context.Context, list []*Video) (map[ID]EmbedPrivacy, error) {
	all := make(map[ID]EmbedPrivacy, len(list))
	var listed []ID
	for _, v := range list {
		all[v.ID] = EmbedPrivacy{Policy: EmbedPolicy(v.EmbedPrivacyPolicy)}
		if all[v.ID].Policy == EmbedAllowList {
			listed = append(listed, v.ID)
		}
	}
	if len(listed) == 0 {
		return all, nil
	}
	domains, err := s.Store.EmbedDomainsOf(ctx, listed)
	for id, d := range domains {
		all[id] = EmbedPrivacy{Policy: EmbedAllowList, Domains: d}
	}
	return all, err
}

// Get returns the setting of a video to those who may change it.
func (s *Embeds) Get(ctx context.Context, w Viewer, ref Ref) (EmbedPrivacy, error) {
	v, err := s.Videos.Managed(ctx, w, ref, user.UpdateAnyVideo)
	if err != nil {
		return EmbedPrivacy{}, err
	}
	domains, err := s.Store.EmbedDomains(ctx, v.ID)
	return EmbedPrivacy{Policy: EmbedPolicy(v.EmbedPrivacyPolicy), Domains: domains}, err
}

// Set changes the setting of a video.
func (s *Embeds) Set(ctx context.Context, w Viewer, ref Ref, p EmbedPrivacy) error {
	p, err := s.checked(p)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.Videos.Managed(ctx, w, ref, user.UpdateAnyVideo)
		if err != nil {
			return err
		}
		return s.Store.SetEmbedPrivacy(ctx, v.ID, p)
	})
}

var embedDomain = regexp.MustCompile(`^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}(?::[0-9]{1,5})?$`)

// localDomain is allowed where the site itself is local, for trying it out.
var localDomain = regexp.MustCompile(`^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$`)

// checked returns p as it is kept.
func (s *Embeds) checked(p EmbedPrivacy) (EmbedPrivacy, error) {
	if p.Policy != EmbedAnywhere && p.Policy != EmbedAllowList {
		return p, errs.Field("policy", "Should have a valid embed privacy policy")
	}
	if p.Policy == EmbedAnywhere && len(p.Domains) > 0 || len(p.Domains) > MaxEmbedDomains {
		return p, errs.Field("domains", "Should have a valid list of domains")
	}
	list := make([]string, 0, len(p.Domains))
	for _, d := range p.Domains {
		d = strings.ToLower(strings.TrimSpace(d))
		if !s.ValidDomain(d) {
			return p, errs.Field("domains", "Should have a valid list of domains")
		}
		list = append(list, d)
	}
	slices.Sort(list)
	p.Domains = slices.Compact(list)
	return p, nil
}

// ValidDomain reports whether d may be in an allow-list, in lower case.
func (s *Embeds) ValidDomain(d string) bool {
	local := localDomain.MatchString(s.Site.Host) && localDomain.MatchString(d)
	return len(d) <= maxEmbedDomain && (local || embedDomain.MatchString(d))
}

// EmbedAnswer is whether a page may show a video.
type EmbedAnswer struct {
	Allowed bool
	// Bypass is true for people who may change the video: they may see it
	// where it is not allowed. It says nothing where it is.
	Bypass bool
}

// Ask says whether pages of host may show a video that a may see.
func (s *Embeds) Ask(ctx context.Context, a Access, ref Ref, host string) (EmbedAnswer, error) {
	v, err := s.Videos.See(ctx, a, ref)
	if err != nil {
		return EmbedAnswer{}, err
	}
	allowed, err := s.AllowedToEmbed(ctx, v, host)
	return EmbedAnswer{Allowed: allowed, Bypass: v.MayManage(a.Viewer, user.UpdateAnyVideo) == nil}, err
}
