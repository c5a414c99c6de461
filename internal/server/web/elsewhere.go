package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/web/player"
)

// Videos of other sites play from there: their files are not copied.

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

// allowOrigins lets the page of a video load its files from where they are,
// and ask its trackers.
func allowOrigins(h http.Header, v *video.Video) {
	if !v.Remote {
		return
	}
	var media, connect []string
	seen := map[string]bool{}
	add := func(list *[]string, address string) {
		if o := originOf(address); o != "" && !seen[o] && len(seen) < maxOrigins {
			seen[o] = true
			*list = append(*list, o)
		}
	}
	if p := v.Playlist; p != nil {
		add(&media, p.PlaylistURL)
		add(&media, p.SegmentsURL)
	}
	for i := range v.Files {
		add(&media, v.Files[i].FileURL)
	}
	for _, t := range trackersElsewhere(v) {
		add(&connect, t)
	}
	if len(seen) == 0 {
		return
	}
	from := strings.Join(media, " ")
	to := strings.Join(append(media, connect...), " ")
	policies := h.Values("Content-Security-Policy")
	for i, policy := range policies {
		policy = strings.Replace(policy, "media-src 'self'", "media-src 'self' "+from, 1)
		policies[i] = strings.Replace(policy, "connect-src 'self'", "connect-src 'self' "+to, 1)
	}
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
