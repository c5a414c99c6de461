package web

import (
	"net/http"
	"net/url"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/player"
	"sepiola/internal/server/web/ui"
)

// leastResumed is how far, in seconds, somebody must have come for the video
// to go on there.
const leastResumed = 5

// addWatching tells the player where to say how far its viewer is, and lets
// those who are logged in go on where they stopped, on whatever device. A
// beginning in the address comes first.
func (s *Pages) addWatching(r *http.Request, p *ui.Page, v *video.Video, src *player.Source) {
	u, set := auth.User(r.Context()), s.Settings()
	every := set.WatchingAnonymous
	if u != nil {
		every = set.WatchingUsers
	}
	src.Watching = &player.Watching{
		URL: "/api/v1/videos/" + v.UUID + "/views", Every: int(max(time.Second, every) / time.Millisecond), CSRF: p.CSRF, Here: u == nil && !p.Prefs.HistoryDisabled,
	}
	if v.Privacy == video.PasswordProtected && src.Token != "" {
		src.Watching.URL += "?videoFileToken=" + url.QueryEscape(src.Token)
	}
	if !r.URL.Query().Has("start") && v.WatchedTo != nil && *v.WatchedTo >= leastResumed && !v.IsLive && !view.ToEnd(*v.WatchedTo, v.Duration) &&
		(src.Stop == 0 || *v.WatchedTo < src.Stop) {
		src.Start = *v.WatchedTo
	}
}
