package web_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
)

// Of a long playlist a page shows a part; steps lead through all of it, and over
// what the reader may not watch.
func TestLongPlaylistsArePlayedWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	secret := &video.Video{UUID: otherUUID, Name: "Secret", Privacy: video.Private}
	s.addVideo(s.rootChannel(), 1, secret)
	open := video.ID(s.number(`SELECT id FROM videos WHERE uuid = '` + publicUUID + `'`))
	const count, gapFrom, gapTo = 450, 120, 430 // in the gap nothing is for strangers
	ids := make([]video.ID, count)
	for i := range ids {
		if ids[i] = open; i+1 >= gapFrom && i+1 <= gapTo {
			ids[i] = secret.ID
		}
	}
	l := s.addList(playlist.Public, ids...)
	path := "/w/p/" + video.ShortUUID(l.UUID)
	step := func(base, query string) (int, string) {
		t.Helper()
		a := s.get(base + query)
		if a.status != 200 {
			return a.status, ""
		}
		var to struct{ URL, Title string }
		if err := json.Unmarshal([]byte(a.body), &to); err != nil || to.Title == "" {
			t.Fatalf("%s: %v %s", query, err, a.body)
		}
		u, err := url.Parse(to.URL)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := strconv.Atoi(u.Query().Get("playlistPosition"))
		return n, to.URL
	}
	for _, base := range []string{path + "/next?", "/video-playlists/embed/" + l.UUID + "/next?muted=1&"} {
		for query, want := range map[string]int{
			"position=1&by=1": 2, "position=119&by=1": 431, "position=431&by=-1": 119, "position=200&by=1": 431, "position=450&by=1": 204, "position=450&by=1&loop=1": 1,
			"position=1&by=-1": 204, "position=1&by=-1&loop=1": 450, "position=99999999999999999999&by=-1": 450, "position=-3": 1, "by=x&seed=-1": 1, "position=9999": 204, "position=9999&by=-1": 450,
		} {
			if got, _ := step(base, query); got != want {
				t.Errorf("%s%s: got %d, want %d", base, query, got, want)
			}
		}
		seen, at := map[int]bool{1: true}, 1
		for range count {
			next, _ := step(base, fmt.Sprintf("position=%d&by=1&loop=1&seed=4000000000", at))
			if back, _ := step(base, fmt.Sprintf("position=%d&by=-1&loop=1&seed=4000000000", next)); back != at {
				t.Fatalf("back from %d: got %d, want %d", next, back, at)
			}
			if at = next; seen[at] {
				break
			}
			seen[at] = true
		}
		if want := gapFrom - 1 + count - gapTo; len(seen) != want || at != 1 {
			t.Errorf("%s: a mixed order came to %d of %d, and ended at %d", base, len(seen), want, at)
		}
	}
	if _, to := step("/video-playlists/embed/"+l.UUID+"/next?", "muted=1&position=1&by=1"); to != "?muted=1&playlistPosition=2" {
		t.Errorf("an embed stays as it is: got %s", to)
	}
	here := path + "?playlistPosition="
	s.get(here+"119").wants(t, 200, `data-playlist="119" data-next="`+path+`/next"`, "119 of 450", `rel="next" href="`+here+`431"`, `rel="prev" href="`+here+`118"`,
		`data-more="later" href="`+here+`119&amp;listFrom=219#playlist"`, `data-more="earlier" href="`+here+`119&amp;listFrom=1#playlist"`)
	s.get(here+"250").wants(t, 200, "431 of 450", `rel="prev" href="`+here+`119"`)
	s.get("/video-playlists/embed/"+l.UUID+"?playlistPosition=250").wants(t, 200, `data-playlist="431"`, `data-position="450"`)
	a := s.get(here + "119&listFrom=201")
	a.wants(t, 200, "119 of 450", `data-position="201"`, `data-position="400"`, `listFrom=401#playlist`, `listFrom=1#playlist`)
	a.lacks(t, `data-position="200"`)
	a.lacks(t, `data-whole`)
	for _, bad := range []string{"0", "-1", "451", "x", "99999999999999999999"} {
		s.get(here+"119&listFrom="+bad).wants(t, 200, `data-position="119"`)
	}
	s.login()
	if got, _ := step(path+"/next?", "position=119&by=1"); got != 120 {
		t.Errorf("who may watch it goes on to it: got %d", got)
	}
	if _, err := s.db.Exec(t.Context(), `DELETE FROM playlist_elements WHERE playlist_id = $1 AND position > 3`, l.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec(t.Context(), `UPDATE playlists SET videos_count = 3 WHERE id = $1`, l.ID); err != nil {
		t.Fatal(err)
	}
	a = s.get(path)
	a.wants(t, 200, "data-whole")
	a.lacks(t, "listFrom")
	if a := s.get("/w/p/" + strings.Repeat("2", 22) + "/next"); a.status != 404 {
		t.Errorf("no such list: got %d", a.status)
	}
}
