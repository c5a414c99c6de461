package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// framed asks for an embed as a frame of a page does.
func (s *site) framed(path string, headers ...string) (answer, http.Header) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.server.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := s.browser.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	return s.do(r), res.Header
}

// addEmbed adds a video with a file.
func (s *site) addEmbed(v *video.Video) {
	s.t.Helper()
	s.addVideo(s.rootChannel(), 1, v)
}

// addList adds a playlist of root, with videos.
func (s *site) addList(privacy playlist.Privacy, videos ...video.ID) *playlist.Playlist {
	s.t.Helper()
	owner, err := sqldb.One(s.t.Context(), s.db, sqldb.Value[actor.AccountID], `SELECT max(id) FROM accounts`)
	if err != nil {
		s.t.Fatal(err)
	}
	lists := store.Playlists{DB: s.db, Videos: s.videos}
	l := &playlist.Playlist{
		UUID: video.NewUUID(), Type: playlist.Regular, Privacy: privacy, Name: "A list of this test", OwnerID: owner, ChannelID: s.rootChannel(), CreatedAt: s.now, UpdatedAt: s.now,
	}
	l.URL = "http://localhost:9000/video-playlists/" + l.UUID
	if err := lists.Create(s.t.Context(), l); err != nil {
		s.t.Fatal(err)
	}
	for _, id := range videos {
		if err := lists.AddElement(s.t.Context(), &playlist.Element{PlaylistID: l.ID, VideoID: id}); err != nil {
			s.t.Fatal(err)
		}
	}
	return l
}

const otherUUID = "55555555-5555-4555-8555-555555555555"

