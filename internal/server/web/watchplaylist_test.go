package web_test

import (
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
)

// Who passes on the address of a playlist passes on the playlist: its name, its
// player and its address, whichever of its videos is shown.
func TestPlaylistsDescribeThemselves(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	another := &video.Video{UUID: otherUUID, Name: "Another", Privacy: video.Public}
	s.addVideo(s.rootChannel(), 1, another)
	first := video.ID(s.number(`SELECT id FROM videos WHERE uuid = '` + publicUUID + `'`))
	l := s.addList(playlist.Public, first, another.ID)
	if _, err := s.db.Exec(t.Context(), `UPDATE playlists SET description = 'About *the list*' WHERE id = $1`, l.ID); err != nil {
		t.Fatal(err)
	}
	path := "/w/p/" + video.ShortUUID(l.UUID)
	at, player := s.server.URL+path, s.server.URL+"/video-playlists/embed/"+l.UUID
	for _, here := range []string{path, path + "?playlistPosition=2"} {
		a := s.get(here)
		a.wants(t, 200, `<meta property="og:title" content="A list of this test">`, `<meta name="twitter:title" content="A list of this test">`,
			`<meta property="og:url" content="`+at+`">`, `<link rel="canonical" href="`+at+`">`, `<meta property="og:description" content="About the list">`,
			`<meta property="og:video" content="`+player+`">`, `<meta name="twitter:player" content="`+player+`">`,
			`type="application/json+oembed" title="A list of this test" href="`+s.server.URL+`/services/oembed?url=`+url.QueryEscape(at)+`"`,
			`"@type":"ItemList","name":"A list of this test","description":"About the list","url":"`+at+`","numberOfItems":2`)
		a.lacks(t, "noindex")
		a.lacks(t, "VideoObject")
		a.lacks(t, `/services/oembed?url=`+url.QueryEscape(s.server.URL+"/w/"+video.ShortUUID(publicUUID)))
	}
	s.get(path+"?playlistPosition=2").wants(t, 200, "<title>Another - A list of this test - Test site</title>")
	set := func(privacy playlist.Privacy) {
		t.Helper()
		if _, err := s.db.Exec(t.Context(), `UPDATE playlists SET privacy = $2 WHERE id = $1`, l.ID, privacy); err != nil {
			t.Fatal(err)
		}
	}
	set(playlist.Unlisted)
	a := s.get(path)
	a.wants(t, 200, "noindex", `<meta property="og:video" content="`+player+`">`)
	a.lacks(t, "ItemList")
	set(playlist.Private)
	if a := s.get(path); strings.Contains(a.body, l.Name) {
		t.Errorf("a stranger sees a private playlist: %d %s", a.status, a.url)
	}
	s.login()
	a = s.get(path)
	a.wants(t, 200, "noindex")
	a.lacks(t, "og:video")
	a.lacks(t, "oembed")
	set(playlist.Public)
	s.alter(publicUUID, `privacy = $2`, video.Unlisted)
	s.get(path).wants(t, 200, "noindex")
}

// The part that a playlist names is played, wherever the video was left; a stop
// in it that is not after the start of the address is none.
func TestPartsOfPlaylistsArePlayed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.alter(publicUUID, `duration = $2`, 600)
	id := video.ID(s.number(`SELECT id FROM videos WHERE uuid = '` + publicUUID + `'`))
	l := s.addList(playlist.Public, id)
	if _, err := s.db.Exec(t.Context(), `UPDATE playlist_elements SET stop_timestamp = 9 WHERE playlist_id = $1`, l.ID); err != nil {
		t.Fatal(err)
	}
	s.login()
	if _, err := s.db.Exec(t.Context(), `INSERT INTO user_video_history (user_id, video_id, position, created_at, updated_at)
		SELECT u.id, v.id, 30, v.created_at, v.created_at FROM users u, videos v WHERE v.id = $1`, id); err != nil {
		t.Fatal(err)
	}
	path := "/w/p/" + video.ShortUUID(l.UUID)
	a := s.get(path)
	a.wants(t, 200, `"stop":9`)
	a.lacks(t, `"start":30`)
	a = s.get(path + "?start=20")
	a.wants(t, 200, `"start":20`)
	a.lacks(t, `"stop":9`)
}
