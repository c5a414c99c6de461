package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/store"
)

// newAbuseSite is commentSite where people report things.
func newAbuseSite(t testing.TB) *commentSite {
	t.Helper()
	s := newCommentSite(t)
	svc := &abuse.Service{
		Store: store.Abuses{DB: s.db, Videos: s.store}, Videos: s.videoSite.svc, Comments: s.svc.Store, Accounts: store.Actors{DB: s.db},
		Blocks: s.blocks, Limits: s, Rates: abuse.DefaultRates(), InTx: s.db.InTx, Now: func() time.Time {
			s.now = s.now.Add(time.Second)
			return s.now
		},
	}
	(&Abuses{Abuses: svc, Site: s.svc.Site}).Mount(s.router.(*rest.Router)) //nolint:forcetypeassert // newCommentSite made it
	return s
}

// The order of the exchanges is that of PeerTube's sample.
func TestAbusesArePeerTubes(t *testing.T) {
	t.Parallel()
	s := newAbuseSite(t)
	s.do("report video", "bob", "POST", "/abuses", `{"reason":"this is bad","predefinedReasons":["spamOrMisleading"],"video":{"id":1,"startAt":1,"endAt":3}}`)
	s.do("report account", "bob", "POST", "/abuses", `{"reason":"bad account","account":{"id":1}}`)
	s.do("no target", "bob", "POST", "/abuses", `{"reason":"bad"}`)
	s.do("list", "root", "GET", "/abuses", "")
	s.do("mine", "bob", "GET", "/users/me/abuses", "")
	s.do("message", "root", "POST", "/abuses/1/messages", `{"message":"we look at it"}`)
	s.do("messages", "bob", "GET", "/abuses/1/messages", "")
	s.do("update", "root", "PUT", "/abuses/1", `{"state":3,"moderationComment":"done"}`)
	s.do("list as user", "bob", "GET", "/abuses", "")
	s.do("a comment to report", "alice", "POST", "/videos/1/comment-threads", `{"text":"rude"}`)
	s.do("report comment", "bob", "POST", "/abuses", `{"reason":"rude comment","comment":{"id":1}}`)
	s.do("which goes", "alice", "DELETE", "/videos/1/comments/1", "")
	s.do("list of comments", "mod", "GET", "/abuses?filter=comment", "")
	s.do("decided", "mod", "GET", "/abuses?state=3&sort=-id", "")
	s.do("mine, decided", "bob", "GET", "/users/me/abuses?state=3", "")
	s.do("answer", "bob", "POST", "/abuses/1/messages", `{"message":"thank you"}`)
	s.do("delete the moderator's message", "bob", "DELETE", "/abuses/1/messages/1", "")
	s.do("delete my message", "bob", "DELETE", "/abuses/1/messages/2", "")
	s.do("delete it again", "bob", "DELETE", "/abuses/1/messages/2", "")
	s.do("messages of others", "alice", "GET", "/abuses/1/messages", "")
	s.do("delete", "root", "DELETE", "/abuses/2", "")
	s.do("delete again", "root", "DELETE", "/abuses/2", "")
	s.do("update what is gone", "root", "PUT", "/abuses/2", `{"state":2}`)
	s.do("wrong filters", "root", "GET", "/abuses?filter=x&videoIs=x&state=4&predefinedReason=x&id=x&sort=x", "")
	s.do("wrong state", "root", "PUT", "/abuses/1", `{"state":4}`)
	s.golden("abuses")
}