func TestEmbedsTellNothingOfWhatIsNotOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		v        video.Video
		path     string
		headers  []string
		status   int
		has, not string
	}{
		"a public one is there":                   {v: video.Video{Privacy: video.Public}, status: 200, has: `id="player"`, not: "secret-token"},
		"by its short id":                         {v: video.Video{Privacy: video.Public}, path: video.ShortUUID(otherUUID), status: 200, has: `id="player"`},
		"an unlisted one is there":                {v: video.Video{Privacy: video.Unlisted}, status: 200, has: `id="player"`},
		"an unlisted one does not have a number":  {v: video.Video{Privacy: video.Unlisted}, path: "5", status: 403, has: "not open", not: "Hidden name"},
		"a private one is not told of":            {v: video.Video{Privacy: video.Private}, status: 403, has: "not open", not: "Hidden name"},
		"an internal one neither":                 {v: video.Video{Privacy: video.InternalOnly}, status: 403, has: "not open", not: "Hidden name"},
		"a password is asked for":                 {v: video.Video{Privacy: video.PasswordProtected}, status: 403, has: "needs a password", not: "Hidden name"},
		"a wrong password":                        {v: video.Video{Privacy: video.PasswordProtected}, headers: []string{"X-Peertube-Video-Password", "guess"}, status: 403, has: "is wrong", not: "Hidden name"},
		"the right password":                      {v: video.Video{Privacy: video.PasswordProtected}, headers: []string{"X-Peertube-Video-Password", "sesame"}, status: 200, has: `"token":"`, not: "sesame"},
		"what is not there":                       {path: "66666666-6666-4666-8666-666666666666", status: 404, has: "does not exist"},
		"what is no id":                           {path: "%3Cscript%3E", status: 404, has: "does not exist"},
		"one that is prepared":                    {v: video.Video{Privacy: video.Public, State: video.ToTranscode}, status: 200, has: "embed-message", not: `id="player"`},
		"a sensitive one asks":                    {v: video.Video{Privacy: video.Public, NSFW: true, NSFWFlags: video.FlagViolent}, status: 200, has: "marked as sensitive", not: `id="player"`},
		"a sensitive one after it was agreed to":  {v: video.Video{Privacy: video.Public, NSFW: true}, path: otherUUID + "?sensitive=show", status: 200, has: `id="player"`},
		"an allow-list without a page around":     {v: video.Video{Privacy: video.Public, EmbedPrivacyPolicy: 2}, status: 403, has: "may not be shown", not: "Hidden name"},
		"an allow-list and another page":          {v: video.Video{Privacy: video.Public, EmbedPrivacyPolicy: 2}, headers: []string{"Referer", "https://evil.example/a.example"}, status: 403, has: "may not be shown", not: "Hidden name"},
		"an allow-list and its page":              {v: video.Video{Privacy: video.Public, EmbedPrivacyPolicy: 2}, headers: []string{"Referer", "https://A.example/page"}, status: 200, has: `id="player"`},
		"an allow-list and what the frame is in":  {v: video.Video{Privacy: video.Public, EmbedPrivacyPolicy: 2}, headers: []string{"Referer", "https://a.example/", "X-Embedded-In", "https://evil.example/"}, status: 403, has: "may not be shown", not: "Hidden name"},
		"an allow-list does not open what is not": {v: video.Video{Privacy: video.Private, EmbedPrivacyPolicy: 2}, headers: []string{"Referer", "https://a.example/"}, status: 403, has: "not open", not: "Hidden name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			if c.v.Privacy != 0 {
				v := c.v
				v.UUID, v.Name = otherUUID, "Hidden name"
				s.addEmbed(&v)
				if v.EmbedPrivacyPolicy == 2 {
					if err := s.videos.SetEmbedPrivacy(t.Context(), v.ID, video.EmbedPrivacy{Policy: video.EmbedAllowList, Domains: []string{"a.example", "b.example:8443"}}); err != nil {
						t.Fatal(err)
					}
				}
				if v.Privacy == video.PasswordProtected {
					if err := s.videos.SetPasswords(t.Context(), v.ID, []string{"sesame"}); err != nil {
						t.Fatal(err)
					}
				}
			}
			if c.path == "" {
				c.path = otherUUID
			}
			a, h := s.framed("/videos/embed/"+c.path, c.headers...)
			if a.status != c.status || !strings.Contains(a.body, c.has) || c.not != "" && strings.Contains(a.body, c.not) {
				t.Errorf("got %d:\n%s", a.status, a.body)
			}
			if len(h.Values("Set-Cookie")) > 0 {
				t.Errorf("a cookie is set: %v", h["Set-Cookie"])
			}
			policies := strings.Join(h.Values("Content-Security-Policy"), "\n")
			if restricted := strings.Contains(policies, "frame-ancestors 'self' http://a.example https://a.example http://b.example:8443"); restricted != (c.v.EmbedPrivacyPolicy == 2 && c.status == 200) {
				t.Errorf("policies: %s", policies)
			}
			if !regexp.MustCompile(`style-src 'self' 'sha256-[A-Za-z0-9+/]{43}=';`).MatchString(policies) {
				t.Errorf("the style is not allowed: %s", policies)
			}
		})
	}
}

// A page beside this site on the same domain gets the cookie of whoever is
// logged in here sent along with its frames, and could ask a player for its
// picture.
func TestEmbedsOfPagesBesideTheSiteAreNobodys(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addEmbed(&video.Video{UUID: otherUUID, Name: "Hidden name", Privacy: video.Private})
	s.login()
	for fetchSite, want := range map[string]int{"same-origin": 200, "none": 200, "same-site": 403, "cross-site": 403, "nonsense": 403} {
		a, _ := s.framed("/videos/embed/"+otherUUID, "Sec-Fetch-Site", fetchSite)
		if a.status != want || want != 200 && strings.Contains(a.body, "Hidden name") {
			t.Errorf("%s: got %d, want %d", fetchSite, a.status, want)
		}
	}
	if a, _ := s.framed("/videos/embed/" + otherUUID); a.status != 403 {
		t.Errorf("an unknown page around: got %d", a.status)
	}
	if a, _ := s.framed("/videos/embed/"+otherUUID, "Referer", s.server.URL+"/videos/test-embed/x"); a.status != 200 {
		t.Errorf("this site around, told by an old browser: got %d", a.status)
	}
}

