package web_test

import (
	"context"
	"testing"

	"sepiola/internal/domain/video"
)

// Who may not watch here what nobody follows is led to where it comes from.
func TestVideosThatAreNotFollowedLeadToTheirOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const far = "https://far.example/videos/watch/1"
	s.exec(`UPDATE videos SET remote = TRUE, url = '` + far + `' WHERE uuid = '` + publicUUID + `'`)
	users := true
	videos := s.pages.Videos.(*video.Service)
	videos.Anywhere = func(signedIn bool) bool { return signedIn && users }
	videos.Followed = func(context.Context, *video.Video) (bool, error) { return false, nil }
	watch := "/w/" + video.ShortUUID(publicUUID)
	a := s.get(watch)
	a.wants(t, 403, `href="`+far+`"`, "Watch it on far.example", "does not follow where this one comes from: far.example", `href="/login?to=`, `content="noindex"`)
	a.lacks(t, "First &lt;video")
	s.get("/videos/embed/"+publicUUID).wants(t, 403, `href="`+far+`"`, "Watch it on far.example")
	users = false
	a = s.get(watch)
	a.wants(t, 403, "Watch it on far.example")
	a.lacks(t, "With an account here")
	s.login()
	s.get(watch).wants(t, 403, "Watch it on far.example")
	users = true
	s.get(watch).wants(t, 200, "First &lt;video")
}
