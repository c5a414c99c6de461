package fed_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// What is not for everybody does not exist, whatever is asked for: neither it
// nor what hangs on it.
func TestWhatIsNotForEverybodyDoesNotExist(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for n, name := range map[int]string{private: "private", internalOnly: "internal", withPassword: "with a password", encoding: "not published yet"} {
			uuid := filltest.UUID(n)
			said := fmt.Sprint(commentOf(s, n))
			for _, path := range []string{
				"/videos/watch/" + uuid, "/w/" + uuid, "/w/" + video.ShortUUID(uuid), fmt.Sprintf("/w/%d", n), "/w/" + uuid + ";threadId=" + said,
				"/videos/watch/" + uuid + "/activity", "/videos/watch/" + uuid + "/chapters", "/videos/watch/" + uuid + "/player-settings", "/videos/watch/" + uuid + "/likes", "/videos/watch/" + uuid + "/likes?page=1",
				"/videos/watch/" + uuid + "/dislikes", "/videos/watch/" + uuid + "/announces", "/videos/watch/" + uuid + "/announces/2", "/videos/watch/" + uuid + "/comments",
				"/videos/watch/" + uuid + "/comments?page=1", "/videos/watch/" + uuid + "/comments/" + said, "/videos/watch/" + uuid + "/comments/" + said + "/activity",
				"/videos/watch/" + uuid + "/comments/" + said + "/approve-reply", fmt.Sprintf("/accounts/person1/likes/%d", n), fmt.Sprintf("%s/videos/%d", s.list.URL, s.elements[n]),
				"/videos/watch/" + filltest.UUID(film) + "/comments/" + said,
			} {
				if n == encoding && (strings.Contains(path, "comments/") || strings.Contains(path, "threadId")) {
					continue // nobody has said anything there
				}
				if w := s.get(path); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "number") {
					t.Errorf("%s: %s: %d %s", name, path, w.Code, w.Body)
				}
			}
		}
		for _, path := range []string{
			accountURL + "/outbox?page=1&size=50", channelURL + "/outbox?page=1&size=50", "/accounts/peertube/outbox?page=1&size=50", s.list.URL + "?page=1", s.list.URL,
			accountURL + "/playlists?page=1", channelURL + "/playlists?page=1",
		} {
			body := s.get(path).Body.String()
			for _, n := range []int{private, internalOnly, withPassword, encoding} {
				if strings.Contains(body, filltest.UUID(n)) || strings.Contains(body, fmt.Sprintf("/videos/%d\"", s.elements[n])) {
					t.Errorf("%s names video %d", path, n)
				}
			}
			if strings.Contains(path, "outbox") && (strings.Contains(body, filltest.UUID(unlisted)) || strings.Contains(body, "far.test")) {
				t.Errorf("%s names what is unlisted, or of another site", path)
			}
			if strings.Contains(body, s.secret.UUID) {
				t.Errorf("%s names the private playlist", path)
			}
		}
		for _, path := range []string{s.secret.URL, s.secret.URL + "?page=1", "/w/p/" + s.secret.UUID, s.secret.URL + "/videos/1"} {
			if w := s.get(path); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	})
}

func commentOf(s *site, n int) comment.ID {
	list, _, err := s.comments.List(s.t.Context(), comment.ListParams{})
	s.must(err)
	for _, c := range list {
		if c.VideoID == video.ID(n) {
			return c.ID
		}
	}
	return 0
}

// The owner's approval of what somebody of another site says is of this site,
// and so has its document here.
func TestApprovalsAreOfTheVideosSite(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		theirs := &comment.Comment{VideoID: film, AccountID: 2, OwnerID: 1, Text: "From afar", Remote: true, URL: "https://far.test/notes/1", CreatedAt: at, UpdatedAt: at}
		s.must(s.comments.Add(t.Context(), theirs, nil))
		for id, object := range map[string]string{
			s.note.URL + "/approve-reply":                                       s.note.URL,
			fmt.Sprintf("%s/comments/%d/approve-reply", s.url(film), theirs.ID): theirs.URL,
		} {
			if d := s.object(id); d["type"] != "ApproveReply" || d["id"] != id || d["object"] != object || d["actor"] != accountURL {
				t.Errorf("%s: %v", id, d)
			}
		}
		for _, id := range []comment.ID{s.held.ID, s.gone.ID, 999} {
			if w := s.get(fmt.Sprintf("%s/comments/%d/approve-reply", s.url(film), id)); w.Code != http.StatusNotFound {
				t.Errorf("of comment %d: %d", id, w.Code)
			}
		}
	})
}

// Unlisted videos have a document for who knows the id, and are told to nobody.
func TestUnlistedVideosAreNotPublic(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		d := s.object(s.url(unlisted))
		if to := d["to"].([]any); len(to) != 0 {
			t.Errorf("to: %v", to)
		}
		// By its number it could be found by trying.
		n := fmt.Sprint(unlisted)
		for _, path := range []string{
			"/accounts/person1/likes/" + n, "/w/" + n, "/videos/watch/" + n, "/videos/watch/" + n + "/activity", "/videos/watch/" + n + "/chapters", "/videos/watch/" + n + "/player-settings",
			"/videos/watch/" + n + "/likes", "/videos/watch/" + n + "/comments", "/videos/watch/" + n + "/announces", fmt.Sprintf("/w/%s;threadId=%d", n, commentOf(s, unlisted)),
		} {
			if w := s.get(path); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), filltest.UUID(unlisted)) {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	})
}

func TestWhatIsGoneIsSaidToBeGone(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		graves := store.PeerTombstones{DB: s.db}
		s.must(graves.BuryVideo(t.Context(), plain, at))
		s.must(s.videos.Delete(t.Context(), plain))
		s.must(graves.Bury(t.Context(), origin+"/accounts/left", "Person", at))
		uuid := filltest.UUID(plain)
		for path, former := range map[string]string{
			s.url(plain): "Video", origin + "/w/" + uuid: "Video", origin + "/w/" + video.ShortUUID(uuid): "Video",
			origin + "/videos/watch/" + video.ShortUUID(uuid): "Video", origin + "/accounts/left": "Person",
		} {
			w := s.get(path)
			if w.Code != http.StatusGone || !strings.Contains(w.Body.String(), `"type":"Tombstone"`) || !strings.Contains(w.Body.String(), `"formerType":"`+former+`"`) {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		if w := s.get(s.url(plain)[:len(s.url(plain))-1] + "f"); w.Code != http.StatusNotFound {
			t.Errorf("what never was: %d", w.Code)
		}
		// Nothing stands below it, so that nobody needs to know its place.
		_, err := s.comments.Remove(t.Context(), s.answer.ID, at)
		s.must(err)
		if w := s.get(s.answer.URL); w.Code != http.StatusGone || !strings.Contains(w.Body.String(), `"Tombstone"`) {
			t.Errorf("a deleted comment without answers: %d %s", w.Code, w.Body)
		}
		if w := s.get(s.gone.URL + "/activity"); w.Code != http.StatusNotFound {
			t.Errorf("its activity: %d", w.Code)
		}
	})
}