func TestEmbedParametersFromOutside(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for query, c := range map[string]struct{ has, not string }{
		"start=3s&stop=9":                                     {has: `"start":3,"stop":9`},
		"start=99999999999999999999&stop=-3":                  {not: `"start"`},
		"start=500000&stop=600000":                            {not: `"start"`}, // beyond the end
		"start=7&stop=5":                                      {has: `"start":7`, not: `"stop"`},
		"stop=500000":                                         {not: `"stop"`},
		"playbackRate=1e999":                                  {not: `"rate"`},
		"playbackRate=NaN":                                    {not: `"rate"`},
		"playbackRate=2":                                      {has: `"rate":2`},
		"subtitle=%22%3E%3Cscript%3Ealert(1)%3C/script":       {not: "alert(1)"},
		"bigPlayBackgroundColor=%23a0b":                       {has: `"back":"#a0b"`},
		"foregroundColor=rgba(1,%202,%203,%20.5)":             {has: `"fore":"rgba(1, 2, 3, .5)"`},
		"foregroundColor=red;background:url(//x.example":      {not: "x.example"},
		"foregroundColor=url(https://x.example/)":             {not: "x.example"},
		"foregroundColor=%3C/script%3E%3Cb%3E":                {not: "<b>"},
		"bigPlayBackgroundColor=" + strings.Repeat("a", 5000): {not: "aaaaaaaaaa"},
		"scope=%22%3A%3A":                                     {has: `"scope":"peertube"`},
		"scope=mine&api=1":                                    {has: `"scope":"mine"`},
		"api=1":                                               {has: `"api":true`},
		"api=true":                                            {not: `"api"`},
		"autoplay=1&muted=0":                                  {has: `"autoplay":true,"autoplayNext":true,"muted":false`},
		"controls=0":                                          {has: `"noControls":true`},
		"controls=0&":                                         {not: `class="embed-top"`}, // title and warning go with them, as PeerTube's do
		"controls=0&api=1":                                    {not: `class="embed-play"`},
		"controlBar=0":                                        {has: `"noBar":true`},
		"controlBar=0&":                                       {not: `target="_blank"`, has: "<h1"}, // the link is in PeerTube's bar, the title is not
		"mode=web-video":                                      {has: `"mode":"web-video"`},
		"mode=%3Cb%3E":                                        {not: `"mode"`},
		"title=0":                                             {not: "<h1"},
		"peertubeLink=0":                                      {not: `target="_blank"`},
		"title=0&peertubeLink=0":                              {not: "embed-top"},
		"p2p=1&warningTitle=0":                                {has: `id="player"`},
		"playlistPosition=99":                                 {has: `id="player"`},
	} {
		a, _ := s.framed("/videos/embed/" + publicUUID + "?" + query)
		body := strings.ReplaceAll(a.body, "&#34;", `"`)
		body = body[strings.Index(body, "<body"):]
		if a.status != 200 || !strings.Contains(body, c.has) || c.not != "" && strings.Contains(body, c.not) {
			t.Errorf("%s: got %d:\n%s", query, a.status, body)
		}
	}
}

