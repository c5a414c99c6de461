package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web/player"
)

// Videos of other sites play from there, also those that this site mirrors: it
// is one of the places that pieces may come from.

// maxOrigins is how many other sites the page of one video may load from.
const maxOrigins = 20

// originForm is a scheme and a host, with a port: nothing that could end a
// content policy.
var originForm = regexp.MustCompile(`^(https?|wss?)://[a-z0-9._-]+(:[0-9]{1,5})?$`)

// originOf is the origin of a URL, "" when it is none.
func originOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	origin := strings.ToLower(u.Scheme + "://" + u.Host)
	if !originForm.MatchString(origin) {
		return ""
	}
	return origin
}

// origins are different ones, of which there are not too many.
type origins struct {
	list []string
	most int
	seen map[string]bool
}

func (o *origins) add(addresses ...string) {
	for _, a := range addresses {
		if it := originOf(a); it != "" && !o.seen[it] && len(o.seen) < o.most {
			o.seen[it] = true
			o.list = append(o.list, it)
		}
	}
}

// allowOrigins lets the page of a video load its files from where they are, ask
// its trackers, and fetch pieces of it from the mirrors that the player knows.
// Files of another site may be anywhere: many lead on to a store of objects or a
// network of copies, and a policy counts what is led to.
func (s *Pages) allowOrigins(h http.Header, v *video.Video, sharing *player.Sharing) {
	o := origins{most: maxOrigins, seen: map[string]bool{}}
	var anywhere []string
	if v.Remote {
		anywhere = s.anywhere()
		o.add(trackersElsewhere(v)...)
	}
	if sharing != nil {
		o.most += maxMirrors // however many trackers there are
		o.add(sharing.Mirrors...)
	}
	allow(h, "media-src", anywhere)
	allow(h, "connect-src", append(anywhere, o.list...))
}

// anywhere are the schemes that the pages of this site may load with.
func (s *Pages) anywhere() []string {
	if s.Site.Secure() {
		return []string{"https:"}
	}
	return []string{"https:", "http:"}
}

// allow lets a page load from some sources what a directive of its policy is
// about, beside those that it names already.
func allow(h http.Header, directive string, sources []string) {
	policies, from := h.Values("Content-Security-Policy"), directive+" 'self'"
	for i, policy := range policies {
		before, after, ok := strings.Cut(policy, from)
		if !ok {
			continue
		}
		rest, _, _ := strings.Cut(after, ";")
		named := strings.Fields(rest)
		for _, source := range slices.Backward(sources) {
			if !slices.Contains(named, source) {
				after = " " + source + after
			}
		}
		policies[i] = before + from + after
	}
}

// allowElements is allowOrigins for the videos of a playlist that come later in
// the same page: neither their files nor their trackers are known yet.
func (s *Pages) allowElements(h http.Header, list []*playlist.Element) {
	if !slices.ContainsFunc(list, func(e *playlist.Element) bool { return e.Video != nil && e.Video.Remote }) {
		return
	}
	from := s.anywhere()
	allow(h, "media-src", from)
	allow(h, "connect-src", append(from, "wss:"))
}

// maxMirrors is how many mirrors of a video its player is told.
const maxMirrors = 20

// withMirrors tells viewers who share a video which other sites have its files
// too. Who does not share asks no mirror either: it would learn who watches
// what, as other viewers do. Without hashes nobody could tell whether a mirror
// sends the right thing.
func (s *Pages) withMirrors(out *player.Sharing, v *video.Video) *player.Sharing {
	if out == nil || out.Hashes == "" || v.Privacy != video.Public {
		return out
	}
	for _, m := range v.Playlist.Mirrors {
		if len(out.Mirrors) < maxMirrors && s.mayAsk(m) {
			out.Mirrors = append(out.Mirrors, m)
		}
	}
	return out
}

// mayAsk reports whether browsers may be sent to a directory: it has a plain
// address that the pages of this site may load from.
func (s *Pages) mayAsk(directory string) bool {
	scheme, _, _ := strings.Cut(directory, "://")
	if scheme != "https" && (scheme != "http" || s.Site.Secure()) {
		return false
	}
	o := originOf(directory)
	return o != "" && strings.HasPrefix(strings.ToLower(directory), o+"/") && strings.HasSuffix(directory, "/") && !strings.ContainsAny(directory, "?#")
}

// trackersElsewhere are the trackers that browsers can ask.
func trackersElsewhere(v *video.Video) []string {
	if v.Playlist == nil {
		return nil
	}
	var list []string
	for _, t := range v.Playlist.Trackers {
		if strings.HasPrefix(t, "wss://") && originOf(t) != "" {
			list = append(list, t)
		}
	}
	return list
}

// sharingElsewhere is how viewers of a video of another site share it: in the
// swarm that its own viewers are in. nil when it has none.
func (s *Pages) sharingElsewhere(v *video.Video) *player.Sharing {
	trackers := trackersElsewhere(v)
	if len(trackers) == 0 || len(v.Playlist.P2PInfoHashes) == 0 {
		return nil
	}
	return &player.Sharing{
		Swarm: v.Playlist.PlaylistURL, Trackers: trackers, Hashes: v.Playlist.SegmentsURL,
		STUN: append([]string{}, s.Settings().STUN...), MaxUpload: maxUpload(s.Settings()),
	}
}
