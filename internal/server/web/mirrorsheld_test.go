package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/store"
)

const heldPage = mirrorsPage + "?target=remote-videos"

// mirroring stands in for what fetches files and tells others of them, by the
// strategies of the settings.
type mirroring struct {
	redundancy.Files
	told  []string
	rules []redundancy.Rule
}

func (m *mirroring) say(format string, args ...any) error {
	m.told = append(m.told, fmt.Sprintf(format, args...))
	return nil
}

func (m *mirroring) Mirror(_ context.Context, id video.ID, s redundancy.Strategy) error {
	return m.say("mirror %d %s", id, s)
}
func (m *mirroring) Leave(_ context.Context, host string) error { return m.say("leave %s", host) }

func (*mirroring) GivenUp(context.Context, time.Time) (map[video.ID]bool, error) {
	return map[video.ID]bool{}, nil
}

func (m *mirroring) MirrorMade(context.Context, *redundancy.Mirror, *video.Video) error { return nil }

func (m *mirroring) MirrorKept(context.Context, *redundancy.Mirror, *video.Video) error { return nil }

func (m *mirroring) MirrorDropped(_ context.Context, _ *redundancy.Mirror, v *video.Video) error {
	return m.say("dropped %s", v.Name)
}

func (m *mirroring) Delete(context.Context, string, string) error { return nil }
func (m *mirroring) List(context.Context, string, string, func(string, int64, time.Time) error) error {
	return nil
}

// withMirrors lets the site mirror videos of others.
func (s *site) withMirrors(at instance.Site, ledger follow.Ledger, now func() time.Time) {
	rows := store.Redundancies{DB: s.db}
	s.pages.Mirrors = &redundancy.Admin{
		Store: rows, Videos: s.videos, Ledger: ledger, InTx: s.db.InTx, Now: now,
		Keeper: &redundancy.Keeper{
			Store: rows, Videos: s.videos, Files: &s.mirroring, Queue: &s.mirroring, Events: &s.mirroring, Site: at,
			Rules: func() []redundancy.Rule { return s.mirroring.rules }, InTx: s.db.InTx, AfterCommit: s.db.AfterCommit, Now: now, Log: slog.New(slog.DiscardHandler),
		},
	}
}

// remoteVideo is the public video of the site, as if it were of far.example, with
// files of HLS.
func (s *site) remoteVideo() {
	s.t.Helper()
	s.mirrorer("far.example")
	s.exec(`UPDATE videos SET remote = TRUE, url = 'https://far.example/videos/watch/` + publicUUID + `' WHERE id = 1`)
	s.exec(`INSERT INTO streaming_playlists (id, video_id, type, playlist_filename, segments_filename, created_at, updated_at)
		SELECT 1, id, 1, 'x-master.m3u8', 'x-segments-sha256.json', created_at, updated_at FROM videos WHERE id = 1`)
	s.exec(`UPDATE video_files SET playlist_id = 1, file_url = 'https://far.example/static/streaming-playlists/hls/x/x-720.mp4' WHERE video_id = 1`)
}

// hold makes a mirror of this site of a video.
func (s *site) hold(id video.ID, why redundancy.Strategy, until time.Time) {
	s.t.Helper()
	me, err := store.Actors{DB: s.db}.Instance(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if err := (store.Redundancies{DB: s.db}).Put(s.t.Context(), &redundancy.Mirror{
		URL: fmt.Sprintf("%s/redundancy/%d", s.server.URL, id), VideoID: id, ActorID: me.ID, BaseURL: fmt.Sprintf("%s/static/redundancy/hls/%d/", s.server.URL, id),
		Strategy: why, Size: 3 << 20, Files: 2, ExpiresAt: until, CreatedAt: s.now, UpdatedAt: s.now,
	}); err != nil {
		s.t.Fatal(err)
	}
	if err := s.videos.Touch(s.t.Context(), id); err != nil { // what was read before is forgotten
		s.t.Fatal(err)
	}
}

func TestAdministratorsSeeWhatTheSiteMirrors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	s.sharing.Federated = true
	s.get(heldPage).has(t, "nothing", 200, "This site mirrors no video", "redundancy.videos.strategies", "0 videos, 0 B", `aria-current="page">Videos of other sites</a>`)
	s.get(mirrorsPage).has(t, "others", 200, `aria-current="page">Videos of this site</a>`)
	s.get(mirrorsPage+"?target=nonsense").has(t, "nonsense", 200, `aria-current="page">Videos of this site</a>`)
	s.remoteVideo()
	s.exec(`UPDATE videos SET remote = TRUE, url = 'https://near.example/videos/watch/3' WHERE id = 3`)
	s.mirroring.rules = []redundancy.Rule{{Strategy: redundancy.MostViews, Size: 12 << 20}, {Strategy: redundancy.Trending}}
	s.hold(1, redundancy.Manual, time.Time{})
	s.hold(3, redundancy.MostViews, s.now.Add(36*time.Hour))
	list := s.get(heldPage)
	list.has(t, "the list", 200, "By hand</dt>", "1 video, 3 MiB", "1 video, 3 MiB of 12 MiB", `value="25"`, "0 videos, 0 B of 0 B", `value="100"`, `href="`+followingPage+`"`,
		"First &lt;video&gt;", ">far.example</a>", "<span>By hand</span>", "until it is removed", "Sensitive video", ">near.example</a>", "<span>Most viewed</span>", "November 22, 2026")
	list.lacks(t, "redundancy.videos.strategies</code>", "federation.enabled")
	s.get(mirrorsPage).lacks(t, "Sensitive video")
	a := s.post(heldPage, mirrorsPage+"/remove", url.Values{"id": {"2"}, "target": {"remote-videos"}, "page": {"7"}})
	a.has(t, "removed", 200, "The copy was removed", "First &lt;video&gt;", `aria-current="page">Videos of other sites</a>`)
	a.lacks(t, "Sensitive video")
	s.post(heldPage, mirrorsPage+"/remove", url.Values{"id": {"2"}, "target": {"remote-videos"}}).wants(t, 200, "First &lt;video&gt;") // another tab was faster
	if want := []string{"dropped Sensitive video"}; !slices.Equal(s.mirroring.told, want) {
		t.Errorf("told %q, want %q", s.mirroring.told, want)
	}
	s.sharing.Federated = false
	s.get(heldPage).wants(t, 200, "federation.enabled: false", "nobody hears of its copies")
}

func TestAVideoIsMirroredByItsAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	s.remoteVideo()
	name := func(text string) answer { return s.post(heldPage, mirrorsPage, url.Values{"video": {text}}) }
	short := video.ShortUUID(publicUUID)
	for _, text := range []string{
		publicUUID, " " + strings.ToUpper(publicUUID) + "\n", short,
		s.server.URL + "/w/" + short, s.server.URL + "/videos/watch/" + publicUUID + "?start=3s", s.server.URL + "/w/1", s.server.URL + "/videos/embed/" + publicUUID,
		"https://far.example/w/" + short, "https://FAR.example/videos/watch/" + publicUUID, "http://far.example/w/" + short + "/",
	} {
		s.mirroring.told = nil
		a := name(text)
		a.wants(t, 200, "The files of the video are being fetched", `aria-current="page">Videos of other sites</a>`)
		if want := []string{"mirror 1 manual"}; !slices.Equal(s.mirroring.told, want) {
			t.Errorf("%q: asked for %q, want %q", text, s.mirroring.told, want)
		}
	}
	s.mirroring.told = nil
	const unknown, none = "does not know such a video", "neither the address of a video nor a UUID"
	for text, want := range map[string]string{
		"": none, "First": none, "javascript:alert(1)": none, "https://far.example/": none, "https://far.example/w/p/" + short: none, "https://far.example/w/1": none,
		"https://far.example/c/" + short: none, "http://[::1": none, "https://far.example/w/" + strings.Repeat("a", 3000): none, "-1": none,
		"https://other.example/w/" + short: unknown, "12345678-1234-4234-8234-123456789012": unknown, "https://far.example/videos/watch/12345678-1234-4234-8234-123456789012": unknown,
		"3": "is one of this site",
	} {
		a := name(text)
		a.wants(t, http.StatusBadRequest, `id="error-video"`, `aria-invalid="true"`, want)
		if text == "First" {
			a.wants(t, http.StatusBadRequest, `value="First"`)
		}
	}
	change := func(text, set, want string) {
		t.Helper()
		s.exec(`UPDATE videos SET ` + set + ` WHERE id = 1`)
		if err := s.videos.Touch(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		name(text).wants(t, http.StatusBadRequest, `id="error-video"`, want)
	}
	change(short, "is_live = TRUE", "Live streams cannot")
	change(short, "is_live = FALSE, privacy = 2", "Only public videos")
	change(short, "privacy = 1, remote = FALSE", "is one of this site")
	s.exec(`UPDATE video_files SET file_url = '' WHERE video_id = 1`)
	change(short, "remote = TRUE", "no HLS files")
	s.exec(`UPDATE video_files SET file_url = 'https://far.example/x-720.mp4' WHERE video_id = 1`)
	s.hold(1, redundancy.Manual, time.Time{})
	change("https://far.example/w/"+short, "remote = TRUE", "has a copy of this video already")
	if len(s.mirroring.told) != 0 {
		t.Errorf("asked for %q", s.mirroring.told)
	}
}