// A clip says how long it is, not its film.
func TestPostersSayWhatIsPlayed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, err := s.db.Exec(t.Context(), `UPDATE videos SET duration = 600 WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{"": "10:00", "?start=83&stop=107": "0:24", "?start=1m": "9:00", "?stop=9999": "10:00", "?start=9999": "10:00"} {
		a, _ := s.framed("/videos/embed/" + publicUUID + query)
		if got := between(a.body, `class="embed-duration" aria-hidden="true">`, "<"); a.status != 200 || got != want {
			t.Errorf("%q: %d, got %q, want %q", query, a.status, got, want)
		}
	}
}

// Viewers who share see each other's address, and so are told, unless the page
// around does it (PeerTube's warningTitle).
func TestEmbedsThatShareSaySo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sharing, s.policy.P2P = web.Settings{Share: true, ShareEmbeds: true}, true
	if _, err := s.db.Exec(t.Context(), `INSERT INTO streaming_playlists (video_id, type, playlist_filename, created_at, updated_at)
		SELECT id, 1, 'x-master.m3u8', created_at, updated_at FROM videos WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]bool{"": true, "?warningTitle=1&title=0&peertubeLink=0": true, "?warningTitle=0": false, "?p2p=0": false} {
		a, _ := s.framed("/videos/embed/" + publicUUID + query)
		if got := strings.Contains(a.body, `class="embed-warning"`); a.status != 200 || got != want {
			t.Errorf("%q: %d, got %v, want %v", query, a.status, got, want)
		}
	}
	// Where embeds do not share by themselves, the page around may ask for it.
	s.sharing.ShareEmbeds = false
	for query, want := range map[string]bool{"": false, "?p2p=1": true, "?p2p=yes": false} {
		a, _ := s.framed("/videos/embed/" + publicUUID + query)
		if got := strings.Contains(a.body, "/tracker/socket"); a.status != 200 || got != want {
			t.Errorf("%q, not by default: %d, got %v, want %v", query, a.status, got, want)
		}
	}
}

func TestEmbeddedPlaylistsLeaveOutWhatIsNotOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	restricted := &video.Video{UUID: otherUUID, Name: "Restricted video", Privacy: video.Public}
	s.addEmbed(restricted)
	if err := s.videos.SetEmbedPrivacy(t.Context(), restricted.ID, video.EmbedPrivacy{Policy: video.EmbedAllowList, Domains: []string{"a.example"}}); err != nil {
		t.Fatal(err)
	}
	list := s.addList(playlist.Public, 2, 1, restricted.ID) // with a password, public, restricted
	path := "/video-playlists/embed/" + video.ShortUUID(list.UUID)
	a, h := s.framed(path)
	for text, want := range map[string]bool{"First &lt;video&gt;": true, "Protected video": false, "Restricted video": false, `data-position="2"`: true, `data-position="1"`: false, `data-position="3"`: false} {
		if strings.Contains(a.body, text) != want {
			t.Errorf("%q: want %v in\n%s", text, want, a.body)
		}
	}
	if policy := strings.Join(h.Values("Content-Security-Policy"), "\n"); strings.Contains(policy, "frame-ancestors 'self'") {
		t.Errorf("policy %s", policy)
	}
	if a, _ := s.framed(path+"?playlistPosition=3", "Referer", "https://evil.example/"); strings.Contains(a.body, "Restricted video") {
		t.Error("another site shows what it may not")
	}
	a, h = s.framed(path+"?playlistPosition=last", "Referer", "https://a.example/")
	if !strings.Contains(a.body, "Restricted video") || !strings.Contains(strings.Join(h.Values("Content-Security-Policy"), "\n"), "https://a.example") {
		t.Errorf("the site of the list: %s", a.body)
	}
	for privacy, want := range map[playlist.Privacy]int{playlist.Unlisted: 200, playlist.Private: 403} {
		if a, _ := s.framed("/video-playlists/embed/" + s.addList(privacy).UUID); a.status != want || want != 200 && strings.Contains(a.body, "A list of this test") {
			t.Errorf("privacy %d: got %d:\n%s", privacy, a.status, a.body)
		}
	}
	if a, _ := s.framed("/video-playlists/embed/nothing"); a.status != 404 || !strings.Contains(a.body, "playlist does not exist") {
		t.Errorf("no such list: got %d", a.status)
	}
}

func TestPlaygroundOfEmbeds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/videos/test-embed/"+publicUUID).has(t, "the playground", 200, `src="/videos/embed/`, "api=1", "getImageDataUrl")
	if a := s.get("/videos/test-embed/" + protectedUUID); a.status == 200 {
		t.Error("the playground of a protected video")
	}
	list := s.addList(playlist.Public)
	s.get("/video-playlists/test-embed/"+list.UUID).has(t, "the playground of a list", 200, `src="/video-playlists/embed/`, "playNextVideo")
}
