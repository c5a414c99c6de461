package fed_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// What software out there sends, and what it has to get.
var accepts = []struct {
	name, accept string
	document     bool
}{
	{"Mastodon", `application/activity+json, application/ld+json`, true},
	{"Mastodon, looking for something", `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1`, true},
	{"PeerTube", `application/activity+json, application/ld+json`, true},
	{"GoToSocial", `application/activity+json,application/ld+json;profile="https://www.w3.org/ns/activitystreams"`, true},
	{"Pleroma", `application/activity+json`, true},
	{"Misskey", `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, true},
	{"Lemmy", `application/activity+json, text/html;q=0.5`, true},
	{"whoever names pages first but likes them less", `text/html;q=0.4, Application/Activity+JSON; Q=0.9`, true},
	{"only by its profile", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, true},
	{"by a profile with a comma, but likes pages better", `application/ld+json; profile="a,application/activity+json"; q=0.2, text/html;q=0.5`, false},
	{"a profile that does not end", `application/activity+json, application/ld+json; profile="a, text/html`, true},
	{"Firefox", `text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8`, false},
	{"Chromium", `text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7`, false},
	{"curl", `*/*`, false},
	{"who does not say", ``, false},
	{"who wants JSON", `application/json`, false},
	{"who wants anything but documents", `application/activity+json;q=0, text/html`, false},
	{"nonsense", `;;;,q=,application/activity`, false},
}

func TestWhatAClientAcceptsDecides(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, tt := range accepts {
			w := s.get(s.url(film), "Accept", tt.accept)
			if got := strings.HasPrefix(w.Header().Get("Content-Type"), document); got != tt.document || w.Code != http.StatusOK {
				t.Errorf("%s: a document %t (%d), want %t", tt.name, got, w.Code, tt.document)
			}
			if w.Header().Get("Vary") != "Accept" {
				t.Errorf("%s: Vary is %q; caches would mix documents and pages up", tt.name, w.Header().Get("Vary"))
			}
		}
	})
}

// All addresses that people see of something lead to its document.
func TestAddressesOfPagesHaveTheDocument(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		short := video.ShortUUID(filltest.UUID(film))
		for id, paths := range map[string][]string{
			accountURL:  {"/accounts/person1", "/account/person1", "/a/person1", "/@person1", "/a/person1/video-channels", "/a/person1/videos", "/a/person1/about", "/accounts/person1@" + host, "/a/person1/"},
			channelURL:  {"/video-channels/person1_channel", "/c/person1_channel", "/@person1_channel", "/c/person1_channel/videos", "/c/person1_channel/about", "/c/person1_channel/video-playlists"},
			s.url(film): {"/videos/watch/" + filltest.UUID(film), "/videos/watch/" + strings.ToUpper(filltest.UUID(film)), "/w/" + filltest.UUID(film), "/w/" + short, "/videos/watch/" + short, "/w/1", "/w/" + short + "?start=3"},
			s.note.URL:  {s.note.URL, "/w/" + short + ";threadId=1", "/w/" + short + "?threadId=1"},
			s.list.URL:  {s.list.URL, "/w/p/" + listID, "/w/p/" + video.ShortUUID(listID), "/videos/watch/playlist/" + listID},
		} {
			for _, path := range paths {
				if got := s.object(path)["id"]; got != id {
					t.Errorf("%s is %v, want %s", path, got, id)
				}
			}
		}
		for _, path := range []string{"/", "/videos/upload", "/videos/watch", "/a", "/accounts/", "/w/", "/my-account", "/c/person1_channel/videos/x", "/video-playlists/embed/" + listID, "/videos/embed/" + short} {
			if w := s.get(path); !strings.HasPrefix(w.Body.String(), "the page") {
				t.Errorf("%s: %d %s, want the page", path, w.Code, w.Body)
			}
		}
	})
}

// Channels and accounts of other sites have pages here, too: who gives the
// address of one to the own site is told where it is.
func TestPagesOfActorsElsewhereLeadToThem(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		const group = "https://far.test/c/films"
		owner, err := store.Actors{DB: s.db}.AccountByName(t.Context(), "fan3", "far.test")
		s.must(err)
		s.must(store.Actors{DB: s.db}.CreateChannel(t.Context(), &actor.Channel{Actor: actor.Actor{
			Type: actor.Group, Username: "films", Host: "far.test", URL: group, InboxURL: group + "/inbox", CreatedAt: at, UpdatedAt: at,
		}, DisplayName: "Films", OwnerID: owner.AccountID}))
		for path, want := range map[string]string{
			"/a/fan3@far.test": "https://far.test/u/3", "/accounts/fan3@FAR.test": "https://far.test/u/3", "/@fan3@far.test": "https://far.test/u/3",
			"/c/films@far.test": group, "/video-channels/films@far.test/videos": group, "/@films@far.test": group,
		} {
			if w := s.get(path); w.Code != http.StatusFound || w.Header().Get("Location") != want {
				t.Errorf("%s: %d %s, want 302 %s", path, w.Code, w.Header().Get("Location"), want)
			}
		}
		for _, path := range []string{"/a/nobody@far.test", "/a/fan3@near.test", "/c/fan3@far.test", "/@nobody@far.test", "/accounts/fan3@far.test/followers"} {
			if w := s.get(path); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d, want 404", path, w.Code)
			}
		}
	})
}

