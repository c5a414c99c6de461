package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web"
	"sepiola/internal/storage/store"
)

const mirrorsPage = "/admin/settings/follows/video-redundancies-list"

// mirrorer makes another site and returns what lets it mirror a video.
func (s *site) mirrorer(host string) func(id video.ID, base string, until time.Time) {
	s.t.Helper()
	a := &actor.Actor{Type: actor.Application, Username: "peertube", Host: host, URL: "https://" + host + "/accounts/peertube", CreatedAt: s.now, UpdatedAt: s.now}
	if err := (store.Actors{DB: s.db}).CreateInstance(s.t.Context(), a); err != nil {
		s.t.Fatal(err)
	}
	return func(id video.ID, base string, until time.Time) {
		s.t.Helper()
		if err := (store.Redundancies{DB: s.db}).Put(s.t.Context(), &redundancy.Mirror{
			URL: fmt.Sprintf("https://%s/redundancy/%d", host, id), VideoID: id, ActorID: a.ID, BaseURL: base, ExpiresAt: until, CreatedAt: s.now, UpdatedAt: s.now,
		}); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestAdministratorsSeeWhoMirrorsVideos(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	s.get(mirrorsPage).has(t, "nothing", 200, "No site mirrors a video of this one", `aria-current="page">Mirrors</a>`)
	far, near := s.mirrorer("far.example"), s.mirrorer("near.example")
	far(1, "https://far.example/static/redundancy/hls/1/", time.Time{})
	near(1, "https://cdn.example/1/", s.now.Add(36*time.Hour))
	far(3, "https://far.example/static/redundancy/hls/3/", time.Time{})
	list := s.get(mirrorsPage)
	list.has(t, "the list", 200, "<b dir=\"ltr\">far.example</b>", "<b dir=\"ltr\">near.example</b>", "until its site says otherwise", "until November 22, 2026",
		`<bdi dir="ltr">cdn.example</bdi>`, `href="/w/`+video.ShortUUID(publicUUID)+`"`, "First &lt;video&gt;", "Sensitive video", `href="/admin/moderation/blocklist/servers"`)
	if n := strings.Count(list.body, mirrorsPage+`/remove"`); n != 3 {
		t.Errorf("%d mirrors can be removed, want 3", n)
	}
	remove := func(id string) answer { return s.post(mirrorsPage, mirrorsPage+"/remove", url.Values{"id": {id}}) }
	a := remove("1")
	a.has(t, "one less", 200, "The mirror was removed", "near.example", "Sensitive video")
	if n := strings.Count(a.body, mirrorsPage+`/remove"`); n != 2 {
		t.Errorf("%d mirrors are left, want 2", n)
	}
	remove("1").wants(t, 200, "near.example") // another tab was faster
	for _, wrong := range []string{"", "one", "99999999999999999999"} {
		remove(wrong).wants(t, http.StatusBadRequest)
	}
	remove("2").lacks(t, "near.example")
	s.get(ledgerPage+"?action=removed-mirror").has(t, "the ledger", 200, "removed a mirror at</span>", ">far.example</a>", ">near.example</a>", "@root")
}

// The page says whose mirrors are taken, as the settings are.
func TestThePageOfMirrorsSaysWhoseAreTaken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	for _, tt := range []struct {
		federated bool
		of, want  string
		setting   string
	}{
		{true, redundancy.Anybody, "Mirrors of every site", "remote_redundancy.videos.accept_from: anybody"},
		{true, redundancy.Followings, "that this one follows are taken", "remote_redundancy.videos.accept_from: followings"},
		{true, redundancy.Nobody, "No mirrors are taken", "remote_redundancy.videos.accept_from: nobody"},
		{true, "sombody", "No mirrors are taken", "remote_redundancy.videos.accept_from: nobody"},
		{false, redundancy.Anybody, "does not talk to others", "federation.enabled: false"},
	} {
		s.sharing = web.Settings{Federated: tt.federated, MirrorsOf: tt.of}
		s.get(mirrorsPage).wants(t, 200, tt.want, `<code dir="ltr">`+tt.setting+`</code>`)
	}
}

func TestMirrorsArePaged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	far := s.mirrorer("far.example")
	for i := range 25 {
		v := &video.Video{UUID: fmt.Sprintf("99999999-9999-4999-8999-0000000000%02d", i), Name: fmt.Sprintf("Number %02d", i), Privacy: video.Public}
		s.addVideo(s.rootChannel(), 5, v)
		far(v.ID, "https://far.example/static/redundancy/hls/x/", time.Time{})
	}
	first := s.get(mirrorsPage)
	first.wants(t, 200, "Number 00", "Number 23", `href="`+mirrorsPage+`?page=2"`)
	first.lacks(t, "Number 24")
	second := s.get(mirrorsPage + "?page=2")
	second.wants(t, 200, "Number 24", `name="page" value="2"`)
	second.lacks(t, "Number 23")
	// With its last one the page goes.
	a := s.post(mirrorsPage, mirrorsPage+"/remove", url.Values{"id": {"25"}, "page": {"2"}})
	a.wants(t, 200, "The mirror was removed", "Number 23")
	a.lacks(t, "Number 24", "?page=")
	s.get(mirrorsPage+"?page=nonsense").wants(t, 200, "Number 00")
	// An address of another site is not followed.
	b := s.post(mirrorsPage, mirrorsPage+"/remove", url.Values{"id": {"24"}, "page": {"2&notice=//evil.example"}})
	b.wants(t, 200, "Number 22")
	if b.url.Path != mirrorsPage {
		t.Errorf("led to %s", b.url)
	}
}

func TestOnlyAdministratorsRemoveMirrors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("eve", user.Member)
	s.addUser("mod", user.Moderator)
	s.mirrorer("far.example")(1, "https://far.example/1/", time.Time{})
	for _, who := range []string{"", "eve", "mod"} {
		if who != "" {
			s.loginAs(who)
		}
		a := s.post("/about", mirrorsPage+"/remove", url.Values{"id": {"1"}})
		if a.status < 400 && a.url.Path != "/login" {
			t.Errorf("%q: %d at %s", who, a.status, a.url)
		}
		if who != "" && s.get(mirrorsPage).status != http.StatusForbidden {
			t.Errorf("%q sees the page", who)
		}
	}
	s.login()
	s.get(mirrorsPage).wants(t, 200, "far.example")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+mirrorsPage+"/remove", strings.NewReader("id=1"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := s.do(r); a.status != http.StatusForbidden {
		t.Errorf("without the token of a page: %d", a.status)
	}
	s.get(mirrorsPage).wants(t, 200, "far.example")
}