// From its page, and from its menu in lists, a video is mirrored with one press
// by who may.
func TestPagesOfVideosOfferACopy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("eve", user.Member)
	s.addUser("mod", user.Moderator)
	watch := "/w/" + video.ShortUUID(publicUUID)
	const offer = "Keep a copy on this site"
	s.login()
	s.get(watch).lacks(t, offer) // it is of this site
	s.remoteVideo()
	if err := s.videos.Touch(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[string]bool{"eve": false, "mod": false, "root": true} {
		if who == "root" {
			s.login()
		} else {
			s.loginAs(who)
		}
		for _, page := range []string{watch, watch + "/menu"} {
			if a := s.get(page); a.status != 200 || strings.Contains(a.body, offer) != want {
				t.Errorf("%s, %s (%d): offered %v, want %v", who, page, a.status, !want, want)
			}
		}
	}
	s.login() // the last of them may have been another
	a := s.post(watch, mirrorsPage, url.Values{"video": {publicUUID}, "to": {watch}})
	a.wants(t, 200, "The files of the video are being fetched", "First &lt;video&gt;")
	if a.url.Path != watch {
		t.Errorf("led to %s", a.url)
	}
	if a := s.post(watch, mirrorsPage, url.Values{"video": {publicUUID}, "to": {"//evil.example/"}}); a.url.Host != strings.TrimPrefix(s.server.URL, "http://") {
		t.Errorf("led to %s", a.url)
	}
	s.hold(1, redundancy.Manual, time.Time{})
	s.get(watch).lacks(t, offer)
	s.post(watch, mirrorsPage, url.Values{"video": {publicUUID}, "to": {watch}}).wants(t, http.StatusBadRequest, "has a copy of this video already", `value="`+publicUUID+`"`)
	s.exec(`DELETE FROM video_redundancies`)
	s.exec(`UPDATE videos SET privacy = 2`)
	if err := s.videos.Touch(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.get(watch).lacks(t, offer)
}

func TestAdministratorsSayWhoseVideosMayBeMirrored(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	s.followed(actor.Application, "peertube", "far.example")
	s.followed(actor.Group, "news", "near.example")
	const allowURL, allowed = followingPage + "/mirrors", "strategies may mirror its videos"
	list := s.get(followingPage)
	list.has(t, "followed", 200, "Let strategies mirror it", `<span class="hidden">far.example</span>`)
	list.lacks(t, allowed)
	if n := strings.Count(list.body, `action="`+allowURL+`"`); n != 1 { // channels are none of it
		t.Errorf("%d may be switched, want 1", n)
	}
	set := func(host, to string) answer {
		return s.post(followingPage, allowURL, url.Values{"host": {host}, "allowed": {to}})
	}
	a := set("far.example", "yes")
	a.wants(t, 200, allowed, "Mirror it no more", "Mirror far.example no more?", "those made by hand too")
	a.lacks(t, "Let strategies mirror it")
	set("far.example", "").lacks(t, allowed)
	if want := []string{"leave far.example"}; !slices.Equal(s.mirroring.told, want) {
		t.Errorf("told %q, want %q", s.mirroring.told, want)
	}
	set("unknown.example", "yes").lacks(t, allowed) // was forgotten meanwhile
	for _, wrong := range []string{"", "no host", "far.example/../x"} {
		set(wrong, "yes").wants(t, http.StatusBadRequest)
	}
	s.get(followersPage).lacks(t, allowURL)
}

// followed lets this site follow an actor of another one.
func (s *site) followed(kind actor.Type, name, host string) {
	s.t.Helper()
	a := &actor.Actor{Type: kind, Username: name, Host: host, URL: "https://" + host + "/" + name, CreatedAt: s.now, UpdatedAt: s.now}
	if err := (store.Actors{DB: s.db}).CreateInstance(s.t.Context(), a); err != nil {
		s.t.Fatal(err)
	}
	me, err := store.Actors{DB: s.db}.Instance(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	f := &follow.Follow{URL: a.URL + "/followed", State: follow.Accepted, FollowerID: me.ID, FollowingID: a.ID, CreatedAt: s.now, UpdatedAt: s.now}
	if _, err := (store.Follows{DB: s.db}).Create(s.t.Context(), f); err != nil {
		s.t.Fatal(err)
	}
}

func TestOnlyAdministratorsMirrorVideos(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.remoteVideo()
	s.addUser("eve", user.Member)
	s.addUser("mod", user.Moderator)
	for _, who := range []string{"", "eve", "mod"} {
		if who != "" {
			s.loginAs(who)
		}
		for path, f := range map[string]url.Values{mirrorsPage: {"video": {publicUUID}}, followingPage + "/mirrors": {"host": {"far.example"}, "allowed": {"yes"}}} {
			if a := s.post("/about", path, f); a.status < 400 && a.url.Path != "/login" {
				t.Errorf("%q, %s: %d at %s", who, path, a.status, a.url)
			}
		}
	}
	if len(s.mirroring.told) != 0 {
		t.Errorf("asked for %q", s.mirroring.told)
	}
}
