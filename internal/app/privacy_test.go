package app

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

// TestNothingHiddenIsReadAnywhere asks every address that the site answers, in
// every way that may matter, for videos of every privacy: nobody finds a word,
// a name of a file or an id of what they may not see.
//
// All videos were public once, so that others commented, liked, watched,
// saved, reported and were told of them; then they were hidden. A route that
// is new is asked too; one with a parameter that this test does not know fails
// it.
func TestNothingHiddenIsReadAnywhere(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Fatalf("what is hidden cannot be checked without ffmpeg, which scripts/deps.sh installs: %v", err)
	}
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		newSecretive(t, nil).readEverything("/")
	})
	t.Run("PostgreSQL", func(t *testing.T) { // the same statements, but for searching
		t.Parallel()
		w := newSecretive(t, []string{"SEPIOLA_DATABASE_URL=" + sqldbtest.PostgresURL(t)})
		w.readEverything("/api/v1/search/", "/api/v1/videos", "/api/v1/overviews/", "/feeds/", "/search", "/sitemap/", "/videos/overview")
	})
}

// marks finds the words that only one video has.
var marks = regexp.MustCompile(`zebra[a-z]+(\d)x`)

// mayRead says whether somebody may read of a video at an address: what is
// unlisted, whoever asks for it by its id, or in a list that somebody who knew
// it made.
func (w *secretive) mayRead(who reader, p video.Privacy, address string) bool {
	s := w.films[p]
	byFile := slices.ContainsFunc(slices.Concat(s.files, s.captions, s.thumbnails), func(f string) bool { return strings.Contains(address, f) })
	byNumber := regexp.MustCompile(fmt.Sprintf(`[/=]%d(\D|$)`, s.ID))
	switch p {
	case video.Public:
		return true
	case video.InternalOnly:
		return who.name != ""
	case notPublished: // as PeerTube's: its page says that it is being made
		return strings.Contains(address, s.UUID) || strings.Contains(address, s.ShortUUID) || byNumber.MatchString(address) || byFile
	case video.Unlisted:
		own := who.name == "bob" && (strings.Contains(address, "/history") || strings.Contains(address, "/my-account/") || strings.Contains(address, "/notifications") ||
			strings.Contains(address, "/my-library/") || strings.Contains(address, "/accounts/bob/ratings") || then(who, address))
		return own || strings.Contains(address, s.UUID) || strings.Contains(address, s.ShortUUID) || strings.Contains(address, w.list) || byFile
	}
	return false
}

// then reports whether an address tells bob what he reported, as it was then.
func then(who reader, address string) bool {
	return who.name == "bob" && strings.Contains(address, "/abuses")
}