// Ids that are opened in a browser lead to pages.
func TestPeopleGetPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, path := range []string{s.url(film), accountURL, channelURL, s.note.URL, s.url(private), "/w/p/" + listID} {
			if w := s.get(path, "Accept", accepts[9].accept); !strings.HasPrefix(w.Body.String(), "the page") {
				t.Errorf("%s: %d %s, want the page", path, w.Code, w.Body)
			}
		}
		for path, accept := range map[string]string{s.list.URL: document, s.list.URL + "?page=1": "*/*", "/w/p/" + listID: document} {
			if got := s.get(path, "Accept", accept).Header().Values("Vary"); !slices.Equal(got, []string{"Accept"}) {
				t.Errorf("%s: Vary is %q; caches would mix documents and pages up", path, got)
			}
		}
		w := s.get(s.list.URL, "Accept", accepts[9].accept)
		if want := "/w/p/" + video.ShortUUID(listID); w.Code != http.StatusFound || w.Header().Get("Location") != want {
			t.Errorf("the id of a playlist: %d %s, want 302 %s", w.Code, w.Header().Get("Location"), want)
		}
		for _, method := range []string{http.MethodPut, http.MethodDelete} {
			if w := s.ask(method, s.url(film), nil, "Accept", document); !strings.HasPrefix(w.Body.String(), "the page") {
				t.Errorf("%s of a video: %d %s, want the page's answer", method, w.Code, w.Body)
			}
		}
	})
}

// Everybody fetches what is popular at once: what has not changed is not sent
// again, and nothing is sent to who asks for the head.
func TestHeadAndEntityTags(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, path := range []string{s.url(film), accountURL, s.note.URL, s.list.URL, s.url(film) + "/likes?page=1", "/nodeinfo/2.0.json", "/.well-known/webfinger?resource=acct:person1@" + host} {
			full := s.get(path)
			tag := full.Header().Get("Etag")
			if tag == "" || full.Code != http.StatusOK {
				t.Errorf("%s: %d with tag %q", path, full.Code, tag)
			}
			if again := s.get(path, "Accept", document, "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
				t.Errorf("%s, not changed: %d with %d bytes", path, again.Code, again.Body.Len())
			}
			head := s.ask(http.MethodHead, path, nil, "Accept", document)
			if head.Code != http.StatusOK || head.Header().Get("Etag") != tag || head.Header().Get("Content-Type") != full.Header().Get("Content-Type") {
				t.Errorf("HEAD %s: %d %v", path, head.Code, head.Header())
			}
		}
		before := s.get(s.url(film)).Header().Get("Etag")
		s.exec(`UPDATE videos SET name = 'Another name' WHERE id = $1`, film)
		s.must(s.videos.Touch(t.Context(), film))
		if w := s.get(s.url(film), "Accept", document, "If-None-Match", before); w.Code != http.StatusOK {
			t.Errorf("changed: %d, want the new document", w.Code)
		}
	})
}

func TestPagesOfCollectionsHangTogether(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for path, size := range map[string]int{
			s.url(film) + "/likes": 10, channelURL + "/followers": 10, accountURL + "/outbox": 10, channelURL + "/outbox": 10, "/accounts/peertube/outbox": 10, accountURL + "/outbox?size=3": 3,
		} {
			begin := s.object(path)
			total, items, seen := int(begin["totalItems"].(float64)), 0, []string{}
			next, _ := begin["first"].(string)
			for next != "" {
				page := s.object(next)
				if page["id"] != next || page["type"] != "OrderedCollectionPage" || page["partOf"] != begin["id"] {
					t.Errorf("%s is page %v of %v", next, page["id"], page["partOf"])
				}
				list := page["orderedItems"].([]any)
				if len(list) > size || len(seen) > 20 {
					t.Fatalf("%s has %d items, want %d at most", next, len(list), size)
				}
				items += len(list)
				seen = append(seen, next)
				next, _ = page["next"].(string)
			}
			if items != total || len(seen) != (total+size-1)/size {
				t.Errorf("%s: %d items on %d pages, said %d", path, items, len(seen), total)
			}
			last := s.object(seen[len(seen)-1])
			if len(seen) > 1 && last["prev"] != seen[len(seen)-2] {
				t.Errorf("%s: before the last page is %v", path, last["prev"])
			}
		}
		for _, bad := range []string{"page=0", "page=-1", "page=x", "page=99999999999999999999", "size=0", "size=51", "size=x"} {
			if w := s.get(accountURL + "/outbox?" + bad); w.Code != http.StatusBadRequest {
				t.Errorf("%s: %d, want 400", bad, w.Code)
			}
		}
		if got := s.object(accountURL + "/outbox?page=100")["orderedItems"].([]any); len(got) != 0 {
			t.Errorf("a page after the last: %v", got)
		}
		if got := s.object(s.url(film) + "/comments?page=1")["orderedItems"].([]any); slices.Contains(got, any(s.gone.URL)) || slices.Contains(got, any(s.held.URL)) {
			t.Errorf("comments: %v", got)
		}
	})
}