func TestWrongReports(t *testing.T) {
	t.Parallel()
	s := newAbuseSite(t)
	long := strings.Repeat("x", abuse.MaxText+1)
	for _, tt := range []struct {
		name, who, method, path, body string
		want                          int
		field                         string // that is named
	}{
		{"nobody", "", "POST", "/abuses", `{"reason":"bad","account":{"id":1}}`, 401, ""},
		{"nobody's list", "", "GET", "/users/me/abuses", "", 401, ""},
		{"no reason", "bob", "POST", "/abuses", `{"account":{"id":1}}`, 400, "reason"},
		{"a short reason", "bob", "POST", "/abuses", `{"reason":" x ","account":{"id":1}}`, 400, "reason"},
		{"a long reason", "bob", "POST", "/abuses", `{"reason":"` + long + `","account":{"id":1}}`, 400, "reason"},
		{"an unknown reason", "bob", "POST", "/abuses", `{"reason":"bad","predefinedReasons":["ugly"],"account":{"id":1}}`, 400, "predefinedReasons"},
		{"no id of a video", "bob", "POST", "/abuses", `{"reason":"bad","video":{"id":"x"}}`, 400, "video.id"},
		{"a list for an id", "bob", "POST", "/abuses", `{"reason":"bad","video":{"id":[1]}}`, 400, "video.id"},
		{"no id of a comment", "bob", "POST", "/abuses", `{"reason":"bad","comment":{"id":"x"}}`, 400, "comment.id"},
		{"no id of an account", "bob", "POST", "/abuses", `{"reason":"bad","account":{"id":-1}}`, 400, "account.id"},
		{"a part from the end", "bob", "POST", "/abuses", `{"reason":"bad","video":{"id":1,"startAt":5,"endAt":5}}`, 400, "video.endAt"},
		{"a part before the beginning", "bob", "POST", "/abuses", `{"reason":"bad","video":{"id":1,"startAt":-1}}`, 400, "video.startAt"},
		{"no number of a part", "bob", "POST", "/abuses", `{"reason":"bad","video":{"id":1,"endAt":"x"}}`, 400, "video.endAt"},
		{"no such video", "bob", "POST", "/abuses", `{"reason":"bad","video":{"id":99}}`, 404, ""},
		{"no such comment", "bob", "POST", "/abuses", `{"reason":"bad","comment":{"id":99}}`, 404, ""},
		{"no such account", "bob", "POST", "/abuses", `{"reason":"bad","account":{"id":99}}`, 404, ""},
		{"no such report", "root", "GET", "/abuses/99/messages", "", 404, ""},
		{"no message", "bob", "POST", "/abuses/1/messages", `{}`, 400, "message"},
		{"a short note", "root", "PUT", "/abuses/1", `{"moderationComment":"x"}`, 400, "moderationComment"},
		{"by its short UUID", "bob", "POST", "/abuses", `{"reason":"bad","video":{"id":"` + publicUUID + `"}}`, 200, ""},
		{"by a number as text", "bob", "POST", "/abuses", `{"reason":"bad","video":{"id":"1"}}`, 200, ""},
	} {
		if tt.name == "no message" {
			s.do("first", "bob", "POST", "/abuses", `{"reason":"bad","account":{"id":1}}`)
		}
		w := s.call(tt.who, tt.method, tt.path, tt.body)
		if w.Code != tt.want || tt.field != "" && !strings.Contains(w.Body.String(), `"`+tt.field+`"`) {
			t.Errorf("%s: got %d %s, want %d about %q", tt.name, w.Code, w.Body, tt.want, tt.field)
		}
	}
	s.limited = true
	for _, path := range []string{"/abuses", "/abuses/1/messages"} {
		if w := s.call("bob", "POST", path, `{"reason":"bad","message":"bad","account":{"id":1}}`); w.Code != http.StatusTooManyRequests {
			t.Errorf("too many by POST %s: got %d", path, w.Code)
		}
		if w := s.call("mod", "POST", path, `{"reason":"bad","message":"bad","account":{"id":1}}`); w.Code != 200 {
			t.Errorf("a moderator's by POST %s: got %d", path, w.Code)
		}
	}
}

// What the reporter does not see does not exist.
func TestReportsOfWhatIsNotSeen(t *testing.T) {
	t.Parallel()
	s := newAbuseSite(t)
	for id := 1; id <= 5; id++ {
		s.exec(`INSERT INTO comments (id, video_id, owner_id, account_id, url, text, created_at, updated_at) VALUES ($1, $1, 1, 1, $2, 'a secret word', $3, $3)`,
			id, fmt.Sprint("http://localhost:9000/c/", id), s.now)
	}
	s.exec(`INSERT INTO comments (id, video_id, owner_id, account_id, url, text, held_for_review, created_at, updated_at)
		VALUES (6, 1, 1, 1, 'http://localhost:9000/c/6', 'a secret word', TRUE, $1, $1)`, s.now)
	pw := []string{"x-peertube-video-password", "first-pw"}
	for _, tt := range []struct {
		what   string
		want   int
		header []string
	}{
		{`"video":{"id":1}`, 200, nil},
		{`"video":{"id":2}`, 404, nil},
		{`"video":{"id":"` + privateUUID + `"}`, 404, nil},
		{`"video":{"id":3}`, 404, nil},
		{`"video":{"id":"` + protectedUUID + `"}`, 404, nil},
		{`"video":{"id":3}`, 200, pw},
		{`"video":{"id":4}`, 200, nil},
		{`"video":{"id":5}`, 404, nil},
		{`"video":{"id":"` + unlistedUUID + `"}`, 200, nil},
		{`"comment":{"id":1}`, 200, nil},
		{`"comment":{"id":2}`, 404, nil},
		{`"comment":{"id":3}`, 404, nil},
		{`"comment":{"id":3}`, 200, pw},
		{`"comment":{"id":4}`, 200, nil},
		{`"comment":{"id":5}`, 404, nil},
		{`"comment":{"id":5},"video":{"id":"` + unlistedUUID + `"}`, 200, nil},
		{`"comment":{"id":5},"video":{"id":1}`, 404, nil},
		{`"comment":{"id":6}`, 404, nil},
	} {
		w := s.call("bob", "POST", "/abuses", `{"reason":"bad",`+tt.what+`}`, tt.header...)
		if w.Code != tt.want || tt.want != 200 && !strings.Contains(w.Body.String(), "not found") {
			t.Errorf("%s %v: got %d %s, want %d", tt.what, tt.header, w.Code, w.Body, tt.want)
		}
	}
	s.exec(`UPDATE videos SET privacy = 3, name = 'a secret name' WHERE id = 1`)
	mine := s.call("bob", "GET", "/users/me/abuses?count=100", "").Body.String()
	for _, secret := range []string{"a secret name", publicUUID + "-280.jpg", "moderationComment", "reporterAccount", "countReports", "nthReport"} {
		if strings.Contains(mine, secret) {
			t.Errorf("my reports tell %q: %s", secret, mine)
		}
	}
	if !strings.Contains(mine, "First video") {
		t.Errorf("my reports do not say any more what I reported: %s", mine)
	}
	if got := s.do("of others", "alice", "GET", "/users/me/abuses", ""); got["total"] != 0.0 {
		t.Errorf("alice has %v reports", got["total"])
	}
}