// readEverything asks for everything below some paths.
func (w *secretive) readEverything(below ...string) {
	asked, found := 0, map[video.Privacy]map[string]bool{}
	for _, rt := range w.app.routers {
		err := rt.Routes(func(method, path string) {
			if method != http.MethodGet || !slices.ContainsFunc(below, func(b string) bool { return strings.HasPrefix(rt.below+path, b) }) {
				return
			}
			for _, address := range w.addresses(rt.below + path) {
				if strings.Contains(address, "/users/me/notifications/events") && strings.Contains(address, "?") {
					continue
				}
				for _, name := range []string{"", "bob"} {
					for _, accept := range w.accepts(rt.below + path) {
						who := w.people[name]
						a := w.ask(who, method, address, http.NoBody, http.Header{"Accept": {accept}})
						asked++
						for p := range w.read(who, address, accept, a) {
							if found[p] == nil {
								found[p] = map[string]bool{}
							}
							found[p][rt.below+path] = true
						}
					}
				}
			}
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	// What was asked for can be found: otherwise nothing is proved.
	if below[0] != "/" {
		return
	}
	w.t.Logf("%d questions", asked)
	for p, least := range map[video.Privacy]int{video.Public: 50, video.InternalOnly: 25, video.Unlisted: 20} {
		if len(found[p]) < least {
			w.t.Errorf("privacy %d was found at %d routes only: %v", p, len(found[p]), slices.Sorted(maps.Keys(found[p])))
		}
	}
}

// read looks for what an answer tells, and complains of what it should not.
func (w *secretive) read(who reader, address, accept string, a *httptest.ResponseRecorder) map[video.Privacy]bool {
	tells := map[video.Privacy]string{}
	header := new(bytes.Buffer)
	_ = a.Header().Write(header)
	for _, text := range []string{a.Body.String(), header.String()} {
		for _, m := range marks.FindAllStringSubmatch(text, -1) {
			if then(who, address) && !strings.HasPrefix(m[0], "zebralater") {
				continue
			}
			tells[video.Privacy(m[1][0]-'0')] = m[0]
		}
		for p, s := range w.films {
			asked := strings.Contains(address, s.UUID) || strings.Contains(address, s.ShortUUID) // and may be repeated
			for i, id := range slices.Concat([]string{s.UUID, s.ShortUUID}, s.thumbnails, s.files, s.captions) {
				if strings.Contains(text, id) && !strings.Contains(address, id) && (i > 1 || !asked) && !then(who, address) {
					tells[p] = id
				}
			}
		}
	}
	if isMedia(a) {
		for p, s := range w.films {
			if strings.Contains(address, s.UUID) || slices.ContainsFunc(s.files, func(f string) bool { return strings.Contains(address, f) }) {
				tells[p] = "its file"
			}
		}
	}
	said := map[video.Privacy]bool{}
	for p, what := range tells {
		said[p] = true
		if !w.mayRead(who, p, address) {
			w.t.Errorf("%q reads %s of privacy %d at %s (Accept: %s): %d", who.name, what, p, address, accept, a.Code)
		}
	}
	return said
}

// isMedia reports whether an answer is of a video's bytes.
func isMedia(a *httptest.ResponseRecorder) bool {
	kind := a.Header().Get("Content-Type")
	return a.Code < 300 && (strings.HasPrefix(kind, "video/") || strings.HasPrefix(kind, "audio/") || strings.Contains(kind, "mpegurl") || strings.HasSuffix(kind, "octet-stream"))
}

// accepts are what an answer may be asked to be: pages have documents at the
// same addresses.
func (w *secretive) accepts(route string) []string {
	for _, one := range []string{"/w/", "/videos/watch/", "/a/", "/c/", "/@", "/account", "/video-channels/", "/video-playlists/"} {
		if strings.HasPrefix(route, one) {
			return []string{"text/html", "application/activity+json, text/html;q=0.1"}
		}
	}
	return []string{"text/html, */*;q=0.5"}
}

// addresses are what a route is asked for: of each video in every way that it
// has a name, and lists with whatever may widen them.
func (w *secretive) addresses(route string) []string {
	w.t.Helper()
	if strings.HasSuffix(route, "/*") { // files of the program
		return nil
	}
	var all []string
	for _, p := range privacies {
		paths := w.fill(route, w.films[p])
		all = append(all, paths...)
		if strings.Contains(route, "{file}") {
			continue
		}
		for _, path := range paths {
			for _, q := range w.queries(p, len(paths) > 1) {
				all = append(all, path+"?"+q.Encode())
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// fill puts everything that a video is known by in place of a route's
// parameters.
func (w *secretive) fill(route string, s *secret) []string {
	w.t.Helper()
	paths := []string{route}
	for {
		name := parameter.FindString(paths[0])
		if name == "" {
			return paths
		}
		values := w.values(route, name, s)
		if len(values) == 0 {
			w.t.Fatalf("%s: this test does not know what to put in place of %s", route, name)
		}
		var next []string
		for _, path := range paths {
			for _, v := range values {
				next = append(next, strings.Replace(path, name, v, 1))
			}
		}
		paths = next
	}
}

func (w *secretive) values(route, name string, s *secret) []string {
	few := []string{"1", "2", "3"}
	switch name {
	case "{id}":
		switch {
		case strings.Contains(route, "/video-playlists/"), strings.Contains(route, "/w/p/"), strings.Contains(route, "/playlist/"):
			return []string{w.list}
		case strings.Contains(route, "/users/{"), strings.Contains(route, "/users/update/"):
			return few
		case strings.Contains(route, "/abuses/"), strings.Contains(route, "/notifications/"):
			return append(few, "4", "5", "6", "7", "8", "9", "10", "11", "12")
		}
		return []string{fmt.Sprint(s.ID), s.UUID, s.ShortUUID}
	case "{videoId}":
		return []string{fmt.Sprint(s.ID), s.UUID, s.ShortUUID}
	case "{uuid}":
		return []string{s.UUID}
	case "{video}":
		return []string{fmt.Sprint(s.ID)}
	case "{handle}", "{name}", "{uri}":
		return []string{"alice", "alice_channel", "bob", "alice_channel@localhost:9000"}
	case "{comment}", "{commentId}", "{threadId}":
		return []string{fmt.Sprint(s.thread), fmt.Sprint(s.comment)}
	case "{file}":
		return slices.Concat(s.files, s.captions, s.thumbnails, []string{s.UUID + ".mp4", fmt.Sprint(s.ID, "-240.mp4")})
	case "{playlist}", "{playlistId}":
		return []string{w.list}
	case "{element}":
		return []string{fmt.Sprint(s.element)}
	}
	return map[string][]string{
		"{format}": {"xml", "atom", "json"}, "{metric}": {"viewers"}, "{state}": {"completed"}, "{number}": {"1"}, "{actor}": {"1"},
		"{userId}": few, "{videoFileId}": few, "{likes:likes|dislikes}": {"likes"},
	}[name]
}

// queries are what addresses are asked with: those of one video with what may
// open it or show it, lists with what may widen them.
func (w *secretive) queries(p video.Privacy, ofOne bool) []url.Values {
	s := w.films[p]
	page := "http://localhost:9000/w/" + s.ShortUUID
	if ofOne {
		return []url.Values{
			{"password": {"wrong"}, "videoFileToken": {"wrong"}, "token": {"wrong"}, "raw": {"true"}},
			{"page": {"1"}, "part": {"1"}, "playlistId": {w.list}, "playlistPosition": {"1"}, "after": {"0"}, "count": {"100"}},
		}
	}
	list := []url.Values{
		{"videoId": {s.UUID}, "uuids": {s.UUID}, "videoIds": {fmt.Sprint(s.ID)}, "url": {page}, "uri": {page}, "playlistId": {w.list}},
		{"videoId": {fmt.Sprint(s.ID)}, "search": {page}, "q": {page}, "nsfw": {"both"}},
	}
	if p != privacies[0] {
		return list
	}
	channel := fmt.Sprint(w.channel)
	for _, q := range []url.Values{
		{"search": {"herd"}, "q": {"herd"}, "playlistId": {w.list}},
		{"search": {"zebraname"}, "q": {"zebraname"}, "videoChannelId": {channel}},
		{"search": {"zebraspoken"}, "q": {"zebratag"}, "videoChannelName": {"alice_channel"}},
		{"tagsOneOf": {"herd"}, "sort": {"-hot"}, "isLocal": {"true"}, "scope": {"local"}},
		{"privacyOneOf": {"1", "2", "3", "4", "5"}, "accountName": {"alice"}},
		{"stateOneOf": {"1", "2"}},
		{"include": {"127"}, "withStats": {"true"}},
		{"sort": {"-views"}, "skipCount": {"true"}, "page": {"1"}},
		{"accountId": {"2"}, "token": {"wrong"}, "resource": {"acct:alice@localhost:9000"}},
	} {
		q.Set("count", "100")
		q.Set("nsfw", "both")
		list = append(list, q)
	}
	return list
}
